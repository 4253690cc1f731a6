#include "sense/open_data/files.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>

namespace machiya::sense::open_data {
namespace {

namespace fs = std::filesystem;

bool same_bytes(const std::string& a, const std::string& b) {
  std::error_code wrong;
  if (fs::file_size(a, wrong) != fs::file_size(b, wrong) || wrong) return false;
  std::ifstream left(a, std::ios::binary), right(b, std::ios::binary);
  std::array<char, 65536> x{}, y{};
  while (left && right) {
    left.read(x.data(), x.size()), right.read(y.data(), y.size());
    if (left.gcount() != right.gcount() || !std::equal(x.begin(), x.begin() + left.gcount(), y.begin())) return false;
  }
  return true;
}

Error failed(const std::string& path) { return Error(ErrorCode::storage_failed, "a download cannot be written", path); }

// What can be made anew needs no sync: a crash loses nothing.
Result<void> write_to(const std::string& path, const Files::Write& write) {
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  if (!out) return failed(path);
  MACHIYA_CHECK(write([&](std::string_view bytes) -> Result<void> {
    out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    return out ? Result<void>() : Result<void>(failed(path));
  }));
  out.close();
  return out ? Result<void>() : Result<void>(failed(path));
}

}  // namespace

Result<std::string> Files::get(const std::string& name, std::uint64_t state, std::int64_t pause_us, const Write& write) {
  std::shared_ptr<Entry> entry;
  {
    std::lock_guard hold(mutex_);
    auto& there = entries_[name];
    if (!there) there = std::make_shared<Entry>();
    entry = there;
  }
  const std::string path = folder_ + "/" + name, beside = path + ".new";
  std::lock_guard one(entry->mutex);
  const std::int64_t now = clock_.now().us;
  if (entry->there && (entry->state == state || (now - entry->made_us < pause_us && now >= entry->made_us))) return path;
  std::error_code wrong;
  fs::create_directories(folder_, wrong);
  if (wrong) return failed(folder_);
  MACHIYA_CHECK(write_to(beside, write));
  if (same_bytes(beside, path)) fs::remove(beside, wrong);
  else fs::rename(beside, path, wrong);
  if (wrong) return failed(path);
  entry->state = state, entry->made_us = now, entry->there = true;
  return path;
}

}  // namespace machiya::sense::open_data
