// /signage/{screen}: the player's page, the same without script, its feed and events, and what it says that it showed. /api: outside alerts.
#include <algorithm>

#include "base/log.h"
#include "platform/identity/identity.h"
#include "platform/locale/locale.h"
#include "tell/signage/web.h"

namespace machiya::signage::detail {
namespace {
using http::Request;
using http::Response;
using pages::Data;

constexpr int kLongestPlainSeconds = 10;   ///< the page without script looks for alerts at least so often

std::string path_of(const Screen& screen, std::string_view rest = {}) { return "/signage/" + screen.token + std::string(rest); }

Data languages_of(const Web& web, const Screen& screen) {
  Data out{Data::List{}};
  for (const std::string& lang : screen.settings.languages) {
    const auto words = [&](const char* key) { return web.texts.text(lang, std::string("signage.") + key); };
    out.push(Data().set("lang", lang).set("offline", words("offline")).set("age", words("age")).set("alert", words("alert")).set("drill", words("drill")).set("pause", words("pause")).set("go_on", words("go_on")));
  }
  return out;
}

/// What the page shows before the script begins, and all that the page without script has.
void add_frame(const Web& web, const Moment& now, Data& data) {
  const std::string lang = now.frame.text("lang").empty() ? "ja" : now.frame.text("lang");
  Data paragraphs{Data::List{}};
  for (const json::Value& paragraph : now.frame["text"].items()) paragraphs.push(Data().set("html", html_of(paragraph)));
  Data frame = Data().set("tag", now.frame.text("tag")).set("title", pages::SafeHtml{(now.frame.has("mark") ? html_of(now.frame["mark"]).html + " " : "") + html_of(now.frame["title"]).html}).set("paragraphs", std::move(paragraphs)).set("item", now.item);
  if (now.alert) frame.set("banner", web.texts.text(lang, now.drill ? "signage.drill" : "signage.alert"));
  frame.set("kind", now.drill ? "drill" : now.alert ? "alert" : "plain");
  data.set("frame", std::move(frame));
}

struct Showing {
  Screen screen;
  Programme programme;
};
Result<Showing> showing(const Web& web, const Request& request) {
  MACHIYA_TRY(Screen screen, web.signage.by_token(request.param("screen")));
  MACHIYA_TRY(const auto air, web.signage.air());
  Programme made = programme(screen, *air, web.clock.now());
  return Showing{std::move(screen), std::move(made)};
}

Response player(const Web& web, Request& request) {
  const auto on = showing(web, request);
  if (!on.ok()) return http::problem(on.error(), request);
  Data data = Data().set("path", path_of(on->screen)).set("name", on->screen.settings.name).set("place", on->screen.settings.place).set("title", on->screen.settings.name);
  data.set("texts", languages_of(web, on->screen)).set("clock", clock_in_japan(web.clock.now()));
  data.set("pause", web.texts.text(on->screen.settings.languages.front(), "signage.pause"));
  if (on->screen.settings.portrait) data.set("portrait", true);
  add_frame(web, moment(on->programme, on->screen.settings.drills, web.clock.now()), data);
  return http::html(web.templates.render("signage/player", data, request.lang).html);
}

/// The same by the server alone: it turns by itself, and says by itself what it showed.
Response plain(const Web& web, Request& request) {
  const auto on = showing(web, request);
  if (!on.ok()) return http::problem(on.error(), request);
  const Instant now = web.clock.now();
  const Moment shown = moment(on->programme, on->screen.settings.drills, now);
  const bool paused = request.query("pause").has_value();
  const std::string lang = shown.frame.text("lang").empty() ? "ja" : shown.frame.text("lang");
  const auto words = [&](const char* key) { return web.texts.text(lang, std::string("signage.") + key); };
  Data data = Data().set("path", path_of(on->screen)).set("name", on->screen.settings.name).set("place", on->screen.settings.place).set("title", on->screen.settings.name).set("clock", clock_in_japan(now));
  data.set("turn", Data().set("href", path_of(on->screen, paused ? "/plain" : "/plain?pause=1")).set("label", words(paused ? "go_on" : "pause")).set("tag", shown.frame.text("tag")));
  if (on->screen.settings.portrait) data.set("portrait", true);
  add_frame(web, shown, data);
  Response out = http::html(web.templates.render("signage/plain", data, request.lang).html);
  if (paused) return out;
  const int seconds = std::clamp(shown.seconds_left, 1, kLongestPlainSeconds);
  // A header and no element: nobody waits before this page, and a reader of it can stop it by its link.
  out.header("Refresh", std::to_string(seconds) + ";url=" + path_of(on->screen, "/plain"));
  web.signage.seen(on->screen, {now, shown.item, lang, static_cast<int>(shown.frame["page"].as_int()), true});
  if (const auto kept = web.signage.record(on->screen, "plain", {{now.us / 1000, now, shown.item, lang, seconds * 1000}}); !kept.ok())
    log(LogLevel::warn, "play-not-kept", {{"why", kept.error().to_string()}});   // the sign goes on whatever happens to its report
  return out;
}

Response feed_of(const Web& web, Request& request) {
  const auto on = showing(web, request);
  if (!on.ok()) return http::problem(on.error(), request);
  const json::Value body = feed(on->screen, on->programme, web.clock.now());
  const std::string tag = etag_of(body);
  Response out;
  if (request.header("if-none-match") == tag) out.status = 304;
  else out = http::json(body);
  out.header("ETag", tag).header("Cache-Control", "no-cache");
  return out;
}

Response events(const Web& web, Request& request) {
  const auto screen = web.signage.by_token(request.param("screen"));
  if (!screen.ok()) return http::problem(screen.error(), request);
  Response out;
  out.events = web.hub.subscribe({std::string(kHubTopic)});
  return out;
}

Response plays(const Web& web, Request& request) {
  const auto screen = web.signage.by_token(request.param("screen"));
  if (!screen.ok()) return http::problem(screen.error(), request);
  const auto body = json::parse(request.body);
  if (!body.ok()) return http::problem(Error(ErrorCode::malformed_request, body.error().detail), request);
  std::vector<Play> list;
  for (const json::Value& one : (*body)["plays"].items())
    list.push_back({one["sequence"].as_int(), Instant{std::clamp<std::int64_t>(one["at"].as_int(), 0, 4'102'444'800'000) * 1000}, one.text("item"), one.text("lang"), one["shown_ms"].as_int()});
  const auto taken = web.signage.record(*screen, body->text("player"), list);
  if (!taken.ok()) return http::problem(taken.error(), request);
  const json::Value& now = (*body)["now"];
  web.signage.seen(*screen, {web.clock.now(), now.text("item").substr(0, 300), locale::is_language(now.text("lang")) ? now.text("lang") : "", static_cast<int>(std::clamp<std::int64_t>(now["page"].as_int(), 0, 100)), false});
  return http::json(json::Value::object({{"stored", taken->stored}, {"known", taken->known}, {"refused", taken->refused}, {"through", taken->through}}));
}

Response worker(const Web& web, Request&) {
  Response out = http::text(web.worker, "text/javascript; charset=utf-8");
  out.header("Cache-Control", "no-cache").header("Service-Worker-Allowed", "/signage/");
  return out;
}

Response outside_alert(const Web& web, Request& request) {
  const auto posted = web.signage.post_cap(request.body, identity::principal_of(request).public_id, request.id);
  if (!posted.ok()) return http::problem(posted.error(), request);
  return http::json(json::Value::object({{"alert", posted->key}, {"takes_screens", posted->takes_screens}, {"known", posted->known}}), posted->known ? 200 : 201);
}

http::RouteOptions open_route(std::string page_kind = {}) {
  http::RouteOptions out;
  out.permission = "public", out.object = "signage";
  out.page_kind = std::move(page_kind);
  out.rate_per_minute = 6000;   // a hall of screens behind one address
  return out;
}

}  // namespace

void add_player_routes(http::Router& router, const Web& web) {
  const std::string one = "/signage/{screen}";
  router.get("/signage-worker.js", open_route().on("none"), [web](Request& r) { return worker(web, r); });
  router.get(one, open_route("signage-player"), [web](Request& r) { return player(web, r); });
  router.get(one + "/plain", open_route("signage-plain"), [web](Request& r) { return plain(web, r); });
  router.get(one + "/feed", open_route(), [web](Request& r) { return feed_of(web, r); });
  router.get(one + "/events", open_route(), [web](Request& r) { return events(web, r); });
  http::RouteOptions report = open_route();
  report.csrf = false;   // a player has no session
  report.body_limit = 256 * 1024;
  router.post(one + "/plays", report, [web](Request& r) { return plays(web, r); });
  http::RouteOptions api;
  api.permission = "client:" + std::string(kAlertScope), api.object = "none", api.csrf = false;
  api.body_limit = 4 * 1024 * 1024;
  router.post("/api/v1/signage/alerts", api, [web](Request& r) { return outside_alert(web, r); });
}

}  // namespace machiya::signage::detail
