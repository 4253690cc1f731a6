#include "sense/rules/series_view.h"

#include <algorithm>
#include <cstdio>
#include <map>

#include "platform/pages/charts.h"
#include "sense/rules/history_windows.h"

namespace machiya::sense::rules {

Result<std::vector<series::Period>> series_periods(const History& history, const series::Store& numbers, std::string_view tenant, std::string_view entity, std::string_view attribute,
                                                   std::int64_t from_us, std::int64_t to_us, int parts) {
  const std::int64_t length = std::max<std::int64_t>(kSecond, (to_us - from_us + parts - 1) / parts);
  std::map<std::int64_t, series::Aggregate> all;
  for (const series::SeriesId id : series_of(history, tenant, entity, attribute)) {
    MACHIYA_TRY(const auto periods, numbers.aggregate(id, {.span = {from_us, to_us}, .period_us = length, .origin_us = from_us}));
    for (const series::Period& p : periods) all[p.from_us] = merged(all[p.from_us], p.of);
  }
  std::vector<series::Period> out;
  for (const auto& [from, of] : all) out.push_back({from, of});
  return out;
}

series::Aggregate whole(const std::vector<series::Period>& periods) {
  series::Aggregate out;
  for (const series::Period& p : periods) out = merged(out, p.of);
  return out;
}

std::string number_text(double value) {
  char out[40];
  std::snprintf(out, sizeof out, "%.6g", value);
  return out;
}

std::string_view unit_sign(std::string_view code) {
  static constexpr std::pair<std::string_view, std::string_view> kSigns[] = {{"CEL", "℃"}, {"MTR", "m"}, {"CMT", "cm"}, {"MMT", "mm"}, {"DD", "°"}, {"P1", "%"}, {"BAR", "bar"}, {"KMH", "km/h"}, {"MTS", "m/s"}, {"MTQ", "m³"}, {"C62", ""}};
  for (const auto& [known, sign] : kSigns)
    if (known == code) return sign;
  return code;
}

std::string_view short_name(std::string_view iri) {
  const std::size_t at = iri.find_last_of("/#:");
  return at == std::string_view::npos || at + 1 == iri.size() ? iri : iri.substr(at + 1);
}

pages::Data series_chart(std::string id, std::string title, const std::vector<series::Period>& periods) {
  // "11-23 22:43": short enough to stand below the line in every language.
  const auto label = [](std::int64_t us) {
    const std::string iso = to_iso_japan(Instant{us});
    return iso.substr(5, 5) + " " + iso.substr(11, 5);
  };
  std::vector<pages::ChartPoint> points;
  for (const series::Period& p : periods) points.push_back({label(p.from_us), p.of.average(), number_text(p.of.average())});
  return pages::line_chart(std::move(id), std::move(title), points);
}

}  // namespace machiya::sense::rules
