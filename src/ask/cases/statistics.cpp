#include "ask/cases/statistics.h"

#include "ask/cases/case_events.h"
#include "ask/cases/statistics_dao.h"
#include "platform/events/events.h"

namespace machiya::cases {
namespace {

/// Median and 90 % of a histogram of days.
StateDays summed(const std::string& procedure, const std::string& state, const std::vector<std::pair<std::int64_t, std::int64_t>>& cells) {
  StateDays out{procedure, state, 0, 0, 0};
  for (const auto& [days, amount] : cells) out.cases += amount;
  auto at = [&](std::int64_t rank) {   // the value at a rank from 1
    std::int64_t seen = 0;
    for (const auto& [days, amount] : cells)
      if ((seen += amount) >= rank) return days;
    return cells.empty() ? std::int64_t{0} : cells.back().first;
  };
  if (out.cases == 0) return out;
  out.median = static_cast<double>(at((out.cases + 1) / 2) + at(out.cases / 2 + 1)) / 2;
  out.ninetieth = static_cast<int>(at((out.cases * 9 + 9) / 10));
  return out;
}

}  // namespace

std::string month_of(Instant t) { return to_iso(date_in_japan(t)).substr(0, 7); }

void Statistics::subscribe(events::Events& events) {
  const std::string consumer = "case-statistics";
  events.subscribe(consumer, std::string(kCaseSubmitted), [](store::Tx& tx, const events::Event& e) -> Result<void> {
    MACHIYA_CHECK(add_count(tx, e.payload.text("procedure"), month_of(e.at), "submitted", 1));
    return add_count(tx, e.payload.text("procedure"), month_of(e.at), "channel:" + e.payload.text("channel"), 1);
  });
  events.subscribe(consumer, std::string(kCaseChanged), [](store::Tx& tx, const events::Event& e) -> Result<void> {
    if (e.payload.text("from") == e.payload.text("state")) return {};
    return add_state_days(tx, e.payload.text("procedure"), month_of(e.at), e.payload.text("from"), e.payload["hours"].as_int() / 24);
  });
  events.subscribe(consumer, std::string(kCaseDecided), [](store::Tx& tx, const events::Event& e) -> Result<void> {
    return add_count(tx, e.payload.text("procedure"), month_of(e.at), "decided:" + e.payload.text("outcome"), 1);
  });
  events.subscribe(consumer, std::string(kCaseWithdrawn), [](store::Tx& tx, const events::Event& e) -> Result<void> {
    return add_count(tx, e.payload.text("procedure"), month_of(e.at), "withdrawn", 1);
  });
}

void Statistics::visited(std::string_view procedure, std::string_view page, int place) {
  std::lock_guard lock(mutex_);
  auto& cell = pending_[{std::string(procedure), std::string(page)}];
  cell.first = place;
  ++cell.second;
}

Result<void> Statistics::flush() {
  decltype(pending_) taken;
  {
    std::lock_guard lock(mutex_);
    taken.swap(pending_);
  }
  if (taken.empty()) return {};
  const std::string month = month_of(clock_.now());
  auto state = store_.write([&](store::Tx& tx) -> Result<void> {
    for (const auto& [key, cell] : taken) MACHIYA_CHECK(add_visits(tx, key.first, month, key.second, cell.first, cell.second));
    return {};
  });
  if (!state.ok()) {
    std::lock_guard lock(mutex_);
    for (const auto& [key, cell] : taken) {
      auto& back = pending_[key];
      back.first = cell.first, back.second += cell.second;
    }
  }
  return state;
}

Result<std::vector<MonthCount>> Statistics::counts(const std::string& from, const std::string& to) {
  return store_.read([&](store::ReadTx& tx) { return read_counts(tx, from, to); });
}

Result<std::vector<StateDays>> Statistics::state_days(const std::string& procedure, const std::string& from, const std::string& to) {
  MACHIYA_TRY(auto cells, store_.read([&](store::ReadTx& tx) { return read_state_days(tx, procedure, from, to); }));
  std::vector<StateDays> out;
  for (std::size_t i = 0; i < cells.size();) {
    std::vector<std::pair<std::int64_t, std::int64_t>> one;
    const std::string& state = cells[i].state;
    for (; i < cells.size() && cells[i].state == state; ++i) one.emplace_back(cells[i].days, cells[i].amount);
    out.push_back(summed(procedure, state, one));
  }
  return out;
}

Result<std::vector<PageStep>> Statistics::steps(const std::string& procedure, const std::string& from, const std::string& to) {
  return store_.read([&](store::ReadTx& tx) { return read_steps(tx, procedure, from, to); });
}

}  // namespace machiya::cases
