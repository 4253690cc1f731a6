#include "city/stored_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>

namespace machiya::city {

Result<void> store_file(const std::string& path, std::string_view content) {
  namespace fs = std::filesystem;
  std::error_code error;
  fs::create_directories(fs::path(path).parent_path(), error);
  const std::string draft = path + ".new";
  const int fd = ::open(draft.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (fd < 0) return Error(ErrorCode::storage_failed, "cannot be written", draft);
  std::size_t done = 0;
  while (done < content.size()) {
    const ssize_t n = ::write(fd, content.data() + done, content.size() - done);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) break;
    done += static_cast<std::size_t>(n);
  }
  const bool full = errno == ENOSPC;
  const bool good = done == content.size() && ::fsync(fd) == 0;
  ::close(fd);
  if (good && std::rename(draft.c_str(), path.c_str()) == 0) return {};
  fs::remove(draft, error);
  return Error(full ? ErrorCode::storage_full : ErrorCode::storage_failed, "cannot be written", path);
}

}  // namespace machiya::city
