#include "sense/rules/history_windows.h"

#include <algorithm>

namespace machiya::sense::rules {

std::vector<series::SeriesId> series_of(const History& history, std::string_view tenant, std::string_view entity, std::string_view attribute) {
  std::vector<series::SeriesId> out;
  const history::HeadPtr head = history.head(tenant, entity);
  if (!head) return out;
  for (const history::TrackPtr& track : head->tracks)
    if (track->name == attribute && track->dataset.empty())
      for (const history::Column& column : track->columns) out.push_back(column.values);
  return out;
}

series::Aggregate merged(const series::Aggregate& a, const series::Aggregate& b) {
  if (a.count == 0) return b;
  if (b.count == 0) return a;
  series::Aggregate out = a;
  out.count += b.count, out.sum += b.sum, out.sum_of_squares += b.sum_of_squares;
  out.min = std::min(a.min, b.min), out.max = std::max(a.max, b.max);
  if (b.first_us < a.first_us) out.first = b.first, out.first_us = b.first_us;
  if (b.last_us > a.last_us) out.last = b.last, out.last_us = b.last_us;
  out.distinct = 0;
  return out;
}

Result<series::Aggregate> HistoryWindows::of(std::string_view tenant, std::string_view entity, std::string_view attribute, series::Span span) {
  series::Aggregate out;
  for (const series::SeriesId id : series_of(history_, tenant, entity, attribute)) {
    MACHIYA_TRY(const auto periods, numbers_.aggregate(id, {.span = span}));
    for (const series::Period& period : periods) out = merged(out, period.of);
  }
  return out;
}

}  // namespace machiya::sense::rules
