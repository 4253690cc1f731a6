// Emergency access (緊急閲覧): staff without the right open one object for an hour after saying why; it is audited, told to the
// person, and another person reviews it.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/rng.h"
#include "base/time.h"
#include "platform/identity/decision.h"
#include "platform/store/store.h"

namespace machiya::vault {
class Vault;
}
namespace machiya::audit {
class Audit;
}

namespace machiya::identity {

struct EmergencyRow {
  std::int64_t id = 0;
  std::string public_id, staff, name, department;   ///< staff: the actor; name and department as they were
  std::string object;                               ///< "case:<number>", "row:<register>/<number>"
  std::int64_t person = 0;                          ///< whose it is; 0: nobody's
  std::string purpose, reason;                      ///< reason: opened only for reviewers
  Instant opened, until;
  std::optional<Instant> reviewed;
  std::string reviewer, verdict, comment;           ///< verdict: "justified", "unjustified", "" while it waits
};

/// Thread-safe.
class Emergencies {
 public:
  static constexpr std::int64_t kMinutes = 60;
  static constexpr std::int64_t kReviewDays = 7;     ///< a review later than this is overdue
  static constexpr std::size_t kFewest = 10, kMost = 2000;   ///< characters of a reason; of a comment at most kMost

  Emergencies(vault::Vault& vault, audit::Audit& audit, const Clock& clock, Rng& rng) : vault_(vault), audit_(audit), clock_(clock), rng_(rng) {}

  /// forbidden without breakglass.use; invalid_input (`where` "reason", "purpose") for a reason that is too short and for a purpose that
  /// the person's roles do not have for `action`.
  Result<void> open(store::Tx& tx, const Principal& who, const Policy& policy, std::string_view object, std::int64_t person, std::string_view action,
                    std::string_view purpose, std::string_view reason, std::string_view request);
  /// Until when this object stands open to them; nothing when it does not.
  Result<std::optional<Instant>> open_until(store::ReadTx& tx, const Principal& who, std::string_view object);
  /// Newest first; with the reasons. Only for those with breakglass.review (forbidden).
  Result<std::vector<EmergencyRow>> queue(store::ReadTx& tx, const Principal& who, const Policy& policy, bool waiting_only);
  /// How many wait for a review by this person.
  Result<int> waiting(store::ReadTx& tx, const Principal& who, const Policy& policy);
  /// Of one object, without reasons: for the person whose it is.
  Result<std::vector<EmergencyRow>> of_object(store::ReadTx& tx, std::string_view object);
  /// Four eyes: forbidden for the one who opened it; conflict when it is reviewed already; a comment is needed.
  Result<void> review(store::Tx& tx, const Principal& who, const Policy& policy, std::string_view id, bool justified, std::string_view comment, std::string_view request);
  /// For a decision.
  Result<std::vector<Tie>> between(store::ReadTx& tx, const Principal& who, std::string_view object);
  bool overdue(const EmergencyRow& row) const { return row.verdict.empty() && row.opened.us + kReviewDays * kDay < clock_.now().us; }

  static std::vector<store::Migration> migrations();

 private:
  vault::Vault& vault_;
  audit::Audit& audit_;
  const Clock& clock_;
  Rng& rng_;
};

}  // namespace machiya::identity
