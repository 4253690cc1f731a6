// Pages of staff: how subscribers are told, what was given up, why one was told or not, and what a subscription would have told in the days that are kept.
#pragma once
#include <functional>
#include <string_view>

#include "platform/http/http.h"
#include "platform/pages/pages.h"
#include "platform/staff_pages/staff_pages.h"
#include "sense/subscriptions/subscriptions.h"

namespace machiya::audit {
class Audit;
}
namespace machiya::identity {
struct Principal;
}
namespace machiya::locale {
class Catalogue;
}

namespace machiya::sense::subscription_pages {

inline constexpr std::string_view kBase = "/staff/subscriptions", kPermission = "admin.subscriptions";

/// References must outlive the router.
struct Web {
  Subscriptions& subscriptions;
  EntityStore& entities;
  Contexts& contexts;
  store::Store& store;
  audit::Audit& audit;
  const pages::Templates& templates;
  const locale::Catalogue& texts;
  const Clock& clock;
  std::function<pages::Data(const http::Request&)> staff_frame;
  /// May this person read what entities hold, whatever the type? Others are told which condition did not hold, not what was found.
  std::function<bool(const identity::Principal&)> sees_values;
};
void add_routes(http::Router& router, const Web& web);

}  // namespace machiya::sense::subscription_pages
