// /callout/{token}: what everybody who is called answers on, without log-in and without script, on any telephone. /api: triggers.
#include <algorithm>

#include "base/text.h"
#include "platform/identity/identity.h"
#include "platform/locale/locale.h"
#include "tell/callout/web.h"

namespace machiya::callout::detail {
namespace {
using http::Request;
using http::Response;
using pages::Data;

constexpr int kMinutes[] = {15, 30, 45, 60, 90, 120, 180, 360, 720};
constexpr const char* kHealth[] = {"", "good", "hurt", "unknown"};

Health health_in(const std::string& word) {
  const auto* found = std::find(std::begin(kHealth), std::end(kHealth), word);
  return found == std::end(kHealth) ? Health::not_said : static_cast<Health>(found - std::begin(kHealth));
}

Response show(const Web& web, Request& request, bool thanks, const Error* wrong) {
  const auto asked = web.callouts.by_token(request.param("token"));
  if (!asked.ok()) return http::problem(asked.error(), request);
  // Staff read one of the two languages that the message has.
  const std::string lang = request.lang, own = asked->callout.body.has(lang) ? lang : std::string(locale::staff_language(lang));
  Data data = web.site_frame(request);
  data.set("title", web.texts.text(lang, "callout.title")).set("heading", (asked->callout.drill ? web.texts.text(own, "callout.drill_mark") : std::string()) + asked->callout.title.in(own)).set("text_lang", std::string(locale::html_lang(own)));
  Data paragraphs{Data::List{}}, times{Data::List{}}, self{Data::List{}}, family{Data::List{}}, duty{Data::List{}};
  const std::string body = asked->callout.body.in(own);
  const auto lines = split(body, '\n');
  for (const std::string_view part : lines)
    if (!trim(part).empty()) paragraphs.push(Data().set("text", std::string(trim(part))));
  const auto choice = [&](const std::string& value, std::string key, bool checked) {
    Data out = Data().set("value", value).set("key", std::move(key));
    if (checked) out.set("checked", true);
    return out;
  };
  const std::string typed_duty = wrong ? field(request, "duty") : asked->last.duty == Duty::comes ? "comes" : asked->last.duty == Duty::cannot ? "cannot" : "";
  for (const char* one : {"comes", "cannot"}) duty.push(choice(one, one, typed_duty == one));
  const std::string minutes = field(request, "minutes");
  for (const int m : kMinutes) times.push(choice(std::to_string(m), m < 120 ? "minutes" : "hours", minutes == std::to_string(m)).set("minutes", m).set("hours", m / 60));
  const auto said = [&](const char* name, Health last) { return wrong ? field(request, name) : std::string(kHealth[static_cast<std::size_t>(last)]); };
  for (const char* one : {"good", "hurt"}) self.push(choice(one, std::string("self_") + one, said("self", asked->last.self) == one));
  for (const char* one : {"good", "hurt", "unknown"}) family.push(choice(one, std::string("family_") + one, said("family", asked->last.family) == one));
  data.set("paragraphs", std::move(paragraphs)).set("duty", std::move(duty)).set("times", std::move(times)).set("self", std::move(self)).set("family", std::move(family)).set("action", "/callout/" + std::string(request.param("token")));
  if (asked->answered) {
    Data last = Data().set("key", asked->last.duty == Duty::comes ? "comes" : "cannot");
    if (asked->last.arrives) last.set("arrives", Data().set("time", locale::format_time(*asked->last.arrives, lang)));
    data.set("answered", std::move(last));
  }
  if (thanks) data.set("thanks", true);
  if (wrong) data.set("errors", Data().set("items", Data(Data::List{Data().set("href", wrong->where == "arrives" ? "#minutes" : "#duty").set("text", web.texts.text(lang, wrong->where == "arrives" ? "callout.wrong_arrives" : "callout.wrong_duty"))})));
  Response out = http::html(web.templates.render("callout/answer", data, lang).html, wrong ? 422 : 200);
  out.header("Cache-Control", "no-store").header("X-Robots-Tag", "noindex");
  return out;
}

Response answer(const Web& web, Request& request) {
  Answer given;
  const std::string duty = field(request, "duty");
  given.duty = duty == "comes" ? Duty::comes : duty == "cannot" ? Duty::cannot : Duty::none;
  given.self = health_in(field(request, "self")), given.family = health_in(field(request, "family"));
  if (const int minutes = std::atoi(field(request, "minutes").c_str()); minutes > 0) given.arrives = Instant{web.clock.now().us + std::min(minutes, 2'880) * kMinute};
  const auto done = web.callouts.answer(request.param("token"), given);
  if (!done.ok() && done.error().code == ErrorCode::invalid_input) return show(web, request, false, &done.error());
  if (!done.ok()) return http::problem(done.error(), request);
  return http::see_other("/callout/" + std::string(request.param("token")) + "?sent=1");
}

Response fire(const Web& web, Request& request) {
  const auto body = json::parse(request.body);
  if (!body.ok()) return http::problem(Error(ErrorCode::malformed_request, body.error().detail), request);
  const auto made = web.callouts.trigger(body->text("trigger"), (*body)["drill"].as_bool(), request.header("idempotency-key"), identity::principal_of(request).public_id, request.id);
  if (!made.ok()) return http::problem(made.error(), request);
  return http::json(json::Value::object({{"callout", *made}}), 202);
}

}  // namespace

void add_answer_routes(http::Router& router, const Web& web) {
  http::RouteOptions open;
  open.permission = "public", open.object = "callout-answer", open.rate_per_minute = 6'000;   // many behind one address of a telephone company
  // No kind of page: only whoever was called has an address of it (tests/browser/callout.js looks at it in every language).
  router.get("/callout/{token}", open, [web](Request& r) { return show(web, r, r.query("sent").has_value(), nullptr); });
  open.csrf = false;   // the token in the address is what counts, and old telephones keep no cookies
  router.post("/callout/{token}", open, [web](Request& r) { return answer(web, r); });
  http::RouteOptions api;
  api.permission = "client:" + std::string(kTriggerScope), api.object = "none", api.csrf = false;
  router.post("/api/v1/callouts", api, [web](Request& r) { return fire(web, r); });
}

}  // namespace machiya::callout::detail
