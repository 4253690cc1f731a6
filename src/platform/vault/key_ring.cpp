#include "platform/vault/key_ring.h"

#include <fcntl.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/text.h"
#include "platform/vault/key_file.h"

namespace machiya::vault {
namespace {
constexpr std::string_view kHeader = "# Master keys of Machiya: generation, day, key. Lines are added and removed by: machiya keys\n";

std::vector<std::string_view> words_of(std::string_view line) {
  std::vector<std::string_view> out;
  for (const std::string_view word : split(line, ' '))
    if (!trim(word).empty()) out.push_back(trim(word));
  return out;
}

bool is_day(std::string_view text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return false;
  for (std::size_t i = 0; i < text.size(); ++i)
    if (i != 4 && i != 7 && (text[i] < '0' || text[i] > '9')) return false;
  return true;
}

int number_of(std::string_view text) {
  int n = 0;
  if (text.empty() || text.size() > 6) return 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return 0;
    n = n * 10 + (c - '0');
  }
  return n;
}

/// `where` names file and line; what stands in the line may be a key and is never repeated.
Result<KeyGeneration> read_line(std::string_view line, const std::string& where) {
  const auto words = words_of(line);
  KeyGeneration out;
  const bool whole = (words.size() == 3 || (words.size() == 4 && words[3] == "staged")) && is_day(words[1]);
  if (!whole || (out.number = number_of(words[0])) == 0) return Error(ErrorCode::invalid_input, where + " must read: NUMBER YYYY-MM-DD KEY [staged]");
  out.created = words[1];
  out.staged = words.size() == 4;
  MACHIYA_TRY(out.key, decode_key(words[2], where));
  return out;
}

Result<KeyRing> parse(std::string_view text, const std::string& name) {
  KeyRing ring;
  if (words_of(text).size() == 1 && text.front() != '#') {   // as every key file was before there were rings
    ring.emplace_back();
    MACHIYA_TRY(ring.back().key, decode_key(text, name));
    return ring;
  }
  int number = 0;
  for (const std::string_view raw : split(text, '\n')) {
    ++number;
    const std::string_view line = trim(raw);
    if (line.empty() || line.front() == '#') continue;
    const std::string where = name + ":" + std::to_string(number);
    MACHIYA_TRY(auto generation, read_line(line, where));
    if (!ring.empty() && ring.back().number >= generation.number) return Error(ErrorCode::invalid_input, where + ": generations must ascend");
    ring.push_back(std::move(generation));
  }
  if (ring.empty()) return Error(ErrorCode::invalid_input, name + " holds no key");
  if (ring.front().staged) return Error(ErrorCode::invalid_input, name + " holds no key that is in use: the oldest one is staged");
  return ring;
}

std::string hex(const std::string& key) {
  std::string out(key.size() * 2 + 1, '\0');
  sodium_bin2hex(out.data(), out.size(), reinterpret_cast<const unsigned char*>(key.data()), key.size());
  out.pop_back();
  return out;
}

std::string to_text(const KeyRing& ring) {
  std::string out(kHeader);
  for (const KeyGeneration& g : ring) {
    std::string key = hex(g.key);
    out += std::to_string(g.number) + " " + (g.created.empty() ? "0000-00-00" : g.created) + " " + key + (g.staged ? " staged\n" : "\n");
    sodium_memzero(key.data(), key.size());
  }
  return out;
}
}  // namespace

KeyGeneration::~KeyGeneration() { sodium_memzero(key.data(), key.size()); }

Result<KeyRing> read_key_ring(const std::string& path, bool create) {
  MACHIYA_TRY(std::string text, read_private_file(path, create, "master key"));
  auto ring = parse(trim(text), "master key file " + path);
  sodium_memzero(text.data(), text.size());
  return ring;
}

Result<void> write_key_ring(const std::string& path, const KeyRing& ring) {
  std::string text = to_text(ring);
  auto done = replace_private_file(path, text, "master key");
  sodium_memzero(text.data(), text.size());
  return done;
}

KeyGeneration next_generation(const KeyRing& ring, std::string day) {
  KeyGeneration out;
  out.number = ring.back().number + 1;
  out.created = std::move(day);
  out.key.resize(32);
  randombytes_buf(out.key.data(), out.key.size());
  return out;
}

}  // namespace machiya::vault
