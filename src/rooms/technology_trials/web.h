// The pages of room 52: /staff/trials for those who run trials, /trials for everybody.
#pragma once
#include <functional>
#include <memory>
#include <string>

#include "ask/registers/registers.h"
#include "city/boundaries.h"
#include "platform/http/http.h"
#include "platform/pages/pages.h"
#include "rooms/technology_trials/trial.h"
#include "sense/history/history.h"
#include "sense/rules/alarms.h"

namespace machiya::trials {

/// References must outlive the router.
struct Web {
  registers::Registers& registers;
  sense::EntityStore& entities;
  const sense::History& history;
  const sense::series::Store& numbers;
  const sense::rules::Alarms& alarms;
  const pages::Templates& templates;
  const locale::Catalogue& texts;
  const Clock& clock;
  std::function<pages::Data(const http::Request&)> site_frame, staff_frame;
  std::function<std::shared_ptr<const city::City>()> city;
  std::function<std::shared_ptr<const city::Boundaries>()> boundaries;   ///< of wards; null: approximate ones are drawn
  std::function<bool(const identity::Principal&, std::string_view permission, std::string_view department)> may;
};

inline constexpr std::string_view kPublicBase = "/trials", kStaffBase = "/staff/trials";
void add_routes(http::Router& router, const Web& web);

namespace detail {

/// A text of the city in the language of the page, readings as ruby.
pages::Data words(const std::string& text, std::string_view lang);
/// Pictures have no ruby.
inline std::string_view plain_language(std::string_view lang) { return lang == "ja-easy" ? std::string_view("ja") : lang; }

/// What a page shows of things.
struct Shown {
  std::string lang;
  std::function<bool(const std::string& owner)> sees_alarms;   ///< of rules of this department; not set: none
};
/// The trial's things as they are now: {things: [{title, type, values: [{label, value, unit, at}], alarms, none}]}, and how many of them spoke within a day.
void add_things(const Web& web, const Trial& trial, const Shown& shown, pages::Data& data);
/// Charts with tables of the numbers over the trial's time, and their aggregates.
void add_results(const Web& web, const Trial& trial, const Shown& shown, pages::Data& data);
/// All trials, the latest first. `who` reads the register.
Result<std::vector<Trial>> all_trials(const Web& web, const registers::Register& reg, const identity::Principal& who, const std::string& request);
std::string state_label(const city::City& city, const registers::Register& reg, const std::string& state, std::string_view lang);
void add_public_routes(http::Router& router, const Web& web);
void add_staff_routes(http::Router& router, const Web& web);

}  // namespace detail
}  // namespace machiya::trials
