// How many were asked, reached, answered and come, by department.
#include <algorithm>
#include <set>

#include "tell/callout/callout.h"
#include "tell/callout/callout_dao.h"

namespace machiya::callout {
namespace {

/// One person's part in the numbers.
void add(Strength& s, bool asked, bool reached, bool answered, const Answer& a, Instant started) {
  ++s.called;
  s.asked += asked, s.reached += reached || answered, s.answered += answered;
  if (!answered) return;
  s.hurt += a.self == Health::hurt, s.family += a.family == Health::hurt || a.family == Health::unknown;
  s.cannot += a.duty == Duty::cannot;
  if (a.duty != Duty::comes) return;
  ++s.comes;
  const std::int64_t minutes = a.arrives ? (a.arrives->us - started.us + kMinute - 1) / kMinute : 0;
  ++(minutes <= 30 ? s.within30 : minutes <= 60 ? s.within60 : minutes <= 180 ? s.within180 : s.later);
}

/// Members whom a channel took a message for.
Result<std::set<std::int64_t>> reached_by(store::ReadTx& tx, tell::Ledger& ledger, const std::vector<Entered>& stages) {
  std::set<std::int64_t> out;
  for (const Entered& stage : stages) {
    if (stage.message == 0) continue;
    MACHIYA_TRY(const auto targets, dao::targets(tx, stage.message_public));
    auto at = targets.begin();   // both in the order of recipients
    MACHIYA_CHECK(ledger.rows(tx, stage.message, [&](std::int64_t recipient, int, tell::RowState state) {
      while (at != targets.end() && at->first < recipient) ++at;
      if (at != targets.end() && at->first == recipient && state == tell::RowState::taken) out.insert(at->second);
    }));
  }
  return out;
}

}  // namespace

Result<Board> Callouts::make_board(store::ReadTx& tx, const Callout& callout) {
  Board out;
  out.made = p_.clock.now();
  MACHIYA_TRY(out.stages, dao::stages(tx, callout.id));
  for (Entered& stage : out.stages)
    if (stage.channel_number >= 0) {
      MACHIYA_TRY(stage.channel, p_.audiences.name("channel", stage.channel_number));
    }
  MACHIYA_TRY(const auto reached, reached_by(tx, p_.ledger, out.stages));
  MACHIYA_CHECK(dao::each_person(tx, callout.id, "", [&](const dao::PersonRow& p) {
    for (Strength* s : {&out.departments[p.department], &out.all}) add(*s, p.asked, reached.count(p.member) > 0, p.answered.has_value(), p.answer, callout.started.value_or(callout.created));
  }));
  return out;
}

Result<std::shared_ptr<const Board>> Callouts::board(const Callout& callout) {
  std::lock_guard lock(boards_mutex_);   // one counts, the others wait for it
  auto& kept = boards_[callout.id];
  const Instant now = p_.clock.now();
  if (kept && now >= kept->made && now.us - kept->made.us < kFresh) return kept;
  MACHIYA_TRY(Board made, p_.store.read([&](store::ReadTx& tx) { return make_board(tx, callout); }));
  kept = std::make_shared<const Board>(std::move(made));
  return kept;
}

Result<std::vector<Called>> Callouts::people(const Callout& callout, const std::string& department, int limit) {
  return p_.store.read([&](store::ReadTx& tx) -> Result<std::vector<Called>> {
    MACHIYA_TRY(const auto stages, dao::stages(tx, callout.id));
    MACHIYA_TRY(const auto reached, reached_by(tx, p_.ledger, stages));
    std::vector<dao::PersonRow> rows;
    std::vector<std::int64_t> ids;
    MACHIYA_CHECK(dao::each_person(tx, callout.id, department, [&](const dao::PersonRow& p) {
      if (static_cast<int>(rows.size()) < limit) rows.push_back(p), ids.push_back(p.member);
    }));
    MACHIYA_TRY(const auto members, dao::rows_of(tx, ids));
    MACHIYA_TRY(auto names, opened(tx, members));
    std::vector<Called> out;
    for (const dao::PersonRow& p : rows) {
      const auto member = std::find_if(names.begin(), names.end(), [&](const Member& m) { return m.id == p.member; });
      if (member == names.end()) continue;   // removed from the list since: their name is erased
      out.push_back({*member, p.asked, reached.count(p.member) > 0 || p.answered, p.answered, p.answer, p.stands_for != 0});
    }
    return out;
  });
}

Result<Board> recount(store::Store& store, tell::Ledger& ledger, const Callout& callout) {
  return store.read([&](store::ReadTx& tx) -> Result<Board> {
    Board out;
    std::map<std::int64_t, Answer> last;
    MACHIYA_CHECK(dao::each_answer(tx, callout.id, [&](std::int64_t member, const Answer& a) { last[member] = a; }));
    std::set<std::int64_t> asked, reached;
    MACHIYA_TRY(const auto stages, dao::stages(tx, callout.id));
    for (const Entered& stage : stages) {
      MACHIYA_TRY(const auto targets, dao::targets(tx, stage.message_public));
      std::map<std::int64_t, std::int64_t> member_of;
      for (const auto& [recipient, member] : targets) member_of[recipient] = member, asked.insert(member);
      if (stage.message == 0) continue;
      MACHIYA_CHECK(ledger.rows(tx, stage.message, [&](std::int64_t recipient, int, tell::RowState state) {
        if (state == tell::RowState::taken && member_of.count(recipient)) reached.insert(member_of[recipient]);
      }));
    }
    MACHIYA_CHECK(dao::each_person(tx, callout.id, "", [&](const dao::PersonRow& p) {
      const auto answer = last.find(p.member);
      const bool answered = answer != last.end();
      for (Strength* s : {&out.departments[p.department], &out.all}) add(*s, asked.count(p.member) > 0, reached.count(p.member) > 0, answered, answered ? answer->second : Answer{}, callout.started.value_or(callout.created));
    }));
    return out;
  });
}

}  // namespace machiya::callout
