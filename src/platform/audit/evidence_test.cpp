// Signed heads, their copy, the guards of the database, archives and search; and an attacker who may write everywhere.
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>

#include "base/rng.h"
#include "platform/audit/archive.h"
#include "platform/audit/audit.h"
#include "platform/audit/audit_dao.h"
#include "platform/audit/notary.h"
#include "platform/audit/statement.h"
#include "platform/audit/testing.h"
#include "platform/audit/verify.h"
#include "platform/vault/signing_key.h"

namespace machiya::audit {
namespace {

using store::Engine;

class EvidenceTest : public AuditStoreTest {
 protected:
  EvidenceTest() : key_(std::move(*vault::SigningKey::open(folder() + "/audit.key", true))) {}
  Options options() const { return {key_.get(), copy_, kHour}; }
  std::vector<Statement> copies() const { return *StatementFile(copy_).read(); }
  /// `rows` rows in `statements` equal parts, each part sealed and its head signed.
  void fill(Audit& audit, int rows, int statements) {
    for (int part = 0; part < statements; ++part) {
      append(audit, part * rows / statements, (part + 1) * rows / statements);
      ASSERT_TRUE(audit.seal_now().ok());
      clock_.advance(kHour);
      ASSERT_TRUE(audit.state_now().ok());
    }
    clock_.advance(kHour);
  }
  const std::string copy_ = folder() + "/heads.jsonl";
  std::unique_ptr<vault::SigningKey> key_;
};

TEST_P(EvidenceTest, heads_are_signed_every_hour_and_copied_out) {
  Audit audit(store(), clock_, options());
  fill(audit, 12, 3);
  const auto kept = copies();
  ASSERT_EQ(kept.size(), 3u);
  EXPECT_EQ(kept[2].number, 3);
  EXPECT_EQ(kept[2].sequence, 12);
  EXPECT_TRUE(vault::verify_signature(key_->public_key(), signed_text(kept[2]), kept[2].signature));
  const auto verdict = verify(audit);
  EXPECT_TRUE(verdict.intact) << verdict.first_fault;
  EXPECT_EQ(verdict.statements, 6);   // in the database and in the copy
  EXPECT_EQ(audit.last_statement(), kept[2].at);
}

TEST_P(EvidenceTest, the_background_thread_signs_the_first_head_at_once) {
  Audit audit(store(), clock_, options());
  audit.start();
  while (!audit.last_statement()) std::this_thread::yield();
  audit.stop();
  EXPECT_EQ(copies().size(), 1u);
}

// Planted once: a background that looked again at every beat; the first expectation of `waited` failed.
TEST_P(EvidenceTest, a_copy_that_fails_is_tried_once_a_minute_and_told_once) {
  using Look = Notary::Look;
  Notary notary(store(), clock_, options());
  EXPECT_EQ(notary.look(), Look::quiet);
  std::filesystem::remove(copy_);
  std::filesystem::create_directory(copy_);   // where the copy was, nothing can be written
  clock_.advance(kHour);
  EXPECT_EQ(notary.look(), Look::told);
  for (int beat = 0; beat < 140; ++beat, clock_.advance(400'000)) EXPECT_EQ(notary.look(), Look::waited) << beat;
  clock_.advance(kMinute);
  EXPECT_EQ(notary.look(), Look::quiet) << "the same trouble is not said again";
  EXPECT_FALSE(notary.run(true).ok()) << "who asks for it does not wait";
  std::filesystem::remove(copy_);
  EXPECT_EQ(notary.look(), Look::waited);
  clock_.advance(kMinute);
  EXPECT_EQ(notary.look(), Look::told) << "it is well again";
  EXPECT_EQ(notary.last_copied(), copies().back().at);
  EXPECT_EQ(notary.look(), Look::quiet);
}

TEST_P(EvidenceTest, a_torn_line_of_the_copy_is_written_again) {
  Audit audit(store(), clock_, options());
  fill(audit, 4, 2);
  std::filesystem::resize_file(copy_, std::filesystem::file_size(copy_) - 20);   // the power went while the last line was written
  EXPECT_EQ(verify(audit).first_fault, "copy of statement 2: missing");
  ASSERT_TRUE(audit.state_now().ok());
  EXPECT_EQ(copies().size(), 3u);
  EXPECT_TRUE(verify(audit).intact) << verify(audit).first_fault;
}

/// Whoever may write everywhere in the database sets it back as a whole: only the copy knows better.
TEST_P(EvidenceTest, a_database_that_was_set_back_is_found_by_its_copy) {
  Audit audit(store(), clock_, options());
  fill(audit, 20, 4);
  drop_guards();
  run("DELETE FROM audit_row WHERE id > 15");
  run("DELETE FROM audit_seal WHERE sequence > 15");
  run("DELETE FROM audit_statement WHERE number > 3");
  run("UPDATE audit_head SET sequence = 15, hash = (SELECT hash FROM audit_seal WHERE sequence = 15)");
  Audit blind(store(), clock_, {key_.get(), "", kHour});
  EXPECT_TRUE(verify(blind).intact) << "without the copy nothing can be seen";
  EXPECT_EQ(verify(audit).first_fault, "statements: the copy ends with 4, the database with 3: it was set back");
  EXPECT_EQ(Audit(store(), clock_, options()).state_now().error().code, ErrorCode::integrity_broken) << "the running server sees it too";
}

TEST_P(EvidenceTest, a_chain_written_anew_does_not_fit_what_was_signed) {
  Audit audit(store(), clock_, options());
  fill(audit, 10, 2);
  drop_guards();
  run("UPDATE audit_row SET actor = 'staff:99' WHERE id = 3");
  run("DELETE FROM audit_seal");
  run("DELETE FROM audit_head");
  Audit forger(store(), clock_);
  EXPECT_EQ(*forger.seal_now(), 10);
  EXPECT_TRUE(verify(forger).intact == false) << "the own statements contradict";
  EXPECT_EQ(verify(audit).first_fault, "statement 1: the chain says otherwise at seal 5");
}

TEST_P(EvidenceTest, a_foreign_key_does_not_count) {
  auto foreign = vault::SigningKey::open(folder() + "/foreign.key", true);
  ASSERT_TRUE(foreign.ok());
  Audit audit(store(), clock_, {foreign->get(), "", kHour});
  fill(audit, 4, 1);
  Audit::Evidence evidence;
  evidence.keys = {key_->public_key()};
  EXPECT_EQ(audit.verify(evidence)->first_fault, "statement 1: signed with a key that does not count");
  evidence.keys.push_back((*foreign)->public_key());
  EXPECT_TRUE(audit.verify(evidence)->intact);
}

TEST_P(EvidenceTest, the_database_refuses_to_change_what_was_written) {
  Audit audit(store(), clock_, options());
  fill(audit, 6, 2);
  for (const std::string table : {"audit_row", "audit_seal", "audit_statement"}) {
    const std::string column = table == "audit_row" ? "at_us" : "sequence";
    for (const std::string& sql : {"UPDATE " + table + " SET " + column + " = " + column + " + 1", "DELETE FROM " + table}) {
      auto done = store().write([&](store::Tx& tx) { return tx.execute(sql); });
      EXPECT_FALSE(done.ok()) << sql;
    }
    if (GetParam() != Engine::postgres) continue;
    EXPECT_FALSE(store().write([&](store::Tx& tx) { return tx.execute("TRUNCATE " + table + " CASCADE"); }).ok()) << table;
  }
  EXPECT_TRUE(verify(audit).intact);
}

std::string pick(SeededRng& rng, const std::vector<std::string>& names) { return names[rng.below(names.size())]; }

void must(const Result<std::int64_t>& done, std::int64_t rows = 1) {
  ASSERT_TRUE(done.ok()) << done.error().to_string();
  ASSERT_GE(*done, rows);
}

/// Flips one bit of one byte of a stored value.
std::string flip(store::Tx& tx, SeededRng& rng, const std::string& table, const std::string& key, const std::string& column, bool text) {
  auto rows = *tx.query("SELECT " + key + ", " + column + " FROM " + table + " ORDER BY " + key);
  const store::Row& row = rows[rng.below(rows.size())];
  std::string value = row.text(1);
  const std::size_t at = rng.below(value.size());
  // A text stays one: PostgreSQL takes neither broken UTF-8 nor NUL.
  value[at] ^= static_cast<char>(1 << rng.below(text ? 5 : 8));
  if (value[at] == '\0') value[at] = '!';
  const store::Param changed = text ? store::Param(value) : store::Param(store::Bytes{value});
  must(tx.execute("UPDATE " + table + " SET " + column + " = :v WHERE " + key + " = :k", {{"v", changed}, {"k", row.integer(0)}}));
  return column + " of " + table + " " + std::to_string(row.integer(0));
}

std::string flip_number(store::Tx& tx, SeededRng& rng, const std::string& table, const std::string& key, const std::string& column) {
  auto rows = *tx.query("SELECT " + key + ", " + column + " FROM " + table + " ORDER BY " + key);
  const store::Row& row = rows[rng.below(rows.size())];
  const std::int64_t changed = row.integer(1) ^ (1LL << rng.below(62));
  for (const store::Row& other : rows)
    if ((column == "row_id" || column == key) && other.integer(1) == changed) return {};   // UNIQUE refuses it
  must(tx.execute("UPDATE " + table + " SET " + column + " = :v WHERE " + key + " = :k", {{"v", changed}, {"k", row.integer(0)}}));
  return column + " of " + table + " " + std::to_string(row.integer(0));
}

/// Cuts the tail off so that rows, seals, head and statements agree with each other.
std::string truncate(store::Tx& tx, SeededRng& rng, std::int64_t rows) {
  const std::int64_t keep = static_cast<std::int64_t>(rng.below(static_cast<std::uint64_t>(rows)));
  const store::Binds binds = {{"keep", keep}};
  must(tx.execute("DELETE FROM audit_row WHERE id IN (SELECT row_id FROM audit_seal WHERE sequence > :keep)", binds));
  must(tx.execute("DELETE FROM audit_seal WHERE sequence > :keep", binds));
  must(tx.execute("DELETE FROM audit_statement WHERE sequence > :keep", binds));
  if (keep == 0) must(tx.execute("DELETE FROM audit_head"));
  else must(tx.execute("UPDATE audit_head SET sequence = :keep, hash = (SELECT hash FROM audit_seal WHERE sequence = :keep)", binds));
  return "truncated to " + std::to_string(keep);
}

/// One thing that an attacker does to the stored audit. Gives a description, or "" when it would change nothing.
std::string attack(store::Tx& tx, SeededRng& rng, std::int64_t rows) {
  switch (rng.below(7)) {
    case 0: return flip(tx, rng, "audit_row", "id", pick(rng, {"actor", "action", "object", "purpose", "request", "facts"}), true);
    case 1: return flip_number(tx, rng, "audit_row", "id", pick(rng, {"id", "at_us"}));
    case 2: return flip(tx, rng, "audit_seal", "sequence", "hash", false);
    case 3: return flip_number(tx, rng, "audit_seal", "sequence", pick(rng, {"sequence", "row_id"}));
    case 4: return rng.below(2) ? flip(tx, rng, "audit_head", "one", "hash", false) : flip_number(tx, rng, "audit_head", "one", "sequence");
    case 5: return flip(tx, rng, "audit_statement", "number", pick(rng, {"hash", "signature"}), false);
    default: return truncate(tx, rng, rows);
  }
}

int attacks() {
  const char* given = std::getenv("MACHIYA_AUDIT_ATTACKS");
  return given ? std::atoi(given) : 1000;
}

/// 10,000 in script/prove (MACHIYA_AUDIT_ATTACKS). Every attack happens in a transaction that is undone.
TEST_P(EvidenceTest, every_flip_and_every_truncation_is_found) {
  constexpr int kRows = 40;
  Audit audit(store(), clock_, options());
  fill(audit, kRows, 4);
  drop_guards();
  Audit::Evidence evidence;
  const auto kept = copies();
  evidence.keys = {key_->public_key()};
  evidence.copies = &kept;
  ASSERT_TRUE(verify(audit).intact) << verify(audit).first_fault;
  SeededRng rng(4);
  int made = 0, blind = 0;
  Audit::Evidence no_copy = evidence;
  no_copy.copies = nullptr;
  while (made < attacks()) {
    auto undone = store().write([&](store::Tx& tx) -> Result<bool> {
      const std::string what = attack(tx, rng, kRows);
      if (!what.empty()) {
        ++made;
        auto verdict = verify_chain(tx, evidence, clock_.now());
        EXPECT_TRUE(verdict.ok() && !verdict->intact) << what;
        if (verify_chain(tx, no_copy, clock_.now())->intact) ++blind;
      }
      return Error(ErrorCode::conflict);
    });
    ASSERT_FALSE(undone.ok());
    if (HasFailure()) return;
  }
  EXPECT_GT(blind, made / 20) << "a verification without the copy must miss truncations: else this test could not fail";
  RecordProperty("attacks", made);
}

/// The copy itself may be attacked as well.
TEST_P(EvidenceTest, every_flip_and_every_truncation_of_the_copy_is_found) {
  Audit audit(store(), clock_, options());
  fill(audit, 8, 4);
  std::ifstream in(copy_, std::ios::binary);
  const std::string whole((std::istreambuf_iterator<char>(in)), {});
  ASSERT_TRUE(verify(audit).intact);
  SeededRng rng(9);
  for (int i = 0; i < attacks() / 10; ++i) {
    std::string text = whole;
    if (i % 4 == 0) text.resize(rng.below(text.size() - 1));   // a missing last line end loses nothing
    else text[rng.below(text.size() - 1)] ^= static_cast<char>(1 << rng.below(8));
    std::ofstream(copy_, std::ios::binary | std::ios::trunc) << text;
    EXPECT_FALSE(verify(audit).intact) << text;
  }
}

TEST_P(EvidenceTest, old_rows_move_into_an_archive_that_fits_the_chain) {
  Audit audit(store(), clock_, options());
  fill(audit, 30, 3);
  clock_.advance(400 * kDay);
  append(audit, 30, 40);
  ASSERT_EQ(*audit.seal_now(), 10);
  ASSERT_TRUE(audit.state_now().ok());
  const std::string file = folder() + "/audit-2026.jsonl";
  const Instant before{clock_.now().us - 380 * kDay};
  auto archived = archive_rows(store(), clock_, *key_, before, file);
  ASSERT_TRUE(archived.ok()) << archived.error().to_string();
  EXPECT_EQ(archived->rows, 30);
  EXPECT_EQ(one("SELECT count(*) FROM audit_row").integer(0), 10);
  auto verdict = verify(audit);
  EXPECT_TRUE(verdict.intact) << verdict.first_fault;
  EXPECT_EQ(verdict.archived, 30);
  EXPECT_EQ(verdict.sealed, 10);
  EXPECT_EQ(verdict.statements, 8);
  auto again = verify_archive(file);
  ASSERT_TRUE(again.ok()) << again.error().to_string();
  EXPECT_TRUE(*was_cut_off(store(), *again));
  // The next archive goes on where this one ended, and the guards hold for everything behind the cut.
  clock_.advance(400 * kDay);
  auto next = archive_rows(store(), clock_, *key_, Instant{clock_.now().us - 380 * kDay}, folder() + "/audit-2027.jsonl");
  ASSERT_TRUE(next.ok()) << next.error().to_string();
  EXPECT_EQ(next->first_link, again->last_link);
  EXPECT_TRUE(verify(audit).intact) << verify(audit).first_fault;
  drop_guards();
  run("UPDATE audit_cut SET sequence = 29 WHERE number = 1");
  EXPECT_EQ(verify(audit).first_fault, "cut 1: its signature does not fit");
}

TEST_P(EvidenceTest, an_archive_is_refused_when_rows_are_young_or_broken) {
  Audit audit(store(), clock_, options());
  fill(audit, 10, 1);
  const std::string file = folder() + "/archive.jsonl";
  EXPECT_EQ(archive_rows(store(), clock_, *key_, clock_.now(), file).error().code, ErrorCode::invalid_input);
  clock_.advance(400 * kDay);
  const Instant before{clock_.now().us - 370 * kDay};
  EXPECT_EQ(archive_rows(store(), clock_, *key_, Instant{0}, file).error().code, ErrorCode::not_found);
  drop_guards();
  run("UPDATE audit_row SET actor = 'staff:77' WHERE id = 4");
  EXPECT_EQ(archive_rows(store(), clock_, *key_, before, file).error().code, ErrorCode::integrity_broken);
  EXPECT_FALSE(std::filesystem::exists(file));
  EXPECT_EQ(one("SELECT count(*) FROM audit_row").integer(0), 10);
}

TEST_P(EvidenceTest, an_archive_shows_every_changed_byte) {
  Audit audit(store(), clock_, options());
  fill(audit, 10, 1);
  clock_.advance(400 * kDay);
  const std::string file = folder() + "/archive.jsonl";
  auto archived = archive_rows(store(), clock_, *key_, Instant{clock_.now().us - 370 * kDay}, file);
  ASSERT_TRUE(archived.ok()) << archived.error().to_string();
  std::ifstream in(file, std::ios::binary);
  const std::string whole((std::istreambuf_iterator<char>(in)), {});
  SeededRng rng(21);
  for (int i = 0; i < 500; ++i) {
    std::string text = whole;
    const std::size_t at = rng.below(text.size() - 1);
    text[at] ^= static_cast<char>(1 << rng.below(7));
    std::ofstream(file, std::ios::binary | std::ios::trunc) << text;
    auto checked = verify_archive(file);
    EXPECT_FALSE(checked.ok() && checked->last_link == archived->last_link && checked->rows == archived->rows) << "byte " << at;
  }
}

class SearchTest : public AuditStoreTest {
 protected:
  static std::vector<std::string> actors(const Audit::Found& found) {
    std::vector<std::string> out;
    for (const auto& r : found.records) out.push_back(r.entry.actor);
    return out;
  }
  static std::vector<std::string> actors(Audit& audit, const Search& wanted) {
    auto found = audit.search(wanted);
    EXPECT_TRUE(found.ok()) << found.error().to_string();
    return found.ok() ? actors(*found) : std::vector<std::string>();
  }
};

TEST_P(SearchTest, finds_by_actor_action_object_and_time_newest_first) {
  Audit audit(store(), clock_);
  for (int hour = 0; hour < 20; ++hour) {
    append(audit, hour, hour + 1);
    clock_.advance(kHour);
  }
  ASSERT_TRUE(audit.seal_now().ok());
  Search by_object;
  by_object.objects = {"case:3", "case:4"};
  EXPECT_EQ(actors(audit, by_object), (std::vector<std::string>{"staff:18", "staff:17", "staff:11", "staff:10", "staff:4", "staff:3"}));
  by_object.not_actor = "staff:17";
  by_object.from = Instant{clock_.now().us - 10 * kHour};
  EXPECT_EQ(actors(audit, by_object), (std::vector<std::string>{"staff:18", "staff:11", "staff:10"}));
  by_object.to = Instant{clock_.now().us - 9 * kHour};
  EXPECT_EQ(actors(audit, by_object), (std::vector<std::string>{"staff:10"}));
  Search prefix;
  prefix.actor = "staff:1*";
  prefix.action = "case.*";
  EXPECT_EQ(actors(audit, prefix).size(), 11u);
  prefix.purpose = "statistics";
  EXPECT_TRUE(actors(audit, prefix).empty());
  Search none;
  none.actor = "staff:1' OR '1'='1";
  EXPECT_TRUE(actors(audit, none).empty());
}

TEST_P(SearchTest, pages_go_on_where_the_last_one_ended) {
  Audit audit(store(), clock_);
  append(audit, 0, 25);
  Search wanted;
  wanted.limit = 10;
  std::vector<std::string> all;
  for (int page = 0; page < 5; ++page) {
    auto found = audit.search(wanted);
    ASSERT_TRUE(found.ok()) << found.error().to_string();
    for (const auto& name : actors(*found)) all.push_back(name);
    if (found->next_before == 0) break;
    wanted.before = found->next_before;
  }
  ASSERT_EQ(all.size(), 25u);
  EXPECT_EQ(all.front(), "staff:24");
  EXPECT_EQ(all.back(), "staff:0");
}

MACHIYA_ON_BOTH_ENGINES(EvidenceTest);
MACHIYA_ON_BOTH_ENGINES(SearchTest);

}  // namespace
}  // namespace machiya::audit
