// Renders pictures for blobs in worker processes (`machiya worker --kind image`).
#pragma once
#include "platform/blobs/ports.h"
#include "platform/worker/child_pool.h"

namespace machiya::worker {

/// Thread-safe: at most as many pictures at a time as there are processes, the others wait. Processes start at the first picture.
class ImageWorker final : public blobs::ImageRenderer {
 public:
  explicit ImageWorker(const PoolOptions& options = own_workers("image", 2)) : pool_(options) {}
  Result<blobs::RenderedImage> render(std::string_view content, std::string_view type, std::uint64_t max_pixels) override;

 private:
  ChildPool pool_;
};

}  // namespace machiya::worker
