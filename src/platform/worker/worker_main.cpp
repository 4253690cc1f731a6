#include "platform/worker/worker_main.h"

#include <algorithm>
#include <new>
#include <stdexcept>

#include "base/log.h"
#include "platform/worker/document_kind.h"
#include "platform/worker/frame.h"
#include "platform/worker/image_kind.h"

namespace machiya::worker {
namespace {
constexpr int kIn = 0, kOut = 1;

/// Answer: 0 and the result, or 1, the error's name and its detail.
std::string answer_to(const WorkerKind& kind, std::string_view message) {
  Result<std::string> result = Error(ErrorCode::too_large, "the work needs more memory than a worker has");
  try {
    result = kind.run(message);
  } catch (const std::bad_alloc&) {
  } catch (const std::length_error&) {
  }
  FieldWriter out;
  if (result.ok()) return out.number(0).text(*result).take();
  return out.number(1).number(static_cast<std::uint64_t>(result.error().code)).text(result.error().detail).take();
}
}  // namespace

std::vector<WorkerKind> worker_kinds() { return {{"image", render_image}, {"document", clean_document}}; }

int run_worker(std::string_view name, const std::vector<WorkerKind>& kinds, const SandboxLimits& limits) {
  const auto kind = std::find_if(kinds.begin(), kinds.end(), [&](const WorkerKind& k) { return k.name == name; });
  if (kind == kinds.end()) return 2;
  if (auto state = enter_sandbox(limits); !state.ok()) {
    log(LogLevel::error, "worker-not-confined", {{"error", state.error().to_string()}});
    return 1;
  }
  for (;;) {
    auto message = read_frame(kIn);
    if (!message.ok()) return 1;
    if (!*message) return 0;
    allow_cpu(limits.cpu_s);
    if (!write_frame(kOut, answer_to(*kind, **message)).ok()) return 1;
  }
}

}  // namespace machiya::worker
