#include "platform/http/message_parser.h"

#include <limits>
#include <utility>

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/basic_parser.hpp>

#include "base/text.h"

namespace machiya::http {
namespace {
namespace beast = boost::beast;
using Field = beast::http::field;
using Code = beast::error_code;
using Text = beast::string_view;

std::string_view view(Text t) { return {t.data(), t.size()}; }

bool is_true_chunked(std::string_view value) { return lower_ascii(trim(value)) == "chunked"; }

/// Beast's parser writing straight into a Head and a body text.
class Parser final : public beast::http::basic_parser<true> {
 public:
  explicit Parser(std::uint64_t head_limit) {
    header_limit(static_cast<std::uint32_t>(head_limit));
    body_limit(std::numeric_limits<std::uint64_t>::max());  // the server has its own limits, by route (none() compares as 0 here)
  }
  Head head;
  std::string body;
  bool head_done = false;
  bool refused = false;  ///< well-formed, but not acceptable

 private:
  void on_request_impl(beast::http::verb, Text method, Text target, int version, Code&) override {
    head.method = view(method);
    head.target = view(target);
    head.version = version;
  }
  void on_field_impl(Field, Text name, Text value, Code&) override {
    if (head_done) return;  // trailers carry nothing that we would trust
    for (char c : view(value))
      if ((static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f) refused = true;
    head.headers.emplace_back(lower_ascii(view(name)), std::string(view(value)));
  }
  void on_header_impl(Code& ec) override {
    head_done = true;
    head.keep_alive = keep_alive();
    head.chunked = chunked();
    if (auto length = content_length()) head.content_length = *length;
    check_framing();
    head.has_body = head.chunked || head.content_length.value_or(0) > 0;
    if (refused) ec = beast::http::error::bad_value;
  }
  void check_framing() {
    int hosts = 0, encodings = 0, lengths = 0;
    for (const auto& [name, value] : head.headers) {
      hosts += name == "host";
      lengths += name == "content-length";
      if (name == "content-length" && value.find_first_not_of("0123456789") != std::string::npos) refused = true;
      if (name == "transfer-encoding") {
        ++encodings;
        if (!is_true_chunked(value)) refused = true;
      }
      if (name == "expect" && lower_ascii(value) == "100-continue") head.expects_continue = head.version == 11;
    }
    if (hosts > 1 || (hosts == 0 && head.version == 11)) refused = true;       // RFC 9112 §3.2
    if (encodings > 1 || lengths > 1 || (encodings && lengths)) refused = true;  // RFC 9112 §6.1, §6.3
    if (encodings && head.version != 11) refused = true;
    if (head.version != 10 && head.version != 11) refused = true;
  }
  void on_body_init_impl(const boost::optional<std::uint64_t>&, Code&) override {}
  std::size_t on_body_impl(Text text, Code&) override {
    body.append(text.data(), text.size());
    return text.size();
  }
  void on_chunk_header_impl(std::uint64_t, Text, Code&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, Text text, Code&) override {
    body.append(text.data(), text.size());
    return text.size();
  }
  void on_finish_impl(Code&) override {}
  void on_response_impl(int, Text, int, Code&) override {}
};
}  // namespace

std::string_view Head::header(std::string_view name) const {
  for (const auto& [key, value] : headers)
    if (key == name) return value;
  return {};
}

struct MessageParser::Impl {
  explicit Impl(std::uint64_t limit) : head_limit(limit) { parser.emplace(limit); }
  std::uint64_t head_limit;
  std::optional<Parser> parser;
};

MessageParser::MessageParser(std::uint64_t head_limit) : impl_(std::make_unique<Impl>(head_limit)) {}
MessageParser::~MessageParser() = default;

void MessageParser::reset() { impl_->parser.emplace(impl_->head_limit); }

Result<std::size_t> MessageParser::feed(std::string_view data) {
  Parser& parser = *impl_->parser;
  std::size_t used = 0;
  while (used < data.size() && !parser.is_done()) {
    const bool was_head = !parser.head_done;
    Code ec;
    const std::size_t n = parser.put(boost::asio::const_buffer(data.data() + used, data.size() - used), ec);
    used += n;
    if (ec == beast::http::error::need_more) break;
    if (ec == beast::http::error::header_limit) return Error(ErrorCode::header_too_large);
    if (ec) return Error(ErrorCode::malformed_request, ec.message());
    if (was_head && parser.head_done) break;
    if (n == 0) break;
  }
  // An unfinished head must stay below its limit even when Beast has not looked at its last line yet.
  if (!parser.head_done && data.size() - used > impl_->head_limit) return Error(ErrorCode::header_too_large);
  return used;
}

MessageParser::State MessageParser::state() const {
  if (impl_->parser->is_done()) return State::done;
  return impl_->parser->head_done ? State::body : State::head;
}
Head& MessageParser::head() { return impl_->parser->head; }
std::string& MessageParser::body() { return impl_->parser->body; }

}  // namespace machiya::http
