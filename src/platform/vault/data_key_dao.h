// The table of wrapped data keys.
#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "platform/store/store.h"

namespace machiya::vault {

/// A data key as it is stored: under which generation of the master key; "" for a tombstone.
struct WrappedKey {
  std::string key;
  int generation = 1;
};

namespace data_key_dao {

/// Fails when the generation was closed meanwhile: then nothing may be wrapped under it any more.
Result<std::int64_t> insert(store::Tx& tx, const WrappedKey& wrapped);
/// Nothing when there is no such key.
Result<std::optional<WrappedKey>> find(store::ReadTx& tx, std::int64_t id);
/// The same for many; ids without a key are left out.
Result<std::vector<std::pair<std::int64_t, WrappedKey>>> find_many(store::ReadTx& tx, const std::vector<std::int64_t>& ids);
/// Overwrites the wrapped key with zeros. False when there is no such key.
Result<bool> erase(store::Tx& tx, std::int64_t id);

/// The next keys behind `after` that stand under a generation older than `generation`; tombstones are left out.
Result<std::vector<std::pair<std::int64_t, WrappedKey>>> older(store::ReadTx& tx, int generation, std::int64_t after, int limit);
Result<std::int64_t> count_older(store::ReadTx& tx, int generation);
/// Every key but tombstones.
Result<void> each(store::ReadTx& tx, const std::function<void(std::int64_t, const WrappedKey&)>& see);
Result<std::int64_t> count_erased(store::ReadTx& tx);
/// Replaces the wrapped key of one that still stands under `from`. Sent like execute_later().
Result<void> rewrap(store::Tx& tx, std::int64_t id, int from, const WrappedKey& to);

std::vector<store::Migration> migrations();

}  // namespace data_key_dao
}  // namespace machiya::vault
