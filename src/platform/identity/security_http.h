// The pages on which people see and rule how they log in: open sessions, and the fresh log-in before sensitive acts.
#pragma once
#include "platform/identity/identity_http.h"

namespace machiya::identity {

/// GET /my/security and /staff/security, POST …/end and …/end-others; GET/POST /login/confirm and /staff/confirm (step-up).
void add_security_routes(http::Router& router, Identity& identity, const pages::Templates& templates, const locale::Catalogue& texts,
                         Frame frame, Frame staff_frame);

}  // namespace machiya::identity
