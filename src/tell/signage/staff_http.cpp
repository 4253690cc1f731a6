// /staff/signage: all screens with a picture of what stands on them, one screen with its schedule and choices, alerts that are on the air.
#include <algorithm>
#include <set>

#include "platform/identity/identity.h"
#include "platform/locale/locale.h"
#include "tell/messages/definitions.h"
#include "tell/signage/playlist.h"
#include "tell/signage/web.h"

namespace machiya::signage::detail {
using http::Request;
using http::Response;
using pages::Data;

namespace {
using staff_pages::page;

constexpr std::int64_t kHere = 90 * kSecond;   ///< a player reports every 20 s
constexpr int kMostStretches = 60;

std::string path_of(const Screen& screen, std::string_view rest = {}) { return std::string(kStaffBase) + "/" + screen.public_id + std::string(rest); }

Settings typed(const Request& r) {
  Settings out;
  out.name = field(r, "name"), out.place = field(r, "place"), out.ward = field(r, "ward");
  out.languages = all_of(r, "language"), out.playlists = all_of(r, "playlist"), out.topics = all_of(r, "topic");
  out.portrait = field(r, "orientation") == "portrait", out.drills = !field(r, "drills").empty();
  out.message_hours = std::atoi(field(r, "message_hours").c_str());
  const std::string lat = field(r, "lat"), lon = field(r, "lon");
  // One without the other, or no number, is caught as a place off the earth.
  if (!lat.empty() || !lon.empty()) {
    char *end_lat = nullptr, *end_lon = nullptr;
    const GeoPoint at{std::strtod(lat.c_str(), &end_lat), std::strtod(lon.c_str(), &end_lon)};
    out.position = *end_lat || *end_lon || lat.empty() || lon.empty() ? GeoPoint{999, 999} : at;
  }
  return out;
}


/// Degrees as they were typed, without noise behind the sixth digit (0.1 m).
std::string degrees(double value) {
  char out[32];
  std::snprintf(out, sizeof out, "%.6f", value);
  return out;
}

void add_form(const Web& web, const Request& request, const Settings& s, Data& data) {
  const std::string lang(locale::staff_language(request.lang));
  const auto city = web.city();
  Data languages{Data::List{}}, playlists{Data::List{}}, topics{Data::List{}}, wards{Data::List{}};
  for (const std::string_view one : locale::kLanguages) languages.push(choice(std::string(one), std::string(locale::language_name(one)), holds(s.languages, one)));
  for (const Playlist* one : playlists_of(*city)) playlists.push(choice(one->id, one->name.in(lang), holds(s.playlists, one->id)));
  for (const tell::Topic* one : tell::topics_of(*city)) topics.push(choice(one->id, one->name.in(lang), holds(s.topics, one->id)));
  wards.push(choice("", text(web, request, "staff_signage.any_ward"), s.ward.empty()));
  for (const city::Ward& one : city->wards()) wards.push(choice(one.id, one.name.in(lang), one.id == s.ward));
  Data form = Data().set("name", s.name).set("place", s.place).set("message_hours", s.message_hours).set("languages", std::move(languages)).set("playlists", std::move(playlists)).set("topics", std::move(topics)).set("wards", std::move(wards));
  if (s.position) form.set("lat", degrees(s.position->lat)).set("lon", degrees(s.position->lon));
  if (s.portrait) form.set("portrait", true);
  if (s.drills) form.set("drills", true);
  data.set("form", std::move(form));
}

void add_wrong(const Web& web, const Request& request, const Error& wrong, Data& data) {
  const std::string where = wrong.where.empty() ? "name" : wrong.where;
  const std::string key = "staff_signage.wrong." + where;
  data.set("errors", Data().set("items", Data(Data::List{Data().set("href", "#" + (where == "position" ? std::string("lat") : where)).set("text", wrong.code == ErrorCode::invalid_input && web.texts.has("ja", key) ? text(web, request, key) : text(web, request, "staff_signage.conflict"))})));
}

std::string title_of(const Web& web, const Request& request, const Programme& programme, const std::string& item) {
  if (item == "rest" || item.empty()) return text(web, request, "staff_signage.rest");
  const auto found = programme.names.find(item);
  return found == programme.names.end() ? item : found->second;
}

const json::Value* reported_frame(const Programme& programme, const Seen& seen) {
  const json::Value* frames = seen.item == "rest" ? &programme.rest : nullptr;
  if (const auto found = programme.items.find(seen.item); found != programme.items.end()) frames = &found->second;
  for (const OnAir& one : programme.alerts)
    if (one.id == seen.item) frames = &one.frames;
  if (!frames) return nullptr;
  for (const json::Value& frame : frames->items())
    if (frame.text("lang") == seen.lang && (seen.page == 0 || frame["page"].as_int() == seen.page)) return &frame;
  return nullptr;
}

/// The picture: what the player says it shows; grey what it ought to show when it says nothing.
void add_showing(const Web& web, const Request& request, const Screen& screen, const Programme& programme, const std::optional<Seen>& seen, Data& data) {
  const Instant now = web.clock.now();
  const std::string lang(locale::staff_language(request.lang));
  const bool here = seen && now.us - seen->at.us < kHere;
  const Moment due = moment(programme, screen.settings.drills, now);
  const json::Value* reported = here ? reported_frame(programme, *seen) : nullptr;
  const std::string item = reported ? seen->item : due.item;
  bool alert = due.alert && !reported, drill = due.drill && !reported;
  for (const OnAir& one : programme.alerts)
    if (one.id == item) alert = true, drill = one.drill;
  const std::string title = title_of(web, request, programme, item);
  data.set("picture", picture(reported ? *reported : due.frame, screen.settings.portrait, alert, drill, !reported, screen.settings.name + ": " + title));
  data.set("showing", text(web, request, reported ? "staff_signage.shows" : "staff_signage.should_show", {{"item", title}}));
  data.set("tag", Data().set("kind", here ? "done" : seen ? "late" : "new").set("label", text(web, request, here ? "staff_signage.here" : seen ? "staff_signage.away" : "staff_signage.never")));
  if (seen) data.set("seen", locale::format_time(seen->at, lang));
  if (seen && seen->plain) data.set("plain", true);
}

Data alerts_of(const Web& web, const Request& request, const Air& air) {
  const std::string lang(locale::staff_language(request.lang));
  const Instant now = web.clock.now();
  Data out{Data::List{}};
  for (const Alert& one : air.alerts) {
    if (one.until <= now) continue;
    Data row = Data().set("title", bulletins::plain(bulletins::wording_for(one.notice, "ja").title, "ja")).set("from", locale::format_time(one.from, lang)).set("until", locale::format_time(one.until, lang)).set("thread", one.thread);
    row.set("source", one.outside ? one.notice.sender : text(web, request, "staff_signage.house"));
    if (one.drill) row.set("drill", true);
    out.push(std::move(row));
  }
  return out;
}

Response list(const Web& web, Request& request) {
  const identity::Principal& who = identity::principal_of(request);
  const auto screens = web.signage.list(who);
  if (!screens.ok()) return http::problem(screens.error(), request);
  const auto air = web.signage.air();
  if (!air.ok()) return http::problem(air.error(), request);
  Data data = page(web, request, text(web, request, "staff_signage.title")), rows{Data::List{}};
  const auto read = web.store.read([&](store::ReadTx& tx) -> Result<void> {
    for (const Screen& screen : *screens) {
      MACHIYA_TRY(const auto seen, web.signage.last_seen(tx, screen));
      const Programme made = programme(screen, **air, web.clock.now());
      Data row = Data().set("href", path_of(screen)).set("name", screen.settings.name).set("place", screen.settings.place);
      add_showing(web, request, screen, made, seen, row);
      rows.push(std::move(row));
    }
    return {};
  });
  if (!read.ok()) return http::problem(read.error(), request);
  data.set("rows", std::move(rows)).set("alerts", alerts_of(web, request, **air)).set("live", std::string(kStaffBase) + "/events");
  if (web.may(who, tell::kReleaseEmergencies, "")) data.set("may_end", true);
  return render(web, request, "signage/list", std::move(data));
}

Data schedule_of(const Web& web, const Request& request, const Programme& programme) {
  const std::string lang(locale::staff_language(request.lang));
  Data rows{Data::List{}};
  int n = 0;
  for (const Stretch& stretch : programme.line) {
    if (stretch.until <= web.clock.now()) continue;
    if (++n > kMostStretches) break;
    Data items{Data::List{}};
    for (const std::string& id : stretch.ids) items.push(Data().set("title", title_of(web, request, programme, id)));
    if (stretch.ids.empty()) items.push(Data().set("title", text(web, request, "staff_signage.rest")));
    rows.push(Data().set("from", locale::format_time(stretch.from, lang)).set("until", locale::format_time(stretch.until, lang)).set("items", std::move(items)));
  }
  return rows;
}

Response show(const Web& web, Request& request, const Settings* typed_settings = nullptr, const Error* wrong = nullptr) {
  const auto screen = web.signage.find(request.param("screen"), identity::principal_of(request));
  if (!screen.ok()) return http::problem(screen.error(), request);
  const auto air = web.signage.air();
  if (!air.ok()) return http::problem(air.error(), request);
  const auto seen = web.store.read([&](store::ReadTx& tx) { return web.signage.last_seen(tx, *screen); });
  if (!seen.ok()) return http::problem(seen.error(), request);
  const Programme made = programme(*screen, **air, web.clock.now());
  Data data = page(web, request, screen->settings.name);
  data.set("action", path_of(*screen)).set("revision", screen->revision).set("report", path_of(*screen, "/report")).set("player", "/signage/" + screen->token).set("player_address", web.base_url + "/signage/" + screen->token);
  if (screen->retired) data.set("retired", true);
  add_showing(web, request, *screen, made, *seen, data);
  add_form(web, request, typed_settings ? *typed_settings : screen->settings, data);
  data.set("schedule", schedule_of(web, request, made)).set("days", kDaysAhead).set("place", screen->settings.place);
  if (wrong) add_wrong(web, request, *wrong, data);
  return render(web, request, "signage/screen", std::move(data), wrong ? wrong->info().http_status : 200);
}

Response new_form(const Web& web, const Request& request, const Settings& settings, const Error* wrong) {
  Data data = page(web, request, text(web, request, "staff_signage.new"));
  data.set("action", std::string(kStaffBase));
  add_form(web, request, settings, data);
  if (wrong) add_wrong(web, request, *wrong, data);
  return render(web, request, "signage/new", std::move(data), wrong ? wrong->info().http_status : 200);
}

Response blank(const Web& web, Request& request) {
  Settings settings;
  for (const std::string_view lang : locale::kLanguages) settings.languages.emplace_back(lang);
  return new_form(web, request, settings, nullptr);
}

Response create(const Web& web, Request& request) {
  const Settings settings = typed(request);
  const auto made = web.signage.create(settings, identity::principal_of(request), request.id);
  if (!made.ok() && made.error().code == ErrorCode::invalid_input) return new_form(web, request, settings, &made.error());
  if (!made.ok()) return http::problem(made.error(), request);
  return http::see_other(std::string(kStaffBase) + "/" + *made);
}

Response act(const Web& web, Request& request) {
  const std::string id(request.param("screen")), what = field(request, "act");
  const identity::Principal& who = identity::principal_of(request);
  // Before what was typed is judged: who may not manage it learns nothing.
  if (const auto mine = web.signage.find(id, who); !mine.ok()) return http::problem(mine.error(), request);
  Result<void> done = Error(ErrorCode::invalid_input, "no such action", "act");
  const Settings settings = typed(request);
  if (what == "save") done = web.signage.change(id, std::atoi(field(request, "revision").c_str()), settings, who, request.id);
  if (what == "token") done = web.signage.replace_token(id, who, request.id);
  if (what == "retire") done = web.signage.retire(id, who, request.id);
  if (!done.ok() && (done.error().code == ErrorCode::invalid_input || done.error().code == ErrorCode::conflict)) return show(web, request, what == "save" ? &settings : nullptr, &done.error());
  if (!done.ok()) return http::problem(done.error(), request);
  return http::see_other(what == "retire" ? std::string(kStaffBase) : std::string(kStaffBase) + "/" + id);
}

Response end_alert(const Web& web, Request& request) {
  const auto air = web.signage.air();
  if (!air.ok()) return http::problem(air.error(), request);
  const std::string thread = field(request, "thread");
  if (!std::any_of((*air)->alerts.begin(), (*air)->alerts.end(), [&](const Alert& a) { return a.thread == thread; })) return http::problem(Error(ErrorCode::conflict, "no such alert on the air"), request);
  if (const auto done = web.signage.end_alert(thread, identity::principal_of(request), request.id); !done.ok()) return http::problem(done.error(), request);
  return http::see_other(std::string(kStaffBase));
}

Response live(const Web& web, Request&) {
  Response out;
  out.events = web.hub.subscribe({std::string(kHubTopic)});
  return out;
}

}  // namespace

void add_staff_routes(http::Router& router, const Web& web) {
  const auto route = [](std::string page_kind) {
    http::RouteOptions out;
    out.permission = "staff:" + std::string(kManage);
    out.page_kind = std::move(page_kind);
    return out;
  };
  const std::string base(kStaffBase), one = base + "/{screen}";
  router.get(base, route("staff-signage").on("none"), [web](Request& r) { return list(web, r); });
  router.post(base, route("").on("none"), [web](Request& r) { return create(web, r); });
  router.get(base + "/new", route("staff-signage-new").on("none"), [web](Request& r) { return blank(web, r); });
  router.get(base + "/events", route("").on("none"), [web](Request& r) { return live(web, r); });
  http::RouteOptions end = route("");
  end.permission = "staff:" + std::string(tell::kReleaseEmergencies);
  router.post(base + "/alerts/end", end.on("none"), [web](Request& r) { return end_alert(web, r); });
  router.get(one, route("staff-signage-screen").on("screen"), [web](Request& r) { return show(web, r); });
  router.post(one, route("").on("screen"), [web](Request& r) { return act(web, r); });
}

}  // namespace machiya::signage::detail

namespace machiya::signage {
void add_routes(http::Router& router, const Web& web) {
  detail::add_player_routes(router, web);
  detail::add_staff_routes(router, web);
  detail::add_report_routes(router, web);
}
}  // namespace machiya::signage
