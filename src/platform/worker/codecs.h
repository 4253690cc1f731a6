// The decoders and encoders of the packaged libraries (libjpeg-turbo, libpng, libwebp) with bounds. Worker process only.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "platform/worker/pixels.h"

namespace machiya::worker {

/// invalid_input for a broken or cut-off picture, too_large beyond `max_pixels`.
Result<Pixels> decode_jpeg(std::string_view content, std::uint64_t max_pixels);
Result<Pixels> decode_png(std::string_view content, std::uint64_t max_pixels);
Result<Pixels> decode_webp(std::string_view content, std::uint64_t max_pixels);

/// RGB only.
Result<std::string> encode_jpeg(const Pixels& picture);
Result<std::string> encode_png(const Pixels& picture);
Result<std::string> encode_webp(const Pixels& picture);

}  // namespace machiya::worker
