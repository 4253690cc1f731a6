#include "sense/log/segment.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include "sense/log/crc32c.h"
#include "sense/log/replace_file.h"

namespace machiya::sense::segments {
namespace {

constexpr char kMagic[] = "MCHLOG1\n";
static_assert(sizeof kMagic - 1 == 8);

template <class T>
T load(const char* at) {
  T v;
  std::memcpy(&v, at, sizeof v);   // little endian, as every machine this house runs on
  return v;
}
template <class T>
void save(char* at, T v) {
  std::memcpy(at, &v, sizeof v);
}

/// A file as bytes.
class Mapped {
 public:
  ~Mapped() {
    if (bytes_ != nullptr) ::munmap(bytes_, size_);
  }
  Mapped() = default;
  Mapped(const Mapped&) = delete;
  Mapped& operator=(const Mapped&) = delete;
  Result<void> open(const std::string& path) {
    const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) return errno == ENOENT ? Error(ErrorCode::not_found, path) : storage_error(errno, "cannot open " + path);
    struct stat info {};
    int error = ::fstat(fd, &info) == 0 ? 0 : errno;
    size_ = static_cast<std::size_t>(info.st_size);
    if (error == 0 && size_ > 0) {
      void* at = ::mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, fd, 0);
      if (at == MAP_FAILED) error = errno;
      else bytes_ = static_cast<char*>(at);
    }
    ::close(fd);
    if (error != 0) return storage_error(error, "cannot read " + path);
    return {};
  }
  std::string_view view() const { return bytes_ == nullptr ? std::string_view() : std::string_view(bytes_, size_); }

 private:
  char* bytes_ = nullptr;
  std::size_t size_ = 0;
};

struct Found {
  std::string_view payload;
  std::uint64_t number = 0;
  std::uint32_t place = 0;
};
std::uint32_t checksum(const char* head, std::size_t size) {
  const std::uint32_t start = crc32c(head, 4);
  return crc32c(head + 8, kRecordHead - 8 + size, start);
}
/// `checked`: false for what is only passed over on the way to a later record: its number must fit, its bytes nobody sees.
bool read_at(std::string_view file, std::size_t at, Found& found, bool checked = true) {
  if (file.size() - at < kRecordHead) return false;
  const char* head = file.data() + at;
  const std::size_t size = load<std::uint32_t>(head);
  if (size > file.size() - at - kRecordHead) return false;
  if (checked && load<std::uint32_t>(head + 4) != checksum(head, size)) return false;
  found = {file.substr(at + kRecordHead, size), load<std::uint64_t>(head + 8), load<std::uint32_t>(head + 16)};
  return true;
}
/// Is there, behind what cannot be read, a record of a later group than `broken`'s?
bool synced_behind(std::string_view file, std::size_t at, std::uint64_t broken) {
  constexpr std::uint64_t kFar = std::uint64_t{1} << 40;   // cheap refusal of most places before their checksum is taken
  for (; file.size() - at >= kRecordHead; ++at) {
    const auto number = load<std::uint64_t>(file.data() + at + 8);
    const auto place = load<std::uint32_t>(file.data() + at + 16);
    if (number <= broken || number - broken > kFar || place > number - broken - 1) continue;
    Found found;
    if (read_at(file, at, found)) return true;
  }
  return false;
}

}  // namespace

void fill_head(char* head, std::size_t size, std::uint64_t number, std::uint32_t place_in_group) {
  save(head, static_cast<std::uint32_t>(size));
  save(head + 8, number);
  save(head + 16, place_in_group);
  save(head + 4, checksum(head, size));
}

Error storage_error(int error, const std::string& what) {
  return {error == ENOSPC || error == EDQUOT ? ErrorCode::storage_full : ErrorCode::storage_failed, what + ": " + std::strerror(error)};
}

std::string file_name(std::uint64_t first) {
  char text[32];
  std::snprintf(text, sizeof text, "%020llu.log", static_cast<unsigned long long>(first));
  return text;
}

std::uint64_t first_of_name(std::string_view name) {
  if (name.size() != 24 || !name.ends_with(".log")) return 0;
  std::uint64_t v = 0;
  for (const char c : name.substr(0, 20)) {
    if (c < '0' || c > '9') return 0;
    v = v * 10 + static_cast<std::uint64_t>(c - '0');
  }
  return v;
}

Result<int> create(const std::string& folder, std::uint64_t first) {
  const std::string path = folder + "/" + file_name(first);
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0) return storage_error(errno, "cannot make " + path);
  char head[kFileHead];
  std::memcpy(head, kMagic, 8);
  save(head + 8, first);
  const ssize_t n = ::pwrite(fd, head, sizeof head, 0);
  const int error = n != sizeof head ? (n < 0 ? errno : ENOSPC) : ::fdatasync(fd) != 0 ? errno : 0;
  Result<void> synced = error != 0 ? Result<void>(storage_error(error, "cannot write " + path)) : sync_folder(folder);
  if (!synced.ok()) {
    ::close(fd);
    ::unlink(path.c_str());
    return synced.error();
  }
  return fd;
}

Result<Scan> scan(const std::string& folder, std::uint64_t first, std::uint64_t from, std::uint64_t until, const AppendLog::Visitor& visit) {
  const std::string path = folder + "/" + file_name(first);
  Mapped file;
  MACHIYA_CHECK(file.open(path));
  const std::string_view bytes = file.view();
  if (bytes.size() < kFileHead) return Scan{first, 0, bytes.size()};   // a crash while it was made: nothing was in it yet
  if (bytes.substr(0, 8) != std::string_view(kMagic, 8) || load<std::uint64_t>(bytes.data() + 8) != first)
    return Error(ErrorCode::integrity_broken, path + " is no segment of this log");
  Scan result{first, kFileHead, bytes.size()};
  Found found;
  while (result.next < until && read_at(bytes, result.end, found, result.next >= from) && found.number == result.next) {
    if (visit && found.number >= from) MACHIYA_CHECK(visit(found.number, found.payload));
    result.next += 1;
    result.end += kRecordHead + found.payload.size();
  }
  if (result.next < until && result.end < bytes.size() && synced_behind(bytes, result.end, result.next))
    return Error(ErrorCode::integrity_broken, path + ": record " + std::to_string(result.next) + " at byte " + std::to_string(result.end) + " is broken");
  return result;
}

}  // namespace machiya::sense::segments
