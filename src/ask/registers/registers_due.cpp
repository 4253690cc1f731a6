// Reminders that are due: the dates of open rows up to a period from today, by the index.
#include "ask/registers/registers_impl.h"

namespace machiya::registers {

Result<std::vector<Due>> Registers::due(const identity::Principal& who, int limit) {
  const Impl& impl = *impl_;
  const Date today = impl.p.clock.today();
  std::vector<Due> out;
  for (const auto& reg : all(who)) {
    const Access access = impl.access(*reg, who);
    for (const Reminder& reminder : reg->reminders) {
      const Column* date = reg->column(reminder.date);
      if (date == nullptr || !date->indexed || !access.read(*date)) continue;
      Query query;
      query.where = {{reminder.date, "to", to_iso(deadline_date(today, reminder.before, impl.p.is_working_day))}};
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
            if (reminder.when) {
              auto wanted = reminder.when.evaluate(row_slots(*reg, full.values, full.stored.state), feel::Environment(impl.p.clock.now()));
              if (!wanted.ok() || !wanted->is_true()) continue;
            }
            const auto on = parse_iso_date(full.values.text(reminder.date));
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
