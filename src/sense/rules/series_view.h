// A stretch of an attribute's numbers for people: cut into even parts, for a chart with its table.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "platform/pages/pages.h"
#include "sense/history/history.h"

namespace machiya::sense::rules {

/// At most `parts` periods of one length from `from_us` on; those without values are not there.
Result<std::vector<series::Period>> series_periods(const History& history, const series::Store& numbers, std::string_view tenant, std::string_view entity, std::string_view attribute,
                                                   std::int64_t from_us, std::int64_t to_us, int parts);
/// All of them as one.
series::Aggregate whole(const std::vector<series::Period>& periods);
/// "12.35": at most six digits that say something.
std::string number_text(double value);
/// The sign of a unit that people read (UN/CEFACT recommendation 20): CEL "℃", MTR "m" …; an unknown code as it is.
std::string_view unit_sign(std::string_view code);
/// "waterLevel" of ".../waterLevel", "…#waterLevel".
std::string_view short_name(std::string_view iri);

/// A line of the averages, with its table (parts/chart_line).
pages::Data series_chart(std::string id, std::string title, const std::vector<series::Period>& periods);

}  // namespace machiya::sense::rules
