// The frame of the staff console: the navigation to which engines contribute pages through a list in app, and the pages
// that belong to no engine: dead letters, staff accounts, API clients.
#pragma once
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "platform/http/http.h"
#include "platform/identity/identity.h"
#include "platform/identity/password_rules.h"
#include "platform/pages/pages.h"

namespace machiya::audit {
class Audit;
}
namespace machiya::events {
class Events;
}
namespace machiya::jobs {
class Jobs;
}
namespace machiya::locale {
class Catalogue;
}
namespace machiya::city {
class City;
}

namespace machiya::identity {
struct EmergencyRow;
struct StaffSecrets;
}

namespace machiya::console {

/// One entry of the navigation; shown to those who hold the permission.
struct NavItem {
  std::string group;        ///< key of the group's title, "staff_console.work"
  std::string label;        ///< key of the text
  std::string href;
  std::string permission;   ///< "case.list"
  std::function<std::string(const identity::Principal&)> count = {};   ///< what waits there, shown beside the label; "" when nothing does
};
/// What module cases contributes.
std::vector<NavItem> case_pages();
/// Dead letters (jobs and events), accounts, API clients.
std::vector<NavItem> system_pages();

struct Parts {
  store::Store& store;
  audit::Audit& audit;
  events::Events& events;
  identity::Identity& identity;
  jobs::Jobs& jobs;
  const pages::Templates& templates;
  const locale::Catalogue& texts;
  const Clock& clock;
  std::function<pages::Data(const http::Request&)> frame;   ///< what every page of the house needs (app)
  std::function<std::shared_ptr<const city::City>()> city;
  std::vector<std::string> scopes;                          ///< that a token of a program may have: what the APIs ask for
  const identity::PasswordRules* passwords = nullptr;       ///< which passwords an account may be given; never null in a house
};

/// Thread-safe after construction.
class Console {
 public:
  Console(Parts parts, std::vector<NavItem> items) : p_(std::move(parts)), items_(std::move(items)) {}
  /// The frame of a staff page: house data plus the navigation of this member of staff (key "side").
  pages::Data frame(const http::Request& request) const;
  /// /staff (goes to the first page that this person may see), /staff/dead-letters, /staff/accounts, /staff/clients, /staff/password.
  void add_routes(http::Router& router) const;

 private:
  http::Response home(http::Request& request) const;
  http::Response dead_letters(http::Request& request, std::string_view refused = {}) const;
  http::Response change_dead_letter(http::Request& request) const;
  Result<void> fill_dead_letters(const http::Request& request, pages::Data& data) const;
  enum class Outcome : std::uint8_t { none, saved, refused };   ///< of a change to an account, said above the page
  /// `secrets`: of the account that was made just now, shown this once.
  http::Response accounts(http::Request& request, Outcome outcome = Outcome::none, const identity::StaffSecrets* secrets = nullptr) const;
  pages::Data account_row(const identity::Identity::StaffMember& member, const city::City* city, const http::Request& request) const;
  enum class PasswordOutcome : std::uint8_t { none, changed, wrong, weak, locked, same };
  http::Response password(http::Request& request, PasswordOutcome outcome = PasswordOutcome::none) const;
  http::Response change_password(http::Request& request) const;
  http::Response change_account(http::Request& request) const;
  http::Response clients(http::Request& request, const std::string& token = {}, const Error* refused = nullptr) const;
  http::Response change_client(http::Request& request) const;
  pages::Data client_row(const identity::Identity::ApiClient& client, const http::Request& request) const;
  http::Response emergencies(http::Request& request, std::string_view wrong = {}) const;
  http::Response review_emergency(http::Request& request) const;
  pages::Data emergency_row(const identity::EmergencyRow& row, const http::Request& request) const;
  http::Response purpose(http::Request& request) const;
  http::Response change_purpose(http::Request& request) const;
  http::Response render(const http::Request& request, std::string_view name, std::string_view title_key, pages::Data data, int status = 200) const;
  std::string text(const http::Request& request, std::string_view key) const;

  Parts p_;
  std::vector<NavItem> items_;
};

}  // namespace machiya::console
