// The table sense_context.
#pragma once
#include <vector>

#include "platform/store/store.h"
#include "sense/contexts/hosted_contexts.h"

namespace machiya::sense::dao {

Result<std::vector<StoredContext>> contexts(store::ReadTx& tx);
/// A new row, or the one with this id anew.
Result<void> put_context(store::Tx& tx, const StoredContext& context);
Result<void> delete_context(store::Tx& tx, const std::string& id);

}  // namespace machiya::sense::dao
