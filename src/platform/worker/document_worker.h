// Makes PDFs anew for blobs in worker processes (`machiya worker --kind document`).
#pragma once
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "platform/blobs/ports.h"

namespace machiya::worker {

struct DocumentWorkerOptions {
  std::vector<std::string> command = {"/proc/self/exe", "worker", "--kind", "document"};
  int processes = 1;
  std::chrono::milliseconds limit{30'000};   ///< of one document, wall clock
};

/// Thread-safe. Processes start at the first document.
class DocumentWorker final : public blobs::DocumentCleaner {
 public:
  explicit DocumentWorker(DocumentWorkerOptions options = {});
  ~DocumentWorker() override;
  Result<std::string> clean(std::string_view content) override;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace machiya::worker
