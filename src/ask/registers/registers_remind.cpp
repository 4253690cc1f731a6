// Reminders are told: by the write that makes them due, and each city day by a durable job that looks at the dates which came near.
#include "ask/registers/registers_impl.h"
#include "ask/registers/reminder.h"
#include "base/log.h"

namespace machiya::registers {
namespace {

using json::Value;

constexpr int kChunk = 500;

/// When the job of a day runs: "06:30" of city.yaml; the schema lets only times through.
Instant time_on(Date day, const city::City& city) {
  std::int64_t minutes = 6 * 60;   // before the counters open
  if (const std::string& at = city.settings().text("reminders_at"); at.size() == 5)
    minutes = ((at[0] - '0') * 10 + at[1] - '0') * 60 + (at[3] - '0') * 10 + at[4] - '0';
  return {start_of_day_in_japan(day).us + minutes * kMinute};
}

}  // namespace

Result<void> Registers::Impl::remind(store::Tx& tx, const Register& reg, const FullRow* before, const dao::StoredRow& after, const Values& values) const {
  const Instant now = p.clock.now();
  for (const Reminder& reminder : reg.reminders) {
    std::optional<Date> was;
    if (before != nullptr) was = reminded(reg, reminder, before->values, before->stored.state, before->stored.ended.has_value(), now);
    const auto is = reminded(reg, reminder, values, after.state, after.ended.has_value(), now);
    if (was == is) continue;
    if (was) MACHIYA_CHECK(dao::close(tx, after.id, watch_of(reg, reminder), to_iso(*was), now));
    if (!is || *is > reminded_until(reminder, p.clock.today(), p.is_working_day)) continue;
    dao::ToldRow row;
    row.public_id = new_public_id(p.rng), row.watch = watch_of(reg, reminder), row.record = after.id, row.reminder = reminder.id;
    row.date = to_iso(*is), row.told = now;
    MACHIYA_CHECK(dao::tell(tx, row, -1));
  }
  return {};
}

Result<void> Registers::plan_reminders(bool now) {
  const Instant at = impl_->p.clock.now();
  const auto city = impl_->p.city();
  const Date today = impl_->p.clock.today();
  const Date next = at < time_on(today, *city) ? today : add_days(today, 1);
  return impl_->p.store.write([&](store::Tx& tx) -> Result<void> {
    // Who plans the same day again adds nothing: the day is the job's key.
    MACHIYA_CHECK(impl_->p.jobs.enqueue(tx, kReminderJob, Value::object({{"day", to_iso(next)}}), time_on(next, *city), to_iso(next)));
    if (now) MACHIYA_CHECK(impl_->p.jobs.enqueue(tx, kReminderJob, Value::object({{"day", "now"}}), at, "now"));
    return {};
  });
}

/// What one register cannot do does not keep the others waiting; the job is then tried again.
Result<void> Registers::Impl::run_reminders(const jobs::Job& job) const {
  const auto city = p.city();
  const Date next = add_days(p.clock.today(), 1);
  if (job.payload.text("day") != "now")   // before anything that may fail: a day that goes wrong does not end the days
    MACHIYA_CHECK(p.store.write([&](store::Tx& tx) { return p.jobs.enqueue(tx, kReminderJob, Value::object({{"day", to_iso(next)}}), time_on(next, *city), to_iso(next)); }));
  Result<void> outcome;
  std::vector<std::int64_t> known;
  for (const city::Loaded* loaded : city->all("register")) {
    const auto* reg = dynamic_cast<const Register*>(loaded->definition.get());
    if (reg == nullptr) continue;
    for (const Reminder& reminder : reg->reminders) {
      known.push_back(watch_of(*reg, reminder));
      if (auto done = walk(job, *reg, reminder); !done.ok()) {
        log(LogLevel::warn, "reminders-not-told", {{"register", reg->id}, {"reminder", reminder.id}, {"error", done.error().to_string()}});
        outcome = std::move(done);
      }
    }
  }
  for (;;) {   // reminders that no definition has any more
    MACHIYA_TRY(const auto others, p.store.read([&](store::ReadTx& tx) { return dao::open_of_others(tx, known, kChunk); }));
    if (others.empty()) return outcome;
    MACHIYA_CHECK(p.jobs.renew(job));
    MACHIYA_CHECK(p.store.write([&](store::Tx& tx) -> Result<void> {
      for (const dao::ToldRow& row : others) MACHIYA_CHECK(dao::close_one(tx, row.id, -1, p.clock.now()));
      return {};
    }));
  }
}

/// Writes tell what they make due, so only dates that came near since the last look are new; all of them when the register's definition is another
/// or the condition changes with the day.
Result<void> Registers::Impl::walk(const jobs::Job& job, const Register& reg, const Reminder& reminder) const {
  const Column* date = reg.column(reminder.date);
  if (date == nullptr || !date->indexed) return {};
  const std::int64_t watch = watch_of(reg, reminder);
  MACHIYA_TRY(const auto last, p.store.read([&](store::ReadTx& tx) { return dao::find_walk(tx, watch); }));
  const bool same = last && last->rule == reg.hash;
  const bool all = !same || reminder.moves;
  const Date until = reminded_until(reminder, p.clock.today(), p.is_working_day);
  if (all) MACHIYA_CHECK(close_stale(job, reg, reminder, until));
  const std::string low = all ? std::string() : last->until, high = std::max(to_iso(until), same ? last->until : std::string());
  if (all || high > low) MACHIYA_CHECK(tell_untold(job, reg, reminder, low, to_iso(until)));
  if (same && last->until == high) return {};
  MACHIYA_TRY(const auto under_way, p.store.read([&](store::ReadTx& tx) { return progress(tx, reg); }));
  if (under_way) return {};   // rows may not be in the index of the date yet: the next look is for all of them again
  return p.store.write([&](store::Tx& tx) { return dao::put_walk(tx, watch, {reg.hash, high}); });
}

Result<void> Registers::Impl::tell_untold(const jobs::Job& job, const Register& reg, const Reminder& reminder, std::string_view low, std::string_view high) const {
  const std::int64_t watch = watch_of(reg, reminder), field = reg.column(reminder.date)->field;
  const std::int64_t open = reg.workflow.empty() ? 0 : open_field(reg);
  const bool everything = needs_everything(reg, reminder);
  dao::Candidate after;
  for (;;) {
    std::vector<dao::Candidate> holding;
    int looked_at = 0;
    MACHIYA_CHECK(p.store.read([&](store::ReadTx& tx) -> Result<void> {
      MACHIYA_TRY(const auto found, dao::untold(tx, field, open, watch, low, high, after, kChunk));
      looked_at = static_cast<int>(found.size());
      if (found.empty()) return {};
      std::vector<std::int64_t> ids;
      for (const dao::Candidate& c : found) ids.push_back(c.record);
      MACHIYA_TRY(auto stored, dao::rows_of(tx, ids));
      for (dao::StoredRow& row : stored) {
        MACHIYA_TRY(const FullRow row_now, full(tx, reg, std::move(row), everything));
        const auto on = reminded(reg, reminder, row_now.values, row_now.stored.state, row_now.stored.ended.has_value(), p.clock.now());
        if (on) holding.push_back({row_now.stored.id, row_now.stored.revision, to_iso(*on)});
      }
      after = found.back();
      return {};
    }));
    if (looked_at == 0) return {};
    MACHIYA_CHECK(p.jobs.renew(job));
    MACHIYA_CHECK(p.store.write([&](store::Tx& tx) -> Result<void> {
      for (const dao::Candidate& c : holding) {
        dao::ToldRow row;
        row.public_id = new_public_id(p.rng), row.watch = watch, row.record = c.record, row.reminder = reminder.id, row.date = c.date, row.told = p.clock.now();
        MACHIYA_CHECK(dao::tell(tx, row, c.revision));   // who changed the row meanwhile has told, or has not had to
      }
      return {};
    }));
  }
}

Result<void> Registers::Impl::close_stale(const jobs::Job& job, const Register& reg, const Reminder& reminder, Date until) const {
  const bool everything = needs_everything(reg, reminder);
  std::int64_t after = 0;
  for (;;) {
    std::vector<std::pair<std::int64_t, std::int64_t>> stale;   // key, revision of the row
    bool any = false;
    MACHIYA_CHECK(p.store.read([&](store::ReadTx& tx) -> Result<void> {
      MACHIYA_TRY(const auto open, dao::open_of(tx, watch_of(reg, reminder), after, kChunk));
      any = !open.empty();
      for (const dao::ToldRow& told : open) {
        after = told.id;
        MACHIYA_TRY(auto stored, dao::rows_of(tx, {told.record}));
        if (stored.empty()) {
          stale.emplace_back(told.id, -1);
          continue;
        }
        MACHIYA_TRY(const FullRow row, full(tx, reg, std::move(stored.front()), everything));
        const auto on = reminded(reg, reminder, row.values, row.stored.state, row.stored.ended.has_value(), p.clock.now());
        if (!on || to_iso(*on) != told.date || *on > until) stale.emplace_back(told.id, row.stored.revision);
      }
      return {};
    }));
    if (!any) return {};
    MACHIYA_CHECK(p.jobs.renew(job));
    MACHIYA_CHECK(p.store.write([&](store::Tx& tx) -> Result<void> {
      for (const auto& [id, revision] : stale) MACHIYA_CHECK(dao::close_one(tx, id, revision, p.clock.now()));
      return {};
    }));
  }
}

}  // namespace machiya::registers
