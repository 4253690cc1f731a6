#include "city/cache.h"

#include <sodium.h>

#include <charconv>
#include <filesystem>
#include <fstream>

#include "city/folder.h"

namespace machiya::city {
namespace {

constexpr std::size_t kHex = 64;

}  // namespace

std::string content_hash(std::string_view data) {
  unsigned char digest[32];
  crypto_generichash(digest, sizeof digest, reinterpret_cast<const unsigned char*>(data.data()), data.size(), nullptr, 0);
  char hex[sizeof digest * 2 + 1];
  sodium_bin2hex(hex, sizeof hex, digest, sizeof digest);
  return hex;
}

// An entry is "KEY HASH LENGTH\n" and the text; the hash is checked when the entry is used.
Cache::Cache(std::string folder) : folder_(std::move(folder)) {
  if (folder_.empty() || !read_text_file(folder_ + "/definitions", pack_)) return;
  std::string_view rest = pack_;
  while (rest.size() > 2 * kHex + 2) {
    const std::string_view key = rest.substr(0, kHex), hash = rest.substr(kHex + 1, kHex);
    std::size_t length = 0;
    const char* digits = rest.data() + 2 * kHex + 2;
    const auto [end, error] = std::from_chars(digits, rest.data() + rest.size(), length);
    const std::size_t head = static_cast<std::size_t>(end - rest.data()) + 1;
    if (error != std::errc() || head > rest.size() || *end != '\n' || length > rest.size() - head) break;
    known_.emplace(std::string(key), Entry{hash, rest.substr(head, length)});
    rest.remove_prefix(head + length);
  }
}

std::optional<std::string> Cache::get(const std::string& key) const {
  const auto found = known_.find(key);
  if (found == known_.end() || content_hash(found->second.text) != found->second.hash) return std::nullopt;
  const std::lock_guard lock(mutex_);
  used_.emplace(key, found->second);
  return std::string(found->second.text);
}

void Cache::put(const std::string& key, std::string text) const {
  if (!enabled()) return;
  const std::lock_guard lock(mutex_);
  fresh_.emplace(key, std::move(text));
}

void Cache::flush() const {
  const std::lock_guard lock(mutex_);
  if (!enabled() || fresh_.empty()) return;
  namespace fs = std::filesystem;
  std::error_code error;
  fs::create_directories(folder_, error);
  const std::string draft = folder_ + "/definitions.new";
  std::ofstream out(draft, std::ios::binary);
  for (const auto& [key, entry] : used_) out << key << ' ' << entry.hash << ' ' << entry.text.size() << '\n' << entry.text;
  for (const auto& [key, text] : fresh_) out << key << ' ' << content_hash(text) << ' ' << text.size() << '\n' << text;
  out.close();
  if (out) fs::rename(draft, folder_ + "/definitions", error);
  if (!out || error) fs::remove(draft, error);
}

}  // namespace machiya::city
