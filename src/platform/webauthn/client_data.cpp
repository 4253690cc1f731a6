#include "platform/webauthn/client_data.h"

#include "base/json.h"
#include "base/text.h"

namespace machiya::webauthn {
namespace {
constexpr std::size_t kMostBytes = 16 * 1024;
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

/// The longest sequence at `at` that is one code point, 0 when there is none.
std::size_t code_point_bytes(std::string_view s, std::size_t at) {
  for (std::size_t size = 1; size <= 4 && at + size <= s.size(); ++size)
    if (is_utf8(s.substr(at, size))) return size;
  return 0;
}

std::string utf8_decoded(std::string_view bytes) {
  if (starts_with(bytes, kByteOrderMark)) bytes.remove_prefix(kByteOrderMark.size());
  if (is_utf8(bytes)) return std::string(bytes);
  std::string out;
  for (std::size_t at = 0; at < bytes.size();) {
    const std::size_t size = code_point_bytes(bytes, at);
    if (size == 0) append_utf8(U'\uFFFD', out);
    else out += bytes.substr(at, size);
    at += size == 0 ? 1 : size;
  }
  return out;
}

Error broken(std::string what) { return Error(ErrorCode::malformed_request, "clientDataJSON: " + std::move(what), "clientDataJSON"); }
}  // namespace

Result<ClientData> read_client_data(std::string_view bytes) {
  if (bytes.size() > kMostBytes) return broken("too long");
  auto json = json::parse(utf8_decoded(bytes));
  if (!json.ok()) return broken("no JSON: " + json.error().where);
  for (const char* name : {"type", "challenge", "origin"})
    if (!(*json)[name].is_string()) return broken(std::string("without ") + name);
  ClientData out;
  out.type = json->text("type"), out.challenge = json->text("challenge"), out.origin = json->text("origin");
  if (const json::Value* cross = json->find("crossOrigin")) {
    if (!cross->is_bool()) return broken("crossOrigin is no boolean");
    out.cross_origin = cross->as_bool();
  }
  if (const json::Value* top = json->find("topOrigin")) {
    if (!top->is_string()) return broken("topOrigin is no text");
    out.top_origin = top->as_string();
  }
  return out;
}

}  // namespace machiya::webauthn
