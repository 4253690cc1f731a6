// The pages of signage: the player's (public, by its token), staff's, and the interface for outside alerts.
#pragma once
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "platform/http/http.h"
#include "platform/http/hub.h"
#include "platform/pages/pages.h"
#include "platform/staff_pages/staff_pages.h"
#include "tell/signage/signage.h"

namespace machiya::locale {
class Catalogue;
}

namespace machiya::signage {

/// References must outlive the router.
struct Web {
  Signage& signage;
  store::Store& store;
  http::Hub& hub;
  const pages::Templates& templates;
  const locale::Catalogue& texts;
  const Clock& clock;
  std::function<pages::Data(const http::Request&)> staff_frame;
  std::function<std::shared_ptr<const city::City>()> city;
  std::function<bool(const identity::Principal&, std::string_view permission, std::string_view department)> may;
  std::string worker;     ///< source of the player's service worker
  std::string base_url;
};

inline constexpr std::string_view kStaffBase = "/staff/signage";
void add_routes(http::Router& router, const Web& web);

namespace detail {

using staff_pages::all_of, staff_pages::choice, staff_pages::field, staff_pages::holds, staff_pages::render, staff_pages::text;
/// Words of the pieces of a frame, without readings.
std::string plain_of(const json::Value& pieces);
/// The same with readings above the words.
pages::SafeHtml html_of(const json::Value& pieces);
/// What stands on a screen, as a picture for {{#picture}}{{>signage/picture}}{{/picture}}. `grey`: nobody says that it is so.
pages::Data picture(const json::Value& frame, bool portrait, bool alert, bool drill, bool grey, std::string label);
/// Hours and minutes of a moment in Japan, "18:05".
std::string clock_in_japan(Instant t);

void add_player_routes(http::Router& router, const Web& web);
void add_staff_routes(http::Router& router, const Web& web);
void add_report_routes(http::Router& router, const Web& web);

}  // namespace detail
}  // namespace machiya::signage
