// Who a request comes from.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "platform/identity/authentication.h"

namespace machiya::identity {

enum class Assurance : std::uint8_t { none, contact, verified };
enum class PrincipalKind : std::uint8_t { visitor, citizen, staff, client };

/// Who a request comes from.
struct Principal {
  PrincipalKind kind = PrincipalKind::visitor;
  std::int64_t id = 0;                 ///< person, staff member or client (internal key)
  std::string public_id;
  std::string name;                    ///< of staff and clients; never of citizens
  Assurance assurance = Assurance::none;
  std::vector<std::string> roles;      ///< of staff, and of clients that act like staff
  std::string department;
  std::vector<std::string> scopes;     ///< of API clients
  bool provisional = false;            ///< of staff: in with a password that an administrator made; nothing but replacing it is open to them
  std::string purpose;                 ///< of staff: what they say they read for; "": the first of their role's that fits
  Authentication authentication;       ///< of this session: how, how strong, when; unknown for visitors and clients
  std::string csrf;                    ///< token for the forms of this session (visitors have one too)
  std::string session;                 ///< opaque key of the session, for drafts of visitors
  std::string fresh_cookie;            ///< a visitor without one: sent only when the answer shows a form (holds `csrf`)
  std::string actor() const;           ///< "person:…", "staff:…", "client:…", "visitor" for the audit
};

}  // namespace machiya::identity
