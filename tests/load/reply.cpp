#include "tests/load/reply.h"

#include <algorithm>
#include <cstdlib>

#include "base/text.h"

namespace machiya::load {

void ReplyReader::begin(bool head_request, bool keep_body) {
  state_ = State::head;
  head_.clear();
  line_.clear();
  body_.clear();
  headers_.clear();
  left_ = size_ = 0;
  status_ = 0;
  keep_ = true;
  head_request_ = head_request;
  keep_body_ = keep_body;
}

std::string_view ReplyReader::header(std::string_view lower_name) const {
  for (const auto& [name, value] : headers_)
    if (name == lower_name) return value;
  return {};
}

std::vector<std::string_view> ReplyReader::headers(std::string_view lower_name) const {
  std::vector<std::string_view> out;
  for (const auto& [name, value] : headers_)
    if (name == lower_name) out.emplace_back(value);
  return out;
}

void ReplyReader::take_body(std::string_view data) {
  size_ += data.size();
  if (keep_body_) body_ += data;
}

std::size_t ReplyReader::take_line(std::string_view data, bool& complete) {
  const std::size_t end = data.find('\n');
  complete = end != std::string_view::npos;
  const std::size_t used = complete ? end + 1 : data.size();
  line_ += data.substr(0, used);
  return used;
}

void ReplyReader::parse_head() {
  const std::size_t first = head_.find("\r\n");
  if (head_.compare(0, 7, "HTTP/1.") != 0 || first < 12) {
    state_ = State::broken;
    return;
  }
  status_ = std::atoi(head_.c_str() + 9);
  keep_ = head_[7] == '1';
  bool chunked = false, has_length = false;
  std::string_view rest = std::string_view(head_).substr(first + 2);
  while (rest.size() > 2) {
    const std::size_t end = rest.find("\r\n");
    const std::string_view line = rest.substr(0, end);
    rest = rest.substr(end + 2);
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) continue;
    headers_.emplace_back(lower_ascii(line.substr(0, colon)), std::string(trim(line.substr(colon + 1))));
    const auto& [name, value] = headers_.back();
    if (name == "content-length") left_ = std::strtoull(value.c_str(), nullptr, 10), has_length = true;
    if (name == "transfer-encoding") chunked = lower_ascii(value) == "chunked";
    if (name == "connection") keep_ = lower_ascii(value) == "close" ? false : lower_ascii(value) == "keep-alive" ? true : keep_;
  }
  if (status_ < 200) return begin(head_request_, keep_body_);
  if (head_request_ || status_ == 204 || status_ == 304) state_ = State::done;
  else if (chunked) state_ = State::chunk_size;
  else if (has_length) state_ = left_ > 0 ? State::body : State::done;
  else state_ = State::until_close, keep_ = false;
}

std::size_t ReplyReader::feed(std::string_view data) {
  std::size_t used = 0;
  bool complete = false;
  while (used < data.size() && state_ != State::done && state_ != State::broken) {
    const std::string_view rest = data.substr(used);
    switch (state_) {
      case State::head: {
        const std::size_t before = head_.size();
        head_ += rest;
        const std::size_t end = head_.find("\r\n\r\n", before > 3 ? before - 3 : 0);
        if (end == std::string::npos) return data.size();
        used += end + 4 - before;
        head_.resize(end + 4);
        parse_head();
        break;
      }
      case State::body:
      case State::chunk_data: {
        const std::size_t n = static_cast<std::size_t>(std::min<std::uint64_t>(rest.size(), left_));
        take_body(rest.substr(0, n));
        used += n;
        left_ -= n;
        if (left_ == 0) state_ = state_ == State::body ? State::done : State::chunk_size;
        break;
      }
      case State::chunk_size:
        used += take_line(rest, complete);
        if (!complete) break;
        if (line_ != "\r\n") {  // the line end behind a chunk is skipped
          left_ = std::strtoull(line_.c_str(), nullptr, 16);
          state_ = left_ ? State::chunk_data : State::trailer;
        }
        line_.clear();
        break;
      case State::trailer:
        used += take_line(rest, complete);
        if (complete && line_ == "\r\n") state_ = State::done;
        if (complete) line_.clear();
        break;
      case State::until_close:
        take_body(rest);
        used = data.size();
        break;
      case State::done:
      case State::broken: break;
    }
  }
  return used;
}

bool ReplyReader::end() {
  if (state_ != State::until_close) return false;
  state_ = State::done;
  return true;
}

}  // namespace machiya::load
