// The pages of live maps: public ones at /maps, those of staff at /staff/maps, with tiles, lists, figures and events.
#pragma once
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "platform/http/http.h"
#include "platform/http/hub.h"
#include "platform/identity/principal.h"
#include "platform/pages/pages.h"
#include "sense/livemap/livemap.h"

namespace machiya::locale {
class Catalogue;
}

namespace machiya::sense::livemap {

/// Permission of the pages of staff; a map may name another one beside it.
inline constexpr std::string_view kReadMaps = "map.read";

/// References must outlive the router.
struct Web {
  Livemap& maps;
  http::Hub& hub;
  const pages::Templates& templates;
  const locale::Catalogue& texts;
  const Clock& clock;
  std::function<pages::Data(const http::Request&)> site_frame, staff_frame;
  /// What everybody may see, for public maps whoever looks at them; and what a member of staff may (sense/access).
  std::function<GatePtr()> visitor;
  std::function<Result<GatePtr>(const http::Request&)> gate;
  std::function<bool(const identity::Principal&, std::string_view permission)> may;
  std::string base_map_url, base_map_attribution;   ///< raster tiles "/…/{z}/{x}/{y}.png" of this origin; empty: none
};

void add_routes(http::Router& router, const Web& web);

namespace detail {

/// Which half of the house a route belongs to.
struct Side {
  bool staff = false;
  std::string_view base() const { return staff ? "/staff/maps" : "/maps"; }
};

/// What an address asks of a map; kept as it was written for links.
struct Asked {
  std::string layer, ward, town, circle, polygon, klass, text, sort, direction, page, at;
  static Asked of(const http::Request& request);
  /// "?layer=…&…" with some of them changed; without empty ones.
  std::string query(const std::vector<std::pair<std::string, std::string>>& changed = {}) const;
  bool has_area() const { return !ward.empty() || !town.empty() || !circle.empty() || !polygon.empty(); }
};

/// The map as this request may see it; not_found for maps of the other side and for staff without the map's permission.
Result<View> view_of(const Web& web, const http::Request& request, Side side, const std::string& at);
Result<Selection> selection_of(const Web& web, const View& view, const Asked& asked);
/// The language of the page: staff have two.
std::string language_of(const http::Request& request, Side side);
/// "2026-11-23T09:00" in Japan, as an input of a form has it.
std::string local_text(Instant t);
std::string text(const Web& web, std::string_view lang, std::string_view key, const std::vector<std::pair<std::string_view, std::string>>& args = {});
/// 12 → "12", 1234.5 → "1,234.5": at most two digits behind the point.
std::string number_text(double n);
std::string class_label(const Web& web, const View& view, std::size_t layer, std::size_t klass);
/// The path of a shape around the origin, some 16 wide ("M-8 0…").
std::string_view shape_path(std::string_view shape);
/// The picture of the server: wards, marks, for {{#picture}}{{>maps/picture}}{{/picture}}.
pages::Data picture(const Web& web, const View& view);
std::string csv(const Web& web, const View& view, const Selected& selected, const Selection& selection);

void add_page_routes(http::Router& router, const Web& web);
void add_data_routes(http::Router& router, const Web& web);

}  // namespace detail
}  // namespace machiya::sense::livemap
