// The pages of alarms: the list as it stands, one alarm with its history and its series, the key figures.
#pragma once
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "platform/http/http.h"
#include "platform/http/hub.h"
#include "platform/pages/pages.h"
#include "platform/staff_pages/staff_pages.h"
#include "sense/history/history.h"
#include "sense/rules/alarms.h"

namespace machiya::sense::rules {

/// References must outlive the router.
struct Web {
  Alarms& alarms;
  EntityStore& entities;
  const History& history;
  const series::Store& numbers;
  http::Hub& hub;
  const pages::Templates& templates;
  const locale::Catalogue& texts;
  const Clock& clock;
  std::function<pages::Data(const http::Request&)> staff_frame;
  std::function<std::shared_ptr<const city::City>()> city;
  std::function<bool(const identity::Principal&, std::string_view permission, std::string_view department)> may;
};

inline constexpr std::string_view kStaffBase = "/staff/alarms";
/// Topic of the hub: something became of an alarm.
inline constexpr std::string_view kHubTopic = "alarms";
void add_routes(http::Router& router, const Web& web);

namespace detail {

inline constexpr const char *kMayRead = "staff:alarm.read", *kMayAct = "staff:alarm.act";
inline std::string path_of(std::string_view rest = {}) {
  std::string out(kStaffBase);
  return out.append(rest);
}
using staff_pages::field, staff_pages::page, staff_pages::render, staff_pages::text;
/// The rule's name, or its id when the city no longer has it. Empty texts fall back, too.
std::string rule_name(const city::City& city, const std::string& rule, std::string_view lang);
/// Rules whose alarms this person may read; nothing: all.
std::optional<std::vector<std::string>> readable(const Web& web, const http::Request& request);
bool may_read(const Web& web, const http::Request& request, const std::string& rule);
const Rule* rule_of(const city::City& city, const std::string& rule);
pages::Data state_tag(const Web& web, const http::Request& request, const AlarmRow& row);
pages::Data priority_tag(const Web& web, const http::Request& request, Priority priority);
void add_list_routes(http::Router& router, const Web& web);
void add_alarm_routes(http::Router& router, const Web& web);
void add_figure_routes(http::Router& router, const Web& web);

}  // namespace detail
}  // namespace machiya::sense::rules
