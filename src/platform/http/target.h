// The request target (RFC 9112 §3.2) in the one form that routes, logs and handlers see.
#pragma once
#include <string>
#include <string_view>

#include "base/result.h"

namespace machiya::http {

struct Target {
  std::string path;   ///< decoded UTF-8; only "%2F" and "%25" stay escaped, so that segments keep their borders
  std::string query;  ///< raw, without '?'
};

inline constexpr std::size_t kMaxTarget = 8 * 1024;

/// Accepts origin-form, absolute-form (its path is taken) and "*". Refuses (malformed_request) what no honest client
/// sends: control characters and NUL, plain or escaped, broken escapes and invalid UTF-8 in the path, dot segments
/// (clients resolve them before sending, RFC 3986 §5.2.4), backslashes, fragments, targets beyond kMaxTarget.
Result<Target> normalise_target(std::string_view raw);

/// True when every name and value is UTF-8 without NUL: what databases and pages can hold.
bool is_clean_text(std::string_view text);

}  // namespace machiya::http
