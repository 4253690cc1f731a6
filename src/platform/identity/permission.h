// What a route asks of its visitor: the permission strings of http::RouteOptions, read and decided. Pure.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "platform/identity/identity.h"
#include "platform/identity/policy.h"

namespace machiya::identity {

/// What a request gets when it asks for a route.
enum class Verdict : std::uint8_t {
  granted,
  citizen_login,   ///< would be right after a citizen's log-in
  staff_login,     ///< would be right after a log-in of staff
  token_needed,    ///< only a bearer token opens it
  refused,         ///< signed in in the right way, but without this right
  unknown          ///< the route states no permission, or one that does not exist: a bug of the wiring
};

/// "public", "person", "contact", "verified", "staff", "staff:<permission>", "client:<scope>", alternatives with '|'.
Verdict decide(std::string_view permission, const Principal& principal, const Policy& policy);

}  // namespace machiya::identity
