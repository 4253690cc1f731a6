// Width and height of a picture from its header, before anybody decodes it. Pure, bounded.
#pragma once
#include <cstdint>
#include <optional>
#include <string_view>

namespace machiya::blobs {

struct PictureSize {
  std::uint32_t width = 0;
  std::uint32_t height = 0;
  std::uint64_t pixels() const { return std::uint64_t{width} * height; }
};
/// Nothing when the header is broken, the size is zero, or the file is an animation. JPEG (ITU-T T.81), PNG (W3C PNG 2),
/// WebP (RFC 9649).
std::optional<PictureSize> picture_size(std::string_view type, std::string_view content);

}  // namespace machiya::blobs
