#include "ask/cases/statistics.h"

#include <array>
#include <map>

#include "ask/cases/case_events.h"
#include "ask/cases/statistics_dao.h"
#include "platform/events/events.h"

namespace machiya::cases {

std::string month_of(Instant t) { return to_iso(date_in_japan(t)).substr(0, 7); }

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

/// Adds up first: a hundred submissions of one procedure touch its row once.
Result<void> count(store::Tx& tx, const events::Events::Batch& batch) {
  std::map<std::array<std::string, 3>, std::int64_t> counts;
  std::map<std::pair<std::array<std::string, 3>, std::int64_t>, std::int64_t> days;
  for (const events::Event* e : batch) {
    const json::Value& p = e->payload;
    const std::string& procedure = p.text("procedure");
    const std::string month = month_of(e->at);
    if (e->type == kCaseSubmitted) {
      ++counts[{procedure, month, "submitted"}];
      ++counts[{procedure, month, "channel:" + p.text("channel")}];
    } else if (e->type == kCaseDecided) {
      ++counts[{procedure, month, "decided:" + p.text("outcome")}];
    } else if (e->type == kCaseWithdrawn) {
      ++counts[{procedure, month, "withdrawn"}];
    } else if (p.text("from") != p.text("state")) {
      ++days[{{procedure, month, p.text("from")}, p["hours"].as_int() / 24}];
    }
  }
  for (const auto& [key, n] : counts) MACHIYA_CHECK(add_count(tx, key[0], key[1], key[2], n));
  for (const auto& [key, n] : days) MACHIYA_CHECK(add_state_days(tx, key.first[0], key.first[1], key.first[2], key.second, n));
  return {};
}

}  // namespace

void Statistics::subscribe(events::Events& events) {
  const std::vector<std::string> types{std::string(kCaseSubmitted), std::string(kCaseChanged), std::string(kCaseDecided), std::string(kCaseWithdrawn)};
  events.subscribe_batch("case-statistics", types, [](store::Tx& tx, const events::Events::Batch& batch) { return count(tx, batch); });
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
