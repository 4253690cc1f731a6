// Line protocol into series: each field is a measurement of its own ("water_meter", U+001F, "volume"), the tags in order are the key.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sense/payloads/line_protocol.h"
#include "sense/series/series.h"

namespace machiya {
class Clock;
}
namespace machiya::http {
class Router;
struct RouteOptions;
}

namespace machiya::sense::series {

/// What became of a body. A wrong line, a text or a value that is too old is told and left out; everything else is durable.
struct LinesWritten {
  std::size_t points = 0, too_old = 0;
  std::size_t wrong = 0;               ///< lines or fields that were left out
  std::vector<std::string> problems;   ///< the first ten: "line 3: …"
};
/// Writes a body as one batch. Lines without a time get `now_us`. The errors of Store::append.
Result<LinesWritten> write_lines(Store& store, std::string_view tenant, std::string_view body, payloads::Precision precision, std::int64_t now_us);

/// POST `path`?precision=…, as clients of Influx 1 send it: 204 when all is durable; 400 with {"error":"partial write: … dropped=N"} when some was left
/// out (the rest is durable); 4xx and 5xx as problem documents when nothing was written. `options` bring permission, limits and object.
void add_line_route(http::Router& router, const std::string& path, const http::RouteOptions& options, Store& store, std::string tenant, const Clock& clock);

}  // namespace machiya::sense::series
