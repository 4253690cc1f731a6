// Rows go when their retention is over (the register's `retention`, after the city's rules for documents): each night, the whole row with
// its key, files and history; what stays is the audit's line that it went.
#include "ask/records/touch_dao.h"
#include "ask/registers/registers_impl.h"
#include "base/log.h"
#include "platform/blobs/blobs.h"

namespace machiya::registers {
namespace {

constexpr int kChunk = 100;

/// No end after this can be over yet: months are at least 28 days.
Instant surely_not_after(const cases::Retention& rule, Instant now) {
  return {now.us - rule.keep.us - (28 * static_cast<std::int64_t>(rule.keep.months) + rule.keep.days) * kDay};
}

}  // namespace

Result<void> Registers::plan_retention() {
  const Date next = add_days(impl_->p.clock.today(), 1);
  constexpr std::int64_t kAt = 3 * kHour;   // when nobody waits
  return impl_->p.store.write([&](store::Tx& tx) -> Result<void> {
    MACHIYA_CHECK(impl_->p.jobs.enqueue(tx, kRetentionJob, json::Value::object(), Instant{start_of_day_in_japan(next).us + kAt}, to_iso(next)));
    return {};
  });
}

Result<void> Registers::Impl::run_retention(const jobs::Job& job) const {
  Result<void> outcome = p.store.write([&](store::Tx& tx) { return records::forget_touches(tx, {p.clock.now().us - kDay}); });
  const auto city = p.city();
  for (const city::Loaded* loaded : city->all("register")) {
    const auto* reg = dynamic_cast<const Register*>(loaded->definition.get());
    if (reg == nullptr || !reg->retention) continue;
    if (auto done = erase_ended(job, *reg); !done.ok()) {   // what one register cannot do does not keep the others waiting
      log(LogLevel::warn, "retention-not-done", {{"register", reg->id}, {"error", done.error().to_string()}});
      outcome = std::move(done);
    }
  }
  return outcome;
}

Result<void> Registers::Impl::erase_ended(const jobs::Job& job, const Register& reg) const {
  const cases::Retention& rule = *reg.retention;
  const Instant now = p.clock.now();
  std::int64_t after = 0;
  for (;;) {
    MACHIYA_TRY(const auto rows, p.store.read([&](store::ReadTx& tx) { return dao::rows_ended(tx, reg.id, rule.from_end, surely_not_after(rule, now), after, kChunk); }));
    if (rows.empty()) return {};
    after = rows.back().id;
    MACHIYA_CHECK(p.jobs.renew(job));
    std::vector<std::string> files;   // of rows that are gone once this is committed
    MACHIYA_CHECK(p.store.write([&](store::Tx& tx) -> Result<void> {
      files.clear();
      for (const dao::StoredRow& row : rows) {
        const Instant from = rule.from_end ? *row.ended : row.created;
        if (now < cases::add_period(from, rule.keep, p.is_working_day)) continue;
        MACHIYA_TRY(auto still, dao::find_row(tx, reg.id, row.number));
        if (!still || still->revision != row.revision) continue;   // touched at this moment: the next night looks again
        MACHIYA_TRY(const bool referred, is_referred_to(tx, reg, row.number));
        if (referred) continue;
        MACHIYA_TRY(const FullRow full_row, full(tx, reg, std::move(*still), true));
        MACHIYA_CHECK(remove(tx, reg, full_row));
        if (p.blobs != nullptr) {
          MACHIYA_TRY(files.emplace_back(), p.blobs->release(tx, file_owner_of(reg, row.number)));
        }
        MACHIYA_CHECK(p.audit.append(tx, {"system", "register.erase", "row:" + row.number, "retention", "", json::Value::object({{"register", reg.id}})}));
      }
      return {};
    }));
    for (const std::string& owner : files) {
      MACHIYA_TRY([[maybe_unused]] const int erased, p.blobs->erase_owned(owner));
    }
  }
}

}  // namespace machiya::registers
