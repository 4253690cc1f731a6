#include "platform/tables/file_out.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

namespace machiya::tables {

FileOut::FileOut(const std::string& path) { fd_ = ::open(path.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600); }

FileOut::~FileOut() {
  if (fd_ >= 0) ::close(fd_);
}

Result<void> FileOut::write(std::string_view bytes) {
  buffer_ += bytes, written_ += bytes.size();
  if (buffer_.size() < 64 * 1024) return {};
  return flush();
}

Result<void> FileOut::flush() {
  std::size_t at = 0;
  while (at < buffer_.size()) {
    const ssize_t n = ::write(fd_, buffer_.data() + at, buffer_.size() - at);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return Error(ErrorCode::storage_full, "table file");
    at += static_cast<std::size_t>(n);
  }
  buffer_.clear();
  return {};
}

}  // namespace machiya::tables
