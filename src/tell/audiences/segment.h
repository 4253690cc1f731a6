// A segment: a FEEL expression over what recipients told about themselves.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "feel/feel.h"
#include "platform/store/store.h"

namespace machiya::tell {

/// One thing that a recipient may tell about themselves.
struct Attribute {
  std::string_view name;
  bool list = false;   ///< several values
};
/// ward, town, age (band: "30s"), events (of the household: "birth", "school-entry"), in FEEL the names ward, town, age, events, lang.
const std::vector<Attribute>& attributes();
/// Known names with texts or lists of texts only, in one order; invalid_input (where: the name) otherwise.
Result<json::Value> checked_attributes(const json::Value& given);

/// Immutable, thread-safe.
class Segment {
 public:
  /// definition_error with line and column when it is no FEEL of type boolean over the attributes.
  static Result<Segment> compile(std::string_view source);
  bool holds(const json::Value& attributes, Instant now) const;
  const std::string& source() const { return expression_.source(); }

  /// The profiles that belong to it. Each is judged once, however many recipients share it.
  Result<std::vector<std::int64_t>> profiles(store::ReadTx& tx, Instant now) const;
  /// How many it reaches by the channels of `channels` (bits) for `topics` (bits; 0: all); counts below kAnonymous and differences between
  /// neighbouring segments stay hidden: 0, "fewer than kAnonymous", or rounded down to a multiple of kAnonymous.
  struct Preview {
    std::int64_t people = 0;
    bool few = false;   ///< 1 … kAnonymous − 1: `people` is 0
  };
  static constexpr std::int64_t kAnonymous = 10;   ///< k of k-anonymity (Sweeney 2002)
  Result<Preview> preview(store::ReadTx& tx, std::int64_t channels, std::int64_t topics, Instant now) const;

 private:
  Segment() = default;
  feel::Expression expression_;
};

}  // namespace machiya::tell
