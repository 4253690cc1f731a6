// /staff/devices: all devices with their state; registering one.
#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "base/text.h"
#include "platform/identity/identity.h"
#include "platform/locale/locale.h"
#include "sense/ingest/web.h"

namespace machiya::sense::ingest::detail {
using http::Request;
using http::Response;
using pages::Data;

namespace {

constexpr std::size_t kMostRows = 500;

std::string degrees(double value) {
  char out[32];
  std::snprintf(out, sizeof out, "%.6f", value);
  return out;
}

std::optional<double> number(const std::string& text) {
  char* end = nullptr;
  const double out = std::strtod(text.c_str(), &end);
  return text.empty() || *end ? std::nullopt : std::optional(out);
}

std::string asked(const Request& request, std::string_view name) { return std::string(request.query(name).value_or("")); }

Data filters(const Web& web, const Request& request, const city::City& city) {
  const std::string lang = lang_of(request), profile = asked(request, "profile"), state = asked(request, "state");
  Data profiles{Data::List{}}, states{Data::List{}};
  for (const Profile* p : profiles_of(city)) profiles.push(choice(p->id, p->name.in(lang), p->id == profile));
  for (const DeviceState s : {DeviceState::active, DeviceState::silent, DeviceState::registered, DeviceState::retired})
    states.push(choice(std::string(state_name(s)), text(web, request, "staff_devices.state." + std::string(state_name(s))), state_name(s) == state));
  Data selects{Data::List{}};
  selects.push(select("state", text(web, request, "staff_devices.state_head"), std::move(states))).push(select("profile", text(web, request, "staff_devices.profile"), std::move(profiles)));
  return Data().set("action", std::string(kDevicesBase)).set("selects", std::move(selects)).set("search", Data().set("name", "q").set("label", text(web, request, "staff_devices.search")).set("value", asked(request, "q")));
}

Response list(const Web& web, Request& request) {
  const Registry& registry = web.ingest.parts().registry;
  const auto city = web.ingest.parts().city();
  const std::string lang = lang_of(request), profile = asked(request, "profile"), state = asked(request, "state"), words = lower_ascii(asked(request, "q"));
  Data data = page(web, request, text(web, request, "staff_devices.title")), rows{Data::List{}};
  std::size_t shown = 0, fitting = 0;
  for (const DevicePtr& d : registry.all()) {
    const Activity activity = registry.activity(d->id);
    const Profile* p = web.ingest.profile(*d, city);
    const DeviceState is = state_of(*d, activity, p ? p->silent_after_us : kDay, web.clock.now());
    const bool retired_unasked = is == DeviceState::retired && state != "retired";
    if (!may_see(web, request, *d) || retired_unasked || (!profile.empty() && d->profile != profile) || (!state.empty() && state_name(is) != state)) continue;
    if (!words.empty() && lower_ascii(d->id).find(words) == std::string::npos && lower_ascii(d->name).find(words) == std::string::npos) continue;
    if (++fitting > kMostRows) continue;
    ++shown;
    Data row = Data().set("href", std::string(kDevicesBase) + "/" + d->id).set("id", d->id).set("name", d->name).set("profile", profile_name(*city, d->profile, lang)).set("tag", state_tag(web, request, is));
    if (activity.seen) row.set("seen", locale::format_time(*activity.seen, lang));
    if (const std::size_t open = web.ingest.parts().inbox.waiting(d->id); open > 0) row.set("misfits", open).set("misfits_href", std::string(kMisfitsBase) + "?device=" + http::url_encode(d->id));
    rows.push(std::move(row));
  }
  data.set("rows", std::move(rows)).set("filters", filters(web, request, *city)).set("waiting", web.ingest.parts().inbox.waiting()).set("misfits", std::string(kMisfitsBase));
  data.set("summary", text(web, request, "staff_devices.count", {{"shown", std::to_string(shown)}, {"all", std::to_string(fitting)}}));
  if (registry.parts().may(identity::principal_of(request), kManageDevices, identity::principal_of(request).department)) data.set("new", std::string(kDevicesBase) + "/new");
  return render(web, request, "devices/list", std::move(data));
}

Response form_page(const Web& web, const Request& request, const DeviceForm& form, const Error* wrong) {
  const auto city = web.ingest.parts().city();
  const Profile* profile = city->get<Profile>("device-profile", form.profile);
  Data data = page(web, request, text(web, request, "staff_devices.new"));
  data.set("action", std::string(kDevicesBase)).set("back", std::string(kDevicesBase));
  if (profile) {
    add_form(web, request, form, *profile, data);
    data.set("profile_id", profile->id).set("profile_name", profile->name.in(lang_of(request)));
  } else {
    Data profiles{Data::List{}};
    for (const Profile* p : profiles_of(*city)) profiles.push(choice(p->id, p->name.in(lang_of(request)), false));
    data.set("choose", Data().set("action", std::string(kDevicesBase) + "/new").set("profiles", std::move(profiles)));
  }
  if (wrong) add_wrong(web, request, *wrong, data);
  return render(web, request, "devices/new", std::move(data), wrong ? wrong->info().http_status : 200);
}

Response create(const Web& web, Request& request) {
  const auto city = web.ingest.parts().city();
  DeviceForm form = typed_form(request, city->get<Profile>("device-profile", field(request, "profile")));
  form.id = field(request, "id");
  const auto made = web.ingest.parts().registry.create(form, identity::principal_of(request), request.id);
  if (!made.ok() && made.error().code == ErrorCode::invalid_input) return form_page(web, request, form, &made.error());
  if (!made.ok()) return http::problem(made.error(), request);
  return http::see_other(std::string(kDevicesBase) + "/" + form.id);
}

}  // namespace

std::string lang_of(const Request& request) { return std::string(locale::staff_language(request.lang)); }

Data state_tag(const Web& web, const Request& request, DeviceState state) {
  const char* kind = state == DeviceState::active ? "done" : state == DeviceState::silent ? "late" : state == DeviceState::retired ? "stopped" : "new";
  return Data().set("kind", kind).set("label", text(web, request, "staff_devices.state." + std::string(state_name(state))));
}

Data select(std::string name, std::string label, Data options) { return Data().set("name", std::move(name)).set("label", std::move(label)).set("options", std::move(options)); }

std::string profile_name(const city::City& city, const std::string& id, const std::string& lang) {
  const Profile* found = city.get<Profile>("device-profile", id);
  return found ? found->name.in(lang) : id;
}

bool may_see(const Web& web, const Request& request, const Device& device) {
  return web.ingest.parts().registry.parts().may(identity::principal_of(request), kReadDevices, device.department);
}

Data causes_data(const Causes& causes, const std::string& lang) {
  Data out{Data::List{}};
  for (const Cause& c : causes) out.push(Data().set("place", c.place).set("text", lang == "en" ? c.en : c.ja));
  return out;
}

DeviceForm typed_form(const Request& request, const Profile* profile) {
  DeviceForm out;
  out.profile = field(request, "profile"), out.name = field(request, "name"), out.gateway = field(request, "gateway");
  const std::string lat = field(request, "lat"), lon = field(request, "lon");
  // One without the other, or no number, is caught as a place off the earth.
  if (!lat.empty() || !lon.empty()) out.at = number(lat) && number(lon) ? GeoPoint{*number(lat), *number(lon)} : GeoPoint{999, 999};
  for (const DeviceDetail& detail : profile ? profile->details : std::vector<DeviceDetail>()) {
    const std::string value = field(request, "detail-" + detail.name);
    if (detail.type == DeviceDetail::Type::yes_no) {
      out.details.set(detail.name, !value.empty());
      continue;
    }
    if (value.empty()) continue;
    const auto parsed = detail.type == DeviceDetail::Type::number ? json::parse(value) : Result<json::Value>(json::Value(value));
    out.details.set(detail.name, parsed.ok() ? *parsed : json::Value(value));
  }
  return out;
}

void add_form(const Web& web, const Request& request, const DeviceForm& form, const Profile& profile, Data& data) {
  Data details{Data::List{}};
  for (const DeviceDetail& detail : profile.details) {
    Data one = Data().set("name", detail.name).set("label", detail.label.in(lang_of(request)));
    const json::Value& value = form.details[detail.name];
    if (detail.type == DeviceDetail::Type::yes_no) one.set("box", true).set("checked", value.as_bool());
    else one.set("value", value.is_number() ? value.number_text() : value.as_string());
    if (detail.required) one.set("required", true);
    details.push(std::move(one));
  }
  Data gateways{Data::List{}};
  gateways.push(choice("", text(web, request, "staff_devices.no_gateway"), form.gateway.empty()));
  for (const DevicePtr& d : web.ingest.parts().registry.all())
    if (!d->retired && d->id != form.id && may_see(web, request, *d)) gateways.push(choice(d->id, d->name + " (" + d->id + ")", d->id == form.gateway));
  Data out = Data().set("id", form.id).set("name", form.name).set("details", std::move(details)).set("gateways", std::move(gateways));
  if (form.at && form.at->lat <= 90) out.set("lat", degrees(form.at->lat)).set("lon", degrees(form.at->lon));
  data.set("form", std::move(out));
}

void add_wrong(const Web& web, const Request& request, const Error& wrong, Data& data) {
  const bool detail = wrong.where.rfind("detail-", 0) == 0;
  const std::string key = "staff_devices.wrong." + (detail ? "detail" : wrong.code == ErrorCode::conflict ? "conflict" : wrong.where);
  const std::string anchor = wrong.where == "id-taken" ? "id" : wrong.where == "position" ? "lat" : wrong.where.empty() || wrong.where == "keys" ? "main" : wrong.where;
  data.set("errors", Data().set("items", Data(Data::List{Data().set("href", "#" + anchor).set("text", text(web, request, web.texts.has("ja", key) ? key : "staff_devices.wrong.other"))})));
}

void add_device_pages(http::Router& router, const Web& web) {
  http::RouteOptions read, manage;
  read.permission = "staff:" + std::string(kReadDevices), manage.permission = "staff:" + std::string(kManageDevices);
  http::RouteOptions list_options = read, new_options = manage;
  list_options.page_kind = "staff-devices", new_options.page_kind = "staff-devices-new";
  router.get(std::string(kDevicesBase), list_options.on("none"), [web](Request& r) { return list(web, r); });
  router.post(std::string(kDevicesBase), manage.on("none"), [web](Request& r) { return create(web, r); });
  router.get(std::string(kDevicesBase) + "/new", new_options.on("none"), [web](Request& r) {
    DeviceForm form;
    form.profile = asked(r, "profile");
    return form_page(web, r, form, nullptr);
  });
}

}  // namespace machiya::sense::ingest::detail

namespace machiya::sense::ingest {
void add_staff_routes(http::Router& router, const Web& web) {
  detail::add_device_pages(router, web);
  detail::add_misfit_pages(router, web);
  http::RouteOptions read, manage;
  read.permission = "staff:" + std::string(kReadDevices), read.page_kind = "staff-device";
  manage.permission = "staff:" + std::string(kManageDevices);
  detail::add_one_device(router, web, read, manage);
}
}  // namespace machiya::sense::ingest
