#include "tests/faults/ledger.h"

#include <algorithm>
#include <set>

namespace machiya::faults {

namespace {

const std::vector<store::Migration> kSchema{{"ledger", 1, "ledger",
    "CREATE TABLE act (id ID, body TEXT NOT NULL);"
    "CREATE TABLE line (act INT NOT NULL, half INT NOT NULL, PRIMARY KEY (act, half));"
    "CREATE TABLE effect (id ID, act INT NOT NULL);", ""}};

Result<void> done(Result<std::int64_t> r) {
  if (!r.ok()) return std::move(r).error();
  return {};
}

}  // namespace

Ledger::Ledger(store::Store& store) : store_(store), audit_(store, clock_), events_(store, clock_) {
  events_.declare({"act.done.v1", "ledger", {}, false});
  events_.subscribe("effect", "act.done.v1", [](store::Tx& tx, const events::Event& e) {
    return done(tx.execute("INSERT INTO effect (act) VALUES (:act)", {{"act", e.payload["act"].as_int()}}));
  });
}

Result<void> Ledger::migrate() {
  std::vector<store::Migration> all = audit::Audit::migrations();
  for (const auto& more : {events::Events::migrations(), kSchema}) all.insert(all.end(), more.begin(), more.end());
  return store_.migrate(all);
}

void Ledger::start() {
  audit_.start();
  events_.start();
}

void Ledger::stop() {
  events_.stop();
  audit_.stop();
}

Result<std::int64_t> Ledger::write() {
  return store_.write([&](store::Tx& tx) -> Result<std::int64_t> {
    MACHIYA_TRY(const auto row, tx.query_one("INSERT INTO act (body) VALUES (:body) RETURNING id", {{"body", std::string(400, 'x')}}));
    const std::int64_t id = row->integer(0);
    for (int half : {1, 2})
      MACHIYA_CHECK(done(tx.execute("INSERT INTO line (act, half) VALUES (:act, :half)", {{"act", id}, {"half", half}})));
    const std::string object = "act:" + std::to_string(id);
    MACHIYA_CHECK(audit_.append(tx, {"system", "act.write", object, "test", "", json::Value::object({{"act", id}})}));
    MACHIYA_CHECK(events_.emit(tx, "act.done.v1", object, json::Value::object({{"act", id}})));
    return id;
  });
}

std::int64_t Ledger::count(const std::string& sql, std::vector<std::string>& faults) {
  auto row = store_.read([&](store::ReadTx& tx) { return tx.query_one(sql); });
  if (row.ok()) return (*row)->integer(0);
  faults.push_back(row.error().to_string());
  return -1;
}

std::vector<std::string> Ledger::check(const std::vector<std::int64_t>& acknowledged) {
  std::vector<std::string> faults;
  std::set<std::int64_t> present;
  auto listed = store_.read([&](store::ReadTx& tx) -> Result<bool> {
    MACHIYA_CHECK(tx.stream("SELECT id FROM act", {}, [&](const store::Row& row) {
      present.insert(row.integer(0));
      return true;
    }));
    return true;
  });
  if (!listed.ok()) faults.push_back(listed.error().to_string());
  const auto lost = std::count_if(acknowledged.begin(), acknowledged.end(), [&](std::int64_t id) { return !present.count(id); });
  if (lost) faults.push_back(std::to_string(lost) + " acknowledged acts are lost");
  if (std::set<std::int64_t>(acknowledged.begin(), acknowledged.end()).size() != acknowledged.size()) faults.push_back("a number was given twice");
  // The leases of the killed process would run out after five seconds; here it is known to be dead. (Taking over after
  // that time is tested with a set clock in the modules themselves.)
  auto freed = store_.write([](store::Tx& tx) { return tx.execute("UPDATE store_lease SET expires_us = 0"); });
  const auto acts = static_cast<std::int64_t>(present.size());
  auto delivered = events_.deliver_now();
  auto sealed = audit_.seal_now();
  if (!freed.ok()) faults.push_back(freed.error().to_string());
  if (!delivered.ok()) faults.push_back(delivered.error().to_string());
  if (!sealed.ok()) faults.push_back(sealed.error().to_string());
  const auto expect = [&](const std::string& what, const std::string& sql, std::int64_t wanted) {
    if (const auto n = count(sql, faults); n != wanted) faults.push_back(what + ": " + std::to_string(n) + " instead of " + std::to_string(wanted));
  };
  expect("lines", "SELECT count(*) FROM line", 2 * acts);
  expect("acts without both lines", "SELECT count(*) FROM act a WHERE (SELECT count(*) FROM line l WHERE l.act = a.id) <> 2", 0);
  expect("audit rows", "SELECT count(*) FROM audit_row", acts);
  expect("effects", "SELECT count(*) FROM effect", acts);
  expect("acts with an effect", "SELECT count(DISTINCT act) FROM effect", acts);
  auto verdict = audit_.verify();
  if (!verdict.ok()) faults.push_back(verdict.error().to_string());
  else if (!verdict->intact) faults.push_back("audit: " + verdict->first_fault);
  else if (verdict->sealed != acts || verdict->unsealed_tail != 0) faults.push_back("audit: not everything is sealed");
  return faults;
}

}  // namespace machiya::faults
