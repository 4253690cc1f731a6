#include "platform/worker/document_worker.h"

#include "platform/blobs/blobs.h"
#include "platform/worker/child_pool.h"

namespace machiya::worker {

struct DocumentWorker::Impl {
  explicit Impl(const DocumentWorkerOptions& options) : pool(options.command, options.processes), limit(options.limit) {}
  ChildPool pool;
  std::chrono::milliseconds limit;
};

DocumentWorker::DocumentWorker(DocumentWorkerOptions options) : impl_(std::make_unique<Impl>(options)) {}
DocumentWorker::~DocumentWorker() = default;

Result<std::string> DocumentWorker::clean(std::string_view content) {
  MACHIYA_TRY(std::string answer, impl_->pool.call(content, impl_->limit));
  // A worker that was taken over may answer anything: believe only what looks like a document.
  if (blobs::sniff_type(answer) != "application/pdf") return Error(ErrorCode::internal, "the worker's answer is no document");
  return answer;
}

}  // namespace machiya::worker
