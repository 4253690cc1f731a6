// The pages of logging in with a provider: leave for it, come back, be told when it did not work.
#pragma once
#include "platform/identity/identity_http.h"
#include "platform/oidc/sign_in.h"

namespace machiya::oidc {

/// GET /login/with/{provider}, GET /login/with/{provider}/callback, POST /my/security/providers/{provider} (one way more for
/// a citizen who logged in freshly), POST /my/security/providers/{provider}/remove (one less), GET /login/refused. The references must live as long as the router.
void add_routes(http::Router& router, SignIn& sign_in, identity::Identity& identity, const pages::Templates& templates, const locale::Catalogue& texts, identity::Frame frame);

/// `data` of a log-in page with its buttons, one for each provider: {"providers": {"items": [{href, label}]}}; on the security page of a
/// citizen {"more_ways": {"items": [{action, label}]}} and, of those that they have, {"own_ways": {"items": [{action, label, name}]}}. Nothing on other pages, and where there is no provider.
pages::Data with_providers(pages::Data data, const SignIn& sign_in, const locale::Catalogue& texts, const http::Request& request);

}  // namespace machiya::oidc
