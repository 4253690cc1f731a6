// The kind "image": decodes an untrusted picture, turns it upright, encodes it anew with a thumbnail. Runs in the
// worker process only.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "platform/blobs/ports.h"

namespace machiya::worker {

std::string image_request(std::string_view content, std::string_view type, std::uint64_t max_pixels);
Result<blobs::RenderedImage> read_image_answer(std::string_view body);
/// invalid_input for a broken picture, too_large beyond max_pixels, unsupported_type.
Result<std::string> render_image(std::string_view request);

}  // namespace machiya::worker
