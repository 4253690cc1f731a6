// The front door: the home page, the programme's own table of initiatives with what runs here now, and its JSON twin.
#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "city/boundaries.h"
#include "city/city.h"
#include "platform/http/http.h"
#include "platform/locale/locale.h"
#include "platform/pages/pages.h"

namespace machiya::city {

/// A service of a room that is at work in this process. Computed by app, never typed.
struct RunningService {
  Text name;
  std::string link;
  bool healthy = true;
};

/// What the front door needs from the rest of the house; plugged by app. Thread-safe functions.
struct FrontDoor {
  std::function<std::shared_ptr<const City>()> city;
  /// A room's services; a room without a scenario has none. Absent: nothing runs.
  std::function<std::vector<RunningService>(const Room&)> runs_here;
  /// The keys every page needs (web/README.md).
  std::function<pages::Data(const http::Request&)> frame;
  /// The search box over procedures, made by the engine that owns them; absent: none is shown.
  std::function<std::optional<pages::SafeHtml>(const http::Request&)> search;
  /// What everybody must know now, above everything else; absent or nothing: there is none.
  std::function<std::optional<pages::SafeHtml>(const http::Request&)> alerts;
  /// Imported ward boundaries; absent or null: wards are drawn as approximate areas around their centroids.
  std::function<std::shared_ptr<const Boundaries>()> boundaries;
};

/// GET /, /initiatives, /initiatives/{number}, /api/v1/initiatives, /api/v1/map/base. The references must live as long as the router.
void add_routes(http::Router& router, const pages::Templates& templates, const locale::Catalogue& texts, FrontDoor door);

/// The body of /api/v1/initiatives: every initiative of `field` ("" for all); `running` keeps those that run here.
json::Value initiatives_json(const City& city, const FrontDoor& door, std::string_view field, bool running);

/// The body of /api/v1/map/base: imported boundaries with their credit line. Without an import it has no features, because the
/// approximate areas are not exact enough to point at a place; the map is then not shown.
json::Value map_layer_json(const City& city, const Boundaries* boundaries, std::string_view lang);

}  // namespace machiya::city
