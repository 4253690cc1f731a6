// Keys under which a request may be sent again. Pure.
#pragma once
#include <string>
#include <string_view>

namespace machiya::tell {

/// A UUID in its textual form (RFC 9562 §4), lower or upper case.
bool is_uuid(std::string_view text);
/// A key of its own for one part of what goes under `key`: the same part has the same key at each attempt, in whatever order the parts come.
/// A UUID of version 8 made of SHA-256 (RFC 9562 §5.8, appendix B.2).
std::string part_key(std::string_view key, std::string_view part);

}  // namespace machiya::tell
