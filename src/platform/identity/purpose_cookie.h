// The cookie that carries what a member of staff reads for.
#pragma once
#include <string>

#include "platform/http/http.h"
#include "platform/identity/identity.h"

namespace machiya::identity {

/// Over TLS bound to the host, like every cookie of this house.
inline std::string purpose_cookie(const http::Request& request) { return (request.secure ? "__Host-" : "") + std::string(kPurposeCookie); }

}  // namespace machiya::identity
