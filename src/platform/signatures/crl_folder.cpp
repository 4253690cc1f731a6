#include "platform/signatures/crl_folder.h"

#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "platform/jose/keys.h"

namespace machiya::signatures {
namespace {

namespace fs = std::filesystem;
using jose::fault;
constexpr std::uint64_t kMaxCrl = 64u << 20;    ///< bytes of one list
constexpr std::size_t kMostLists = 4'000;       ///< J-LIS divides its list by municipality
constexpr std::int64_t kSettled = 2 * kSecond;  ///< the coarsest step in which a file system counts (FAT)

Instant instant_of(const timespec& t) { return Instant{t.tv_sec * kSecond + t.tv_nsec / 1'000}; }

bool settled(const std::vector<CrlFile>& look, Instant now) {
  return std::all_of(look.begin(), look.end(), [&](const CrlFile& file) { return std::max(file.modified.us, file.changed.us) + kSettled <= now.us; });
}

Result<std::vector<std::string>> contents(const std::string& folder, const std::vector<CrlFile>& files) {
  std::vector<std::string> out;
  for (const CrlFile& file : files) {
    std::ifstream in(fs::path(folder) / file.name, std::ios::binary);
    out.emplace_back(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
    if (!in.good() && !in.eof()) return fault("crl-unreadable", "a revocation list cannot be read");
  }
  return out;
}

}  // namespace

Result<std::vector<CrlFile>> crl_files(const std::string& folder) {
  std::vector<CrlFile> out;
  std::error_code ec;
  for (fs::directory_iterator entry(folder, ec), end; !ec && entry != end; entry.increment(ec)) {
    struct stat found {};
    if (entry->path().extension() != ".crl" || ::stat(entry->path().c_str(), &found) != 0 || !S_ISREG(found.st_mode)) continue;
    out.push_back({entry->path().filename().string(), static_cast<std::uint64_t>(found.st_size), instant_of(found.st_mtim), instant_of(found.st_ctim)});
    if (out.back().size > kMaxCrl || out.size() > kMostLists) return fault("crl-unreadable", "a revocation list is too large, or there are too many");
  }
  if (ec || out.empty()) return fault("crl-missing", "the folder holds no revocation list");
  std::sort(out.begin(), out.end(), [](const CrlFile& a, const CrlFile& b) { return a.name < b.name; });
  return out;
}

CrlFolder::CrlFolder(std::string folder, Look look, Parse parse) : folder_(std::move(folder)), look_(std::move(look)), parse_(std::move(parse)) {}

Result<jpki::RevocationLists> CrlFolder::lists(Instant now) {
  const std::scoped_lock lock(mutex_);
  MACHIYA_TRY(auto look, look_(folder_));   // before the files are read: what changes meanwhile differs at the next look
  if (kept_ && kept_->look == look) return kept_->lists;
  kept_.reset();
  MACHIYA_TRY(const auto ders, contents(folder_, look));
  MACHIYA_TRY(auto lists, parse_(ders));
  if (settled(look, now)) kept_ = Kept{std::move(look), lists};
  return lists;
}

}  // namespace machiya::signatures
