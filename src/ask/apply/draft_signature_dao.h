// SQL of the signatures of drafts (table draft_signature).
#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"
#include "platform/store/store.h"

namespace machiya::apply::draft_signature_dao {

struct Row {
  std::int64_t draft = 0;
  std::string state;    ///< digest; "" when nothing is under way
  std::string sealed;
};
Result<std::optional<Row>> find(store::ReadTx& tx, std::int64_t draft);
/// Which draft waits for the answer with this state? Its public id.
Result<std::optional<std::string>> waiting(store::ReadTx& tx, std::string_view state);
Result<void> put(store::Tx& tx, const Row& row, Instant now);
/// False when another request used it first.
Result<bool> use(store::Tx& tx, std::string_view state);
Result<void> remove(store::Tx& tx, std::int64_t draft);
Result<void> remove_of(store::Tx& tx, std::string_view draft_public_id);

}  // namespace machiya::apply::draft_signature_dao
