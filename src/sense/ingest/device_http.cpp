// /staff/devices/{device}: what it sent, its keys, what is written down about it.
#include <cstdlib>

#include "platform/identity/identity.h"
#include "platform/locale/locale.h"
#include "platform/pages/charts.h"
#include "sense/broker/entity_store.h"
#include "sense/entities/write.h"
#include "sense/ingest/web.h"
#include "sense/jsonld/contexts.h"

namespace machiya::sense::ingest::detail {
using http::Request;
using http::Response;
using pages::Data;

namespace {

constexpr int kHoursShown = 24;
constexpr std::size_t kMostEntitiesShown = 20, kMostText = 200, kMostErrors = 10;

std::string path_of(std::string_view device) { return std::string(kDevicesBase) + "/" + std::string(device); }

Data keys_of(const Web& web, const Request& request, const Device& device) {
  const std::string lang = lang_of(request);
  Data rows{Data::List{}};
  for (const DeviceKey& k : device.keys) {
    const bool valid = k.valid(web.clock.now());
    Data row = Data().set("id", k.id).set("label", k.label.empty() ? k.id.substr(0, 8) : k.label).set("created", locale::format_time(k.created, lang));
    if (k.expires) row.set("expires", locale::format_time(*k.expires, lang));
    row.set("tag", Data().set("kind", valid ? "done" : "stopped").set("label", text(web, request, k.revoked ? "staff_devices.key_revoked" : valid ? "staff_devices.key_good" : "staff_devices.key_ended")));
    if (valid) row.set("may_revoke", true);
    rows.push(std::move(row));
  }
  return rows;
}

/// Messages of each of the last hours, the newest last; hours without any are there, too: a picture, and the table of it.
void add_arrivals(const Web& web, const Request& request, const Device& device, Data& data) {
  const std::int64_t last = web.clock.now().us / kHour, first = last - kHoursShown + 1;
  const auto hours = web.ingest.parts().registry.hours(device.id, first);
  std::vector<pages::StackBar> bars;
  Data rows{Data::List{}};
  for (std::int64_t hour = first; hour <= last; ++hour) {
    dao::HourCount count{hour, 0, 0};
    if (hours.ok())
      for (const dao::HourCount& c : *hours)
        if (c.hour == hour) count = c;
    const std::string at = to_iso_japan(Instant{hour * kHour}), label = at.substr(11, 2);
    const auto part = [&](std::int64_t n) { return pages::StackBar::Part{static_cast<double>(n), std::to_string(n), ""}; };
    bars.push_back({label, std::to_string(count.taken + count.misfits), "", {part(count.taken), part(count.misfits)}});
    rows.push(Data().set("hour", at.substr(5, 5) + " " + at.substr(11, 5)).set("taken", count.taken).set("misfits", count.misfits));
  }
  const std::vector<std::string> series{text(web, request, "staff_devices.taken_count"), text(web, request, "staff_devices.misfit_count")};
  data.set("chart", pages::stack_chart("arrivals", text(web, request, "staff_devices.arrivals"), series, bars, true)).set("hours", std::move(rows));
}

std::string shortened(std::string value) {
  if (value.size() <= kMostText) return value;
  std::size_t end = kMostText;
  while (end > 0 && (static_cast<unsigned char>(value[end]) & 0xC0) == 0x80) --end;   // not within a character
  return value.substr(0, end) + "…";
}

Data last_values(const Web& web, const Request& request, const Device& device) {
  const IngestParts& p = web.ingest.parts();
  tree::Arena scratch;
  Data rows{Data::List{}};
  std::size_t shown = 0;
  for (const std::string& id : p.registry.entities_of(device.id)) {
    const EntityPtr entity = p.entities.get("", id);
    if (!entity) continue;
    if (++shown > kMostEntitiesShown) break;
    for (const Attribute& a : entity->attributes) {
      const Instance* i = a.instance("");
      if (!i) continue;
      Data row = Data().set("entity", id).set("name", p.contexts.core()->compact_attribute(a.name, scratch)).set("value", shortened(i->value.is_string() ? std::string(i->value.text()) : tree::to_text(i->value)));
      row.set("unit", i->unit_code);
      if (i->observed_at.present()) row.set("observed", locale::format_time(Instant{i->observed_at.us}, lang_of(request)));
      for (const Attribute& sub : i->sub)
        if (sub.name.ends_with("/quality") && sub.instance("")) row.set("quality", text(web, request, "staff_devices.quality." + std::string(sub.instance("")->value.text())));
      rows.push(std::move(row));
    }
  }
  return rows;
}

Data last_errors(const Web& web, const Request& request, const Device& device) {
  Data rows{Data::List{}};
  const auto misfits = web.ingest.parts().inbox.list({.device = device.id}, kMostErrors);
  if (!misfits.ok()) return rows;
  for (const Misfit& m : *misfits)
    rows.push(Data().set("href", std::string(kMisfitsBase) + "/" + m.public_id).set("when", locale::format_time(m.last, lang_of(request))).set("causes", causes_data(m.causes, lang_of(request))));
  return rows;
}

/// The key, once.
Response show_key(const Web& web, const Request& request, const Device& device, const std::string& key) {
  const Profile* profile = web.ingest.profile(device, web.ingest.parts().city());
  Data data = page(web, request, text(web, request, "staff_devices.key_title"));
  data.set("key", key).set("device", device.id).set("name", device.name).set("back", path_of(device.id));
  if (profile) {
    Data topics{Data::List{}};
    for (const TopicPattern& t : profile->topics) {
      std::string topic = t.text();
      if (const std::size_t at = topic.find("{device}"); at != std::string::npos) topic.replace(at, 8, device.id);
      topics.push(topic);
    }
    data.set("topics", std::move(topics)).set("address", "/api/ingest/v1/" + std::string(profile->form == PayloadForm::lines ? "write" : form_name(profile->form)));
  }
  return render(web, request, "devices/key", std::move(data));
}

Response act(const Web& web, Request& request) {
  const identity::Principal& who = identity::principal_of(request);
  Registry& registry = web.ingest.parts().registry;
  const std::string id(request.param("device")), what = field(request, "act");
  // Before what was typed is judged: who may not manage it learns nothing.
  const auto mine = registry.seen_by(id, who, kManageDevices);
  if (!mine.ok()) return http::problem(mine.error(), request);
  Result<void> done = Error(ErrorCode::invalid_input, "no such action", "act");
  DeviceForm form = typed_form(request, web.ingest.profile(**mine, web.ingest.parts().city()));
  form.id = id, form.profile = (*mine)->profile;
  if (what == "save") done = registry.change(id, std::atoi(field(request, "revision").c_str()), form, who, request.id);
  if (what == "revoke") done = registry.revoke_key(id, field(request, "key"), who, request.id);
  if (what == "retire") done = registry.retire(id, who, request.id);
  if (what == "key") {
    const auto key = registry.make_key(id, field(request, "label"), std::atoi(field(request, "days").c_str()), who, request.id);
    if (key.ok()) return show_key(web, request, **mine, *key);
    done = key.error();
  }
  if (done.ok()) return http::see_other(path_of(id));
  if (done.error().code == ErrorCode::invalid_input || done.error().code == ErrorCode::conflict) return show_device(web, request, what == "save" ? &form : nullptr, &done.error());
  return http::problem(done.error(), request);
}

}  // namespace

Response show_device(const Web& web, Request& request, const DeviceForm* typed, const Error* wrong) {
  const IngestParts& p = web.ingest.parts();
  const identity::Principal& who = identity::principal_of(request);
  const auto found = p.registry.seen_by(request.param("device"), who, kReadDevices);
  if (!found.ok()) return http::problem(found.error(), request);
  const Device& device = **found;
  const auto city = p.city();
  const Profile* profile = web.ingest.profile(device, city);
  const Activity activity = p.registry.activity(device.id);
  const std::string lang = lang_of(request);
  Data data = page(web, request, device.name);
  data.set("id", device.id).set("action", path_of(device.id)).set("revision", device.revision).set("profile_name", profile_name(*city, device.profile, lang)).set("back", std::string(kDevicesBase));
  data.set("tag", state_tag(web, request, state_of(device, activity, profile ? profile->silent_after_us : kDay, web.clock.now())));
  data.set("registered", locale::format_time(device.registered, lang)).set("taken", activity.taken).set("refused", activity.refused).set("misfits", activity.misfits);
  if (activity.seen) data.set("seen", locale::format_time(*activity.seen, lang));
  add_arrivals(web, request, device, data);
  data.set("values", last_values(web, request, device)).set("problems", last_errors(web, request, device));
  data.set("all_misfits", std::string(kMisfitsBase) + "?device=" + http::url_encode(device.id));
  if (!device.retired && p.registry.parts().may(who, kManageDevices, device.department)) {
    data.set("manage", true).set("keys", keys_of(web, request, device));
    if (profile) add_form(web, request, typed ? *typed : DeviceForm{device.id, device.profile, device.name, device.gateway, device.at, device.details}, *profile, data);
  }
  if (wrong) add_wrong(web, request, *wrong, data);
  return render(web, request, "devices/device", std::move(data), wrong ? wrong->info().http_status : 200);
}

void add_one_device(http::Router& router, const Web& web, const http::RouteOptions& read, const http::RouteOptions& manage) {
  const std::string one = std::string(kDevicesBase) + "/{device}";
  router.get(one, read.on("device"), [web](Request& r) { return show_device(web, r, nullptr, nullptr); });
  router.post(one, manage.on("device"), [web](Request& r) { return act(web, r); });
}

}  // namespace machiya::sense::ingest::detail
