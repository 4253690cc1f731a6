// All SQL of the jobs.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "platform/jobs/jobs.h"
#include "platform/store/store.h"

namespace machiya::jobs::dao {

/// The id of the new job, or of the open one with the same unique key.
Result<std::int64_t> insert(store::Tx& tx, std::string_view kind, const json::Value& payload, Instant due, Instant now,
                            std::string_view unique, bool& created);
/// Takes the job of this kind that is due longest (a lease that has run out is due again); attempt and fence grow.
Result<std::optional<Job>> take(store::Tx& tx, std::string_view kind, std::string_view owner, Instant now, Instant until);
/// The next four: false when the lease was lost.
Result<bool> remove(store::Tx& tx, const Job& job);
Result<bool> prolong(store::Tx& tx, const Job& job, Instant until);
Result<bool> retry_at(store::Tx& tx, const Job& job, Instant due, std::string_view error);
Result<bool> bury(store::Tx& tx, const Job& job, Instant now, std::string_view error);

Result<std::vector<DeadJob>> dead(store::ReadTx& tx, int limit);
Result<bool> revive(store::Tx& tx, std::int64_t id, Instant now);
Result<bool> drop_dead(store::Tx& tx, std::int64_t id);
Result<Jobs::Counts> counts(store::ReadTx& tx);

}  // namespace machiya::jobs::dao
