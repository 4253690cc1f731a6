// Makes PDFs anew for blobs in worker processes (`machiya worker --kind document`).
#pragma once
#include "platform/blobs/ports.h"
#include "platform/worker/child_pool.h"

namespace machiya::worker {

/// Thread-safe. Processes start at the first document.
class DocumentWorker final : public blobs::DocumentCleaner {
 public:
  explicit DocumentWorker(const PoolOptions& options = own_workers("document", 1)) : pool_(options) {}
  Result<std::string> clean(std::string_view content) override;

 private:
  ChildPool pool_;
};

}  // namespace machiya::worker
