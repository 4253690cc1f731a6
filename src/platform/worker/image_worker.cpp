#include "platform/worker/image_worker.h"

#include "platform/worker/image_kind.h"

namespace machiya::worker {

Result<blobs::RenderedImage> ImageWorker::render(std::string_view content, std::string_view type, std::uint64_t max_pixels) {
  MACHIYA_TRY(const std::string answer, pool_.call(image_request(content, type, max_pixels)));
  return read_image_answer(answer);
}

}  // namespace machiya::worker
