// The worker's side of `machiya worker --kind K`: reads messages on standard input, answers on standard output.
#pragma once
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "platform/worker/sandbox.h"

namespace machiya::worker {

/// One kind of work: a message in, a message out. An error is an answer too (the input's own fault).
struct WorkerKind {
  std::string name;
  std::function<Result<std::string>(std::string_view)> run;
};
/// The kinds of this house: "image".
std::vector<WorkerKind> worker_kinds();

/// Enters the sandbox and works until the input ends. Exit code: 0 at the end of the input, 1 for a fault, 2 for an
/// unknown kind. The caller has opened nothing yet and started no thread.
int run_worker(std::string_view kind, const std::vector<WorkerKind>& kinds, const SandboxLimits& limits = {});

}  // namespace machiya::worker
