// The pages of call-outs: staff's, the answer page of everybody who is called, and the interface that fires triggers.
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
#include "tell/callout/callout.h"

namespace machiya::callout {

/// References must outlive the router.
struct Web {
  Callouts& callouts;
  audit::Audit& audit;
  http::Hub& hub;
  const pages::Templates& templates;
  const locale::Catalogue& texts;
  const Clock& clock;
  std::function<pages::Data(const http::Request&)> staff_frame, site_frame;
  std::function<std::shared_ptr<const city::City>()> city;
  std::function<bool(const identity::Principal&, std::string_view permission, std::string_view department)> may;
  std::function<std::string(const identity::Principal&, std::string_view permission)> purpose;   ///< for which names are read
  std::function<std::vector<std::string>()> channels;                                            ///< ids of those that can be used here
};

inline constexpr std::string_view kStaffBase = "/staff/callouts";
void add_routes(http::Router& router, const Web& web);

namespace detail {

using staff_pages::field, staff_pages::page, staff_pages::render, staff_pages::text;
std::string department_name(const Web& web, const std::string& id, std::string_view lang);
void add_list_routes(http::Router& router, const Web& web);
void add_board_routes(http::Router& router, const Web& web);
void add_answer_routes(http::Router& router, const Web& web);

}  // namespace detail
}  // namespace machiya::callout
