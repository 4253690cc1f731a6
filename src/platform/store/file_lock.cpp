#include "platform/store/file_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace machiya::store {

Result<bool> FileLock::try_acquire() {
  if (held_) return true;
  if (fd_ < 0) fd_ = ::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd_ < 0)
    return Error(errno == ENOSPC ? ErrorCode::storage_full : ErrorCode::storage_failed,
                 std::string("cannot open the writer lock: ") + std::strerror(errno));
  while (::flock(fd_, LOCK_EX | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK) return false;
    if (errno != EINTR) return Error(ErrorCode::storage_failed, std::string("cannot lock the writer: ") + std::strerror(errno));
  }
  held_ = true;
  return true;
}

void FileLock::release() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
  held_ = false;
}

}  // namespace machiya::store
