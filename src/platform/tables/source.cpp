#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "platform/tables/table_file.h"

namespace machiya::tables {
namespace {

class File final : public Source {
 public:
  File(int fd, std::uint64_t size) : fd_(fd), size_(size) {}
  ~File() override { ::close(fd_); }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  std::uint64_t size() const override { return size_; }
  Result<std::size_t> read_at(std::uint64_t offset, char* buffer, std::size_t size) override {
    std::size_t done = 0;
    while (done < size) {
      const ssize_t n = ::pread(fd_, buffer + done, size - done, static_cast<off_t>(offset + done));
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return Error(ErrorCode::storage_failed, "read");
      if (n == 0) break;
      done += static_cast<std::size_t>(n);
    }
    return done;
  }

 private:
  int fd_;
  std::uint64_t size_;
};

class Memory final : public Source {
 public:
  explicit Memory(std::string_view bytes) : bytes_(bytes) {}
  std::uint64_t size() const override { return bytes_.size(); }
  Result<std::size_t> read_at(std::uint64_t offset, char* buffer, std::size_t size) override {
    if (offset >= bytes_.size()) return std::size_t{0};
    const std::size_t n = std::min(size, bytes_.size() - static_cast<std::size_t>(offset));
    if (n > 0) std::memcpy(buffer, bytes_.data() + offset, n);
    return n;
  }

 private:
  std::string_view bytes_;
};

}  // namespace

Result<std::unique_ptr<Source>> open_file(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return Error(ErrorCode::not_found, "table file");
  struct stat info {};
  if (::fstat(fd, &info) != 0) {
    ::close(fd);
    return Error(ErrorCode::storage_failed, "stat");
  }
  return std::unique_ptr<Source>(new File(fd, static_cast<std::uint64_t>(info.st_size)));
}

std::unique_ptr<Source> memory_source(std::string_view bytes) { return std::make_unique<Memory>(bytes); }

}  // namespace machiya::tables
