// Date-times of NGSI-LD (§4.6.3): ISO 8601 in UTC with the suffix Z; an offset is refused.
#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "sense/entities/entity.h"

namespace machiya::sense {

/// "2026-11-23T09:30:00Z", with a fraction of 1 to 9 digits after "." or ","; µs are kept, finer digits are cut. `text` of the result points to `text`.
std::optional<Stamp> parse_stamp(std::string_view text);
/// A date of a query ("2026-11-23"): its midnight, UTC. Also what parse_stamp takes.
std::optional<std::int64_t> parse_moment(std::string_view text);
/// "2026-11-23T09:30:00.123Z": milliseconds, µs only when there are any. As sysAttrs are written.
std::string stamp_text(std::int64_t us);

}  // namespace machiya::sense
