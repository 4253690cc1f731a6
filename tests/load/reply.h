// One HTTP/1.1 answer out of a byte stream, as far as a load generator needs it.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace machiya::load {

class ReplyReader {
 public:
  enum class State { head, body, chunk_size, chunk_data, trailer, until_close, done, broken };
  void begin(bool head_request, bool keep_body);
  /// Takes bytes; returns how many belong to this answer.
  std::size_t feed(std::string_view data);
  /// The connection ended. True when that completes the answer.
  bool end();
  State state() const { return state_; }
  bool started() const { return !head_.empty() || state_ != State::head; }
  int status() const { return status_; }
  bool keeps_connection() const { return keep_; }
  std::uint64_t size() const { return size_; }
  const std::string& body() const { return body_; }
  std::string_view header(std::string_view lower_name) const;
  std::vector<std::string_view> headers(std::string_view lower_name) const;

 private:
  void parse_head();
  std::size_t take_line(std::string_view data, bool& complete);
  void take_body(std::string_view data);
  State state_ = State::head;
  std::string head_, line_, body_;
  std::vector<std::pair<std::string, std::string>> headers_;
  std::uint64_t left_ = 0, size_ = 0;
  int status_ = 0;
  bool keep_ = true, head_request_ = false, keep_body_ = false;
};

}  // namespace machiya::load
