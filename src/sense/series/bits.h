// Bytes of segments and log records: variable-length integers, packed columns. Pure. The formats are frozen (README.md).
#pragma once
#include <bit>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>

#include "sense/log/crc32c.h"

namespace machiya::sense::series {

inline std::uint64_t zigzag(std::int64_t v) { return (static_cast<std::uint64_t>(v) << 1) ^ static_cast<std::uint64_t>(v >> 63); }
inline std::int64_t unzigzag(std::uint64_t v) { return static_cast<std::int64_t>((v >> 1) ^ (~(v & 1) + 1)); }

/// Seven bits a byte, lowest first, the top bit says that more follow.
inline void put_varint(std::string& out, std::uint64_t v) {
  char bytes[10];
  std::size_t n = 0;
  while (v >= 0x80) bytes[n++] = static_cast<char>(v | 0x80), v >>= 7;
  bytes[n++] = static_cast<char>(v);
  out.append(bytes, n);
}
inline void put_signed(std::string& out, std::int64_t v) { put_varint(out, zigzag(v)); }
/// Little-endian, fixed.
template <class T>
void put_fixed(std::string& out, T v) {
  static_assert(std::endian::native == std::endian::little);
  out.append(reinterpret_cast<const char*>(&v), sizeof v);
}

/// Reads what was put. After a read past the end `ok()` is false and everything read is 0. Packed columns may be read up to kSlack bytes past the end,
/// so whoever gives the bytes keeps that many readable ones behind them.
inline constexpr std::size_t kSlack = 16;
class Reader {
 public:
  explicit Reader(std::string_view bytes) : at_(reinterpret_cast<const unsigned char*>(bytes.data())), end_(at_ + bytes.size()) {}
  bool ok() const { return ok_; }
  std::size_t left() const { return static_cast<std::size_t>(end_ - at_); }
  void fail() { ok_ = false, at_ = end_; }
  std::uint64_t varint() {
    std::uint64_t v = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      if (at_ == end_) return fail(), 0;
      const std::uint64_t byte = *at_++;
      v |= (byte & 0x7f) << shift;
      if (byte < 0x80) return v;
    }
    return fail(), 0;
  }
  std::int64_t signed_varint() { return unzigzag(varint()); }
  std::uint8_t byte() { return at_ == end_ ? (fail(), std::uint8_t{0}) : *at_++; }
  template <class T>
  T fixed() {
    T v{};
    if (left() < sizeof v) return fail(), v;
    std::memcpy(&v, at_, sizeof v);
    at_ += sizeof v;
    return v;
  }
  /// The next n bytes; nullptr when there are fewer.
  const unsigned char* take(std::size_t n) {
    if (left() < n) return fail(), nullptr;
    const unsigned char* out = at_;
    at_ += n;
    return out;
  }
  std::string_view text(std::size_t n) {
    const unsigned char* p = take(n);
    return p == nullptr ? std::string_view() : std::string_view(reinterpret_cast<const char*>(p), n);
  }

 private:
  const unsigned char *at_, *end_;
  bool ok_ = true;
};

/// A column of numbers in as few bits each as most of them need; the few longer ones stand behind it by position.
void pack(std::span<const std::uint64_t> values, std::string& out);
/// Reads as many as `out` has room for. False when the bytes are none of pack().
bool unpack(Reader& in, std::span<std::uint64_t> out);
/// Those from position `from` on, of a column of `count`; the reader then stands behind the column.
bool unpack_part(Reader& in, std::size_t count, std::size_t from, std::span<std::uint64_t> out);
/// One of a column of `count`; the reader then stands behind the column.
std::uint64_t unpack_one(Reader& in, std::size_t count, std::size_t index);
/// Bytes that pack() would write, nearly.
std::size_t packed_size(std::span<const std::uint64_t> values);

/// Numbers near each other: the least one, then pack() of what is above it.
void pack_signed(std::span<const std::int64_t> values, std::string& out);
bool unpack_signed(Reader& in, std::span<std::int64_t> out);
std::int64_t unpack_signed_one(Reader& in, std::size_t count, std::size_t index);

inline std::uint32_t crc32c(std::string_view bytes) { return sense::crc32c(bytes.data(), bytes.size()); }

}  // namespace machiya::sense::series
