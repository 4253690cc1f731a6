// Tables that say under which master keys a database stands, and how far an exchange of them is.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/time.h"
#include "platform/store/store.h"
#include "platform/vault/rotation.h"

namespace machiya::vault {

/// A constant sealed under one generation: only the right key opens it.
struct MasterCheck {
  int generation = 1;
  std::string sealed;
};

inline constexpr std::string_view kIndexContext = "index-key";

namespace master_dao {

/// False in a database that an older program made and this one has not served yet: these tables are not there.
Result<bool> stands(store::ReadTx& tx);

/// Ascending by generation.
Result<std::vector<MasterCheck>> checks(store::ReadTx& tx);
/// Leaves one that is there as it is.
Result<void> add_check(store::Tx& tx, const MasterCheck& check);
/// Nothing may be wrapped under older generations any more. A table of its own: every new data key looks into it.
Result<void> close_older(store::Tx& tx, int generation);
Result<void> remove_older(store::Tx& tx, int generation);

Result<std::optional<std::string>> index_key(store::ReadTx& tx);
Result<void> set_index_key(store::Tx& tx, std::string_view sealed);

/// One exchange, kept step by step so that any process can go on with it.
struct RotationRow {
  int generation = 0;
  Instant begun;
  std::optional<Instant> closed;     ///< from then on nothing new is wrapped under older generations
  std::optional<Instant> finished;
  std::int64_t total = 0, rewrapped = 0;
  std::int64_t after_id = 0;   ///< keys up to here are done (first pass)
  std::int64_t horizon = 0;    ///< PostgreSQL: transactions up to this number may have begun before the closing
};
Result<std::optional<RotationRow>> rotation(store::ReadTx& tx, int generation);
Result<void> put_rotation(store::Tx& tx, const RotationRow& row);
/// Number of this transaction, and the oldest one that this snapshot may not see whole; 1 and 2 on SQLite, where one writes at a time.
Result<std::int64_t> transaction_number(store::Tx& tx);
Result<std::int64_t> oldest_open(store::ReadTx& tx);

/// Values of a column of small secrets with the keys of their rows.
Result<std::vector<std::pair<std::string, std::string>>> secrets(store::ReadTx& tx, const SecretColumn& column);
/// Leaves a value that is no longer `before` as it is.
Result<void> put_secret(store::Tx& tx, const SecretColumn& column, const std::string& key, const std::string& before, const std::string& after);

}  // namespace master_dao
}  // namespace machiya::vault
