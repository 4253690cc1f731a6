#include "city/cache.h"

#include <sodium.h>

#include <atomic>
#include <filesystem>
#include <fstream>

#include "city/folder.h"

namespace machiya::city {

std::string content_hash(std::string_view data) {
  unsigned char digest[32];
  crypto_generichash(digest, sizeof digest, reinterpret_cast<const unsigned char*>(data.data()), data.size(), nullptr, 0);
  char hex[sizeof digest * 2 + 1];
  sodium_bin2hex(hex, sizeof hex, digest, sizeof digest);
  return hex;
}

// An entry is the hash of its text, a line end and the text: a torn or edited file is a miss, never a wrong city.
std::optional<std::string> Cache::get(const std::string& key) const {
  if (folder_.empty()) return std::nullopt;
  std::string entry;
  if (!read_text_file(folder_ + "/" + key.substr(0, 2) + "/" + key.substr(2), entry) || entry.size() < 65) return std::nullopt;
  std::string text = entry.substr(65);
  if (entry[64] != '\n' || content_hash(text) != std::string_view(entry).substr(0, 64)) return std::nullopt;
  return text;
}

void Cache::put(const std::string& key, std::string_view text) const {
  if (folder_.empty()) return;
  namespace fs = std::filesystem;
  std::error_code error;
  const std::string folder = folder_ + "/" + key.substr(0, 2);
  fs::create_directories(folder, error);
  static std::atomic<unsigned> counter{0};
  const std::string target = folder + "/" + key.substr(2);
  const std::string draft = target + "." + std::to_string(counter++) + ".tmp";
  {
    std::ofstream out(draft, std::ios::binary);
    out << content_hash(text) << '\n' << text;
    if (!out.flush()) {
      fs::remove(draft, error);
      return;   // a cache that cannot be written only costs time
    }
  }
  fs::rename(draft, target, error);
  if (error) fs::remove(draft, error);
}

}  // namespace machiya::city
