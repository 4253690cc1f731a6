// Reads the chain from its beginning (or the last cut) to its head and holds it against everything that was signed.
#pragma once
#include "base/result.h"
#include "platform/audit/audit.h"
#include "platform/audit/statement.h"
#include "platform/store/store.h"

namespace machiya::audit {

/// `now`: a statement younger than a minute may still be on its way to the copy.
Result<Audit::Verdict> verify_chain(store::ReadTx& tx, const Audit::Evidence& evidence, Instant now);

}  // namespace machiya::audit
