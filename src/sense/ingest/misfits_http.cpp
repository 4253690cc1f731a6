// /staff/devices/misfits: what was not taken; looking, replaying, discarding.
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

constexpr int kRows = 50;
constexpr std::size_t kMostShown = 16 * 1024;   // bytes of a payload on the page
constexpr int kMostReplayed = 500;

std::string path_of(const Misfit& m) { return std::string(kMisfitsBase) + "/" + m.public_id; }

MisfitFilter filter_of(const Request& request) {
  MisfitFilter out;
  out.device = std::string(request.query("device").value_or("")), out.profile = std::string(request.query("profile").value_or(""));
  out.open = request.query("state").value_or("open") != "closed";
  const std::string before(request.query("before").value_or("0"));   // "MICROSECONDS.ID"
  out.before = std::atoll(before.c_str());
  if (const std::size_t dot = before.find('.'); dot != std::string::npos) out.before_id = before.substr(dot + 1);
  return out;
}

/// The device's name; of entities the name of their type.
std::string sender_of(const Web& web, const Misfit& m, const std::string& lang) {
  if (!m.device.empty()) {
    const DevicePtr device = web.ingest.parts().registry.find(m.device);
    return device ? device->name : m.device;
  }
  const EntityType* type = web.ingest.parts().city()->get<EntityType>("entity-type", m.profile);
  return type ? type->name.in(lang) : m.profile;
}

Response list(const Web& web, Request& request, const std::string& notice) {
  const IngestParts& p = web.ingest.parts();
  const auto city = p.city();
  MisfitFilter filter = filter_of(request);
  filter.sight = web.ingest.sight(identity::principal_of(request), kReadDevices);
  const std::string lang = lang_of(request);
  const auto found = p.inbox.list(filter, kRows + 1);
  if (!found.ok()) return http::problem(found.error(), request);
  Data data = page(web, request, text(web, request, "staff_devices.misfits")), rows{Data::List{}};
  int n = 0;
  for (const Misfit& m : *found) {
    if (++n > kRows) break;
    Data row = Data().set("href", path_of(m)).set("device", sender_of(web, m, lang)).set("when", locale::format_time(m.last, lang)).set("repeats", m.repeats).set("bytes", m.payload.size());
    row.set("causes", causes_data(m.causes, lang)).set("state", text(web, request, "staff_devices.misfit." + m.state));
    rows.push(std::move(row));
  }
  Data profiles{Data::List{}}, states{Data::List{}};
  for (const Profile* one : profiles_of(*city)) profiles.push(choice(one->id, one->name.in(lang), one->id == filter.profile));
  for (const char* state : {"open", "closed"}) states.push(choice(state, text(web, request, std::string("staff_devices.misfits_") + state), (state == std::string("open")) == filter.open));
  Data selects{Data::List{}};
  selects.push(select("state", text(web, request, "staff_devices.state_head"), std::move(states)).set("always", true)).push(select("profile", text(web, request, "staff_devices.profile"), std::move(profiles)));
  data.set("filters", Data().set("action", std::string(kMisfitsBase)).set("selects", std::move(selects)));
  data.set("rows", std::move(rows)).set("back", std::string(kDevicesBase)).set("device", filter.device).set("profile", filter.profile);
  const std::string narrowed = "?device=" + http::url_encode(filter.device) + "&profile=" + http::url_encode(filter.profile) + "&state=" + (filter.open ? "open" : "closed");
  if (n > kRows) data.set("more", std::string(kMisfitsBase) + narrowed + "&before=" + std::to_string((*found)[kRows - 1].last.us) + "." + (*found)[kRows - 1].public_id);
  if (filter.open && !found->empty() && p.registry.parts().may(identity::principal_of(request), kManageDevices, identity::principal_of(request).department)) data.set("may_replay", true);
  if (!notice.empty()) data.set("notice", notice);
  return render(web, request, "devices/misfits", std::move(data));
}

/// Everything that is asked for and open, oldest first, so that values come in their order.
Response replay_all(const Web& web, Request& request) {
  const IngestParts& p = web.ingest.parts();
  MisfitFilter filter;
  filter.device = field(request, "device"), filter.profile = field(request, "profile");
  filter.sight = web.ingest.sight(identity::principal_of(request), kManageDevices);
  auto found = p.inbox.list(filter, kMostReplayed);
  if (!found.ok()) return http::problem(found.error(), request);
  int done = 0, left = 0;
  for (auto m = found->rbegin(); m != found->rend(); ++m) {
    const auto outcome = web.ingest.replay(*m, identity::principal_of(request), request.id);
    if (!outcome.ok() && outcome.error().code == ErrorCode::forbidden) continue;
    outcome.ok() && outcome->causes.empty() ? ++done : ++left;
  }
  return list(web, request, text(web, request, "staff_devices.replayed", {{"done", std::to_string(done)}, {"left", std::to_string(left)}}));
}

std::string shown(const std::string& payload) {
  std::string out;
  for (const char c : payload.substr(0, kMostShown)) out += static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t' ? '.' : c;
  if (is_utf8(out)) return out;
  std::string ascii;
  for (const char c : out) ascii += static_cast<unsigned char>(c) < 0x80 ? c : '.';
  return ascii;
}

Response show(const Web& web, Request& request, const Error* wrong = nullptr) {
  const IngestParts& p = web.ingest.parts();
  const identity::Principal& who = identity::principal_of(request);
  const auto found = p.inbox.find(request.param("misfit"));
  if (!found.ok()) return http::problem(found.error(), request);
  if (auto may = web.ingest.may_see(*found, who, kReadDevices); !may.ok()) return http::problem(may.error(), request);
  const std::string lang = lang_of(request);
  Data data = page(web, request, text(web, request, "staff_devices.misfit_title"));
  data.set("action", path_of(*found)).set("back", std::string(kMisfitsBase)).set(found->device.empty() ? "type" : "device", sender_of(web, *found, lang));
  if (!found->device.empty()) data.set("device_href", std::string(kDevicesBase) + "/" + found->device).set("from_device", true);
  data.set("causes", causes_data(found->causes, lang)).set("payload", shown(found->payload)).set("bytes", found->payload.size()).set("place", found->device.empty() ? found->place : found->door + " " + found->place);
  data.set("first", locale::format_time(found->first, lang)).set("last", locale::format_time(found->last, lang)).set("repeats", found->repeats);
  data.set("profile", profile_name(*p.city(), found->profile, lang)).set("version", found->version).set("state", text(web, request, "staff_devices.misfit." + found->state));
  if (found->taken) data.set("taken", true);
  if (found->payload.size() > kMostShown) data.set("cut", true);
  if (!found->reason.empty()) data.set("reason", found->reason);
  if (found->state == "open" && web.ingest.may_see(*found, who, kManageDevices).ok()) data.set("open", true).set("typed_reason", field(request, "reason"));
  if (wrong) add_wrong(web, request, *wrong, data);
  return render(web, request, "devices/misfit", std::move(data), wrong ? wrong->info().http_status : 200);
}

Response act(const Web& web, Request& request) {
  const identity::Principal& who = identity::principal_of(request);
  const auto found = web.ingest.parts().inbox.find(request.param("misfit"));
  if (!found.ok()) return http::problem(found.error(), request);
  const std::string what = field(request, "act");
  Result<void> done = Error(ErrorCode::invalid_input, "no such action", "act");
  if (what == "discard") done = web.ingest.discard(*found, field(request, "reason"), who, request.id);
  if (what == "replay") {
    const auto outcome = web.ingest.replay(*found, who, request.id);
    done = !outcome.ok() ? Result<void>(outcome.error()) : outcome->causes.empty() ? Result<void>() : Error(ErrorCode::invalid_input, "it still does not fit", "replay");
  }
  if (done.ok()) return http::see_other(std::string(kMisfitsBase));
  if (done.error().code == ErrorCode::invalid_input || done.error().code == ErrorCode::conflict) return show(web, request, &done.error());
  return http::problem(done.error(), request);
}

}  // namespace

void add_misfit_pages(http::Router& router, const Web& web) {
  http::RouteOptions read, manage;
  read.permission = "staff:" + std::string(kReadDevices), manage.permission = "staff:" + std::string(kManageDevices);
  http::RouteOptions list_options = read, one_options = read;
  list_options.page_kind = "staff-misfits", one_options.page_kind = "staff-misfit";
  const std::string base(kMisfitsBase), one = base + "/{misfit}";
  router.get(base, list_options.on("none"), [web](Request& r) { return list(web, r, ""); });
  router.post(base, manage.on("none"), [web](Request& r) { return replay_all(web, r); });
  router.get(one, one_options.on("misfit"), [web](Request& r) { return show(web, r); });
  router.post(one, manage.on("misfit"), [web](Request& r) { return act(web, r); });
}

}  // namespace machiya::sense::ingest::detail
