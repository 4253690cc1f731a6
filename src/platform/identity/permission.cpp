#include "platform/identity/permission.h"

#include <algorithm>

#include "base/text.h"
#include "platform/identity/decision.h"

namespace machiya::identity {
namespace {
constexpr std::string_view kStaff = "staff:";
constexpr std::string_view kClient = "client:";

Verdict for_citizen(const Principal& p, Assurance needed) {
  if (p.kind != PrincipalKind::citizen) return p.kind == PrincipalKind::client ? Verdict::refused : Verdict::citizen_login;
  return p.assurance >= needed ? Verdict::granted : Verdict::refused;
}

Verdict for_staff(const Principal& p, std::string_view permission, const Policy& policy) {
  if (p.kind != PrincipalKind::staff) return p.kind == PrincipalKind::client ? Verdict::refused : Verdict::staff_login;
  return permission.empty() || judge(policy, p, permission, {}, Instant{}).allowed() ? Verdict::granted : Verdict::refused;
}

Verdict for_client(const Principal& p, std::string_view scope) {
  if (p.kind != PrincipalKind::client) return Verdict::token_needed;
  return std::find(p.scopes.begin(), p.scopes.end(), scope) != p.scopes.end() ? Verdict::granted : Verdict::refused;
}

Verdict one(std::string_view word, const Principal& p, const Policy& policy) {
  if (word == "public") return Verdict::granted;
  if (word == "person" || word == "contact") return for_citizen(p, Assurance::contact);
  if (word == "verified") return for_citizen(p, Assurance::verified);
  if (word == "staff") return for_staff(p, {}, policy);
  if (starts_with(word, kStaff) && word.size() > kStaff.size()) return for_staff(p, word.substr(kStaff.size()), policy);
  if (starts_with(word, kClient) && word.size() > kClient.size()) return for_client(p, word.substr(kClient.size()));
  return Verdict::unknown;
}
}  // namespace

Verdict decide(std::string_view permission, const Principal& principal, const Policy& policy) {
  bool granted = false, citizen = false, staff = false, token = false;
  for (std::string_view word : split(permission, '|')) {
    switch (one(trim(word), principal, policy)) {
      case Verdict::granted: granted = true; break;
      case Verdict::citizen_login: citizen = true; break;
      case Verdict::staff_login: staff = true; break;
      case Verdict::token_needed: token = true; break;
      case Verdict::refused: break;
      case Verdict::unknown: return Verdict::unknown;  // one wrong word closes the route: deny by default
    }
  }
  if (granted) return Verdict::granted;
  if (citizen && principal.kind == PrincipalKind::visitor) return Verdict::citizen_login;
  if (staff && principal.kind == PrincipalKind::visitor) return Verdict::staff_login;
  // Signed in, but as the other kind: that log-in page is the way on, unless the right kind was tried and refused.
  if (citizen && !staff && principal.kind == PrincipalKind::staff) return Verdict::citizen_login;
  if (staff && !citizen && principal.kind == PrincipalKind::citizen) return Verdict::staff_login;
  if (token && !citizen && !staff && principal.kind == PrincipalKind::visitor) return Verdict::token_needed;
  return Verdict::refused;
}

}  // namespace machiya::identity
