// libFuzzer target: a request as bytes through the message parser, the target normalisation and everything that reads
// header values. However the bytes are cut, the outcome is the same.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "base/text.h"
#include "platform/http/compress.h"
#include "platform/http/conditional.h"
#include "platform/http/message_parser.h"
#include "platform/http/target.h"

namespace {
using namespace machiya;
using http::MessageParser;

void require(bool condition) {
  if (!condition) std::abort();
}

struct Outcome {
  bool failed = false;
  MessageParser::State state = MessageParser::State::head;
  http::Head head;
  std::string body;
};

Outcome parse(std::string_view bytes, std::size_t piece) {
  MessageParser parser(8 * 1024);
  Outcome out;
  std::string buffer;
  for (std::size_t at = 0; at < bytes.size() && !out.failed && parser.state() != MessageParser::State::done; at += piece) {
    buffer += bytes.substr(at, piece);
    for (bool more = true; more && !buffer.empty();) {
      auto used = parser.feed(buffer);
      out.failed = !used.ok();
      if (out.failed) break;
      require(*used <= buffer.size());
      buffer.erase(0, *used);
      more = *used > 0 && parser.state() != MessageParser::State::done;
    }
  }
  out.state = parser.state();
  out.head = parser.head();
  out.body = parser.body();
  return out;
}

void read_values(const http::Head& head) {
  http::Request r;
  r.headers = head.headers;
  for (const auto& [name, value] : head.headers) {
    require(!name.empty() && name == lower_ascii(name));
    for (unsigned char c : value) require((c >= 0x20 || c == '\t') && c != 0x7f);
    http::choose_coding(value);
    http::parse_http_date(value);
    http::etag_listed(value, "\"tag\"");
  }
  (void)r.cookie("session");
  (void)r.wants_json();
  http::Range range;
  if (http::choose_range(r, 1000, "\"tag\"", Instant{0}, range) == http::RangeAnswer::part) require(range.first <= range.last && range.last < 1000);
}
}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0 || size > 32 * 1024) return 0;
  const std::size_t piece = 1 + data[0] % 16;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const Outcome whole = parse(bytes, bytes.size() + 1), cut = parse(bytes, piece);
  if (whole.failed || cut.failed) {  // a broken head may be seen early or only when it has come completely
    require(whole.failed == cut.failed || (whole.failed ? cut : whole).state == MessageParser::State::head);
    return 0;
  }
  require(whole.state == cut.state && whole.body == cut.body);
  if (whole.state == MessageParser::State::head) return 0;
  require(whole.head.target == cut.head.target && whole.head.headers == cut.head.headers);
  require(!(whole.head.chunked && whole.head.content_length));
  read_values(whole.head);
  if (auto target = http::normalise_target(whole.head.target); target.ok() && target->path != "*") {
    require(target->path.front() == '/' && is_utf8(target->path) && target->path.find('\0') == std::string::npos);
    for (std::string_view segment : split(target->path, '/')) require(segment != "." && segment != "..");
    http::parse_query(target->query);
  }
  return 0;
}
