#include "sense/registrations/registration.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "base/text.h"
#include "base/time.h"
#include "sense/entities/stamp.h"
#include "sense/history/duration.h"

namespace machiya::sense {
namespace {
using tree::Value;

constexpr std::array<std::string_view, 4> kModes = {"inclusive", "exclusive", "redirect", "auxiliary"};

std::vector<std::string> texts(const Value& v) {
  std::vector<std::string> out;
  if (v.is_string()) out.emplace_back(v.text());
  for (const Value& item : v.items()) out.emplace_back(item.text());
  return out;
}

Result<RegisteredEntity> entity_of(const Value& v) {
  RegisteredEntity out;
  out.id = v["id"].text(), out.types = texts(v["type"]);
  if (const Value& pattern = v["idPattern"]; pattern.is_string()) {
    MACHIYA_TRY(out.id_pattern, TextPattern::compile(pattern.text()));
  }
  return out;
}

Result<std::vector<RegistrationInfo>> information_of(const Value& list) {
  std::vector<RegistrationInfo> out;
  for (const Value& v : list.items()) {
    RegistrationInfo& info = out.emplace_back();
    info.properties = texts(v["propertyNames"]), info.relationships = texts(v["relationshipNames"]);
    for (const Value& e : v["entities"].items()) {
      MACHIYA_TRY(RegisteredEntity one, entity_of(e));
      info.entities.push_back(std::move(one));
    }
  }
  return out;
}

std::optional<RegisteredInterval> interval_of(const Value& v) {
  if (!v.is_object()) return std::nullopt;
  RegisteredInterval out;
  if (const auto from = parse_stamp(v["startAt"].text())) out.from_us = from->us;
  if (const auto until = parse_stamp(v["endAt"].text())) out.until_us = until->us;
  return out;
}

std::int64_t milliseconds(const Value& v) { return v.is_number() ? static_cast<std::int64_t>(std::llround(v.number() * 1e3)) : 0; }

// Months of 30 days: nobody caches that exactly.
std::int64_t duration(const Value& v) {
  const auto out = parse_duration(v.text());
  return out ? out->months * 30 * kDay + out->us : 0;
}

}  // namespace

std::string_view mode_name(RegistrationMode mode) { return kModes[static_cast<std::size_t>(mode)]; }

bool RegistrationInfo::has_attribute(std::string_view name) const {
  return every_attribute() || std::ranges::find(properties, name) != properties.end() || std::ranges::find(relationships, name) != relationships.end();
}

std::string_view Registration::info(std::string_view key) const {
  const std::string wanted = lower_ascii(key);
  for (const auto& [name, value] : source_info)
    if (lower_ascii(name) == wanted) return value;
  return {};
}

Result<RegistrationPtr> parse_registration(std::string tenant, std::string body, std::string context, std::int64_t created_us, std::int64_t modified_us) {
  auto out = std::make_shared<Registration>();
  out->tenant = std::move(tenant), out->body = std::move(body), out->context = std::move(context), out->created_us = created_us, out->modified_us = modified_us;
  MACHIYA_TRY(out->members_, tree::parse(out->body, out->arena_));
  const Value& v = out->members_;
  out->id = v["id"].text(), out->endpoint = v["endpoint"].text(), out->source_tenant = v["tenant"].text();
  out->alias = v[v.has("contextSourceAlias") ? "contextSourceAlias" : "hostAlias"].text();
  if (const auto mode = std::ranges::find(kModes, v["mode"].text()); mode != kModes.end()) out->mode = static_cast<RegistrationMode>(mode - kModes.begin());
  MACHIYA_TRY(out->information, information_of(v["information"]));
  for (const std::string& name : texts(v["operations"])) out->operations.add(operations_of(name));
  if (!v.has("operations")) out->operations = operations_of("federationOps");
  for (const Value& pair : v["contextSourceInfo"].items()) out->source_info.emplace_back(pair["key"].text(), pair["value"].text());
  const Value& management = v["management"];
  out->local_only = management["localOnly"].truth;
  out->timeout_us = milliseconds(management["timeout"]), out->cooldown_us = milliseconds(management["cooldown"]);
  out->cache_us = duration(management["cacheDuration"]);
  out->refresh_us = duration(v["refreshRate"]);
  out->observation = interval_of(v["observationInterval"]), out->management = interval_of(v["managementInterval"]);
  if (const auto expires = parse_stamp(v["expiresAt"].text())) out->expires_us = expires->us;
  return RegistrationPtr(std::move(out));
}

}  // namespace machiya::sense
