#include "sense/subscriptions/v2_form.h"

#include <algorithm>

#include "base/text.h"
#include "sense/subscriptions/v2_macros.h"
#include "sense/subscriptions/v2_text.h"
#include "sense/v2/asking.h"
#include "sense/v2/attribute.h"
#include "sense/v2/head.h"

namespace machiya::sense {
namespace {
using ngsiv2::quoted;
using tree::Arena;
using tree::Value;

constexpr std::int64_t kSecondUs = 1'000'000;
constexpr std::string_view kNone = "\x01";   // no attribute has this name: the list is not empty and shows none

std::vector<std::string> texts(const Value& list) {
  std::vector<std::string> out;
  for (const Value& item : list.items()) out.emplace_back(item.text());
  return out;
}
bool among(const std::vector<std::string>& list, std::string_view word) { return std::ranges::find(list, word) != list.end(); }

bool same_value(const Instance& a, const Instance& b) { return a.kind == b.kind && tree::equal(a.value, b.value) && tree::equal(a.value_type, b.value_type); }

bool same_metadata(const Instance& a, const Instance& b) {
  if (a.unit_code != b.unit_code || a.observed_at.us != b.observed_at.us || a.sub.size() != b.sub.size()) return false;
  return std::ranges::all_of(a.sub, [&](const Attribute& x) {
    const Attribute* y = find_attribute(b.sub, x.name);
    return y != nullptr && same_value(x.instances[0], y->instances[0]) && same_metadata(x.instances[0], y->instances[0]);
  });
}

std::string path_of(const Entity& entity) {
  if (entity.scopes.empty()) return "/";
  return (entity.scopes[0].starts_with('/') ? "" : "/") + std::string(entity.scopes[0]);
}

std::string_view action_of(AttributeChange::What what) {
  return what == AttributeChange::What::created ? "append" : what == AttributeChange::What::updated ? "update" : "delete";
}

bool unreserved(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || std::string_view("-._~").find(c) != std::string_view::npos; }

// What may not stand in a URL is encoded; `all`: everything that means something in a query, too.
std::string url_text(std::string_view text, bool all) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto u = static_cast<unsigned char>(c);
    const bool stays = all ? unreserved(c) : u > 0x20 && u < 0x7f && std::string_view("<>\"{}|\\^`").find(c) == std::string_view::npos;
    if (stays) {
      out += c;
    } else {
      out += '%', out += kHex[u >> 4], out += kHex[u & 15];
    }
  }
  return out;
}

// Nothing that could end a header's line.
std::string header_text(std::string text) {
  std::erase_if(text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
  return text;
}

void set_header(KeyValues& headers, const std::string& name, std::string value) {
  std::erase_if(headers, [&](const auto& h) { return lower_ascii(h.first) == lower_ascii(name); });
  if (!value.empty()) headers.emplace_back(name, std::move(value));
}

// A template's member as it is sent: %XX decoded, then macros replaced.
std::string filled(const Value& text, const MacroValues& values) { return substitute(percent_decoded_text(text.text()), values); }

void append_query(const Value& qs, const MacroValues& values, std::string& url) {
  char before = url.find('?') == std::string::npos ? '?' : '&';
  for (const tree::Member& m : qs.members()) {
    url += before + url_text(substitute(percent_decoded_text(m.key), values), true) + "=" + url_text(filled(m.value, values), true);
    before = '&';
  }
}

// ngsi: the entity with other attributes, or others' values; normalized ones are completed.
Value patched(const Value& entity, const Value& patch, bool normalized, Arena& arena) {
  std::vector<tree::Member> out(entity.members().begin(), entity.members().end());
  for (const tree::Member& m : patch.members()) {
    Value value = m.value;
    if (m.key != "id" && m.key != "type") {
      const Value& inner = value.is_object() && value.has("value") ? value["value"] : value;
      const Value type = value.is_object() && value["type"].is_string() ? value["type"] : Value::string(ngsiv2::default_type(inner));
      const Value metadata = value.is_object() && value["metadata"].is_object() ? value["metadata"] : arena.object(std::vector<tree::Member>());
      value = normalized ? arena.object({{"type", type}, {"value", inner}, {"metadata", metadata}}) : inner;
    }
    const auto there = std::ranges::find(out, m.key, &tree::Member::key);
    if (there != out.end()) there->value = value;
    else out.push_back({m.key, value});
  }
  return arena.object(out);
}

}  // namespace

// ---- what is asked

Result<void> V2Form::read_subject(const Value& subject, Subscription& out) {
  for (const Value& one : subject["entities"].items()) {
    MACHIYA_TRY(EntitySelector selector, ngsiv2::read_selector(one, names_));
    out.query.entities.push_back(std::move(selector));
  }
  const Value& condition = subject["condition"];
  for (const std::string& name : texts(condition["attrs"])) watched_.push_back(names_.iri(name));
  on_metadata_ = !condition.has("notifyOnMetadataChange") || condition["notifyOnMetadataChange"].truth;
  if (const Value& types = condition["alterationTypes"]; types.count > 0) {
    const auto words = texts(types);
    on_create_ = among(words, "entityCreate"), on_change_ = among(words, "entityChange"), on_update_ = among(words, "entityUpdate"), on_delete_ = among(words, "entityDelete");
  }
  if (condition.has("expression")) MACHIYA_CHECK(ngsiv2::read_expression(condition["expression"], names_, out.query));
  return {};
}

void V2Form::read_notification(const Value& n) {
  view_.attrs = texts(n["attrs"]), view_.except = texts(n["exceptAttrs"]), view_.metadata = texts(n["metadata"]);
  view_.covered = n["covered"].truth, only_changed_ = n["onlyChangedAttrs"].truth;
  if (n["attrsFormat"].is_string()) format_ = n["attrsFormat"].text();
  alone_ = format_.starts_with("simplified");
  view_.format = format_ == "values" ? ngsiv2::Format::values : format_ == "keyValues" || format_ == "simplifiedKeyValues" ? ngsiv2::Format::key_values : ngsiv2::Format::normalized;
  for (const char* target : {"http", "httpCustom", "mqtt", "mqttCustom"})
    if (n.has(target)) target_ = tree::to_text(n[target]), mqtt_ = std::string_view(target).starts_with("mqtt"), custom_ = std::string_view(target).ends_with("Custom");
}

Result<void> V2Form::compile(const Value& kept, Contexts& contexts, Subscription& out) {
  const Value& v2 = kept["v2"];
  std::shared_ptr<V2Form> form(new V2Form(contexts.core()));
  MACHIYA_CHECK(form->read_subject(v2["subject"], out));
  MACHIYA_TRY(out.query.paths, ngsiv2::read_paths(kept["path"].text()));
  form->read_notification(v2["notification"]);
  Arena arena;
  MACHIYA_TRY(const Value target, tree::parse(form->target_, arena));
  out.endpoint.uri = target["url"].text();
  const std::size_t authority = out.endpoint.uri.find("://");
  out.endpoint.key = lower_ascii(std::string_view(out.endpoint.uri).substr(0, out.endpoint.uri.find_first_of("/?#", authority == std::string::npos ? 0 : authority + 3)));
  out.endpoint.mqtt = out.endpoint.key.starts_with("mqtt");
  if (target["timeout"].is_number()) out.endpoint.timeout_us = static_cast<std::int64_t>(target["timeout"].number() * 1e3);
  out.watched = form->watched_, out.triggers = ~0u;
  out.active = v2["status"].text() != "inactive";
  if (v2["status"].text() == "oneshot") out.armed_us = static_cast<std::int64_t>(kept["armedAt"].number());
  if (const auto expires = v2_instant(v2["expires"].text())) out.expires_us = *expires;
  if (v2["throttling"].is_number()) out.throttling_us = static_cast<std::int64_t>(v2["throttling"].number()) * kSecondUs;
  out.terms = contexts.core(), out.v2 = std::move(form);
  return {};
}

// ---- what triggers

bool V2Form::counts(const Record& record, const AttributeChange& change) const {
  if (!change.dataset_id.empty() || (!watched_.empty() && !among(watched_, change.name))) return false;
  if (record.created()) return on_create_;
  if (record.deleted()) return on_delete_;
  if (on_update_) return true;
  if (!on_change_) return false;
  if (change.before == nullptr || change.after == nullptr) return true;
  return !same_value(*change.before, *change.after) || (on_metadata_ && !same_metadata(*change.before, *change.after));
}

bool V2Form::triggered(const Record& record) const {
  if (std::ranges::any_of(record.changes, [&](const AttributeChange& c) { return counts(record, c); })) return true;
  // An entity without attributes comes and goes, too.
  return record.changes.empty() && watched_.empty() && ((record.created() && on_create_) || (record.deleted() && on_delete_));
}

// ---- what is told

ngsiv2::View V2Form::view_of(const Record& record) const {
  ngsiv2::View out = view_;
  if (only_changed_) {
    std::vector<std::string> changed;
    for (const AttributeChange& c : record.changes) {
      const std::string name = names_.name(c.name);
      const bool wanted = view_.attrs.empty() ? !among(view_.except, name) : among(view_.attrs, name) || among(view_.attrs, "*");
      if (c.after != nullptr && c.dataset_id.empty() && wanted) changed.push_back(name);
    }
    if (changed.empty()) changed.emplace_back(kNone);
    out.attrs = std::move(changed), out.covered = false;
  }
  out.more = [this, &record](const Attribute& attribute, std::string_view name) -> std::string {
    const auto change = std::ranges::find_if(record.changes, [&](const AttributeChange& c) { return c.name == attribute.name && c.dataset_id.empty(); });
    if (change == record.changes.end()) return {};
    if (name == "actionType") return "{\"type\":\"Text\",\"value\":\"" + std::string(action_of(change->what)) + "\"}";
    // One that was forced to be told (forcedUpdate) has the value that it had.
    const Instance* before = change->before == nullptr && change->what == AttributeChange::What::updated ? change->after : change->before;
    if (before == nullptr) return {};
    Arena arena(256);
    return "{\"type\":" + quoted(ngsiv2::type_of(*before, names_)) + ",\"value\":" + tree::to_text(ngsiv2::value_of(*before, names_, arena)) + "}";
  };
  return out;
}

std::vector<std::string> V2Form::data(const Record& record) const {
  const Entity& entity = record.entity();
  ngsiv2::View view = view_of(record);
  std::string out = "{\"path\":" + quoted(path_of(entity)) + ",\"entity\":";
  ngsiv2::write_entity(entity, view, names_, out);
  if (custom_) {
    view.format = ngsiv2::Format::key_values, view.head = true;
    out += ",\"values\":";
    ngsiv2::write_entity(entity, view, names_, out);
  }
  return {out + "}"};
}

Parcel V2Form::parcel(const Subscription& s, const std::string& id, const std::vector<std::string>& data) const {
  Parcel out;
  out.uri = s.endpoint.uri, out.tenant = s.tenant, out.timeout_us = s.endpoint.timeout_us, out.bare = true;
  Arena arena;
  const auto message = tree::parse(data.empty() ? std::string_view("{}") : std::string_view(data.front()), arena);
  if (!message.ok()) return out;   // our own words: never
  out.content_type = "application/json";
  if (!s.tenant.empty()) out.headers.emplace_back("Fiware-Service", s.tenant);
  out.headers.emplace_back("Fiware-ServicePath", std::string((*message)["path"].text()));
  out.headers.emplace_back("Fiware-Correlator", id.substr(id.rfind(':') + 1));
  out.headers.emplace_back("Ngsiv2-AttrsFormat", format_);
  const std::string entity = tree::to_text((*message)["entity"]);
  out.body = alone_ ? entity : "{\"subscriptionId\":" + quoted(s.id) + ",\"data\":[" + entity + "]}";
  fill(s, *message, out);
  return out;
}

// The words of http, httpCustom, mqtt or mqttCustom.
void V2Form::fill(const Subscription& s, const Value& message, Parcel& out) const {
  Arena arena;
  const auto parsed = tree::parse(target_, arena);
  if (!parsed.ok()) return;
  const Value& target = *parsed;
  const MacroValues values{message["values"], s.tenant, message["path"].text()};
  if (mqtt_) {
    out.topic = custom_ ? filled(target["topic"], values) : std::string(target["topic"].text());
    out.user = target["user"].text(), out.password = target["passwd"].text(), out.retain = target["retain"].truth;
    if (target["qos"].is_number()) out.notifier.emplace_back("MQTT-QoS", std::string(target["qos"].text()));
    out.notifier.emplace_back("MQTT-Version", "mqtt3.1.1");
  }
  if (!custom_) return;
  if (!mqtt_) {
    out.uri = url_text(filled(target["url"], values), false);
    if (target["qs"].is_object()) append_query(target["qs"], values, out.uri);
    if (target["method"].is_string()) out.method = target["method"].text();
  }
  if (const Value* payload = target.find("payload")) {
    out.body = filled(*payload, values), out.content_type = payload->is_null() ? "" : "text/plain; charset=utf-8";
    set_header(out.headers, "Ngsiv2-AttrsFormat", "custom");
  } else if (const Value* json = target.find("json")) {
    out.body = tree::to_text(substitute(*json, values, arena));
    set_header(out.headers, "Ngsiv2-AttrsFormat", "custom");
  } else if (const Value* ngsi = target.find("ngsi"); ngsi != nullptr && message["entity"].is_object()) {
    const std::string entity = tree::to_text(patched(message["entity"], substitute(*ngsi, values, arena), view_.format == ngsiv2::Format::normalized, arena));
    out.body = alone_ ? entity : "{\"subscriptionId\":" + quoted(s.id) + ",\"data\":[" + entity + "]}";
  }
  // A header without a value takes ours away.
  for (const tree::Member& m : target["headers"].members()) {
    const std::string name = header_text(substitute(percent_decoded_text(m.key), values)), value = header_text(filled(m.value, values));
    if (lower_ascii(name) == "content-type") out.content_type = value;
    else if (!name.empty() && lower_ascii(name) != "content-length" && lower_ascii(name) != "host" && lower_ascii(name) != "transfer-encoding") set_header(out.headers, name, value);
  }
  if (out.method == "GET" || out.method == "DELETE") out.body.clear(), out.content_type.clear();
}

}  // namespace machiya::sense
