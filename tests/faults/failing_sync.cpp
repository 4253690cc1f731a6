#include "tests/faults/failing_sync.h"

#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

namespace machiya::faults {

std::atomic<bool> sync_fails{false};
std::atomic<long> syncs{0};
std::atomic<long> failed_syncs{0};

static int sync(int fd, long call) {
  if (sync_fails) {
    failed_syncs += 1;
    errno = EIO;
    return -1;
  }
  syncs += 1;
  return static_cast<int>(::syscall(call, fd));
}

}  // namespace machiya::faults

extern "C" int fsync(int fd) { return machiya::faults::sync(fd, SYS_fsync); }
extern "C" int fdatasync(int fd) { return machiya::faults::sync(fd, SYS_fdatasync); }
