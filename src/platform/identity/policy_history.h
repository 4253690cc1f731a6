// Which policies were in force here, and up to which one somebody responsible has seen what changed. Written at every start and reload, so that
// a change of the file is known after a restart too, whoever made it.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "platform/identity/policy_changes.h"
#include "platform/identity/principal.h"
#include "platform/store/store.h"

namespace machiya::audit {
class Audit;
}

namespace machiya::identity {

/// Thread-safe; holds references only.
class PolicyHistory {
 public:
  PolicyHistory(store::Store& store, audit::Audit& audit, const Clock& clock) : store_(store), audit_(audit), clock_(clock) {}

  /// The policy that is in force from now on; nothing is written when it says the same as the last one. `why`: "start", "reload".
  Result<void> keep(std::string_view policy_text, std::string_view why) const;

  struct Version {
    std::int64_t number = 0;   ///< 1 is the first that was known here
    Instant at;                ///< since when it is in force
    std::string why;
    std::vector<PolicyChange> changes;   ///< against the one before
  };
  struct State {
    std::int64_t number = 0;             ///< in force; 0: none is known yet
    Instant since;
    std::int64_t seen = 0;               ///< up to this one somebody said so; the first needs nobody
    std::string seen_by;                 ///< actor; "" for nobody
    std::optional<Instant> seen_at;
    std::vector<Version> unseen;         ///< newest first
  };
  Result<State> state() const;
  /// "I have seen it", up to `number`. invalid_input for a number that is not known; nothing when it was said already. Audited.
  Result<void> see(const Principal& who, std::int64_t number, std::string_view purpose, std::string_view request) const;

  static std::vector<store::Migration> migrations();

 private:
  store::Store& store_;
  audit::Audit& audit_;
  const Clock& clock_;
};

}  // namespace machiya::identity
