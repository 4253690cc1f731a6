// The pages of logging in and out, for citizens and staff.
#pragma once
#include <functional>

#include "platform/http/http.h"
#include "platform/identity/identity.h"
#include "platform/pages/pages.h"

namespace machiya::locale {
class Catalogue;
}

namespace machiya::identity {

/// What every page of the house needs (web/README.md: city_name, demo, user, csrf …). Made by app.
using Frame = std::function<pages::Data(const http::Request&)>;

/// GET/POST /login, /login/code, GET /login/continue/{ticket}, POST /logout, GET/POST /staff/login, POST /staff/logout,
/// and those of security_http.h (`staff_frame`: of signed-in staff; else `frame`).
/// Also installs identity.finisher(). The references must live as long as the router.
void add_routes(http::Router& router, Identity& identity, const pages::Templates& templates, const locale::Catalogue& texts, Frame frame,
                Frame staff_frame = {});

/// Set-Cookie for a session opened by redeem_code() or staff_login().
void set_session_cookie(const http::Request& request, http::Response& response, std::string_view value);
void clear_session_cookie(const http::Request& request, http::Response& response);

}  // namespace machiya::identity
