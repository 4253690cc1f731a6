// SenML in JSON (RFC 8428): a pack of records with base names, times, values and sums, given back resolved (§4.6). Pure.
#pragma once
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "sense/tree/tree.h"

namespace machiya::sense::payloads {

enum class SenmlKind : std::uint8_t { none, number, text, truth, data };   ///< none: the record has a sum only

/// A record that needs no other one to be understood.
struct SenmlRecord {
  std::string_view name;           ///< base name and name together
  std::string_view unit;           ///< "" when none is told
  std::int64_t time_us = 0;        ///< µs since 1970; what was relative stands against the time of arrival
  SenmlKind kind = SenmlKind::none;
  double number = 0;               ///< of numbers; 1 or 0 of truths
  std::string_view text;           ///< of texts; of data, in base64url as sent
  bool has_sum = false;
  double sum = 0;
  double update_s = -1;            ///< seconds within which the next value is expected; below 0 when it is not told
};

/// What is wrong with one record (counted from 0); the others are not touched by it. A constant text.
struct SenmlError {
  std::size_t record = 0;
  std::string_view what;
};

struct SenmlPack {
  std::vector<SenmlRecord> records;   ///< in the order in which they came
  std::vector<SenmlError> errors;
};

/// Reads a pack into `out` (its vectors are used again) and `arena` (which keeps the texts). Times below 2^28 are relative to `now_us` (§4.5.3). The whole
/// pack is refused (malformed_request) when it is no JSON array of objects, has a version above 10 or two of them, or an unknown member that must be
/// understood (its name ends with "_", §4.4). Base fields are in force from their record on, also when that record has a mistake otherwise.
Result<void> read_senml(std::string_view text, std::int64_t now_us, tree::Arena& arena, SenmlPack& out);

}  // namespace machiya::sense::payloads
