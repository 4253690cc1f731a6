#include "platform/locale/reference_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace machiya::locale {
namespace {
constexpr std::string_view kMagic = "MACHREF1";
constexpr int kTables = 6;
std::uint32_t word(const char* at) {
  std::uint32_t value = 0;
  std::memcpy(&value, at, sizeof value);
  return value;
}
}  // namespace

ReferenceFile::~ReferenceFile() {
  if (data_ != nullptr) munmap(const_cast<char*>(data_), size_);
}

Result<void> ReferenceFile::map(const std::string& path) {
  int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return Error(ErrorCode::not_found, path + ": reference data is not built; run script/data");
  struct stat info {};
  bool known = fstat(fd, &info) == 0;
  void* mapped = known && info.st_size > 0 ? mmap(nullptr, static_cast<std::size_t>(info.st_size), PROT_READ, MAP_SHARED, fd, 0) : MAP_FAILED;
  close(fd);
  if (mapped == MAP_FAILED) return Error(ErrorCode::storage_failed, path + ": cannot be mapped");
  data_ = static_cast<const char*>(mapped);
  size_ = static_cast<std::size_t>(info.st_size);
  return check(path);
}

template <class Row>
bool ReferenceFile::table(int index, Rows<Row>& rows) {
  std::size_t offset = word(data_ + 8 + 8 * index), count = word(data_ + 12 + 8 * index);
  if (offset % 4 != 0 || offset > size_ || count > (size_ - offset) / sizeof(Row)) return false;
  rows.data = reinterpret_cast<const Row*>(data_ + offset);
  rows.count = static_cast<std::uint32_t>(count);
  return true;
}

Result<void> ReferenceFile::check(const std::string& path) {
  auto broken = [&] { return Error(ErrorCode::integrity_broken, path + ": is no reference data of this version; run script/data"); };
  if (size_ < 8 + 8 * (kTables + 1) || std::string_view(data_, 8) != kMagic) return broken();
  if (!table(0, towns) || !table(1, cities) || !table(2, by_city) || !table(3, holidays) || !table(4, banks) || !table(5, branches)) return broken();
  std::size_t offset = word(data_ + 8 + 8 * kTables), bytes = word(data_ + 12 + 8 * kTables);
  if (offset > size_ || bytes > size_ - offset) return broken();
  pool_ = std::string_view(data_ + offset, bytes);
  for (const TownRow& row : towns)
    if (row.city >= cities.count) return broken();
  for (const ByCityRow& row : by_city)
    if (row.town >= towns.count) return broken();
  for (const BankRow& row : banks)
    if (row.first_branch > branches.count || row.branches > branches.count - row.first_branch) return broken();
  return {};
}

std::string_view ReferenceFile::text(std::uint32_t offset) const {
  if (pool_.size() < 2 || offset > pool_.size() - 2) return {};
  std::uint16_t length = 0;
  std::memcpy(&length, pool_.data() + offset, sizeof length);
  return length <= pool_.size() - offset - 2 ? pool_.substr(offset + 2, length) : std::string_view();
}

}  // namespace machiya::locale
