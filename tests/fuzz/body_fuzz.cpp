// libFuzzer target: bodies of API and form requests: base/json both ways, and urlencoded pairs both ways.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "base/json.h"
#include "platform/http/http.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace machiya;
  if (size > 64 * 1024) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (auto value = json::parse(text); value.ok()) {
    const std::string written = json::to_text(*value);
    auto again = json::parse(written);
    if (!again.ok() || !(*again == *value) || json::to_text(*again) != written) std::abort();
    const std::string canonical = json::to_canonical(*value);
    if (auto c = json::parse(canonical); !c.ok() || json::to_canonical(*c) != canonical) std::abort();
    if (auto p = json::parse(json::to_pretty(*value)); !p.ok() || !(*p == *value)) std::abort();
  }
  const http::Pairs pairs = http::parse_query(text);
  std::string out;
  for (const auto& [name, value] : pairs) {
    if (!out.empty()) out += '&';
    out += http::url_encode(name) + '=' + http::url_encode(value);
  }
  if (http::parse_query(out) != pairs) std::abort();
  return 0;
}
