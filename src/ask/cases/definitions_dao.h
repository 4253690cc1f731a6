// Table definition_snapshot: the canonical texts of procedures and workflows that cases began with.
#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"
#include "platform/store/store.h"

namespace machiya::cases {

Result<void> insert_snapshot(store::Tx& tx, std::string_view hash, std::string_view kind, std::string_view id, int version,
                             std::string_view body, Instant now);
Result<std::optional<std::string>> find_snapshot(store::ReadTx& tx, std::string_view hash);

}  // namespace machiya::cases
