// Validators, preconditions and ranges (RFC 9110 §8.8, §13, §14).
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"
#include "platform/http/http.h"

namespace machiya::http {

/// True when a list of If-None-Match names this tag (weak comparison) or is "*".
bool etag_listed(std::string_view list, std::string_view etag);
/// The IMF-fixdate form only ("Sun, 22 Nov 2026 15:21:33 GMT"); others are ignored as RFC 9110 §5.6.7 allows a recipient
/// of conditional requests to treat unknown dates as absent.
std::optional<Instant> parse_http_date(std::string_view text);
/// True when the client's copy is still good: 304 (If-None-Match wins over If-Modified-Since).
bool not_modified(const Request& request, std::string_view etag, std::optional<Instant> modified);

struct Range {
  std::uint64_t first = 0;
  std::uint64_t last = 0;  ///< inclusive
  std::uint64_t length() const { return last - first + 1; }
};
enum class RangeAnswer { whole, part, unsatisfiable };
/// One range of bytes; several ranges, other units and nonsense mean the whole (§14.2 allows a server to ignore them).
/// If-Range must hold the strong tag or the exact date.
RangeAnswer choose_range(const Request& request, std::uint64_t size, std::string_view etag, std::optional<Instant> modified, Range& range);

}  // namespace machiya::http
