#include "sense/providers/provider.h"

#include <algorithm>

#include "sense/query/literal.h"
#include "sense/v2/asking.h"
#include "sense/v2/entity_read.h"
#include "sense/v2/names.h"
#include "sense/v2/view.h"

namespace machiya::sense {
namespace {
using ngsiv2::quoted;
using tree::Value;

constexpr std::string_view kMembers[] = {"description", "dataProvided", "provider", "expires", "status"};
constexpr std::string_view kModes[] = {"all", "none", "query", "update"};
constexpr std::size_t kMostElements = 1000, kLongestDescription = 1024;

Error bad(std::string why) { return Error(ErrorCode::invalid_input, std::move(why)); }
template <class List> bool among(const List& list, std::string_view word) { return std::ranges::find(list, word) != std::end(list); }

Result<void> only(const Value& object, std::initializer_list<std::string_view> known, std::string_view what) {
  if (!object.is_object()) return bad(std::string(what) + " is not a JSON object");
  for (const tree::Member& m : object.members())
    if (!among(known, m.key)) return bad("unrecognized property for " + std::string(what) + ": '" + std::string(m.key) + "'");
  return {};
}

Result<void> check_pattern(const Value& pattern, std::string_view what) {
  if (!pattern.is_string()) return bad("Invalid JSON type for entity " + std::string(what));
  if (pattern.text().empty() || !TextPattern::compile(pattern.text()).ok()) return bad("Invalid regex for entity " + std::string(what));
  return {};
}

Result<void> check_entity(const Value& one) {
  MACHIYA_CHECK(only(one, {"id", "idPattern", "type", "typePattern"}, "entity"));
  if (!one.has("id") && !one.has("idPattern")) return bad("no 'id' or 'idPattern' for entity of dataProvided");
  if (one.has("id") && one.has("idPattern")) return bad("id and idPattern cannot be used at the same time");
  if (one.has("type") && one.has("typePattern")) return bad("type and typePattern cannot be used at the same time");
  for (const char* word : {"id", "type"}) {
    if (!one.has(word)) continue;
    if (!one[word].is_string()) return bad("Invalid JSON type for entity " + std::string(word));
    MACHIYA_CHECK(ngsiv2::check_field(one[word].text(), "entity " + std::string(word)));
  }
  for (const char* word : {"idPattern", "typePattern"})
    if (one.has(word)) MACHIYA_CHECK(check_pattern(one[word], word));
  return {};
}

Result<void> check_data(const Value& data) {
  MACHIYA_CHECK(only(data, {"entities", "attrs"}, "dataProvided"));
  const Value& entities = data["entities"];
  if (!entities.is_array()) return bad("missing entities in dataProvided");
  if (entities.count == 0) return bad("empty entities vector in dataProvided");
  if (entities.count > kMostElements || data["attrs"].count > kMostElements) return bad("too many elements in dataProvided");
  for (const Value& one : entities.items()) MACHIYA_CHECK(check_entity(one));
  if (!data.has("attrs")) return {};
  if (!data["attrs"].is_array()) return bad("attrs of dataProvided is not a JSON array");
  for (const Value& name : data["attrs"].items()) {
    if (!name.is_string()) return bad("attrs element of dataProvided is not a string");
    MACHIYA_CHECK(ngsiv2::check_attribute_name(name.text()));
  }
  return {};
}

Result<void> check_source(const Value& provider) {
  MACHIYA_CHECK(only(provider, {"http", "supportedForwardingMode", "legacyForwarding"}, "provider"));
  if (!provider.has("http")) return bad("missing http of provider");
  MACHIYA_CHECK(only(provider["http"], {"url"}, "http"));
  const std::string_view url = provider["http"]["url"].text();
  const std::size_t scheme = url.starts_with("http://") ? 7 : url.starts_with("https://") ? 8 : 0;
  const bool plain = std::ranges::all_of(url, [](char c) { return static_cast<unsigned char>(c) > 0x20 && static_cast<unsigned char>(c) < 0x7f && c != '?' && c != '#'; });
  if (!provider["http"]["url"].is_string() || scheme == 0 || url.size() == scheme || url[scheme] == '/' || !plain) return bad("Invalid URL of provider");
  if (const Value* mode = provider.find("supportedForwardingMode"); mode != nullptr && !among(kModes, mode->text())) return bad("supportedForwardingMode is none of: all, none, query, update");
  const Value& legacy = provider["legacyForwarding"];
  if (provider.has("legacyForwarding") && !legacy.is_bool()) return bad("legacyForwarding is not a boolean");
  return legacy.truth ? bad("legacyForwarding: NGSIv1 is not spoken here") : Result<void>();
}

Result<void> check_member(std::string_view key, const Value& value) {
  if (key == "dataProvided") return check_data(value);
  if (key == "provider") return check_source(value);
  if (!value.is_string()) return bad(std::string(key) + " is not a string");
  if (key == "description" && value.count > kLongestDescription) return bad("max description length exceeded");
  if (key == "description" && ngsiv2::has_forbidden(value.text())) return bad("forbidden characters in registration description");
  if (key == "expires" && !value.text().empty() && !detail::instant_of(value.text()) && !detail::day_of(value.text())) return bad("expires has an invalid format");
  if (key == "status" && value.text() != "active" && value.text() != "inactive") return bad("status is not valid: it has to be either active or inactive");
  return {};
}

Result<void> check_members(const Value& body) {
  if (!body.is_object()) return bad("not a JSON object");
  for (const tree::Member& m : body.members()) {
    if (!among(kMembers, m.key)) return bad("unrecognized field in registration: '" + std::string(m.key) + "'");
    MACHIYA_CHECK(check_member(m.key, m.value));
  }
  return {};
}

Result<std::optional<TextPattern>> pattern_of(const Value& of, std::string_view member) {
  std::optional<TextPattern> out;
  // ".*" says nothing.
  if (of.has(member) && of[member].text() != ".*") {
    MACHIYA_TRY(out, TextPattern::compile(of[member].text()));
  }
  return out;
}

void date(std::string& out, const char* name, std::int64_t us) {
  if (us != kNoTime) out += ",\"" + std::string(name) + "\":" + quoted(ngsiv2::date_text(us));
}

}  // namespace

bool ProvidedEntity::has_id(std::string_view asked) const { return !id.empty() ? id == asked : !id_pattern || id_pattern->found_in(asked); }
bool ProvidedEntity::has_type(std::string_view asked) const { return !type.empty() ? type == asked : !type_pattern || type_pattern->found_in(asked); }

bool Provider::has_attribute(std::string_view name) const { return attrs.empty() || std::ranges::find(attrs, name) != attrs.end(); }

const ProvidedEntity* Provider::find(std::string_view of_id, std::string_view of_type) const {
  const auto it = std::ranges::find_if(entities, [&](const ProvidedEntity& e) { return e.has(of_id, of_type); });
  return it == entities.end() ? nullptr : &*it;
}

Result<std::string> read_provider(const Value& body) {
  if (!body.is_object()) return bad("not a JSON object");
  for (const char* word : {"dataProvided", "provider"})
    if (!body.has(word)) return bad("missing " + std::string(word) + " in registration");
  MACHIYA_CHECK(check_members(body));
  return tree::to_text(body);
}

Result<std::string> merge_provider(const std::string& kept, const Value& fragment) {
  MACHIYA_CHECK(check_members(fragment));
  tree::Arena arena;
  MACHIYA_TRY(const Value before, tree::parse(kept, arena));
  std::vector<tree::Member> members;
  for (const std::string_view key : kMembers) {
    const Value* value = fragment.has(key) ? fragment.find(key) : before.find(key);
    if (value != nullptr) members.push_back({key, *value});
  }
  return tree::to_text(arena.object(members));
}

Result<ProviderPtr> parse_provider(std::string tenant, std::string id, std::string path, std::string body, std::int64_t created_us, std::int64_t modified_us) {
  tree::Arena arena;
  MACHIYA_TRY(const Value kept, tree::parse(body, arena));
  auto out = std::make_shared<Provider>();
  out->tenant = std::move(tenant), out->id = std::move(id), out->path = std::move(path), out->created_us = created_us, out->modified_us = modified_us;
  for (const Value& one : kept["dataProvided"]["entities"].items()) {
    ProvidedEntity& e = out->entities.emplace_back();
    e.id = one["id"].text(), e.type = one["type"].text();
    MACHIYA_TRY(e.id_pattern, pattern_of(one, "idPattern"));
    MACHIYA_TRY(e.type_pattern, pattern_of(one, "typePattern"));
  }
  for (const Value& name : kept["dataProvided"]["attrs"].items()) out->attrs.emplace_back(name.text());
  const Value& provider = kept["provider"];
  out->url = provider["http"]["url"].text();
  while (out->url.ends_with('/')) out->url.pop_back();
  const std::string_view mode = provider.has("supportedForwardingMode") ? provider["supportedForwardingMode"].text() : "all";
  out->asked = mode == "all" || mode == "query", out->written = mode == "all" || mode == "update";
  out->active = kept["status"].text() != "inactive";
  if (const std::string_view text = kept["expires"].text(); !text.empty()) {
    const auto instant = detail::instant_of(text), day = detail::day_of(text);
    out->expires_us = instant ? *instant : day ? *day : kNoTime;
  }
  auto source = std::make_shared<Registration>();
  source->tenant = out->tenant, source->id = out->id, source->endpoint = out->url;
  out->source = std::move(source), out->body = std::move(body);
  return ProviderPtr(std::move(out));
}

std::string write_provider(const Provider& provider, const ProviderState& state, std::int64_t now_us) {
  tree::Arena arena;
  const auto kept = tree::parse(provider.body, arena);
  if (!kept.ok()) return "{}";   // our own words: never
  std::string out = "{\"id\":" + quoted(provider.id);
  for (const char* word : {"description", "expires"})
    if (const Value& value = (*kept)[word]; value.count > 0) out += ",\"" + std::string(word) + "\":" + quoted(value.text());
  const Value& data = (*kept)["dataProvided"];
  const Value& source = (*kept)["provider"];
  out += ",\"dataProvided\":{\"entities\":" + tree::to_text(data["entities"]) + ",\"attrs\":" + (data.has("attrs") ? tree::to_text(data["attrs"]) : std::string("[]")) + "}";
  out += ",\"provider\":{\"http\":" + tree::to_text(source["http"]) + ",\"supportedForwardingMode\":" +
         quoted(source.has("supportedForwardingMode") ? source["supportedForwardingMode"].text() : "all") + ",\"legacyForwarding\":false}";
  const bool expired = provider.expires_us != kNoTime && provider.expires_us <= now_us;
  out += std::string(",\"status\":\"") + (expired ? "expired" : provider.active ? "active" : "inactive") + "\"";
  if (state.sent > 0) {
    out += ",\"forwardingInformation\":{\"timesSent\":" + std::to_string(state.sent);
    date(out, "lastForwarding", state.last_us), date(out, "lastSuccess", state.success_us), date(out, "lastFailure", state.failure_us);
    out += "}";
  }
  return out + "}";
}

}  // namespace machiya::sense
