// What happens by the clock: people are listed, stages entered, and their people put into the ledger; a piece at a time.
#include <algorithm>
#include <chrono>
#include <set>

#include "base/log.h"
#include "tell/callout/callout.h"
#include "tell/callout/callout_dao.h"

namespace machiya::callout {
namespace {
constexpr int kSome = 1'000;   ///< people of one transaction: some tens of milliseconds
}

void Callouts::start_clock() {
  std::lock_guard lock(clock_mutex_);
  if (ticking_) return;
  ticking_ = true;
  clock_thread_ = std::thread([this] {
    std::unique_lock held(clock_mutex_);
    while (ticking_) {
      wakes_.wait_for(held, std::chrono::milliseconds(500), [this] { return !ticking_ || news_; });
      news_ = false;
      held.unlock();
      if (const auto done = tick(); !done.ok()) log(LogLevel::warn, "callouts-not-ticked", {{"why", done.error().to_string()}});
      held.lock();
      std::vector<std::string> again;
      for (auto at = late_.begin(); at != late_.end();) {
        const bool due = p_.clock.now().us - at->second.us > kFresh;
        if (due) again.push_back(at->first);
        at = due ? late_.erase(at) : std::next(at);
      }
      held.unlock();
      for (const std::string& id : again) p_.changed(id);
      held.lock();
    }
  });
}

void Callouts::stop_clock() {
  {
    std::lock_guard lock(clock_mutex_);
    if (!ticking_) return;
    ticking_ = false;
  }
  wakes_.notify_all();
  clock_thread_.join();
}

Result<int> Callouts::tick() {
  int steps = 0;
  MACHIYA_TRY(const auto running, p_.store.read([](store::ReadTx& tx) { return dao::running(tx); }));
  for (const Callout& callout : running) {
    bool more = true;
    while (more) {
      MACHIYA_TRY(more, step(callout));
      steps += more;
    }
  }
  return steps;
}

/// One thing at a time, looked up anew: another process may be at it too. False when there is nothing to do now.
Result<bool> Callouts::step(const Callout& seen) {
  bool worked = false;
  MACHIYA_CHECK(p_.store.write([&](store::Tx& tx) -> Result<void> {
    worked = false;
    MACHIYA_TRY(const auto callout, dao::find(tx, seen.public_id));
    if (!callout || callout->state != State::running) return {};
    if (!callout->listed) {
      MACHIYA_TRY(worked, list_some(tx, *callout));
      return {};
    }
    MACHIYA_TRY(const auto stages, dao::stages(tx, callout->id));
    for (const Entered& stage : stages)
      if (!stage.released) {
        MACHIYA_TRY(worked, fill_some(tx, *callout, stage));
        return {};
      }
    if (p_.clock.now() < callout->due) return {};
    MACHIYA_TRY(worked, enter_next(tx, *callout));
    return {};
  }));
  if (!worked) return false;
  p_.wake();
  told(seen.public_id);
  return true;
}

Result<bool> Callouts::list_some(store::Tx& tx, const Callout& callout) {
  MACHIYA_TRY(const auto members, dao::some(tx, callout.departments, callout.listed_to, kSome));
  MACHIYA_TRY(const bool mine, dao::move_list(tx, callout.id, callout.listed_to, members.empty() ? callout.listed_to : members.back().first, members.empty()));
  if (!mine) return false;
  std::vector<dao::NewPerson> people;
  for (const auto& [member, department] : members) people.push_back({member, 0, new_public_id(p_.rng), department});
  MACHIYA_CHECK(dao::insert_people(tx, callout.id, people));
  return true;
}

std::vector<std::string> Callouts::usable(const Callout& callout) const {
  const auto configured = p_.channels();
  std::vector<std::string> out;
  for (const Stage& stage : callout.stages)
    if (std::find(configured.begin(), configured.end(), stage.by) != configured.end()) out.push_back(stage.by);
  return out;
}

/// A line of a stage: its message stands in the ledger and waits for its people.
Result<Entered> Callouts::open_line(store::Tx& tx, const Callout& callout, int number, const std::string& by, const std::string& channel) {
  Entered out;
  out.number = number, out.by = by, out.at = p_.clock.now();
  if (channel.empty()) {
    out.released = true, out.reason = "not-configured";
    MACHIYA_CHECK(dao::insert_stage(tx, callout.id, out));
    return out;
  }
  MACHIYA_TRY(out.channel_number, p_.audiences.number("channel", channel));
  tell::Order order;
  order.public_id = out.message_public = new_public_id(p_.rng);
  order.cls = tell::Class::emergency, order.drill = callout.drill, order.channels = std::int64_t{1} << out.channel_number, order.listed = true;
  order.contents = tell::to_json(contents(callout)), order.start = p_.clock.now();
  MACHIYA_TRY(out.message, p_.ledger.place(tx, order));
  MACHIYA_CHECK(dao::insert_stage(tx, callout.id, out));
  return out;
}

Result<bool> Callouts::enter_next(store::Tx& tx, const Callout& callout) {
  const int next = callout.stage + 1;
  const Instant now = p_.clock.now();
  if (next >= static_cast<int>(callout.stages.size())) return dao::end(tx, callout.id, State::running, State::over, now);
  const Stage& stage = callout.stages[static_cast<std::size_t>(next)];
  const auto channels = usable(callout);
  const bool deputies = stage.by == kDeputy;
  const bool possible = deputies ? !channels.empty() : std::find(channels.begin(), channels.end(), stage.by) != channels.end();
  // Nothing is waited for where nothing was sent.
  MACHIYA_TRY(const bool mine, dao::move_stage(tx, callout.id, callout.stage, next, possible ? Instant{now.us + stage.minutes * kMinute} : now));
  if (!mine) return false;
  std::vector<std::string> lines = deputies ? channels : std::vector<std::string>{stage.by};
  if (!possible) lines = {""};
  for (const std::string& channel : lines) {
    MACHIYA_TRY(const Entered opened, open_line(tx, callout, next, stage.by, channel));
    (void)opened;
  }
  return true;
}

/// Deputies of these who are not called yet, each with the first channel that they have.
Result<std::vector<std::pair<std::int64_t, int>>> Callouts::deputies(store::Tx& tx, const Callout& callout, const std::vector<std::int64_t>& members) {
  MACHIYA_TRY(const auto rows, dao::rows_of(tx, members));
  std::vector<std::int64_t> wanted;
  std::map<std::int64_t, std::int64_t> stands_for;
  for (const dao::MemberRow& row : rows)
    if (row.deputy != 0 && stands_for.emplace(row.deputy, row.id).second) wanted.push_back(row.deputy);
  MACHIYA_TRY(const auto known, dao::called_among(tx, callout.id, wanted));
  std::erase_if(wanted, [&](std::int64_t id) { return known.count(id) > 0; });
  MACHIYA_TRY(const auto addresses, dao::addresses(tx, wanted));
  std::vector<int> order;
  const auto channels = usable(callout);
  for (const std::string& channel : channels) {
    MACHIYA_TRY(const int number, p_.audiences.number("channel", channel));
    order.push_back(number);
  }
  std::vector<std::pair<std::int64_t, int>> out;
  for (const std::int64_t id : wanted)
    for (const int channel : order)
      if (std::any_of(addresses.begin(), addresses.end(), [&](const dao::Address& a) { return a.member == id && a.channel == channel; })) {
        out.emplace_back(id, channel);
        break;
      }
  return out;
}

Result<bool> Callouts::fill_some(store::Tx& tx, const Callout& callout, const Entered& stage) {
  const bool by_deputy = stage.by == kDeputy;
  MACHIYA_TRY(const auto silent, dao::silent(tx, callout.id, stage.filled_to, kSome, !by_deputy));
  if (silent.empty()) {
    MACHIYA_TRY(const bool mine, dao::move_filling(tx, callout.id, stage, stage.filled_to, 0, true, stage.people == 0 ? "nobody" : ""));
    if (!mine) return false;
    MACHIYA_CHECK(p_.ledger.release(tx, stage.message));
    return true;
  }
  std::vector<std::int64_t> members = silent;
  if (by_deputy) {
    members.clear();
    MACHIYA_TRY(const auto found, deputies(tx, callout, silent));
    for (const auto& [deputy, channel] : found)
      if (channel == stage.channel_number) members.push_back(deputy);
    MACHIYA_TRY(const auto rows, dao::rows_of(tx, members));
    std::vector<dao::NewPerson> people;
    for (const dao::MemberRow& row : rows) people.push_back({row.id, 1, new_public_id(p_.rng), row.department});
    MACHIYA_CHECK(dao::insert_people(tx, callout.id, people));
  }
  MACHIYA_TRY(const auto addresses, dao::addresses(tx, members));
  std::vector<std::pair<std::int64_t, std::int64_t>> targets;
  std::vector<std::int64_t> recipients, asked;
  for (const dao::Address& a : addresses)
    if (a.channel == stage.channel_number) targets.emplace_back(a.recipient, a.member), recipients.push_back(a.recipient), asked.push_back(a.member);
  MACHIYA_TRY(const bool mine, dao::move_filling(tx, callout.id, stage, silent.back(), static_cast<std::int64_t>(targets.size()), false, ""));
  if (!mine) return false;
  if (targets.empty()) return true;
  MACHIYA_CHECK(p_.ledger.add_recipients(tx, stage.message, recipients));
  MACHIYA_CHECK(dao::insert_targets(tx, callout.id, stage.message_public, targets));
  MACHIYA_CHECK(dao::set_asked(tx, callout.id, asked));
  return true;
}

}  // namespace machiya::callout
