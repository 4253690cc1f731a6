// Reminders that are due now, worked out on demand: the dates of open rows up to a period from today, by the index.
#include "ask/registers/registers_impl.h"
#include "ask/registers/reminder.h"

namespace machiya::registers {

Result<std::vector<Due>> Registers::due(const identity::Principal& who, int limit) {
  const Impl& impl = *impl_;
  const Date today = impl.p.clock.today();
  std::vector<Due> out;
  for (const auto& reg : all(who)) {
    const Access access = impl.access(*reg, who);
    for (const Reminder& reminder : reg->reminders) {
      if (!may_see(*reg, reminder, access)) continue;
      Query query;
      query.where = {{reminder.date, "to", to_iso(reminded_until(reminder, today, impl.p.is_working_day))}};
      query.sort = Sort{reminder.date, false};
      query.with_ended = false;
      MACHIYA_CHECK(impl.p.store.read([&](store::ReadTx& tx) -> Result<void> {
        constexpr int kChunk = 200;
        MACHIYA_TRY(const Impl::Plan plan, impl.plan(tx, *reg, query, access));
        std::optional<std::pair<std::string, std::int64_t>> after;
        while (static_cast<int>(out.size()) < limit) {
          MACHIYA_TRY(const auto found, impl.find(tx, plan, kChunk, after));
          if (found.ids.empty()) return {};
          after.emplace(found.next_value, found.ids.back());
          MACHIYA_TRY(auto stored, dao::rows_of(tx, found.ids));
          for (dao::StoredRow& row : stored) {
            MACHIYA_TRY(const FullRow full, impl.full(tx, *reg, std::move(row), true));
            const auto on = reminded(*reg, reminder, full.values, full.stored.state, full.stored.ended.has_value(), impl.p.clock.now());
            if (!on || static_cast<int>(out.size()) >= limit) continue;
            const Column* title = reg->column(reg->title);
            out.push_back({reg->id, reminder.id, full.stored.number, title != nullptr && access.read(*title) ? search_text(*title, full.values[title->name]) : "", *on, reminder.text});
          }
        }
        return {};
      }));
    }
  }
  return out;
}

}  // namespace machiya::registers
