// Public entities as open data at addresses that do not change: /open (what there is), /open/{name} (a page), its downloads (CSV for machines and for Excel,
// GeoJSON, JSON-LD), the catalogue (DCAT), feeds (GBFS 3.0), and the city's @context. Everything goes through a visitor's gate.
#pragma once
#include <functional>
#include <memory>
#include <string>

#include "base/time.h"
#include "platform/http/http.h"
#include "platform/pages/pages.h"
#include "sense/access/access.h"
#include "sense/broker/entity_store.h"
#include "sense/jsonld/contexts.h"

namespace machiya::locale {
class Catalogue;
}

namespace machiya::sense::open_data {

/// References must outlive the router.
struct Web {
  EntityStore& entities;
  Contexts& contexts;
  const Access& access;
  const pages::Templates& templates;
  const locale::Catalogue& texts;
  const Clock& clock;
  std::function<pages::Data(const http::Request&)> frame;
  std::function<std::shared_ptr<const city::City>()> city;
  std::string folder;      ///< where downloads are kept until their entities change; made when missing
  std::string base_url;    ///< "https://city.example.jp"
};

inline constexpr std::string_view kBase = "/open";
void add_routes(http::Router& router, const Web& web);

}  // namespace machiya::sense::open_data
