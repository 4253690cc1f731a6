#include "platform/worker/sandbox.h"

#include <grp.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstring>
#include <iterator>
#include <string>
#include <vector>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define MACHIYA_WITH_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define MACHIYA_WITH_SANITIZER 1
#endif
#endif
#ifndef MACHIYA_WITH_SANITIZER
#define MACHIYA_WITH_SANITIZER 0
#endif

namespace machiya::worker {
namespace {
constexpr uid_t kNobody = 65534;   // Debian's nobody and nogroup
constexpr int kKeptDescriptors = 3;

Error failed(const char* what) { return Error(ErrorCode::unavailable, std::string("worker: ") + what + ": " + std::strerror(errno)); }

bool limit(int resource, rlim_t value) {
  const rlimit both{value, value};
  return ::setrlimit(static_cast<__rlimit_resource>(resource), &both) == 0;
}

Result<void> drop_privileges() {
  if (::geteuid() != 0) return {};
  if (::unshare(CLONE_NEWNET | CLONE_NEWIPC) != 0 && errno != EPERM && errno != EINVAL) return failed("no empty network");
  if (::setgroups(0, nullptr) != 0 || ::setresgid(kNobody, kNobody, kNobody) != 0 || ::setresuid(kNobody, kNobody, kNobody) != 0)
    return failed("cannot become nobody");
  if (::setuid(0) == 0) return Error(ErrorCode::internal, "worker: privileges came back");
  return {};
}

#if defined(__x86_64__)
constexpr std::uint32_t kArchitecture = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
constexpr std::uint32_t kArchitecture = AUDIT_ARCH_AARCH64;
#endif

/// Memory, time, reading and writing what is open, ending. No file, socket, process or signal to others.
constexpr int kAllowed[] = {SYS_read,      SYS_write,        SYS_mmap,          SYS_munmap,        SYS_mremap,      SYS_mprotect,
                            SYS_brk,       SYS_madvise,      SYS_futex,         SYS_exit,          SYS_exit_group,  SYS_rt_sigreturn,
                            SYS_rt_sigprocmask, SYS_clock_gettime, SYS_gettimeofday, SYS_getrandom, SYS_prlimit64, SYS_getrusage,
                            SYS_sched_yield, SYS_getuid,     SYS_geteuid,       SYS_getpid,        SYS_gettid,      SYS_restart_syscall};

Result<void> filter_system_calls() {
  std::vector<sock_filter> program;
  auto add = [&](std::uint16_t code, std::uint32_t k, std::uint8_t yes = 0, std::uint8_t no = 0) { program.push_back({code, yes, no, k}); };
  add(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, arch));
  add(BPF_JMP | BPF_JEQ | BPF_K, kArchitecture, 1, 0);
  add(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS);
  add(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr));
  for (const int call : kAllowed) {
    add(BPF_JMP | BPF_JEQ | BPF_K, static_cast<std::uint32_t>(call), 0, 1);
    add(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
  }
  add(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS);
  const sock_fprog filter{static_cast<unsigned short>(program.size()), program.data()};
  if (::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) != 0) return failed("no system call filter");
  return {};
}
}  // namespace

Result<void> forbid_memory_dumps() {
  if (!limit(RLIMIT_CORE, 0)) return failed("cannot forbid core dumps");
  if (!MACHIYA_WITH_SANITIZER && ::prctl(PR_SET_DUMPABLE, 0) != 0) return failed("cannot close the memory to others");
  return {};
}

Result<void> enter_sandbox(const SandboxLimits& limits) {
  if (::syscall(SYS_close_range, kKeptDescriptors, ~0U, 0) != 0) return failed("cannot close descriptors");
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  ::prctl(PR_SET_DUMPABLE, 0);
  ::umask(077);
  MACHIYA_CHECK(drop_privileges());
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // the change of user cleared it
  if (MACHIYA_WITH_SANITIZER) ::prctl(PR_SET_DUMPABLE, 1);  // at an exception it reads the bounds of its stack from its own map
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return failed("cannot renounce privileges");
  if (!limit(RLIMIT_CORE, 0) || !limit(RLIMIT_FSIZE, 0) || !limit(RLIMIT_NOFILE, kKeptDescriptors + (MACHIYA_WITH_SANITIZER ? 8 : 0))) return failed("cannot set limits");
  if (MACHIYA_WITH_SANITIZER) return {};
  if (!limit(RLIMIT_AS, limits.memory)) return failed("cannot limit memory");
  return filter_system_calls();
}

void allow_cpu(int seconds) {
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  rlimit now{};
  ::getrlimit(RLIMIT_CPU, &now);
  now.rlim_cur = static_cast<rlim_t>(used.ru_utime.tv_sec + used.ru_stime.tv_sec + seconds + 1);
  ::setrlimit(RLIMIT_CPU, &now);
}

}  // namespace machiya::worker
