#include "sense/subscriptions/subscription.h"

#include <algorithm>
#include <cmath>

#include "base/text.h"
#include "sense/entities/stamp.h"
#include "sense/subscriptions/v2_form.h"

namespace machiya::sense {
namespace {
using tree::Value;

constexpr std::pair<std::string_view, unsigned> kTriggers[] = {{"entityCreated", kEntityCreated},       {"entityUpdated", kEntityUpdated},       {"entityDeleted", kEntityDeleted},
                                                               {"attributeCreated", kAttributeCreated}, {"attributeUpdated", kAttributeUpdated}, {"attributeDeleted", kAttributeDeleted}};

// Names are IRIs already.
std::string as_it_is(std::string_view name) { return std::string(name); }

std::vector<std::string> texts(const Value& v) {
  std::vector<std::string> out;
  if (v.is_string()) out.emplace_back(v.text());
  for (const Value& item : v.items()) out.emplace_back(item.text());
  return out;
}

std::int64_t micros(const Value& v, double unit) { return v.is_number() ? static_cast<std::int64_t>(std::llround(v.number() * unit)) : 0; }

std::vector<Selection::Member> members_of(const std::vector<Projection::Member>& from) {
  std::vector<Selection::Member> out;
  for (const auto& m : from) out.push_back({m.name, members_of(m.linked)});
  return out;
}

Result<void> read_selectors(const Value& list, std::vector<EntitySelector>& out) {
  for (const Value& item : list.items()) {
    EntitySelector one;
    one.ids = texts(item["id"]);
    if (const Value& pattern = item["idPattern"]; pattern.is_string()) {
      MACHIYA_TRY(one.id_pattern, TextPattern::compile(pattern.text()));
    }
    MACHIYA_TRY(one.type, TypeSelection::parse(item["type"].text(), as_it_is));
    out.push_back(std::move(one));
  }
  return {};
}

Result<void> read_query(const Value& kept, Subscription& out) {
  if (auto done = read_selectors(kept["entities"], out.query.entities); !done.ok()) return done;
  if (const Value& q = kept["q"]; q.is_string()) {
    MACHIYA_TRY(out.query.q, Filter::parse(q.text(), as_it_is));
  }
  if (const Value& geo = kept["geoQ"]; geo.is_object()) {
    MACHIYA_TRY(out.query.geo, GeoQuery::from_json(geo, as_it_is));
  }
  if (const Value& scope = kept["scopeQ"]; scope.is_string()) {
    MACHIYA_TRY(out.query.scope, ScopeQuery::parse(scope.text()));
  }
  out.split = kept["splitEntities"].truth;
  if (const Value& csf = kept["csf"]; csf.is_string()) {
    MACHIYA_TRY(out.csf, Filter::parse(csf.text(), as_it_is, {}, "csf"));
  }
  if (const Value& when = kept["temporalQ"]; when.is_object()) {
    MACHIYA_TRY(out.when, TemporalQuery::from_json(when));
  }
  if (const Value& lang = kept["lang"]; lang.is_string()) {
    MACHIYA_TRY(out.language, LanguageFilter::parse(lang.text()));
    out.has_language = true;
  }
  return {};
}

// pick and omit; attributes show the named ones beside id, type and scope (§5.8.6).
Result<Selection> selection_of(const Value& notification) {
  Selection out;
  if (const Value& attributes = notification["attributes"]; attributes.is_array()) {
    out.only_picked = true;
    for (const char* core : {"id", "type", "scope", "createdAt", "modifiedAt", "deletedAt", "expiresAt"}) out.pick.push_back({core, {}});
    for (const std::string& a : texts(attributes)) out.pick.push_back({a, {}});
  }
  if (const Value& pick = notification["pick"]; pick.is_string()) {
    MACHIYA_TRY(const Projection read, Projection::parse(pick.text(), as_it_is, "pick"));
    out.only_picked = true, out.pick = members_of(read.members());
  }
  if (const Value& omit = notification["omit"]; omit.is_string()) {
    MACHIYA_TRY(const Projection read, Projection::parse(omit.text(), as_it_is, "omit"));
    out.omit = members_of(read.members());
  }
  return out;
}

KeyValues pairs_of(const Value& list) {
  KeyValues out;
  for (const Value& item : list.items()) out.emplace_back(item["key"].text(), item["value"].text());
  return out;
}

Endpoint endpoint_of(const Value& v) {
  Endpoint out;
  out.uri = v["uri"].text();
  const std::size_t authority = out.uri.find("://");
  out.key = lower_ascii(std::string_view(out.uri).substr(0, out.uri.find_first_of("/?#", authority == std::string::npos ? 0 : authority + 3)));
  out.mqtt = out.key.starts_with("mqtt");
  const std::string_view accept = v["accept"].text();
  out.accept = accept == "application/ld+json" ? Endpoint::Accept::ld_json : accept == "application/geo+json" ? Endpoint::Accept::geo_json : Endpoint::Accept::json;
  out.receiver = pairs_of(v["receiverInfo"]), out.notifier = pairs_of(v["notifierInfo"]);
  out.timeout_us = micros(v["timeout"], 1e3), out.cooldown_us = micros(v["cooldown"], 1e3);
  return out;
}

Result<void> read_notification(const Value& n, Subscription& out) {
  const std::string_view format = n["format"].text(), join = n["join"].text();
  out.format = format == "concise" ? Format::concise : format == "keyValues" || format == "simplified" ? Format::simplified : Format::normalized;
  out.sys_attrs = n["sysAttrs"].truth, out.show_changes = n["showChanges"].truth;
  out.join = join == "flat" ? Subscription::Join::flat : join == "inline" ? Subscription::Join::inline_ : Subscription::Join::none;
  if (n["joinLevel"].is_number()) out.join_level = static_cast<int>(n["joinLevel"].number());
  out.endpoint = endpoint_of(n["endpoint"]);
  MACHIYA_TRY(out.members, selection_of(n));
  return {};
}

// The URL that a context is, or that is the only one in its list.
std::string only_url(const Value& context) {
  if (context.is_string()) return std::string(context.text());
  if (context.count == 1 && context.is_array()) return std::string(context.elements[0].text());
  return {};
}

// A context without a URL cannot stand in a Link header: names then stay IRIs, which the core context's URL says.
void read_context(const StoredSubscription& stored, const Value& own, Contexts& contexts, Subscription& out) {
  tree::Arena arena;
  auto context = tree::parse(stored.context, arena);
  if (own.is_string()) context = own;
  out.terms = contexts.core(), out.context_url = std::string(kCoreContextUrl), out.context = "\"" + out.context_url + "\"";
  if (!context.ok()) return;
  const std::string url = only_url(*context);
  if (url.empty() && out.endpoint.accept == Endpoint::Accept::json) return;
  auto terms = contexts.resolve(*context);
  if (!terms.ok()) return;
  out.terms = *terms, out.context = tree::to_text(*context);
  if (!url.empty()) out.context_url = url;
}

}  // namespace

unsigned trigger_of(std::string_view word) {
  const auto it = std::ranges::find(kTriggers, word, &std::pair<std::string_view, unsigned>::first);
  return it == std::end(kTriggers) ? 0 : it->second;
}

Result<SubscriptionPtr> compile(const StoredSubscription& stored, Contexts& contexts) {
  tree::Arena arena;
  MACHIYA_TRY(const Value kept, tree::parse(stored.body, arena));
  auto out = std::make_shared<Subscription>();
  out->tenant = stored.tenant, out->id = stored.id, out->viewer = stored.viewer;
  if (kept["~about"].text() == "registrations") out->about = About::registrations;
  if (kept["~about"].text() == "v2") {
    out->about = About::entities_v2;
    MACHIYA_CHECK(V2Form::compile(kept, contexts, *out));
    return SubscriptionPtr(std::move(out));
  }
  if (auto done = read_query(kept, *out); !done.ok()) return done.error();
  out->watched = texts(kept["watchedAttributes"]);
  if (const Value& triggers = kept["notificationTrigger"]; triggers.is_array()) {
    out->triggers = 0;
    for (const Value& t : triggers.items()) out->triggers |= trigger_of(t.text());
  }
  out->active = !kept.has("isActive") || kept["isActive"].truth;
  if (const auto expires = parse_stamp(kept["expiresAt"].text())) out->expires_us = expires->us;
  out->throttling_us = micros(kept["throttling"], 1e6), out->interval_us = micros(kept["timeInterval"], 1e6);
  out->datasets = texts(kept["datasetId"]);
  if (auto done = read_notification(kept["notification"], *out); !done.ok()) return done.error();
  read_context(stored, kept["jsonldContext"], contexts, *out);
  return SubscriptionPtr(std::move(out));
}

}  // namespace machiya::sense
