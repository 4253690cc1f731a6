// The console's page on the city's definitions: what is in force, and reading the folder again.
#pragma once
#include <functional>

#include "city/city.h"
#include "platform/http/http.h"
#include "platform/pages/pages.h"

namespace machiya::locale {
class Catalogue;
}

namespace machiya::app {

/// References must outlive the router.
struct DefinitionsPage {
  const pages::Templates& templates;
  const locale::Catalogue& texts;
  std::function<pages::Data(const http::Request&)> frame;
  std::function<std::shared_ptr<const city::City>()> city;
  std::function<city::LoadReport()> reload;
};
/// GET and POST /staff/definitions (permission admin.definitions).
void add_definitions_routes(http::Router& router, const DefinitionsPage& page);

}  // namespace machiya::app
