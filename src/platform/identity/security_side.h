// Citizens and staff rule their log-in on the same pages, each in their own frame. What those pages share.
#pragma once
#include <memory>
#include <string>

#include "platform/identity/login_forms.h"

namespace machiya::identity {

struct Side {
  LoginForms forms;
  PrincipalKind kind;
  std::string home;       ///< "/my/security"
  std::string folder;     ///< of the templates
  std::string login;      ///< where a passkey's answer goes: "/login/passkey"
  std::string permission; ///< "person", "staff"
};
using Sides = std::shared_ptr<const Side>;

inline pages::Data text_of(const Side& side, const http::Request& request, std::string_view key) { return pages::ruby(side.forms.raw(request, key)); }

/// Sensitive ones ask for a fresh log-in.
enum class Care : bool { plain, sensitive };
http::RouteOptions security_route(std::string permission, std::string page_kind = {}, Care care = Care::plain);

/// What the page needs so that a passkey can be asked for: key "passkey", or "passkey_localhost" (where to open the page instead).
/// `login`: where its answer goes.
void offer_passkey(const LoginForms& forms, const std::string& login, const http::Request& request, pages::Data& data);
/// Passkeys and "passkey only" for the page of a person's log-in.
Result<void> show_passkeys(const Side& side, const http::Request& request, pages::Data& data);

void add_passkey_routes(http::Router& router, const Sides& side);
void add_recovery_routes(http::Router& router, const Sides& citizen, const Sides& staff);

}  // namespace machiya::identity
