// Finding audit rows. Rows are indexed by object only, so that writing them stays cheap; everything else uses that their ids
// grow with time.
#pragma once
#include "platform/audit/audit.h"
#include "platform/store/store.h"

namespace machiya::audit {

/// The smallest row id that a row of `at` or later can have. Rows of transactions that ran side by side may lie a little out of
/// order: a minute is allowed for them.
Result<std::int64_t> first_id_at(store::ReadTx& tx, Instant at);
Result<Audit::Found> find_records(store::ReadTx& tx, const Search& wanted);

}  // namespace machiya::audit
