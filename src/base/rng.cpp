#include "base/rng.h"

#include <atomic>
#include <cstring>

namespace machiya {
namespace {
constexpr char kAlphabet[] = "0123456789abcdefghjkmnpqrstvwxyz";  // Crockford base 32: no i, l, o, u
}

void SeededRng::fill(void* out, std::size_t size) {
  auto* p = static_cast<unsigned char*>(out);
  while (size > 0) {
    constexpr std::uint64_t kStep = 0x9e3779b97f4a7c15ULL;
    std::uint64_t z = std::atomic_ref(state_).fetch_add(kStep, std::memory_order_relaxed) + kStep;   // the state only counts: any thread may take the next
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    z ^= z >> 31;
    std::size_t n = size < sizeof z ? size : sizeof z;
    std::memcpy(p, &z, n);
    p += n;
    size -= n;
  }
}

std::string new_public_id(Rng& rng) {
  unsigned char bytes[16];
  rng.fill(bytes, sizeof bytes);
  std::string out;
  unsigned buffer = 0;
  int bits = 0;
  for (unsigned char b : bytes) {
    buffer = (buffer << 8) | b;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      out += kAlphabet[(buffer >> bits) & 31];
    }
  }
  out += kAlphabet[(buffer << (5 - bits)) & 31];
  return out;
}

bool is_public_id(const std::string& text) {
  if (text.size() != 26) return false;
  for (char c : text)
    if (std::strchr(kAlphabet, c) == nullptr) return false;
  return true;
}

}  // namespace machiya
