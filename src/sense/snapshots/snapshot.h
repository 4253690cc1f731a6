// A snapshot (ETSI GS CIM 009 V1.9.1 §4.3.7, §5.2.41): which queries filled it, how they ended, how long it stays.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace machiya::sense {

/// How one query ended (ExecutionResult).
enum class QueryOutcome : std::uint8_t { success, empty, failure };
struct QueryDetail {
  QueryOutcome outcome = QueryOutcome::success;
  std::string problem;   ///< JSON of ProblemDetails; "": none
};

/// "success" when every query ended well and one of them found something, "empty" when none found anything, "partial" when some failed, "failure" when all did.
/// "preparing" is never seen: whoever makes a snapshot is answered when it is filled.
enum class SnapshotStatus : std::uint8_t { success, partial, empty, failure };
std::string_view status_name(SnapshotStatus status);
std::string_view outcome_name(QueryOutcome outcome);
SnapshotStatus status_of(const std::vector<QueryDetail>& details);

inline constexpr int kLowestPriority = 1, kUsualPriority = 5, kHighestPriority = 10;

struct Snapshot {
  std::string id;                     ///< a URI, one of its owner's
  std::string owner;                  ///< the tenant and, where there are gates, the asker
  std::string queries;                ///< JSON list of Query as snapshot_text keeps it
  std::vector<QueryDetail> details;   ///< of each query
  int priority = kUsualPriority;      ///< 1–10; what is lower gives way first (§5.5.15)
  std::string lifetime;               ///< ISO 8601 as it was asked for; "": not said
  std::int64_t lifetime_us = 0;       ///< the same, µs; 0: not said
  std::int64_t created_us = 0, modified_us = 0, expires_us = 0, used_us = 0;   ///< µs since 1970
};

}  // namespace machiya::sense
