// The gate in front of every route: who is it, is the form ours, may they?
#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/rng.h"
#include "platform/http/http.h"
#include "platform/identity/identity.h"
#include "platform/identity/policy.h"
#include "platform/identity/sessions.h"

namespace machiya::identity {

/// Thread-safe.
class Gate {
 public:
  using PolicyNow = std::function<std::shared_ptr<const Policy>()>;
  Gate(store::Store& store, vault::Vault& vault, const Clock& clock, Rng& rng, Sessions& sessions, PolicyNow policy);

  std::optional<http::Response> check(http::Request& request, const http::Route& route);
  /// With the head only, before a body is read: the permission. A form of a session that is over may come in: what was
  /// typed is kept; its token, which may stand in the body, is looked at by check().
  std::optional<http::Response> check_head(http::Request& request, const http::Route& route);
  /// The finisher: a new visitor's cookie goes out only with a page that shows a form.
  void finish(const http::Request& request, http::Response& response) const;
  Result<Identity::ParkedForm> parked_form(std::string_view ticket, const Principal& owner);

 private:
  struct Caller {
    std::shared_ptr<Principal> principal;
    std::string former_csrf;     ///< of a session that is over: a form that carries it is ours, and old
    std::optional<Token> former;
  };
  Result<Caller> identify(const http::Request& request);
  std::shared_ptr<Principal> visitor(const std::optional<Token>& token);
  std::optional<http::Response> check_form(http::Request& request, const http::Route& route, Caller& caller);
  /// Somebody who is in with an administrator's password is sent to replace it.
  std::optional<http::Response> own_password_first(const http::Request& request, const http::Route& route, const Principal& who) const;
  std::optional<http::Response> step_up(http::Request& request, const http::Route& route, const Principal& who);
  http::Response answer_refusal(http::Request& request, const http::Route& route, const Caller& caller, int verdict);
  /// Keeps what was typed; gives the path that shows it again, or "" when there is nothing to keep or no owner.
  std::string park(const http::Request& request, const std::string& owner);

  store::Store& store_;
  vault::Vault& vault_;
  const Clock& clock_;
  Rng& rng_;
  Sessions& sessions_;
  PolicyNow policy_;
};

}  // namespace machiya::identity
