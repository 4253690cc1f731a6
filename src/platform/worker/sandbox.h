// What a worker process gives up before it touches the first hostile byte.
#pragma once
#include <cstdint>

#include "base/result.h"

namespace machiya::worker {

struct SandboxLimits {
  std::uint64_t memory = std::uint64_t{1} << 30;   ///< bytes of address space
  int cpu_s = 20;                                  ///< of one job; see allow_cpu()
};

/// For good: no other file descriptors, no network (its own empty one when root), no privileges (nobody when root), no
/// new files, processes or privileges, bounded memory; from then on the kernel kills the process at any system call but
/// the few that computing needs (seccomp). Under sanitizers the memory limit and seccomp are left out: they need more.
Result<void> enter_sandbox(const SandboxLimits& limits);
/// For the server too, whose memory holds keys: no core dump, and no other process of the same user may look into it (prctl(2)).
/// Under sanitizers only the first, because they look into the process themselves.
Result<void> forbid_memory_dumps();
/// Lets the next job use `seconds` of processor time; the kernel ends the process after that.
void allow_cpu(int seconds);

}  // namespace machiya::worker
