// Pages of staff: devices, one device with its keys, the inbox of misfits.
#pragma once
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "platform/http/http.h"
#include "platform/pages/pages.h"
#include "platform/staff_pages/staff_pages.h"
#include "sense/ingest/ingest.h"

namespace machiya::locale {
class Catalogue;
}

namespace machiya::sense::ingest {

inline constexpr std::string_view kDevicesBase = "/staff/devices", kMisfitsBase = "/staff/devices/misfits";

/// References must outlive the router.
struct Web {
  Ingest& ingest;
  const pages::Templates& templates;
  const locale::Catalogue& texts;
  const Clock& clock;
  std::function<pages::Data(const http::Request&)> staff_frame;
};
void add_staff_routes(http::Router& router, const Web& web);

namespace detail {

using staff_pages::choice, staff_pages::field, staff_pages::page, staff_pages::render, staff_pages::text;
/// The reader's language.
std::string lang_of(const http::Request& request);
/// {kind, label} for parts/tag.
pages::Data state_tag(const Web& web, const http::Request& request, DeviceState state);
/// A select of parts/filters.
pages::Data select(std::string name, std::string label, pages::Data options);
/// Of a profile, or the id when the city has it no more.
std::string profile_name(const city::City& city, const std::string& id, const std::string& lang);
/// The reader may see this device.
bool may_see(const Web& web, const http::Request& request, const Device& device);
/// A cause as one text in the reader's language.
pages::Data causes_data(const Causes& causes, const std::string& lang);

http::Response show_device(const Web& web, http::Request& request, const DeviceForm* typed, const Error* wrong);
void add_one_device(http::Router& router, const Web& web, const http::RouteOptions& read, const http::RouteOptions& manage);
void add_device_pages(http::Router& router, const Web& web);
void add_misfit_pages(http::Router& router, const Web& web);
/// What was typed; details by the profile's types (a number that is none stays a text, which the registry refuses).
DeviceForm typed_form(const http::Request& request, const Profile* profile);
void add_form(const Web& web, const http::Request& request, const DeviceForm& form, const Profile& profile, pages::Data& data);
void add_wrong(const Web& web, const http::Request& request, const Error& wrong, pages::Data& data);

}  // namespace detail
}  // namespace machiya::sense::ingest
