#include <png.h>
#include <webp/decode.h>
#include <webp/encode.h>

#include <cstring>

#include "platform/worker/codecs.h"

namespace machiya::worker {
namespace {
constexpr float kWebpQuality = 85;
Error broken(const char* what) { return Error(ErrorCode::invalid_input, std::string("the ") + what + " is broken or cut off"); }
Error too_large() { return Error(ErrorCode::too_large, "too many pixels"); }
}  // namespace

Result<Pixels> decode_png(std::string_view content, std::uint64_t max_pixels) {
  png_image image;
  std::memset(&image, 0, sizeof image);
  image.version = PNG_IMAGE_VERSION;
  if (!png_image_begin_read_from_memory(&image, content.data(), content.size())) return broken("PNG");
  if (std::uint64_t{image.width} * image.height > max_pixels) {
    png_image_free(&image);
    return too_large();
  }
  Pixels out;
  out.width = static_cast<int>(image.width);
  out.height = static_cast<int>(image.height);
  out.channels = image.format & PNG_FORMAT_FLAG_ALPHA ? 4 : 3;
  image.format = out.channels == 4 ? PNG_FORMAT_RGBA : PNG_FORMAT_RGB;
  out.data.resize(static_cast<std::size_t>(out.height) * out.stride());
  const bool ok = png_image_finish_read(&image, nullptr, out.data.data(), static_cast<png_int_32>(out.stride()), nullptr) != 0;
  const bool whole = ok && !PNG_IMAGE_FAILED(image);
  png_image_free(&image);
  if (!whole) return broken("PNG");
  return out;
}

Result<std::string> encode_png(const Pixels& picture) {
  png_image image;
  std::memset(&image, 0, sizeof image);
  image.version = PNG_IMAGE_VERSION;
  image.width = static_cast<png_uint_32>(picture.width);
  image.height = static_cast<png_uint_32>(picture.height);
  image.format = picture.channels == 4 ? PNG_FORMAT_RGBA : PNG_FORMAT_RGB;
  // Filters and chunk heads beside the compressed rows; incompressible rows grow a little (RFC 1950, RFC 1951 §3.2.4).
  std::string out(picture.data.size() + picture.data.size() / 1000 + static_cast<std::size_t>(picture.height) + 65'536, '\0');
  png_alloc_size_t size = out.size();
  const bool ok = png_image_write_to_memory(&image, out.data(), &size, 0, picture.data.data(), static_cast<png_int_32>(picture.stride()), nullptr) != 0;
  png_image_free(&image);
  if (!ok) return Error(ErrorCode::invalid_input, "the picture cannot be written as PNG");
  out.resize(size);
  return out;
}

Result<Pixels> decode_webp(std::string_view content, std::uint64_t max_pixels) {
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(content.data());
  WebPBitstreamFeatures features;
  if (WebPGetFeatures(bytes, content.size(), &features) != VP8_STATUS_OK) return broken("WebP");
  if (features.has_animation) return Error(ErrorCode::unsupported_type, "animations are not accepted");
  if (static_cast<std::uint64_t>(features.width) * static_cast<std::uint64_t>(features.height) > max_pixels) return too_large();
  Pixels out;
  out.width = features.width;
  out.height = features.height;
  out.channels = features.has_alpha ? 4 : 3;
  out.data.resize(static_cast<std::size_t>(out.height) * out.stride());
  auto* decode = out.channels == 4 ? WebPDecodeRGBAInto : WebPDecodeRGBInto;
  if (!decode(bytes, content.size(), out.data.data(), out.data.size(), static_cast<int>(out.stride()))) return broken("WebP");
  return out;
}

Result<std::string> encode_webp(const Pixels& picture) {
  std::uint8_t* buffer = nullptr;
  auto* encode = picture.channels == 4 ? WebPEncodeRGBA : WebPEncodeRGB;
  const std::size_t size = encode(picture.data.data(), picture.width, picture.height, static_cast<int>(picture.stride()), kWebpQuality, &buffer);
  std::string out;
  if (size > 0) out.assign(reinterpret_cast<const char*>(buffer), size);
  WebPFree(buffer);
  if (size == 0) return Error(ErrorCode::invalid_input, "the picture cannot be written as WebP");
  return out;
}

}  // namespace machiya::worker
