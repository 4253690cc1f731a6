#include "platform/webauthn/cbor.h"

#include "base/text.h"

namespace machiya::webauthn {
namespace {
constexpr int kLevels = 4;   // CTAP 2.1 §8: nesting of maps and arrays

Error broken(std::string what) { return Error(ErrorCode::malformed_request, "CBOR: " + std::move(what)); }

class Reader {
 public:
  explicit Reader(std::string_view bytes) : bytes_(bytes) {}
  std::size_t at() const { return at_; }

  Result<Cbor> item(int level) {
    if (at_ >= bytes_.size()) return broken("cut off");
    const auto first = static_cast<unsigned char>(bytes_[at_++]);
    const int major = first >> 5, info = first & 31;
    if (major == 7) return simple(info);
    MACHIYA_TRY(const std::uint64_t argument, argument_of(info));
    switch (major) {
      case 0: case 1: return integer(major == 1, argument);
      case 2: case 3: return string(major == 3, argument);
      case 4: return array(argument, level);
      case 5: return map(argument, level);
      default: return broken("a tag");   // CTAP 2.1 §8: tags MUST NOT be there
    }
  }

 private:
  Result<std::uint64_t> argument_of(int info) {
    if (info < 24) return static_cast<std::uint64_t>(info);
    if (info > 27) return broken("an indefinite or reserved length");
    const std::size_t size = std::size_t{1} << (info - 24);
    if (bytes_.size() - at_ < size) return broken("cut off");
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < size; ++i) value = (value << 8) | static_cast<unsigned char>(bytes_[at_++]);
    const std::uint64_t least = info == 24 ? 24 : std::uint64_t{1} << (size * 4);   // one size smaller would do below it
    if (value < least) return broken("a number longer than need be");
    return value;
  }
  Result<Cbor> integer(bool negative, std::uint64_t argument) {
    if (argument > static_cast<std::uint64_t>(INT64_MAX)) return broken("an integer beyond 63 bits");
    Cbor out;
    out.kind = Cbor::Kind::integer;
    out.number = negative ? -1 - static_cast<std::int64_t>(argument) : static_cast<std::int64_t>(argument);
    return out;
  }
  Result<Cbor> string(bool text, std::uint64_t size) {
    if (size > bytes_.size() - at_) return broken("cut off");
    Cbor out;
    out.kind = text ? Cbor::Kind::text : Cbor::Kind::bytes;
    out.data = std::string(bytes_.substr(at_, size));
    at_ += size;
    if (text && !is_utf8(out.data)) return broken("text that is no UTF-8");
    return out;
  }
  Result<Cbor> array(std::uint64_t size, int level) {
    if (level >= kLevels) return broken("nested too deeply");
    if (size > bytes_.size() - at_) return broken("cut off");   // each item takes a byte at least
    Cbor out;
    out.kind = Cbor::Kind::array;
    for (std::uint64_t i = 0; i < size; ++i) {
      MACHIYA_TRY(Cbor one, item(level + 1));
      out.items.push_back(std::move(one));
    }
    return out;
  }
  Result<Cbor> map(std::uint64_t size, int level) {
    if (level >= kLevels) return broken("nested too deeply");
    if (size > (bytes_.size() - at_) / 2) return broken("cut off");
    Cbor out;
    out.kind = Cbor::Kind::map;
    std::string_view before;
    for (std::uint64_t i = 0; i < size; ++i) {
      const std::size_t from = at_;
      MACHIYA_TRY(Cbor key, item(level + 1));
      if (!key.is(Cbor::Kind::integer) && !key.is(Cbor::Kind::text)) return broken("a key that is neither integer nor text");
      // Of canonical keys the encoded bytes sort as CTAP 2.1 §8 wants it: by type, then length, then value.
      const std::string_view encoded = bytes_.substr(from, at_ - from);
      if (i > 0 && encoded <= before) return broken(encoded == before ? "a key twice" : "keys out of order");
      before = encoded;
      MACHIYA_TRY(Cbor value, item(level + 1));
      out.items.push_back(std::move(key));
      out.items.push_back(std::move(value));
    }
    return out;
  }
  Result<Cbor> simple(int info) {
    Cbor out;
    switch (info) {
      case 20: case 21: out.kind = Cbor::Kind::boolean, out.number = info - 20; return out;
      case 22: return out;
      case 23: out.kind = Cbor::Kind::undefined; return out;
      case 25: case 26: case 27: {
        const std::size_t size = std::size_t{1} << (info - 24);
        if (bytes_.size() - at_ < size) return broken("cut off");
        out.kind = Cbor::Kind::floating;
        at_ += size;   // no structure of WebAuthn holds one; an extension may, and is not read
        return out;
      }
      default: return broken("a simple value that is not known");
    }
  }

  std::string_view bytes_;
  std::size_t at_ = 0;
};

template <class Match>
const Cbor* value_of(const Cbor& map, Match match) {
  if (!map.is(Cbor::Kind::map)) return nullptr;
  for (std::size_t i = 0; i + 1 < map.items.size(); i += 2)
    if (match(map.items[i])) return &map.items[i + 1];
  return nullptr;
}
const Cbor* of_kind(const Cbor* value, Cbor::Kind wanted) { return value && value->is(wanted) ? value : nullptr; }
}  // namespace

const Cbor* Cbor::find(std::string_view key) const {
  return value_of(*this, [&](const Cbor& k) { return k.is(Kind::text) && k.data == key; });
}
const Cbor* Cbor::find(std::int64_t key) const {
  return value_of(*this, [&](const Cbor& k) { return k.is(Kind::integer) && k.number == key; });
}
const Cbor* Cbor::find(std::string_view key, Kind wanted) const { return of_kind(find(key), wanted); }
const Cbor* Cbor::find(std::int64_t key, Kind wanted) const { return of_kind(find(key), wanted); }

Result<CborItem> read_cbor(std::string_view bytes) {
  Reader reader(bytes);
  MACHIYA_TRY(Cbor value, reader.item(0));
  return CborItem{std::move(value), reader.at()};
}

Result<Cbor> parse_cbor(std::string_view bytes) {
  MACHIYA_TRY(CborItem item, read_cbor(bytes));
  if (item.size != bytes.size()) return broken("something stands after it");
  return std::move(item.value);
}

}  // namespace machiya::webauthn
