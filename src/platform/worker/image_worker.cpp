#include "platform/worker/image_worker.h"

#include <condition_variable>
#include <mutex>

#include "platform/worker/child.h"
#include "platform/worker/image_kind.h"

namespace machiya::worker {

struct ImageWorker::Impl {
  ImageWorkerOptions options;
  std::mutex mutex;
  std::condition_variable returned;
  std::vector<std::unique_ptr<Child>> idle;
};

ImageWorker::ImageWorker(ImageWorkerOptions options) : impl_(std::make_unique<Impl>()) {
  impl_->options = std::move(options);
  for (int i = 0; i < impl_->options.processes; ++i) impl_->idle.push_back(std::make_unique<Child>(impl_->options.command));
}
ImageWorker::~ImageWorker() = default;

Result<blobs::RenderedImage> ImageWorker::render(std::string_view content, std::string_view type, std::uint64_t max_pixels) {
  std::unique_lock lock(impl_->mutex);
  impl_->returned.wait(lock, [this] { return !impl_->idle.empty(); });
  std::unique_ptr<Child> child = std::move(impl_->idle.back());
  impl_->idle.pop_back();
  lock.unlock();
  auto answer = child->call(image_request(content, type, max_pixels), impl_->options.limit);
  lock.lock();
  impl_->idle.push_back(std::move(child));
  lock.unlock();
  impl_->returned.notify_one();
  if (!answer.ok()) return std::move(answer).error();
  return read_image_answer(*answer);
}

}  // namespace machiya::worker
