#include "platform/vault/key_file.h"

#include <fcntl.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/text.h"

namespace machiya::vault {
namespace {
constexpr std::size_t kKeyBytes = 32;
constexpr std::size_t kMostBytes = 16 * 1024;

/// A key file, and how it is called in messages.
struct KeyFile {
  const std::string& path;
  std::string name;   ///< "master key file /etc/…"
  Error failed(std::string_view what) const { return Error(ErrorCode::unavailable, name + ": " + std::string(what) + ": " + std::strerror(errno)); }
};

/// A file is only durable when its name is: fsync of the folder after the file.
void sync_folder_of(const std::string& path) {
  const auto slash = path.rfind('/');
  const std::string folder = slash == std::string::npos ? "." : slash == 0 ? "/" : path.substr(0, slash);
  if (int fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); fd >= 0) {
    ::fsync(fd);
    ::close(fd);
  }
}

Result<void> create_file(const KeyFile& file) {
  const std::string& path = file.path;
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0) return errno == EEXIST ? Result<void>() : Result<void>(file.failed("cannot create"));
  unsigned char key[kKeyBytes];
  randombytes_buf(key, sizeof key);
  char hex[kKeyBytes * 2 + 1];
  sodium_bin2hex(hex, sizeof hex, key, sizeof key);
  hex[kKeyBytes * 2] = '\n';
  const bool ok = ::write(fd, hex, sizeof hex) == static_cast<ssize_t>(sizeof hex) && ::fsync(fd) == 0;
  sodium_memzero(key, sizeof key);
  sodium_memzero(hex, sizeof hex);
  Result<void> state;
  if (!ok) {
    state = file.failed("cannot write");
    ::unlink(path.c_str());
  }
  ::close(fd);
  sync_folder_of(path);
  return state;
}

}  // namespace

Result<std::string> decode_key(std::string_view text, const std::string& where) {
  std::string key(kKeyBytes, '\0');
  std::size_t size = 0;
  auto* out = reinterpret_cast<unsigned char*>(key.data());
  if (text.size() == kKeyBytes * 2 && sodium_hex2bin(out, kKeyBytes, text.data(), text.size(), nullptr, &size, nullptr) == 0 &&
      size == kKeyBytes)
    return key;
  for (int variant : {sodium_base64_VARIANT_ORIGINAL, sodium_base64_VARIANT_URLSAFE_NO_PADDING})
    if (sodium_base642bin(out, kKeyBytes, text.data(), text.size(), nullptr, &size, nullptr, variant) == 0 && size == kKeyBytes)
      return key;
  return Error(ErrorCode::invalid_input, where + " must hold 32 bytes as hex or base64");
}

Result<std::string> read_private_file(const std::string& path, bool create, std::string_view what) {
  const KeyFile file{path, std::string(what) + " file " + path};
  if (create) MACHIYA_CHECK(create_file(file));
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) {
    if (errno == ENOENT) return Error(ErrorCode::not_found, "there is no " + file.name);
    return file.failed("cannot open");
  }
  struct stat info {};
  std::string text(kMostBytes, '\0');
  ssize_t size = -1;
  if (::fstat(fd, &info) == 0) size = ::read(fd, text.data(), text.size());
  ::close(fd);
  if (size < 0) return file.failed("cannot read");
  if ((info.st_mode & 077) != 0) return Error(ErrorCode::forbidden, file.name + " may be read by others; set its mode to 0600");
  text.resize(static_cast<std::size_t>(size));
  return text;
}

Result<void> replace_private_file(const std::string& path, std::string_view text, std::string_view what) {
  const KeyFile file{path, std::string(what) + " file " + path};
  struct stat before {};
  const bool there = ::stat(path.c_str(), &before) == 0;
  const std::string fresh = path + ".new";
  ::unlink(fresh.c_str());   // of an attempt that was cut off
  const int fd = ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0) return file.failed("cannot create " + fresh);
  const bool owned = !there || ::geteuid() != 0 || ::fchown(fd, before.st_uid, before.st_gid) == 0;
  const bool ok = owned && ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size()) && ::fsync(fd) == 0;
  ::close(fd);
  if (!ok || ::rename(fresh.c_str(), path.c_str()) != 0) {
    const Error error = file.failed("cannot write");
    ::unlink(fresh.c_str());
    return error;
  }
  sync_folder_of(path);
  return {};
}

Result<std::string> read_key_file(const std::string& path, bool create, std::string_view what) {
  MACHIYA_TRY(std::string text, read_private_file(path, create, what));
  auto key = decode_key(trim(text), std::string(what) + " file " + path);
  sodium_memzero(text.data(), text.size());
  return key;
}

}  // namespace machiya::vault
