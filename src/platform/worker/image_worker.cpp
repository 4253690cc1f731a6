#include "platform/worker/image_worker.h"

#include "platform/worker/child_pool.h"
#include "platform/worker/image_kind.h"

namespace machiya::worker {

struct ImageWorker::Impl {
  explicit Impl(const ImageWorkerOptions& options) : pool(options.command, options.processes), limit(options.limit) {}
  ChildPool pool;
  std::chrono::milliseconds limit;
};

ImageWorker::ImageWorker(ImageWorkerOptions options) : impl_(std::make_unique<Impl>(options)) {}
ImageWorker::~ImageWorker() = default;

Result<blobs::RenderedImage> ImageWorker::render(std::string_view content, std::string_view type, std::uint64_t max_pixels) {
  MACHIYA_TRY(const std::string answer, impl_->pool.call(image_request(content, type, max_pixels), impl_->limit));
  return read_image_answer(answer);
}

}  // namespace machiya::worker
