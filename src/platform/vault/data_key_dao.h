// The table of wrapped data keys, and the check value of the master key.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "platform/store/store.h"

namespace machiya::vault::data_key_dao {

Result<std::int64_t> insert(store::Tx& tx, std::string_view wrapped);
/// The wrapped key; "" for a tombstone; nothing when there is no such key.
Result<std::optional<std::string>> find(store::ReadTx& tx, std::int64_t id);
/// The same for many; ids without a key are left out.
Result<std::vector<std::pair<std::int64_t, std::string>>> find_many(store::ReadTx& tx, const std::vector<std::int64_t>& ids);
/// Overwrites the wrapped key with zeros. False when there is no such key.
Result<bool> erase(store::Tx& tx, std::int64_t id);

Result<std::optional<std::string>> master_check(store::ReadTx& tx);
Result<void> set_master_check(store::Tx& tx, std::string_view sealed);

std::vector<store::Migration> migrations();

}  // namespace machiya::vault::data_key_dao
