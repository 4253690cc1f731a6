#include "sense/log/crc32c.h"

#include <array>
#include <cstring>

namespace machiya::sense {
namespace {

constexpr std::uint32_t kReflected = 0x82F63B78;   // RFC 3720's polynomial, lowest bit first

constexpr std::array<std::uint32_t, 256> make_table() {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t i = 0; i < 256; ++i) {
    std::uint32_t v = i;
    for (int bit = 0; bit < 8; ++bit) v = (v & 1) != 0 ? (v >> 1) ^ kReflected : v >> 1;
    table[i] = v;
  }
  return table;
}
constexpr auto kTable = make_table();

#if defined(__x86_64__)
__attribute__((target("sse4.2"))) std::uint32_t by_instruction(const unsigned char* p, std::size_t size, std::uint32_t before) {
  std::uint64_t v = ~before;
  for (; size >= 8; p += 8, size -= 8) {
    std::uint64_t word;
    std::memcpy(&word, p, 8);
    v = __builtin_ia32_crc32di(v, word);
  }
  auto rest = static_cast<std::uint32_t>(v);
  for (; size > 0; ++p, --size) rest = __builtin_ia32_crc32qi(rest, *p);
  return ~rest;
}
#endif

}  // namespace

std::uint32_t crc32c_by_table(const void* bytes, std::size_t size, std::uint32_t before) {
  const auto* p = static_cast<const unsigned char*>(bytes);
  std::uint32_t v = ~before;
  for (; size > 0; ++p, --size) v = kTable[(v ^ *p) & 0xff] ^ (v >> 8);
  return ~v;
}

std::uint32_t crc32c(const void* bytes, std::size_t size, std::uint32_t before) {
#if defined(__x86_64__)
  static const bool has_instruction = __builtin_cpu_supports("sse4.2");
  if (has_instruction) return by_instruction(static_cast<const unsigned char*>(bytes), size, before);
#endif
  return crc32c_by_table(bytes, size, before);
}

}  // namespace machiya::sense
