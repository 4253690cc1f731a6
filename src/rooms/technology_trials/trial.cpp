#include "rooms/technology_trials/trial.h"

#include <algorithm>

#include "base/text.h"
#include "sense/entities/read.h"

namespace machiya::trials {
namespace {

std::optional<double> number_in(const json::Value& value) {
  if (value.is_null()) return std::nullopt;
  return value.is_string() ? std::atof(value.as_string().c_str()) : value.as_double();
}

}  // namespace

std::vector<std::string> things_in(std::string_view text) {
  std::vector<std::string> out;
  for (const std::string_view line : split(text, '\n')) {
    const std::string id(trim(line));
    if (sense::is_uri(id) && std::ranges::find(out, id) == out.end()) out.push_back(id);
  }
  return out;
}

Trial trial_of(const registers::Row& row) {
  const registers::Values& v = row.values;
  Trial out;
  out.row = row.number, out.state = row.state, out.number = v.text("trial_no"), out.name = v.text("trial_name"), out.technology = v.text("technology"), out.asset = v.text("asset");
  out.question = v.text("question"), out.partner = v.text("partner"), out.lesson = v.text("lesson"), out.stop_rule = v.text("stop_rule");
  out.starts = parse_iso_date(v.text("starts")), out.ends = parse_iso_date(v.text("ends"));
  if (const json::Value& place = v["place"]; place.is_object() && place.has("lat")) out.at = GeoPoint{place["lat"].as_double(), place["lon"].as_double()};
  out.saving = number_in(v["saving"]);
  if (!v["quality_kept"].is_null()) out.quality_kept = v["quality_kept"].as_bool();
  out.published = v["published"].as_bool();
  out.things = things_in(v.text("things"));
  return out;
}

std::string label_of(const registers::Register& reg, std::string_view column, const std::string& value, std::string_view lang) {
  const registers::Column* found = reg.column(column);
  if (found != nullptr && found->question != nullptr)
    for (const auto& option : found->question->options)
      if (option.value == value) return option.label.in(lang);
  return value;
}

std::optional<Stretch> stretch_of(const Trial& trial, Instant now) {
  if (!trial.starts) return std::nullopt;
  const std::int64_t from_us = start_of_day_in_japan(*trial.starts).us;
  if (from_us >= now.us) return std::nullopt;
  const std::int64_t end_us = trial.ends ? start_of_day_in_japan(add_days(*trial.ends, 1)).us : now.us;
  return Stretch{from_us, std::min(end_us, now.us + 1)};
}

}  // namespace machiya::trials
