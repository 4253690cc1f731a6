// A row of the register of trials, as the pages of room 52 read it. Pure.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "ask/registers/registers.h"
#include "base/geo.h"

namespace machiya::trials {

inline constexpr std::string_view kRegister = "technology-trials";

struct Trial {
  std::string row;                       ///< number of the row
  std::string number, name, technology, asset, state;   ///< canonical values
  std::string question, partner, lesson, stop_rule;
  std::optional<Date> starts, ends;
  std::optional<GeoPoint> at;
  std::optional<double> saving;          ///< percent
  std::optional<bool> quality_kept;
  bool published = false;
  std::vector<std::string> things;       ///< ids of entities
};

Trial trial_of(const registers::Row& row);
/// Ids of entities, one a line; what is no URI is left out, so is what comes twice.
std::vector<std::string> things_in(std::string_view text);
/// The label of a choice's value in this language; the value itself when there is none.
std::string label_of(const registers::Register& reg, std::string_view column, const std::string& value, std::string_view lang);
/// From the first day to the end of the last, or to `now` when that is earlier; nothing before it begins.
struct Stretch {
  std::int64_t from_us = 0, to_us = 0;
};
std::optional<Stretch> stretch_of(const Trial& trial, Instant now);

}  // namespace machiya::trials
