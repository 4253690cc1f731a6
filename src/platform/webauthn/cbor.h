// CBOR (RFC 8949) as authenticators write it: the canonical form of CTAP2 (FIDO CTAP 2.1 §8, which WebAuthn §2 and §6.5 ask for)
// and nothing else. Bounded by its input; hostile bytes give an error, never a crash.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace machiya::webauthn {

/// One data item. A map holds its keys and values in turn in `items`.
struct Cbor {
  enum class Kind : std::uint8_t { integer, bytes, text, array, map, boolean, null, undefined, floating };
  Kind kind = Kind::null;
  std::int64_t number = 0;   ///< integer; boolean as 0/1
  std::string data;          ///< bytes, text
  std::vector<Cbor> items;

  bool is(Kind k) const { return kind == k; }
  /// Number of pairs.
  std::size_t pairs() const { return items.size() / 2; }
  /// The value of a key of a map; nullptr when absent or when this is no map.
  const Cbor* find(std::string_view key) const;
  const Cbor* find(std::int64_t key) const;
  /// The value of a key when it is of this kind; nullptr else.
  const Cbor* find(std::string_view key, Kind wanted) const;
  const Cbor* find(std::int64_t key, Kind wanted) const;
};

/// The item at the front of `bytes` and how many bytes it takes.
struct CborItem {
  Cbor value;
  std::size_t size = 0;
};
/// Refuses (malformed_request): indefinite lengths, lengths and numbers longer than need be, tags, keys that are out of order or
/// there twice, more than four levels, text that is no UTF-8, integers beyond 63 bits, whatever is cut off.
Result<CborItem> read_cbor(std::string_view bytes);
/// The same for one item that is all there is.
Result<Cbor> parse_cbor(std::string_view bytes);

}  // namespace machiya::webauthn
