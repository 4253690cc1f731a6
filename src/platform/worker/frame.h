// Messages between the server and a worker over one socket: "MWK1", length (8 bytes, little-endian), that many bytes.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace machiya::worker {

inline constexpr std::size_t kFrameHead = 12;
inline constexpr std::uint64_t kLongestFrame = std::uint64_t{1} << 30;

std::string frame_head(std::uint64_t length);
/// Nothing when the head is not one, or names more than kLongestFrame.
std::optional<std::uint64_t> frame_length(std::string_view head);

/// The worker's side: blocks. An empty optional at the end of the stream.
Result<std::optional<std::string>> read_frame(int fd);
Result<void> write_frame(int fd, std::string_view body);

/// Small fields inside a frame. Reading past the end gives zeros and makes ok() false.
class FieldWriter {
 public:
  FieldWriter& number(std::uint64_t v);
  FieldWriter& text(std::string_view s);
  std::string take() { return std::move(out_); }

 private:
  std::string out_;
};
class FieldReader {
 public:
  explicit FieldReader(std::string_view s) : rest_(s) {}
  std::uint64_t number();
  std::string_view text();
  bool ok() const { return ok_ && rest_.empty(); }

 private:
  std::string_view rest_;
  bool ok_ = true;
};

}  // namespace machiya::worker
