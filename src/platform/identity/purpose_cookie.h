// The cookie that carries what a member of staff reads for.
#pragma once
#include <string>

#include "platform/http/host_cookie.h"
#include "platform/http/http.h"
#include "platform/identity/identity.h"

namespace machiya::identity {

inline std::string purpose_cookie(const http::Request& request) { return http::host_cookie(request.secure, kPurposeCookie); }

}  // namespace machiya::identity
