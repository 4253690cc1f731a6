#include <algorithm>
#include <charconv>

#include "base/text.h"
#include "platform/audit/audit.h"
#include "platform/identity/identity.h"
#include "platform/locale/locale.h"
#include "sense/subscriptions/pages/web.h"

namespace machiya::sense::subscription_pages {
namespace {
using http::Request;
using http::Response;
using pages::Data;
using staff_pages::field, staff_pages::page, staff_pages::render, staff_pages::text;

constexpr int kLetters = 50;
constexpr std::size_t kLines = 20;             // of each answer, of a look into the past
constexpr std::size_t kMostText = 60 * 1024;   // bytes of a subscription that is tried
constexpr std::size_t kMostReason = 500;

std::string language(const Request& request) { return std::string(locale::staff_language(request.lang)); }
std::string moment(std::int64_t us, const Request& request) { return us == kNoTime ? std::string("–") : locale::format_time(Instant{us}, language(request)); }
std::string address(const std::string& tenant, const std::string& id) { return std::string(kBase) + "/" + http::url_encode(id) + (tenant.empty() ? "" : "?tenant=" + http::url_encode(tenant)); }

Data tag_of(const Web& web, const Request& request, const Subscriptions::Overview& one) {
  const std::string state = one.expired ? "expired" : !one.active ? "paused" : one.state.sent > 0 && !one.state.last_ok ? "failing" : "active";
  return Data().set("kind", state == "active" ? "done" : state == "failing" ? "stopped" : "waiting").set("label", text(web, request, "staff_subscriptions.state." + state));
}

Response list(const Web& web, Request& request) {
  const std::uint64_t last = web.entities.last();
  Data data = page(web, request, text(web, request, "staff_subscriptions.title")), rows{Data::List{}};
  for (const Subscriptions::Overview& one : web.subscriptions.overview()) {
    Data row = Data().set("href", address(one.tenant, one.id)).set("id", one.id).set("name", one.description.empty() ? one.id : one.description).set("tenant", one.tenant.empty() ? "–" : one.tenant);
    row.set("endpoint", one.endpoint).set("sent", std::to_string(one.state.sent)).set("failed", std::to_string(one.state.failed)).set("tag", tag_of(web, request, one));
    // Those about registrations have no place in the journal of entities.
    row.set("behind", one.registrations ? "–" : std::to_string(last - std::min<std::uint64_t>(one.state.cursor, last))).set("last", moment(one.state.last_us, request));
    rows.push(std::move(row));
  }
  return render(web, request, "subscriptions/list", std::move(data.set("rows", std::move(rows)).set("rehearse", std::string(kBase) + "/rehearsal")));
}

std::string why_label(const Web& web, const Request& request, Why why) {
  constexpr std::string_view kWords[] = {"fires", "periodic", "paused", "expired", "trigger", "watched", "entity", "throttled"};
  return text(web, request, "staff_subscriptions.why." + std::string(kWords[static_cast<std::size_t>(why)]));
}

/// A look into the past as a table: each change with the answer, and which condition decided.
Data looked(const Web& web, const Request& request, const Rehearsal& past) {
  const bool sees = web.sees_values(identity::principal_of(request));
  Data counts{Data::List{}}, rows{Data::List{}};
  for (const auto& [why, count] : past.counts)
    counts.push(Data().set("label", why_label(web, request, why)).set("n", std::to_string(count)));
  for (const Rehearsal::Line& line : past.lines) {
    Data terms{Data::List{}};
    for (const ExplainedTerm& term : line.judgement.terms) {
      if (term.held) continue;
      terms.push(Data().set("part", term.part).set("term", term.term).set("found", sees ? term.found : std::string()));
    }
    const bool fires = line.judgement.why == Why::fires;
    rows.push(Data().set("at", moment(line.at_us, request)).set("entity", line.entity).set("number", std::to_string(line.number)).set("terms", std::move(terms))
                  .set("tag", Data().set("kind", fires ? "done" : "waiting").set("label", why_label(web, request, line.judgement.why))));
  }
  Data out = Data().set("counts", std::move(counts)).set("rows", std::move(rows));
  out.set("lead", text(web, request, "staff_subscriptions.looked", {{"changes", std::to_string(past.looked_at)}, {"since", moment(past.from_us, request)}}));
  if (!sees) out.set("hidden", true);
  return out;
}

/// That somebody looked into the past of entities, and of which.
void note(const Web& web, const Request& request, std::string_view action, const std::string& object) {
  audit::Entry entry;
  const identity::Principal& who = identity::principal_of(request);
  entry.actor = who.actor(), entry.action = std::string(action), entry.object = object, entry.purpose = who.purpose, entry.request = request.id, entry.facts = json::Value::object();
  web.audit.append_later(std::move(entry));
}

struct Said {
  std::string good, wrong;        ///< keys of texts
  std::string detail;             ///< of what is wrong
  std::string entity;             ///< "why" was asked of it
};

Response one(const Web& web, Request& request, const Said& said = {}, int status = 200) {
  const std::string id(request.param("subscription")), tenant(request.query("tenant").value_or(""));
  const auto all = web.subscriptions.overview();
  const auto found = std::find_if(all.begin(), all.end(), [&](const auto& o) { return o.tenant == tenant && o.id == id; });
  if (found == all.end()) return http::problem(Error(ErrorCode::not_found, "there is no such subscription"), request);
  const auto letters = web.subscriptions.dead_letters(tenant, id, kLetters, 0);
  if (!letters.ok()) return http::problem(letters.error(), request);
  Data data = page(web, request, found->description.empty() ? id : found->description), rows{Data::List{}};
  const SubscriptionState& s = found->state;
  data.set("id", id).set("tenant", tenant).set("name", found->description.empty() ? id : found->description).set("endpoint", found->endpoint).set("tag", tag_of(web, request, *found));
  data.set("action", address(tenant, id)).set("back", std::string(kBase)).set("cause", s.cause);
  data.set("sent", std::to_string(s.sent)).set("failed", std::to_string(s.failed)).set("waiting", std::to_string(found->waiting)).set("cursor", std::to_string(s.cursor)).set("newest", std::to_string(web.entities.last()));
  data.set("last", moment(s.last_us, request)).set("success", moment(s.success_us, request)).set("failure", moment(s.failure_us, request));
  for (const DeadLetter& l : *letters)
    rows.push(Data().set("key", std::to_string(l.key)).set("entity", l.entity).set("changed", moment(l.changed_us, request)).set("given_up", moment(l.given_up_us, request)).set("tries", std::to_string(l.tries)).set("cause", l.cause));
  data.set("letters", std::move(rows));
  if (!found->registrations) data.set("may_ask", true);
  if (!said.entity.empty()) {
    const auto past = web.subscriptions.why(tenant, id, said.entity, kLines);
    if (!past.ok()) return http::problem(past.error(), request);
    note(web, request, "subscription.why", "subscription:" + id);
    data.set("entity", said.entity).set("past", looked(web, request, *past));
  }
  if (!said.good.empty()) data.set("flash", Data().set("kind", "success").set("text", text(web, request, said.good)));
  if (!said.wrong.empty()) data.set("flash", Data().set("kind", "error").set("text", text(web, request, said.wrong, {{"why", said.detail}})));
  return render(web, request, "subscriptions/one", std::move(data), status);
}

/// Once more, or never again; only a letter of this subscription.
Response change_letter(const Web& web, Request& request, const std::string& act) {
  const std::string id(request.param("subscription")), tenant(request.query("tenant").value_or("")), typed = field(request, "key"), reason = field(request, "reason");
  std::int64_t key = 0;
  std::from_chars(typed.data(), typed.data() + typed.size(), key);
  const auto letters = web.subscriptions.dead_letters(tenant, id, 1'000'000, 0);
  if (!letters.ok()) return http::problem(letters.error(), request);
  if (std::none_of(letters->begin(), letters->end(), [&](const DeadLetter& l) { return l.key == key; })) return one(web, request, {.wrong = "staff_subscriptions.gone"}, 422);
  if (act == "forget" && (reason.empty() || reason.size() > kMostReason)) return one(web, request, {.wrong = "staff_subscriptions.reason_needed"}, 422);
  audit::Entry entry;
  entry.actor = identity::principal_of(request).actor(), entry.action = "subscription." + act, entry.object = "subscription:" + id, entry.request = request.id;
  entry.facts = json::Value::object({{"letter", key}});
  if (act == "forget") entry.facts.set("reason", reason);
  const auto noted = web.store.write([&](store::Tx& tx) { return web.audit.append(tx, entry); });
  if (!noted.ok()) return http::problem(noted.error(), request);
  const auto done = act == "forget" ? web.subscriptions.forget(key) : web.subscriptions.retry(key);
  if (!done.ok()) return one(web, request, {.wrong = "staff_subscriptions.retry_failed", .detail = done.error().detail}, 422);
  return one(web, request, {.good = act == "forget" ? "staff_subscriptions.forgotten" : "staff_subscriptions.told"});
}

Response act(const Web& web, Request& request) {
  const std::string what = field(request, "act");
  if (what == "retry" || what == "forget") return change_letter(web, request, what);
  if (what != "why") return http::problem(Error(ErrorCode::invalid_input, "retry, forget or why", "act"), request);
  const std::string entity = field(request, "entity");
  if (entity.empty()) return one(web, request, {.wrong = "staff_subscriptions.entity_needed"}, 422);
  return one(web, request, {.entity = entity});
}

Response rehearsal(const Web& web, Request& request, bool asked) {
  Data data = page(web, request, text(web, request, "staff_subscriptions.rehearsal"));
  const std::string body = field(request, "body"), tenant = field(request, "tenant");
  data.set("back", std::string(kBase)).set("action", std::string(kBase) + "/rehearsal").set("body", body).set("tenant", tenant);
  if (!asked) return render(web, request, "subscriptions/rehearsal", std::move(data));
  const auto refuse = [&](const Error& error) {
    data.set("flash", Data().set("kind", "error").set("text", text(web, request, "staff_subscriptions.not_read", {{"why", error.to_string()}})));
    return render(web, request, "subscriptions/rehearsal", std::move(data), 422);
  };
  if (body.size() > kMostText) return refuse(Error(ErrorCode::too_large, "the text is too long", "body"));
  tree::Arena arena;
  const auto parsed = tree::parse(body, arena);
  if (!parsed.ok()) return refuse(parsed.error());
  const auto terms = web.contexts.resolve((*parsed)["@context"]);
  if (!terms.ok()) return refuse(terms.error());
  const auto past = web.subscriptions.rehearse(tenant, *parsed, **terms, kNoTime, kNoTime, kLines);
  if (!past.ok()) return refuse(past.error());
  note(web, request, "subscription.rehearse", "tenant:" + tenant);
  return render(web, request, "subscriptions/rehearsal", std::move(data.set("past", looked(web, request, *past))));
}

}  // namespace

void add_routes(http::Router& router, const Web& web) {
  http::RouteOptions options;
  options.permission = "staff:" + std::string(kPermission), options.object = "none";
  http::RouteOptions of_list = options, of_one = options, of_rehearsal = options;
  of_list.page_kind = "staff-subscriptions", of_one.page_kind = "staff-subscription", of_rehearsal.page_kind = "staff-subscription-rehearsal";
  of_one.object = "subscription";
  of_rehearsal.shows_own_input = true;
  const std::string base(kBase), one_path = base + "/{subscription}";
  router.get(base, of_list, [web](Request& r) { return list(web, r); });
  router.get(base + "/rehearsal", of_rehearsal, [web](Request& r) { return rehearsal(web, r, false); });
  router.post(base + "/rehearsal", of_rehearsal, [web](Request& r) { return rehearsal(web, r, true); });
  router.get(one_path, of_one, [web](Request& r) { return one(web, r); });
  router.post(one_path, options.on("subscription"), [web](Request& r) { return act(web, r); });
}

}  // namespace machiya::sense::subscription_pages
