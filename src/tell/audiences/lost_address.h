// Addresses that a channel declared dead while their owner wanted them: whoever proves that one was theirs puts a new one in its place.
#pragma once
#include <cstdint>
#include <optional>
#include <string_view>

#include "platform/store/store.h"

namespace machiya::vault {
class Vault;
}

namespace machiya::tell {

struct LostAddress {
  std::int64_t recipient = 0;
  std::int64_t topics = 0;   ///< bits: of the channel as it stands, else as it stood when its last address died
  int rank = 0;              ///< the channel's place in the person's order; 0 first
};
/// Nothing for an address that is in use, was left, was replaced, or became somebody else's since. Thread-safe.
Result<std::optional<LostAddress>> lost_address(store::ReadTx& tx, const vault::Vault& vault, int channel, std::string_view address);
/// Something stands in the place of this address from now on: it proves nothing any more.
Result<void> settle_lost_address(store::Tx& tx, const vault::Vault& vault, int channel, std::string_view address);

}  // namespace machiya::tell
