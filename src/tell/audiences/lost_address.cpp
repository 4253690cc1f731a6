#include "tell/audiences/lost_address.h"

#include "tell/audiences/audiences_dao.h"

namespace machiya::tell {

Result<std::optional<LostAddress>> lost_address(store::ReadTx& tx, const vault::Vault& vault, int channel, std::string_view address) {
  return audiences_dao::lost(tx, channel, address_digest(vault, channel, address));
}

Result<void> settle_lost_address(store::Tx& tx, const vault::Vault& vault, int channel, std::string_view address) {
  return audiences_dao::settle_lost(tx, channel, address_digest(vault, channel, address));
}

}  // namespace machiya::tell
