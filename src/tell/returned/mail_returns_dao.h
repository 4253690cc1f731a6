// All SQL of reports.
#pragma once
#include <string_view>

#include "base/result.h"
#include "base/time.h"
#include "platform/store/store.h"
#include "tell/mail/report.h"

namespace machiya::tell::mail_returns_dao {

/// False when the same one is there.
Result<bool> remember(store::Tx& tx, std::string_view digest, ReportKind kind, Instant now);
Result<void> forget(store::Tx& tx, Instant before);

}  // namespace machiya::tell::mail_returns_dao
