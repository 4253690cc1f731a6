// What the pages of logging in share: the frame with its errors, fields, buttons, and where to go on afterwards.
#pragma once
#include <string>
#include <string_view>

#include "platform/identity/identity_http.h"

namespace machiya::identity {

/// One form on its way to the page.
struct FormPage {
  std::string page, title_key, next, error_field, error_key;
  int status = 200;
};

/// HttpOnly, SameSite=Lax, Secure over TLS; keeps the answer out of caches. `max_age` "": until the browser ends.
void set_cookie(const http::Request& request, http::Response& response, const std::string& name, std::string_view value, std::string_view max_age);
/// Holds the ticket of a mailed code between the two pages; it opens nothing without the code.
std::string ticket_cookie(const http::Request& request);
/// The page of this site to go to afterwards, "/" when none is asked for.
std::string next_of(const http::Request& request);
std::string with_next(std::string path, const std::string& next);

/// Thread-safe.
class LoginForms {
 public:
  LoginForms(Identity& identity, const pages::Templates& templates, const locale::Catalogue& texts, Frame frame)
      : identity_(identity), templates_(templates), texts_(texts), frame_(std::move(frame)) {}
  Identity& identity() const { return identity_; }
  const locale::Catalogue& texts() const { return texts_; }

  pages::Data begin(const http::Request& request, const FormPage& form) const;
  pages::Data field(const http::Request& request, const FormPage& form, const char* type, const char* name, const char* label, std::string_view hint) const;
  pages::Data buttons(const http::Request& request, std::string_view next_key, bool back) const;
  /// The text as written, with its readings: for pages::ruby().
  std::string raw(const http::Request& request, std::string_view key) const;
  http::Response render(const http::Request& request, const FormPage& form, std::string_view name, pages::Data data) const;

 private:
  Identity& identity_;
  const pages::Templates& templates_;
  const locale::Catalogue& texts_;
  Frame frame_;
};

}  // namespace machiya::identity
