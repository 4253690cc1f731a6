#include "platform/blobs/picture_size.h"

namespace machiya::blobs {
namespace {
std::uint32_t byte_at(std::string_view s, std::size_t i) { return static_cast<unsigned char>(s[i]); }
std::uint32_t big16(std::string_view s, std::size_t i) { return byte_at(s, i) << 8 | byte_at(s, i + 1); }
std::uint32_t big32(std::string_view s, std::size_t i) { return big16(s, i) << 16 | big16(s, i + 2); }
std::uint32_t little16(std::string_view s, std::size_t i) { return byte_at(s, i) | byte_at(s, i + 1) << 8; }
std::uint32_t little24(std::string_view s, std::size_t i) { return little16(s, i) | byte_at(s, i + 2) << 16; }
std::uint32_t little32(std::string_view s, std::size_t i) { return little16(s, i) | little16(s, i + 2) << 16; }

/// The first start-of-frame segment; markers before it are skipped by their length.
std::optional<PictureSize> jpeg_size(std::string_view s) {
  std::size_t i = 2;
  while (i + 4 <= s.size()) {
    if (byte_at(s, i) != 0xff) return std::nullopt;
    const std::uint32_t marker = byte_at(s, i + 1);
    if (marker == 0xff) {  // fill byte
      ++i;
      continue;
    }
    if (marker == 0x01 || (marker >= 0xd0 && marker <= 0xd8)) {  // stand alone
      i += 2;
      continue;
    }
    if (marker == 0xd9 || marker == 0xda) return std::nullopt;
    const std::uint32_t length = big16(s, i + 2);
    if (length < 2) return std::nullopt;
    const bool frame = marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc;
    if (frame) {
      if (length < 8 || i + 9 > s.size()) return std::nullopt;
      return PictureSize{big16(s, i + 7), big16(s, i + 5)};
    }
    i += 2 + std::size_t{length};
  }
  return std::nullopt;
}

std::optional<PictureSize> png_size(std::string_view s) {
  if (s.size() < 33 || big32(s, 8) != 13 || s.substr(12, 4) != "IHDR") return std::nullopt;
  return PictureSize{big32(s, 16), big32(s, 20)};
}

std::optional<PictureSize> webp_size(std::string_view s) {
  if (s.size() < 30) return std::nullopt;
  const std::string_view kind = s.substr(12, 4);
  if (kind == "VP8 ") {
    if (s.substr(23, 3) != "\x9d\x01\x2a") return std::nullopt;
    return PictureSize{little16(s, 26) & 0x3fff, little16(s, 28) & 0x3fff};
  }
  if (kind == "VP8L") {
    if (byte_at(s, 20) != 0x2f) return std::nullopt;
    const std::uint32_t bits = little32(s, 21);
    return PictureSize{(bits & 0x3fff) + 1, (bits >> 14 & 0x3fff) + 1};
  }
  if (kind == "VP8X") {
    constexpr std::uint32_t kAnimation = 2;
    if (byte_at(s, 20) & kAnimation) return std::nullopt;
    return PictureSize{little24(s, 24) + 1, little24(s, 27) + 1};
  }
  return std::nullopt;
}
}  // namespace

std::optional<PictureSize> picture_size(std::string_view type, std::string_view content) {
  std::optional<PictureSize> size;
  if (type == "image/jpeg") size = jpeg_size(content);
  if (type == "image/png") size = png_size(content);
  if (type == "image/webp") size = webp_size(content);
  if (size && size->pixels() == 0) return std::nullopt;
  return size;
}

}  // namespace machiya::blobs
