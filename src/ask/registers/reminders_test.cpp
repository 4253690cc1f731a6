// Reminders on both databases: told once whatever happens to the job, closed by themselves, seen only by those who may, settled by people.
// Planted and caught: a write that does not close what it ends.
#include <random>
#include <thread>

#include "ask/registers/testing.h"

namespace machiya::registers::testing {
namespace {

/// A second register with every kind of reminder that the small city lacks.
constexpr std::string_view kContracts = R"(register: contracts
version: 1
name: { ja: 契約台帳, en: Contracts }
owner: health
title: name
columns:
  - { column: name, type: text, label: { ja: 契約名, en: Name }, unique: yes, filter: yes }
  - { column: ends, type: date, optional: yes, label: { ja: 終期, en: Ends }, filter: yes }
  - { column: price, type: money, optional: yes, label: { ja: 金額, en: Price }, read: [approver], write: [approver] }
  - { column: dear, formula: "price > 100", type: yes-no, label: { ja: 高額, en: Dear }, read: [approver] }
reminders:
  - { reminder: soon, date: ends, before: 2 working days, text: { ja: 契約が終わります, en: Ends soon } }
  - { reminder: dear, date: ends, before: P30D, when: dear = true, text: { ja: 高額な契約が終わります, en: A dear one ends soon } }
  - { reminder: late, date: ends, before: P3650D, when: ends < today(), text: { ja: 契約が終わりました, en: Has ended } }
)";

class Reminders : public RegistersTest {
 protected:
  Reminders() { load(kContracts); }
  void load(std::string_view definition) {
    define("contracts", definition);
    reload();
    contracts = &hall->reg("contracts");
  }
  /// The days go by; the job of each runs when the clock comes to it.
  void days(int n) {
    clock.advance(n * kDay);
    const auto ran = hall->jobs->run_due();
    ASSERT_TRUE(ran.ok()) << ran.error().to_string();
  }
  std::vector<Told> inbox(const identity::Principal& who, Inbox query = {}) {
    std::vector<Told> out;
    for (;;) {
      auto page = registers->reminders(query, who);
      EXPECT_TRUE(page.ok()) << page.error().to_string();
      if (!page.ok()) return out;
      for (Told& one : page->items) out.push_back(std::move(one));
      if (page->next.empty()) return out;
      query.after = page->next;
    }
  }
  static std::multiset<std::string> names(const std::vector<Told>& told) {
    std::multiset<std::string> out;
    for (const Told& one : told) out.insert(one.reminder + "/" + one.row.number + "/" + to_iso(one.date));
    return out;
  }
  std::multiset<std::string> due(const identity::Principal& who) {
    std::multiset<std::string> out;
    const auto found = registers->due(who, 100'000);
    EXPECT_TRUE(found.ok()) << found.error().to_string();
    for (const Due& one : *found) out.insert(one.reminder + "/" + one.number + "/" + to_iso(one.date));
    return out;
  }
  Row tree(int tag, const std::string& next) {
    char number[8];
    std::snprintf(number, sizeof number, "%06d", tag);
    return add(*trees, ("{\"tag\":\"" + std::string(number) + "\",\"species\":\"cherry\",\"next_inspection\":\"" + next + "\"}").c_str(), clerk);
  }
  std::int64_t rows_told() { return count("SELECT COUNT(*) FROM register_reminder"); }

  const Register* contracts = nullptr;
};
MACHIYA_ON_BOTH_ENGINES(Reminders);

TEST_P(Reminders, a_write_tells_what_it_makes_due_and_closes_what_it_ends) {   // Monday, 11 May; trees are told of 14 days before
  const Row near = tree(1, "2026-05-20"), far = tree(2, "2026-07-01");
  ASSERT_EQ(names(inbox(clerk)), std::multiset<std::string>{"inspection-due/" + near.number + "/2026-05-20"});
  EXPECT_EQ(inbox(clerk).front().row.values.text("tag"), "000001");
  const Row moved = *change(near, R"({"next_inspection":"2026-05-22"})", clerk)->row;   // another date reminds again
  EXPECT_EQ(names(inbox(clerk)), std::multiset<std::string>{"inspection-due/" + near.number + "/2026-05-22"});
  const Row later = *change(moved, R"({"next_inspection":"2026-09-01"})", clerk)->row;
  EXPECT_TRUE(inbox(clerk).empty());
  const Row back = *change(later, R"({"next_inspection":"2026-05-20"})", clerk)->row;   // nobody had settled that one
  ASSERT_EQ(inbox(clerk).size(), 1u);
  EXPECT_EQ(rows_told(), 2);
  auto felled = registers->act(*trees, near.number, back.revision, "fell", "倒木のおそれ", approver, "ja", "r");   // the workflow ends
  ASSERT_TRUE(felled.ok()) << felled.error().to_string();
  EXPECT_TRUE(inbox(clerk).empty());
  const Row doubtful = tree(3, "2026-05-12");
  EXPECT_EQ(inbox(clerk).size(), 1u);
  ASSERT_TRUE(registers->act(*trees, doubtful.number, doubtful.revision, "doubt", "", clerk, "ja", "r").ok());   // `when` no longer holds
  EXPECT_TRUE(inbox(clerk).empty());
  (void)far;
}

TEST_P(Reminders, a_day_tells_once_though_its_job_runs_again_and_after_days_of_downtime) {
  const Row row = tree(1, "2026-06-01");
  ASSERT_TRUE(registers->plan_reminders(true).ok());
  ASSERT_TRUE(registers->plan_reminders(true).ok());   // another process
  days(0);
  EXPECT_TRUE(inbox(clerk).empty());
  days(6);   // 17 May: not yet
  EXPECT_TRUE(inbox(clerk).empty());
  clock.set(*parse_rfc3339("2026-05-18T05:59:00+09:00"));
  days(0);
  EXPECT_TRUE(inbox(clerk).empty());   // the day begins at six
  clock.set(*parse_rfc3339("2026-05-18T06:00:00+09:00"));
  days(0);
  ASSERT_EQ(inbox(clerk).size(), 1u);
  const std::string id = inbox(clerk).front().id;
  for (int again = 0; again < 3; ++again) {
    ASSERT_TRUE(registers->plan_reminders(true).ok());
    days(again);
  }
  ASSERT_EQ(inbox(clerk).size(), 1u);
  EXPECT_EQ(inbox(clerk).front().id, id);
  const Row autumn = tree(2, "2026-09-01");
  days(100);   // nothing ran; the job that was waiting looks at what came near meanwhile, and plans the next
  EXPECT_EQ(names(inbox(clerk)), due(clerk));
  EXPECT_EQ(inbox(clerk).size(), 2u);
  days(1);
  EXPECT_EQ(rows_told(), 2);
  (void)row, (void)autumn;
}

TEST_P(Reminders, the_time_of_the_job_is_the_citys) {
  std::ifstream in(city_folder() + "/city.yaml");
  const std::string head((std::istreambuf_iterator<char>(in)), {});
  write_file(city_folder() + "/city.yaml", head + "reminders_at: \"07:30\"\n");
  load(kContracts);
  tree(1, "2026-05-26");
  ASSERT_TRUE(registers->plan_reminders(false).ok());
  clock.set(*parse_rfc3339("2026-05-12T07:29:00+09:00"));
  days(0);
  EXPECT_TRUE(inbox(clerk).empty());
  clock.set(*parse_rfc3339("2026-05-12T07:30:00+09:00"));
  days(0);
  EXPECT_EQ(inbox(clerk).size(), 1u);
  write_file(city_folder() + "/city.yaml", head + "reminders_at: \"25:00\"\n");
  EXPECT_FALSE(load_city(city_folder()).city);
}

/// Fails once, at a chosen draw: what a process that is killed in the middle of telling leaves behind.
class FailingRng final : public Rng {
 public:
  void fill(void* to, std::size_t n) override {
    if (left == 0) throw std::runtime_error("killed");
    if (left > 0) --left;
    real.fill(to, n);
  }
  int left = -1;
  vault::SystemRng real;
};

TEST_P(Reminders, killed_between_finding_and_telling_nothing_is_lost_or_told_twice) {
  constexpr int kRows = 1200;   // three chunks
  std::vector<Values> rows;
  for (int i = 0; i < kRows; ++i) rows.push_back(values(("{\"tag\":\"" + std::to_string(100000 + i) + "\",\"species\":\"cherry\",\"next_inspection\":\"2026-06-15\"}").c_str()));
  ASSERT_TRUE(registers->add_many(*trees, rows, "調査", approver, "r").ok());
  ASSERT_EQ(rows_told(), 0);
  FailingRng failing;
  Hall other(store(), folder(), hall->city, clock, failing);
  clock.advance(30 * kDay);
  ASSERT_TRUE(other.registers->plan_reminders(true).ok());
  failing.left = 1100;   // in the third chunk; in the second where each write runs twice
  (void)other.jobs->run_due();
  EXPECT_TRUE(rows_told() == 500 || rows_told() == 1000) << rows_told();   // a chunk is all or nothing
  // Another one took the job and vanished with it: its lease runs out.
  ASSERT_TRUE(registers->plan_reminders(true).ok());
  clock.advance(kHour);
  ASSERT_TRUE(hall->jobs->lease("register-reminders", "dead").ok());
  clock.advance(kHour);
  days(0);
  EXPECT_EQ(rows_told(), kRows);
  EXPECT_EQ(names(inbox(clerk)), due(clerk));
}

TEST_P(Reminders, two_processes_tell_once) {
  constexpr int kRows = 400;
  std::vector<Values> rows;
  for (int i = 0; i < kRows; ++i) rows.push_back(values(("{\"tag\":\"" + std::to_string(100000 + i) + "\",\"species\":\"cherry\",\"next_inspection\":\"2026-06-15\"}").c_str()));
  ASSERT_TRUE(registers->add_many(*trees, rows, "調査", approver, "r").ok());
  clock.advance(30 * kDay);
  vault::SystemRng rng2;
  Hall other(store(), folder(), hall->city, clock, rng2);
  ASSERT_TRUE(registers->plan_reminders(true).ok());
  ASSERT_TRUE(store().write([&](store::Tx& tx) { return hall->jobs->enqueue(tx, "register-reminders", json::Value::object({{"day", "now"}})); }).ok());
  std::thread first([&] { (void)hall->jobs->run_due(); }), second([&] { (void)other.jobs->run_due(); });
  first.join(), second.join();
  days(0);
  EXPECT_EQ(rows_told(), kRows);
}

TEST_P(Reminders, working_days_reach_over_the_weekend) {
  std::mt19937 random(7);
  const auto open = [](Date d) { return weekday(d) != 0 && weekday(d) != 6; };
  const Date today = clock.today();
  std::multiset<std::string> wanted;
  for (int i = 0; i < 60; ++i) {
    const Date ends = add_days(today, std::uniform_int_distribution<int>(0, 8)(random));
    const Row row = add(*contracts, ("{\"name\":\"契約" + std::to_string(i) + "\",\"ends\":\"" + to_iso(ends) + "\"}").c_str(), approver);
    // Independent: reminded when at most two working days lie behind today up to the date.
    int between = 0;
    for (Date d = add_days(today, 1); d <= ends; d = add_days(d, 1)) between += open(d) ? 1 : 0;
    const bool weekend_behind = between == 2 && !open(ends);   // the second working day itself is the last that counts
    if (between <= 2 && !weekend_behind) wanted.insert("soon/" + row.number + "/" + to_iso(ends));
  }
  EXPECT_EQ(names(inbox(approver)), wanted);
  EXPECT_EQ(due(approver), wanted);
}

TEST_P(Reminders, a_reload_adds_changes_and_takes_away_reminders) {
  const Row park = add(*parks, R"({"name":"扇町公園"})", clerk);
  add(*contracts, R"({"name":"清掃","ends":"2026-05-12"})", approver);
  ASSERT_EQ(inbox(approver).size(), 1u);
  std::string definition(kContracts);
  definition += "  - { reminder: year, date: ends, before: P1Y, text: { ja: 一年前です, en: A year ahead } }\n";
  load(definition);
  ASSERT_TRUE(registers->plan_reminders(true).ok());
  days(0);
  EXPECT_EQ(inbox(approver).size(), 2u);
  definition = replaced(definition, "before: 2 working days", "before: P0D");   // not due any more
  load(definition);
  ASSERT_TRUE(registers->plan_reminders(true).ok());
  days(0);
  EXPECT_EQ(inbox(approver).size(), 1u);
  EXPECT_EQ(names(inbox(approver)), due(approver));
  load(definition.substr(0, definition.find("reminders:")));
  ASSERT_TRUE(registers->plan_reminders(true).ok());
  EXPECT_TRUE(inbox(approver).empty());   // not even before the job
  days(0);
  EXPECT_EQ(count("SELECT COUNT(*) FROM register_reminder WHERE state = 'open'"), 0);
}

TEST_P(Reminders, a_condition_that_moves_with_the_day_is_looked_at_each_day) {
  add(*contracts, R"({"name":"清掃","ends":"2026-05-13"})", clerk);   // "late" holds only when the day has passed
  ASSERT_TRUE(registers->plan_reminders(true).ok());
  days(0);
  EXPECT_EQ(inbox(clerk).size(), 1u);
  days(3);
  EXPECT_EQ(inbox(clerk).size(), 2u);
  EXPECT_EQ(names(inbox(clerk)), due(clerk));
}

TEST_P(Reminders, who_may_not_read_what_a_reminder_rests_on_does_not_see_it) {
  add(*contracts, R"({"name":"清掃","ends":"2026-05-12","price":500})", approver);
  EXPECT_EQ(inbox(approver).size(), 2u);
  ASSERT_EQ(inbox(clerk).size(), 1u);
  EXPECT_EQ(inbox(clerk).front().reminder, "soon");
  EXPECT_TRUE(inbox(clerk).front().row.values["price"].is_null());
  EXPECT_EQ(due(clerk).size(), 1u);
  Inbox everything;
  everything.everything = true;
  EXPECT_TRUE(inbox(stranger, everything).empty());
  EXPECT_TRUE(inbox(auditor).empty());   // not their department
  ASSERT_EQ(inbox(auditor, everything).size(), 1u);
  EXPECT_FALSE(inbox(auditor, everything).front().may_settle);
  EXPECT_EQ(*registers->open_reminders(clerk, 100), 1);
  EXPECT_EQ(*registers->open_reminders(approver, 100), 2);
  std::string dear;
  for (const Told& one : inbox(approver))
    if (one.reminder == "dear") dear = one.id;
  EXPECT_EQ(code(registers->settle({dear}, Settle::done, "", clerk, "r")), ErrorCode::not_found);
  EXPECT_EQ(code(registers->settle({inbox(clerk).front().id}, Settle::done, "", auditor, "r")), ErrorCode::forbidden);
  EXPECT_EQ(code(registers->settle({inbox(clerk).front().id}, Settle::done, "", stranger, "r")), ErrorCode::not_found);
}

TEST_P(Reminders, people_take_settle_dismiss_and_reopen) {
  add(*trees, R"({"tag":"000001","species":"cherry","next_inspection":"2026-05-12","owner_name":"大阪 太郎"})", approver);
  tree(2, "2026-05-13");
  const auto told = inbox(clerk);
  ASSERT_EQ(told.size(), 2u);
  EXPECT_EQ(*registers->settle({told[0].id, told[1].id}, Settle::take, "", clerk, "r"), 2);
  EXPECT_TRUE(inbox(clerk)[0].mine);
  EXPECT_FALSE(inbox(approver)[0].mine);
  EXPECT_EQ(inbox(approver)[0].taken_name, "担当 一郎");
  EXPECT_EQ(*registers->settle({told[1].id}, Settle::give_back, "", clerk, "r"), 1);
  EXPECT_EQ(code(registers->settle({told[0].id}, Settle::dismiss, " ", clerk, "r")), ErrorCode::invalid_input);
  EXPECT_EQ(*registers->settle({told[0].id}, Settle::dismiss, "電話の記録は別にあります", clerk, "r"), 1);
  EXPECT_EQ(*registers->settle({told[0].id}, Settle::done, "", approver, "r"), 0);   // settled meanwhile: it stays
  EXPECT_EQ(*registers->settle({told[1].id}, Settle::done, "", approver, "r"), 1);
  EXPECT_TRUE(inbox(clerk).empty());
  Inbox settled;
  settled.settled = true;
  const auto gone = inbox(clerk, settled);
  ASSERT_EQ(gone.size(), 2u);
  EXPECT_EQ(gone[0].settled_name, gone[0].state == "done" ? "決裁 花" : "担当 一郎");
  for (const Told& one : gone) EXPECT_EQ(one.why, one.state == "dismissed" ? "電話の記録は別にあります" : "");
  EXPECT_EQ(count("SELECT COUNT(*) FROM register_reminder WHERE why LIKE '%電話%'"), 0);   // the row has personal data: so may its reason
  ASSERT_TRUE(registers->plan_reminders(true).ok());
  days(1);
  EXPECT_TRUE(inbox(clerk).empty());   // what people settled is not told again
  EXPECT_EQ(*registers->settle({told[0].id}, Settle::reopen, "", clerk, "r"), 1);
  EXPECT_EQ(inbox(clerk).size(), 1u);
}

TEST_P(Reminders, whatever_happens_the_inbox_is_what_is_due) {
  std::mt19937 random(20260511);
  const auto pick = [&](int n) { return std::uniform_int_distribution<int>(0, n - 1)(random); };
  std::vector<Row> rows;
  for (int i = 0; i < 12; ++i) rows.push_back(tree(i, to_iso(add_days(clock.today(), pick(40)))));
  ASSERT_TRUE(registers->plan_reminders(true).ok());
  for (int step = 0; step < 80; ++step) {
    Row& row = rows[static_cast<std::size_t>(pick(12))];
    const auto now = registers->open(*trees, row.number, approver, "r");
    ASSERT_TRUE(now.ok());
    row = *now;
    switch (pick(5)) {
      case 0: days(pick(4)); break;
      case 1: ASSERT_TRUE(change(row, ("{\"next_inspection\":\"" + to_iso(add_days(clock.today(), pick(40) - 5)) + "\"}").c_str(), clerk)->row); break;
      case 2: ASSERT_TRUE(change(row, R"({"next_inspection":null})", clerk)->row); break;
      case 3: (void)registers->act(*trees, row.number, row.revision, "doubt", "", clerk, "ja", "r"); break;   // settles by itself after three days
      default: {
        const auto done = registers->plan_bulk(*trees, {{{"species", "is", "cherry"}}}, values(R"({"girth":3})"), approver, "ja");
        ASSERT_TRUE(done.ok());
        break;
      }
    }
    days(0);
    ASSERT_EQ(names(inbox(approver)), due(approver)) << "step " << step;
  }
}

}  // namespace
}  // namespace machiya::registers::testing
