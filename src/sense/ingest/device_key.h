// Keys of devices: made here, shown once, kept as a salted hash. Pure but for the randomness that is given.
#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "base/rng.h"
#include "sense/ingest/device.h"

namespace machiya::sense::ingest {

struct NewKey {
  DeviceKey kept;
  std::string shown;   ///< "ID.SECRET", 53 characters; the secret carries 128 random bits, so that a plain hash keeps it
};
NewKey make_key(Rng& rng);

/// ID and secret of a key as it was sent; nothing when it has not that form.
struct SentKey {
  std::string_view id, secret;
};
std::optional<SentKey> read_key(std::string_view text);
/// In constant time.
bool fits(const DeviceKey& key, std::string_view secret);

}  // namespace machiya::sense::ingest
