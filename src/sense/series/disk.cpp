#include "sense/series/disk.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "sense/series/bits.h"

namespace machiya::sense::series {

Error disk_error(std::string_view what, const std::string& path) {
  const int number = errno;
  const bool full = number == ENOSPC || number == EDQUOT || number == EFBIG;
  return {full ? ErrorCode::storage_full : ErrorCode::storage_failed, std::string(what) + ": " + std::strerror(number), path};
}

Result<void> write_all(int fd, std::string_view bytes, const std::string& path) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(fd, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return disk_error("cannot write", path);
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return {};
}

Result<void> read_at(int fd, std::uint64_t offset, std::uint64_t length, std::string& buffer, const std::string& path) {
  buffer.resize(length + kSlack);
  std::uint64_t have = 0;
  while (have < length) {
    const ssize_t n = ::pread(fd, buffer.data() + have, length - have, static_cast<off_t>(offset + have));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return disk_error("cannot read", path);
    if (n == 0) return Error(ErrorCode::integrity_broken, "a file of series ends too early", path);
    have += static_cast<std::uint64_t>(n);
  }
  std::memset(buffer.data() + length, 0, kSlack);
  return {};
}

Result<std::string> read_file(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0 && errno == ENOENT) return std::string();
  if (fd < 0) return disk_error("cannot open", path);
  const off_t size = ::lseek(fd, 0, SEEK_END);
  std::string out;
  auto done = read_at(fd, 0, static_cast<std::uint64_t>(size < 0 ? 0 : size), out, path);
  ::close(fd);
  if (!done.ok()) return std::move(done).error();
  out.resize(out.size() - kSlack);
  return out;
}

}  // namespace machiya::sense::series
