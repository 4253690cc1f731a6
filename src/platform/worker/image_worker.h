// Renders pictures for blobs in worker processes (`machiya worker --kind image`).
#pragma once
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "platform/blobs/ports.h"

namespace machiya::worker {

struct ImageWorkerOptions {
  /// Program and arguments of the worker. "/proc/self/exe" is the running server itself.
  std::vector<std::string> command = {"/proc/self/exe", "worker", "--kind", "image"};
  int processes = 2;
  std::chrono::milliseconds limit{30'000};   ///< of one picture, wall clock
};

/// Thread-safe: at most `processes` pictures at a time, the others wait. Processes start at the first picture.
class ImageWorker final : public blobs::ImageRenderer {
 public:
  explicit ImageWorker(ImageWorkerOptions options = {});
  ~ImageWorker() override;
  Result<blobs::RenderedImage> render(std::string_view content, std::string_view type, std::uint64_t max_pixels) override;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace machiya::worker
