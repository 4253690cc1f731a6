#include "platform/worker/frame.h"

#include <unistd.h>

#include <cerrno>

namespace machiya::worker {
namespace {
constexpr std::string_view kMagic = "MWK1";

/// False at the end of the stream before the first byte.
Result<bool> read_exactly(int fd, char* out, std::size_t size) {
  std::size_t at = 0;
  while (at < size) {
    const ssize_t n = ::read(fd, out + at, size - at);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return Error(ErrorCode::internal, "the pipe is broken");
    if (n == 0) {
      if (at == 0) return false;
      return Error(ErrorCode::malformed_request, "the stream ends within a message");
    }
    at += static_cast<std::size_t>(n);
  }
  return true;
}

Result<void> write_exactly(int fd, std::string_view s) {
  while (!s.empty()) {
    const ssize_t n = ::write(fd, s.data(), s.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return Error(ErrorCode::internal, "the pipe is broken");
    s.remove_prefix(static_cast<std::size_t>(n));
  }
  return {};
}
}  // namespace

std::string frame_head(std::uint64_t length) {
  std::string out(kMagic);
  for (int i = 0; i < 8; ++i) out += static_cast<char>(length >> (8 * i) & 255);
  return out;
}

std::optional<std::uint64_t> frame_length(std::string_view head) {
  if (head.size() != kFrameHead || head.substr(0, 4) != kMagic) return std::nullopt;
  std::uint64_t length = 0;
  for (int i = 7; i >= 0; --i) length = length << 8 | static_cast<unsigned char>(head[static_cast<std::size_t>(4 + i)]);
  if (length > kLongestFrame) return std::nullopt;
  return length;
}

Result<std::optional<std::string>> read_frame(int fd) {
  char head[kFrameHead];
  MACHIYA_TRY(const bool more, read_exactly(fd, head, sizeof head));
  if (!more) return std::optional<std::string>();
  const auto length = frame_length({head, sizeof head});
  if (!length) return Error(ErrorCode::malformed_request, "not a message");
  std::string body(*length, '\0');
  if (*length > 0) {
    MACHIYA_TRY(const bool whole, read_exactly(fd, body.data(), body.size()));
    if (!whole) return Error(ErrorCode::malformed_request, "the stream ends within a message");
  }
  return std::optional<std::string>(std::move(body));
}

Result<void> write_frame(int fd, std::string_view body) {
  MACHIYA_CHECK(write_exactly(fd, frame_head(body.size())));
  return write_exactly(fd, body);
}

FieldWriter& FieldWriter::number(std::uint64_t v) {
  for (int i = 0; i < 8; ++i) out_ += static_cast<char>(v >> (8 * i) & 255);
  return *this;
}
FieldWriter& FieldWriter::text(std::string_view s) {
  number(s.size());
  out_ += s;
  return *this;
}

std::uint64_t FieldReader::number() {
  if (rest_.size() < 8) {
    ok_ = false;
    return 0;
  }
  std::uint64_t v = 0;
  for (int i = 7; i >= 0; --i) v = v << 8 | static_cast<unsigned char>(rest_[static_cast<std::size_t>(i)]);
  rest_.remove_prefix(8);
  return v;
}
std::string_view FieldReader::text() {
  const std::uint64_t size = number();
  if (size > rest_.size()) {
    ok_ = false;
    return {};
  }
  const std::string_view s = rest_.substr(0, size);
  rest_.remove_prefix(size);
  return s;
}

}  // namespace machiya::worker
