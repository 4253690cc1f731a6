// Routes that belong to no engine: health, metrics, static files, the pages about the site, the list of page kinds.
#pragma once
#include <functional>
#include <string>

#include "city/city.h"
#include "platform/http/http.h"
#include "platform/metrics/metrics.h"
#include "platform/pages/assets.h"
#include "platform/pages/pages.h"
#include "platform/store/store.h"

namespace machiya::locale {
class Catalogue;
}

namespace machiya::app {

using Frame = std::function<pages::Data(const http::Request&)>;

/// References must outlive the router.
struct SystemParts {
  store::Store& store;
  metrics::Registry& metrics;
  const pages::Assets& assets;
  const pages::Templates& templates;
  const city::Holder& city;
  Frame frame;
  bool demonstration = true;
  std::string metrics_clients;   ///< addresses that may read /metrics besides this machine's, with blanks between
};
void add_system_routes(http::Router& router, const SystemParts& parts);
/// Chooses the language (?lang=, cookie, Accept-Language) before everything else and remembers a choice.
void add_language_gate(http::Router& router);
/// Security headers on every answer; problem answers become pages where a person asked for a page.
void add_finishers(http::Router& router, const pages::Templates& templates, const locale::Catalogue& texts, Frame frame);

}  // namespace machiya::app
