#include "sense/log/replace_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <utility>

#include "sense/log/segment.h"

namespace machiya::sense {
namespace {

constexpr std::size_t kBuffered = std::size_t{1} << 18;
using segments::storage_error;

}  // namespace

FileReplacement::~FileReplacement() {
  if (fd_ < 0) return;
  ::close(fd_);
  ::unlink(beside_.c_str());
}

Result<void> FileReplacement::put(std::string_view bytes) {
  buffer_ += bytes;
  if (state_.ok() && buffer_.size() >= kBuffered) state_ = write_buffer();
  return state_;
}

Result<void> FileReplacement::write_buffer() {
  if (fd_ < 0) fd_ = ::open(beside_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd_ < 0) return storage_error(errno, "cannot make " + beside_);
  for (std::string_view left = buffer_; !left.empty();) {
    const ssize_t n = ::write(fd_, left.data(), left.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return storage_error(errno, "cannot write " + beside_);
    left.remove_prefix(static_cast<std::size_t>(n));
  }
  buffer_.clear();
  return {};
}

Result<void> FileReplacement::finish() {
  if (state_.ok()) state_ = put_in_place();
  return state_;
}

Result<void> FileReplacement::put_in_place() {
  MACHIYA_CHECK(write_buffer());
  if (::fdatasync(fd_) != 0) return storage_error(errno, "cannot sync " + beside_);
  if (std::rename(beside_.c_str(), path_.c_str()) != 0) return storage_error(errno, "cannot put in place " + path_);
  ::close(std::exchange(fd_, -1));
  return sync_folder(std::filesystem::path(path_).parent_path().string());
}

Result<void> replace_file(const std::string& path, std::string_view bytes) {
  FileReplacement file(path);
  MACHIYA_CHECK(file.put(bytes));
  return file.finish();
}

Result<void> sync_folder(const std::string& folder) {
  const int fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return storage_error(errno, "cannot open " + folder);
  const int error = ::fsync(fd) == 0 ? 0 : errno;
  ::close(fd);
  if (error != 0) return storage_error(error, "cannot sync " + folder);
  return {};
}

}  // namespace machiya::sense
