#include "sense/series/bits.h"

#include <algorithm>
#include <array>
#include <vector>

namespace machiya::sense::series {
namespace {

/// How many bits a column gives to each value, and what that costs.
struct Width {
  unsigned bits = 0;
  std::size_t cost = 0;   ///< bits in all
};

Width choose(std::span<const std::uint64_t> values) {
  std::array<std::uint32_t, 65> count{};
  for (const std::uint64_t v : values) ++count[static_cast<std::size_t>(std::bit_width(v))];
  unsigned widest = 64;
  while (widest > 0 && count[widest] == 0) --widest;
  Width best{widest, values.size() * widest};
  std::size_t longer = 0;
  for (unsigned w = widest; w-- > 0;) {
    longer += count[w + 1];
    const std::size_t cost = values.size() * w + longer * (16 + 8 * ((widest - w + 6) / 7));
    if (cost < best.cost) best = {w, cost};
  }
  return best;
}

std::uint64_t mask(unsigned bits) { return bits == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << bits) - 1; }

std::uint64_t load(const unsigned char* p) {
  std::uint64_t v;
  std::memcpy(&v, p, sizeof v);
  return v;
}

std::uint64_t bits_at(const unsigned char* data, unsigned width, std::size_t index) {
  const std::size_t position = index * width;
  const unsigned char* p = data + (position >> 3);
  const unsigned shift = position & 7;
  std::uint64_t v = load(p) >> shift;
  if (width + shift > 64) v |= static_cast<std::uint64_t>(p[8]) << (64 - shift);
  return v & mask(width);
}

void put_bits(std::span<const std::uint64_t> values, unsigned width, std::string& out) {
  const std::size_t start = out.size(), bytes = (values.size() * width + 7) / 8;
  out.resize(start + bytes + kSlack);
  auto* data = reinterpret_cast<unsigned char*>(out.data()) + start;
  std::uint64_t pending = 0;
  unsigned have = 0;
  for (const std::uint64_t value : values) {
    const std::uint64_t v = value & mask(width);
    pending |= v << have;
    if (have + width >= 64) {
      std::memcpy(data, &pending, 8);
      data += 8;
      pending = have == 0 ? 0 : v >> (64 - have);
      have = have + width - 64;
    } else {
      have += width;
    }
  }
  std::memcpy(data, &pending, 8);
  out.resize(start + bytes);
}

struct Head {
  unsigned width = 0;
  std::size_t exceptions = 0;
  const unsigned char* data = nullptr;
};

bool read_head(Reader& in, std::size_t count, Head& head) {
  head.width = in.byte();
  head.exceptions = in.varint();
  if (!in.ok() || head.width > 64 || head.exceptions > count) return in.fail(), false;
  head.data = in.take((count * head.width + 7) / 8);
  return head.data != nullptr;
}

}  // namespace

void pack(std::span<const std::uint64_t> values, std::string& out) {
  const unsigned width = choose(values).bits;
  std::size_t exceptions = 0;
  for (const std::uint64_t v : values) exceptions += v > mask(width);
  out.push_back(static_cast<char>(width));
  put_varint(out, exceptions);
  if (width > 0) put_bits(values, width, out);
  std::size_t last = 0;
  for (std::size_t i = 0; exceptions > 0 && i < values.size(); ++i) {
    if (values[i] <= mask(width)) continue;
    put_varint(out, i - last);
    put_varint(out, values[i] >> width);
    last = i, --exceptions;
  }
}

std::size_t packed_size(std::span<const std::uint64_t> values) { return choose(values).cost / 8 + 2; }

bool unpack(Reader& in, std::span<std::uint64_t> out) { return unpack_part(in, out.size(), 0, out); }

bool unpack_part(Reader& in, std::size_t count, std::size_t from, std::span<std::uint64_t> out) {
  Head head;
  if (from > count || out.size() > count - from || !read_head(in, count, head)) return in.fail(), false;
  const std::uint64_t keep = mask(head.width);
  if (head.width == 0) {
    std::fill(out.begin(), out.end(), 0);
  } else if (head.width <= 57) {
    std::size_t position = from * head.width;
    for (std::uint64_t& v : out) {
      v = (load(head.data + (position >> 3)) >> (position & 7)) & keep;
      position += head.width;
    }
  } else {
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = bits_at(head.data, head.width, from + i);
  }
  std::size_t at = 0;
  for (std::size_t e = 0; e < head.exceptions; ++e) {
    at += in.varint();
    const std::uint64_t high = in.varint();
    if (!in.ok() || at >= count || head.width == 64) return in.fail(), false;
    if (at >= from && at - from < out.size()) out[at - from] |= high << head.width;
  }
  return in.ok();
}

std::uint64_t unpack_one(Reader& in, std::size_t count, std::size_t index) {
  Head head;
  if (index >= count || !read_head(in, count, head)) return in.fail(), 0;
  std::uint64_t value = head.width == 0 ? 0 : bits_at(head.data, head.width, index);
  std::size_t at = 0;
  for (std::size_t e = 0; e < head.exceptions; ++e) {
    at += in.varint();
    const std::uint64_t high = in.varint();
    if (head.width == 64) in.fail();
    if (at == index && in.ok()) value |= high << head.width;
  }
  return in.ok() ? value : 0;
}

void pack_signed(std::span<const std::int64_t> values, std::string& out) {
  thread_local std::vector<std::uint64_t> above;
  const std::int64_t least = values.empty() ? 0 : *std::min_element(values.begin(), values.end());
  above.resize(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) above[i] = static_cast<std::uint64_t>(values[i]) - static_cast<std::uint64_t>(least);
  put_signed(out, least);
  pack(above, out);
}

bool unpack_signed(Reader& in, std::span<std::int64_t> out) {
  const auto least = static_cast<std::uint64_t>(in.signed_varint());
  auto* raw = reinterpret_cast<std::uint64_t*>(out.data());   // the signed and the unsigned type may stand for each other
  if (!unpack(in, {raw, out.size()})) return false;
  for (std::int64_t& v : out) v = static_cast<std::int64_t>(static_cast<std::uint64_t>(v) + least);
  return true;
}

std::int64_t unpack_signed_one(Reader& in, std::size_t count, std::size_t index) {
  const auto least = static_cast<std::uint64_t>(in.signed_varint());
  return static_cast<std::int64_t>(least + unpack_one(in, count, index));
}

}  // namespace machiya::sense::series
