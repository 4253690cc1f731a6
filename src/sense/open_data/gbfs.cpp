// Feeds after the General Bikeshare Feed Specification, version 3.0 (MobilityData): stations from entities, field by field as the definition maps them.
#include <algorithm>
#include <cmath>

#include "base/json.h"
#include "sense/entities/stamp.h"
#include "sense/open_data/dataset.h"

namespace machiya::sense::open_data {
namespace {
using json::Value;

/// GBFS 3.0 writes texts as [{"text", "language"}].
Value localized(const city::Text& text, const std::vector<std::string>& languages) {
  Value out = Value::array();
  for (const std::string& lang : languages)
    if (text.has(lang) || lang == "ja") out.push(Value::object({{"text", text.in(lang)}, {"language", lang}}));
  return out;
}

Value localized(const Instance& instance, const std::vector<std::string>& languages) {
  Value out = Value::array();
  if (instance.kind != AttributeKind::language_property) {
    out.push(Value::object({{"text", cell_of(instance, "ja")}, {"language", languages.front()}}));
    return out;
  }
  for (const std::string& lang : languages)
    if (const tree::Value* text = instance.value.find(lang); text != nullptr && text->is_string()) out.push(Value::object({{"text", std::string(text->text())}, {"language", lang}}));
  return out;
}

/// Date-times of GBFS 3.0 are RFC 3339 with seconds.
std::string moment(std::int64_t us) { return stamp_text(us / kSecond * kSecond).substr(0, 19) + "Z"; }

bool is_text_field(std::string_view field) { return field == "name" || field == "short_name"; }
bool is_count(std::string_view field) { return field == "capacity" || field.starts_with("num_"); }

class Feed {
 public:
  Feed(const EntityType& type, const std::vector<EntityPtr>& entities) : type_(type), gbfs_(*type.open->gbfs), entities_(entities) {}

  Value information() const {
    Value stations = Value::array();
    for (const EntityPtr& e : entities_)
      if (auto station = information_of(*e)) stations.push(std::move(*station));
    return Value::object({{"stations", std::move(stations)}});
  }
  Value status() const {
    Value stations = Value::array();
    for (const EntityPtr& e : entities_)
      if (information_of(*e)) stations.push(status_of(*e));   // a station of which nobody knows where it is has no state either
    return Value::object({{"stations", std::move(stations)}});
  }
  Value about_system() const {
    Value languages = Value::array();
    for (const std::string& lang : gbfs_.languages) languages.push(lang);
    return Value::object({{"system_id", gbfs_.system_id}, {"languages", std::move(languages)}, {"name", localized(gbfs_.system_name, gbfs_.languages)}, {"opening_hours", gbfs_.opening_hours},
                          {"feed_contact_email", gbfs_.feed_contact_email}, {"timezone", gbfs_.timezone}, {"license_url", licence_of(type_.open->licence).iri}});
  }
  std::int64_t newest(std::int64_t otherwise) const {
    std::int64_t out = kNoTime;
    for (const EntityPtr& e : entities_) out = std::max(out, e->modified_us);
    return out == kNoTime ? otherwise : out;
  }

 private:
  const EntityType& type_;
  const GbfsMapping& gbfs_;
  const std::vector<EntityPtr>& entities_;

  const Instance* of(const Entity& e, const std::string& term) const {
    const AttributeType* a = type_.attribute_named(term);
    return a != nullptr ? instance_of(e, *a) : nullptr;
  }

  /// nullptr-like null: the entity has no such value, or one that the field cannot hold.
  Value field(const Entity& e, const std::string& name, const std::string& term) const {
    const Instance* i = of(e, term);
    if (i == nullptr) return {};
    const tree::Value& v = plain(i->value);
    if (name == "lat" || name == "lon") {
      const auto point = i->kind == AttributeKind::geo_property ? point_of(*i) : std::nullopt;
      if (point) return Value(name == "lat" ? point->lat : point->lon);
      return v.is_number() ? Value::number(std::string(v.text())) : Value();
    }
    if (is_text_field(name)) return localized(*i, gbfs_.languages);
    if (name == "last_reported") {
      const auto stamp = v.is_string() ? parse_stamp(v.text()) : std::nullopt;
      return stamp ? Value(moment(stamp->us)) : Value();
    }
    if (is_count(name)) return v.is_number() && std::isfinite(v.number()) ? Value(static_cast<std::int64_t>(std::max(0.0, std::floor(v.number())))) : Value();
    if (v.is_bool()) return v.truth;
    if (v.is_number()) return Value::number(std::string(v.text()));
    return v.is_string() ? Value(std::string(v.text())) : Value();
  }

  // station_id, name, lat and lon are required: what lacks one is no station.
  std::optional<Value> information_of(const Entity& e) const {
    Value out = Value::object({{"station_id", std::string(e.id)}});
    for (const auto& [name, term] : gbfs_.information)
      if (Value v = field(e, name, term); !v.is_null()) out.set(name, std::move(v));
    if (!out.has("lat") || !out.has("lon") || !out.has("name") || out["name"].size() == 0) return std::nullopt;
    return out;
  }

  Value status_of(const Entity& e) const {
    Value out = Value::object({{"station_id", std::string(e.id)}});
    std::int64_t reported = kNoTime;
    for (const auto& [name, term] : gbfs_.status) {
      if (Value v = field(e, name, term); !v.is_null()) out.set(name, std::move(v));
      if (const Instance* i = of(e, term)) reported = std::max(reported, i->observed_at.present() ? i->observed_at.us : i->modified_us);
    }
    const auto otherwise = [&](const char* name, Value value) {
      if (!out.has(name)) out.set(name, std::move(value));
    };
    otherwise("num_vehicles_available", 0), otherwise("is_installed", true), otherwise("is_renting", gbfs_.vehicles), otherwise("is_returning", true);
    otherwise("last_reported", moment(reported == kNoTime ? e.modified_us : reported));
    return out;
  }
};

Value feeds(const std::string& base) {
  Value list = Value::array();
  for (const char* name : {"system_information", "station_information", "station_status"}) list.push(Value::object({{"name", name}, {"url", base + name + ".json"}}));
  return Value::object({{"feeds", std::move(list)}});
}

}  // namespace

Result<std::string> gbfs_file(const EntityType& type, const std::vector<EntityPtr>& entities, std::string_view file, const std::string& base_url, std::int64_t now_us) {
  const Error none(ErrorCode::not_found, "there is no such file of the feed");
  if (!type.open || !type.open->gbfs) return none;
  const Feed feed(type, entities);
  Value data;
  if (file == "gbfs.json") data = feeds(base_url + std::string(kBase) + "/" + type.open->name + "/gbfs/");
  else if (file == "system_information.json") data = feed.about_system();
  else if (file == "station_information.json") data = feed.information();
  else if (file == "station_status.json") data = feed.status();
  else return none;
  return json::to_text(Value::object({{"last_updated", moment(feed.newest(now_us))}, {"ttl", type.open->gbfs->ttl}, {"version", "3.0"}, {"data", std::move(data)}}));
}

}  // namespace machiya::sense::open_data
