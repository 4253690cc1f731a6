#include "platform/blobs/blob_files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "platform/vault/vault.h"

namespace machiya::blobs {
namespace {
Error failed(std::string_view what) {
  const ErrorCode code = errno == ENOSPC || errno == EDQUOT ? ErrorCode::storage_full : ErrorCode::storage_failed;
  return Error(code, "blob: cannot " + std::string(what) + ": " + std::strerror(errno));
}

Result<void> sync_folder(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return failed("open a folder");
  const bool ok = ::fsync(fd) == 0;
  ::close(fd);
  return ok ? Result<void>() : Result<void>(failed("sync a folder"));
}

/// Makes the folder; its name is durable afterwards.
Result<void> make_folder(const std::string& path) {
  if (::mkdir(path.c_str(), 0700) == 0) return sync_folder(path.substr(0, path.rfind('/')));
  return errno == EEXIST ? Result<void>() : Result<void>(failed("make a folder"));
}

Result<void> write_all(int fd, std::string_view content) {
  while (!content.empty()) {
    const ssize_t n = ::write(fd, content.data(), content.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return failed("write");
    content.remove_prefix(static_cast<std::size_t>(n));
  }
  return ::fsync(fd) == 0 ? Result<void>() : Result<void>(failed("sync"));
}

std::string next_temporary() {
  static std::atomic<std::uint64_t> counter{0};
  return "/new-" + std::to_string(::getpid()) + "-" + std::to_string(++counter);
}
}  // namespace

Result<std::string> read_whole(const std::string& path, std::uint64_t limit) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return errno == ENOENT ? Error(ErrorCode::not_found, "blob: the file is missing") : failed("open");
  struct stat info {};
  if (::fstat(fd, &info) != 0) {
    ::close(fd);
    return failed("look at the file");
  }
  if (static_cast<std::uint64_t>(info.st_size) > limit) {
    ::close(fd);
    return Error(ErrorCode::too_large, "the file has more than " + std::to_string(limit) + " bytes");
  }
  std::string out(static_cast<std::size_t>(info.st_size), '\0');
  std::size_t at = 0;
  while (at < out.size()) {
    const ssize_t n = ::read(fd, out.data() + at, out.size() - at);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) break;
    at += static_cast<std::size_t>(n);
  }
  ::close(fd);
  if (at != out.size()) return failed("read");
  return out;
}

std::string BlobFiles::path_of(const std::string& sha256) const {
  return folder_ + "/" + sha256.substr(0, 2) + "/" + sha256.substr(2, 2) + "/" + sha256;
}

Result<std::string> BlobFiles::write(std::string_view content) const {
  const std::string name = vault::sha256_hex(content);
  const std::string path = path_of(name);
  const std::string second = path.substr(0, path.rfind('/'));
  MACHIYA_CHECK(make_folder(folder_));
  MACHIYA_CHECK(make_folder(second.substr(0, second.rfind('/'))));
  MACHIYA_CHECK(make_folder(second));
  const std::string temporary = folder_ + next_temporary();
  const int fd = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0) return failed("create");
  auto state = write_all(fd, content);
  ::close(fd);
  if (state.ok() && ::rename(temporary.c_str(), path.c_str()) != 0) state = failed("rename");
  if (!state.ok()) {
    ::unlink(temporary.c_str());
    return std::move(state).error();
  }
  MACHIYA_CHECK(sync_folder(second));
  return name;
}

Result<std::string> BlobFiles::read(const std::string& sha256) const {
  MACHIYA_TRY(std::string content, read_whole(path_of(sha256), UINT64_MAX));
  if (vault::sha256_hex(content) != sha256) return Error(ErrorCode::integrity_broken, "blob: a file was changed");
  return content;
}

void BlobFiles::remove(const std::string& sha256) const {
  if (!sha256.empty()) ::unlink(path_of(sha256).c_str());
}

void BlobFiles::each(const std::function<void(const std::string&, std::int64_t)>& visit) const {
  std::error_code ignored;
  for (std::filesystem::recursive_directory_iterator it(folder_, ignored), end; it != end; it.increment(ignored)) {
    struct stat info {};
    if (::lstat(it->path().c_str(), &info) != 0 || !S_ISREG(info.st_mode)) continue;
    visit(it->path().filename().string(), info.st_mtime);
  }
}

}  // namespace machiya::blobs
