// HTTP/1.1 request messages out of a byte stream. The parsing is Boost.Beast's; this door keeps it out of sight and
// adds what a server at the edge must refuse (RFC 9112 §6.3, §11.2: request smuggling).
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "platform/http/http.h"

namespace machiya::http {

struct Head {
  std::string method;
  std::string target;
  int version = 11;  ///< 10 or 11
  Pairs headers;     ///< names in lower case
  bool keep_alive = true;
  bool chunked = false;
  bool has_body = false;
  bool expects_continue = false;
  std::optional<std::uint64_t> content_length;

  std::string_view header(std::string_view name) const;
};

/// One message after the other. Not thread-safe, may move between threads.
class MessageParser {
 public:
  enum class State { head, body, done };
  explicit MessageParser(std::uint64_t head_limit);
  ~MessageParser();
  MessageParser(const MessageParser&) = delete;
  MessageParser& operator=(const MessageParser&) = delete;

  /// Starts a new message.
  void reset();
  /// Takes bytes; returns how many it used. Stops behind the head, and behind the message; decoded body bytes are
  /// appended to body(). The same unused bytes with more behind them must come again. Errors: malformed_request,
  /// header_too_large; after one, the stream is of no use.
  Result<std::size_t> feed(std::string_view data);
  State state() const;
  Head& head();
  std::string& body();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace machiya::http
