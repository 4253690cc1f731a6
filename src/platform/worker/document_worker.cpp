#include "platform/worker/document_worker.h"

#include "platform/blobs/blobs.h"

namespace machiya::worker {

Result<std::string> DocumentWorker::clean(std::string_view content) {
  MACHIYA_TRY(std::string answer, pool_.call(content));
  // A worker that was taken over may answer anything: believe only what looks like a document.
  if (blobs::sniff_type(answer) != "application/pdf") return Error(ErrorCode::internal, "the worker's answer is no document");
  return answer;
}

}  // namespace machiya::worker
