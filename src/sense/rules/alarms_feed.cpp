// From the broker's journal through the rules to the database, and the thread that does it.
#include <algorithm>
#include <chrono>

#include "base/log.h"
#include "sense/rules/alarms_dao.h"
#include "sense/rules/inside.h"

namespace machiya::sense::rules {
namespace {

constexpr std::size_t kAtOnce = 512, kReadAtOnce = 20'000;
constexpr EntityStore::Number kCursorStep = 10'000;
constexpr std::int64_t kLongestSleepUs = 500'000;   // a clock that is set must be looked at
constexpr std::size_t kUnwrittenAtMost = 2'000;
// Ends a replay early; never seen outside.
const Error kEnough(ErrorCode::gone, "enough");

}  // namespace

bool Alarms::Inside::filters(const Record& record) const {
  const auto known = [&](const EntityPtr& e) { return e && std::ranges::any_of(e->types, [&](std::string_view t) { return types.contains(t); }); };
  return known(record.after) || known(record.before);
}

// On the journal's thread.
void Alarms::Inside::follow(EntityStore::Number number, const Record& record) {
  {
    std::lock_guard hold(feed_mutex);
    told = number;
    if (!filters(record)) return;
    if (lost == 0 && feed.size() < options.most_waiting) {
      auto one = std::make_shared<Waiting>(Waiting{number, std::string(record.tenant), record});
      one->record.tenant = one->tenant;
      feed.push_back(std::move(one));
    } else if (lost == 0) {
      lost = number;
    }
    if (news) return;
    news = true;
  }
  wake.notify_all();
}

void Alarms::Inside::take(EntityStore::Number number, std::string_view tenant, const Record& record) {
  advance(record.at_us);
  judged = number;
  ++counters.seen;
  thread_local std::vector<Running*> concerned;
  concerned.clear();
  for (const EntityPtr& e : {record.after, record.before})
    if (e)
      for (const std::string_view type : e->types)
        if (const auto found = by_type.find(type); found != by_type.end())
          for (Running* run : found->second)
            if (std::ranges::find(concerned, run) == concerned.end()) concerned.push_back(run);
  for (Running* run : concerned) judge_change(*run, tenant, record);
}

// A part of the way at most: whoever asks for more calls again. `judged` says how far it went.
Result<void> Alarms::Inside::take_journal(EntityStore::Number from, EntityStore::Number to) {
  if (from > to) return {};
  std::size_t seen = 0;
  bool whole = true;
  auto done = p.entities.replay(from, [&](EntityStore::Number number, const Record& record) -> Result<void> {
    if (number > to) return kEnough;
    if (seen++ >= kReadAtOnce || unwritten.lines.size() >= kUnwrittenAtMost) whole = false;
    if (!whole) return kEnough;
    take(number, record.tenant, record);
    judged = number;
    return {};
  });
  if (!done.ok() && done.error().code != ErrorCode::gone) return done;
  if (whole) judged = to;
  return {};
}

bool Alarms::Inside::take_some() {
  std::vector<std::shared_ptr<const Waiting>> batch;
  EntityStore::Number all = 0, from = 0;
  {
    std::lock_guard hold(feed_mutex);
    const std::size_t n = std::min(feed.size(), kAtOnce);
    batch.assign(feed.begin(), feed.begin() + static_cast<std::ptrdiff_t>(n));
    if (batch.empty()) {
      all = told, from = lost, news = false;
      if (lost != 0 && judged >= told) lost = 0;   // caught up: from here on the feed has everything
      if (lost == 0) from = 0;
    }
  }
  windows_ready = false;
  if (batch.empty()) {
    if (from == 0) {
      judged = std::max(judged, all);   // what lies between was of no rule's type
      return false;
    }
    if (auto read = take_journal(std::max(judged + 1, from), all); !read.ok()) log(LogLevel::warn, "journal-not-read", {{"why", read.error().to_string()}});
    return true;
  }
  for (const auto& one : batch)
    if (one->number > judged) take(one->number, one->tenant, one->record);
  std::lock_guard hold(feed_mutex);
  feed.erase(feed.begin(), feed.begin() + static_cast<std::ptrdiff_t>(batch.size()));
  return true;
}

bool Alarms::Inside::advance(std::int64_t to_us) {
  bool did = false;
  while (!timers.empty() && timers.top().at_us <= to_us) {
    const Timer timer = timers.top();
    timers.pop();
    const auto found = timer.running->items.find(timer.key);
    if (found == timer.running->items.end() || found->second.timer_us != timer.at_us) continue;   // stale
    due(*timer.running, found->first, found->second, timer.at_us);
    did = true;
    if (unwritten.lines.size() >= kUnwrittenAtMost) break;   // the rest after the transaction
  }
  return did;
}

// Entities that were there before their rule. One rule at a time; the journal is read up by then, so that nothing is judged twice.
bool Alarms::Inside::scan() {
  const auto wanted = std::ranges::find_if(running, [](const auto& r) { return r.second.rule && (r.second.judge_all || r.second.arm_all); });
  if (wanted == running.end()) {
    std::map<std::string, std::string> now;
    for (const auto& [id, run] : running)
      if (run.rule) now[id] = run.rule->hash;
    if (now == hashes) return false;
    hashes = now, unwritten.hashes = std::move(now);
    return true;
  }
  Running& run = wanted->second;
  const std::int64_t now_us = p.clock.now().us;
  EntityQuery query;
  query.entities.emplace_back().type = TypeSelection::any({run.rule->type});
  for (const std::string& tenant : p.entities.tenants()) {
    const Found found = p.entities.find(tenant, Find{.query = &query, .limit = std::numeric_limits<std::size_t>::max(), .now_us = now_us});
    for (const EntityPtr& entity : found.entities) {
      if (run.judge_all) {
        judge_entity(run, tenant, *entity, now_us);
        continue;
      }
      Item& item = item_of(run, tenant, entity->id);
      if (!run.rule->silent.empty() && item.heard_us == kNoTime) item.heard_us = std::max({started_us, last_heard(*run.rule, *entity), entity->created_us});
      if (run.rule->every_us > 0 && item.look_us == kNever) item.look_us = now_us + run.rule->every_us;
      arm(run, item_key(tenant, entity->id), item);
    }
  }
  run.judge_all = run.arm_all = false;
  return true;
}

Result<void> write_rows(store::Tx& tx, const Unwritten& what, events::Events& events) {
  for (const auto& [id, row] : what.alarms) MACHIYA_CHECK(dao::put_alarm(tx, row));
  for (const Unwritten::Line& line : what.lines) MACHIYA_CHECK(dao::add_entry(tx, line.alarm, line.priority, line.entry));
  if (!what.events.empty()) MACHIYA_CHECK(events.emit(tx, what.events));
  if (what.hashes) MACHIYA_CHECK(dao::put_rules(tx, *what.hashes));
  return {};
}

Result<void> Alarms::Inside::write() {
  if (unwritten.empty() && judged < written + kCursorStep) return {};
  const EntityStore::Number cursor = judged;
  MACHIYA_CHECK(p.store.write([&](store::Tx& tx) -> Result<void> {
    MACHIYA_CHECK(write_rows(tx, unwritten, p.events));
    return dao::put_cursor(tx, cursor);
  }));
  const bool told_anybody = !unwritten.lines.empty();
  unwritten = Unwritten(), written = cursor;
  if (told_anybody && p.changed) p.changed();
  return {};
}

Result<void> Alarms::pump() {
  for (bool did = true; did;) {
    std::lock_guard hold(in_->mutex);
    MACHIYA_CHECK(in_->write());
    did = in_->take_some();
    if (!did) did = in_->advance(in_->p.clock.now().us);
    if (!did) did = in_->scan();
    MACHIYA_CHECK(in_->write());
  }
  return {};
}

void Alarms::Inside::run() {
  for (;;) {
    bool did = false;
    std::int64_t next_us = kNever;
    {
      std::lock_guard hold(mutex);
      // Nothing is judged upon what the disk refused: it is tried again first.
      auto wrote = write();
      if (wrote.ok()) {
        did = take_some() || advance(p.clock.now().us) || scan();
        wrote = write();
      }
      if (!wrote.ok()) log(LogLevel::warn, "alarms-not-written", {{"why", wrote.error().to_string()}}), did = false;
      if (!timers.empty()) next_us = timers.top().at_us;
    }
    std::unique_lock hold(feed_mutex);
    if (ending) return;
    if (did || news) continue;
    const std::int64_t us = std::clamp<std::int64_t>(next_us == kNever ? kLongestSleepUs : next_us - p.clock.now().us, 1'000, kLongestSleepUs);
    wake.wait_for(hold, std::chrono::microseconds(us), [&] { return ending || news; });
    if (ending) return;
  }
}

}  // namespace machiya::sense::rules
