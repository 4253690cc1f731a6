// Receipt numbers: readable over the telephone, unguessable, with a check character: "R8-7KQF-9M3T-X4D2".
#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "base/rng.h"
#include "base/time.h"

namespace machiya::cases {

/// Era letter and year (R8 = 令和8年), then 11 random characters of Crockford base 32 (55 bits) and a check character.
std::string new_receipt_number(Date day, Rng& rng);
/// A number as a person types it: any case, spaces, O for 0, I or L for 1, full width. Nothing when the check fails.
std::optional<std::string> read_receipt_number(std::string_view typed);

}  // namespace machiya::cases
