// The one place that decides: policy + who + what is known of the object + action + purpose → may, or why not. Pure: no clock, no
// database; every handler, list and job asks here, and tests/authorization compares it with an evaluator written apart from it.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "platform/identity/policy.h"
#include "platform/identity/principal.h"

namespace machiya::identity {

/// A tie between the one who asks and the object, as it is stored. Whether it counts (now, for this procedure) is judged.
struct Tie {
  std::string relation;     ///< "guardian", "delegate", "emergency", "sender"
  std::string procedure;    ///< a delegation for one procedure; "": for everything
  Instant from;
  Instant until;            ///< the first moment at which it is over
  bool ended = false;       ///< taken back
};

/// What a decision needs to know of an object. Nothing set: the question is whether the right is held anywhere.
struct Resource {
  std::string department = {};                       ///< whose staff works on it; "": anywhere
  std::int64_t person = 0;                           ///< whose it is; 0: nobody's
  std::string session = {};                          ///< of a visitor's draft
  std::string procedure = {};
  std::string assignee = {};                         ///< name of the member of staff who works on the case
  bool ownerless = false;                            ///< a report that nobody owns: whoever holds its number reads where it stands
  const std::vector<std::string>* roles = nullptr;   ///< when set, only these roles count (the rights of a register), whatever permissions they have
  std::vector<Tie> ties = {};
};

enum class Reason : std::uint8_t { granted, no_such_action, no_role, other_department, wrong_purpose, no_relation, relation_over };
std::string_view reason_name(Reason reason);

struct Decision {
  Reason reason = Reason::no_role;
  std::string purpose;     ///< for the audit: of staff the claimed or first fitting one, of others their relation
  std::string relation;    ///< "" when a role gave the right
  bool allowed() const { return reason == Reason::granted; }
};

/// May `who` do `action` with this? Clients that were given roles are judged as staff of them.
Decision judge(const Policy& policy, const Principal& who, std::string_view action, const Resource& resource, Instant now);

/// The roles that count for somebody in a department ("": anywhere).
std::vector<std::string> acting_roles(const Policy& policy, const Principal& who, std::string_view department);

}  // namespace machiya::identity
