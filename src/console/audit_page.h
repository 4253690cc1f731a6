// /staff/audit: the audit for those who hold "audit.read": search, and a file for a log collector. Looking is itself a row.
#pragma once
#include <functional>
#include <memory>

#include "platform/http/http.h"
#include "platform/identity/identity.h"
#include "platform/locale/locale.h"
#include "platform/pages/pages.h"

namespace machiya::audit {
class Audit;
}
namespace machiya::city {
class City;
}

namespace machiya::console {

/// References must outlive the router.
struct AuditPage {
  store::Store& store;
  audit::Audit& audit;
  identity::Identity& identity;
  const pages::Templates& templates;
  const locale::Catalogue& texts;
  const Clock& clock;
  std::function<pages::Data(const http::Request&)> frame;   ///< of the staff console
  std::function<std::shared_ptr<const city::City>()> city;
};
void add_audit_routes(http::Router& router, AuditPage page);

}  // namespace machiya::console
