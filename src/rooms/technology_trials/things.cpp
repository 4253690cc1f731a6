// What the devices of a trial say now, and said over its time.
#include <algorithm>

#include "platform/locale/locale.h"
#include "rooms/technology_trials/web.h"
#include "sense/models/entity_type.h"
#include "sense/rules/series_view.h"

namespace machiya::trials::detail {
namespace {
using pages::Data;
using sense::Attribute;
using sense::AttributeType;
using sense::EntityPtr;
using sense::EntityType;

constexpr std::int64_t kSpeaks = kDay;   // who said nothing for longer is called silent
constexpr int kParts = 40;

const EntityType* type_of(const sense::EntityTypes& types, const sense::Entity& entity) {
  for (const std::string_view type : entity.types)
    if (const EntityType* found = types.by_iri(type)) return found;
  return nullptr;
}

/// Only what the city's definitions open to everybody, on the pages of staff, too: the rest is read through the broker, with a purpose.
struct Showing {
  bool shown = false;
  const AttributeType* type = nullptr;
};
Showing showing(const EntityType* type, const Attribute& attribute) {
  const AttributeType* found = type ? type->attribute(attribute.name) : nullptr;
  return {found != nullptr && type->reading.open && found->reading.open, found};
}

std::string text_of(const tree::Value& value) { return value.is_bool() ? (value.truth ? "✓" : "–") : std::string(value.text()); }

/// As people read it: the label of a choice, else the value.
Data value_text(const tree::Value& value, const AttributeType* type, std::string_view lang) {
  const std::string text = text_of(value);
  if (type)
    for (const sense::Choice& choice : type->choices)
      if (choice.value == text && !choice.label.empty()) return words(choice.label.in(lang), lang);
  return Data(text);
}

std::string title_of(const sense::Entity& entity, const EntityType* type) {
  if (type)
    for (const char* term : {"title", "name"})
      if (const AttributeType* named = type->attribute_named(term))
        if (const Attribute* found = entity.attribute(named->iri))
          if (const tree::Value& value = found->instances.front().value; value.is_string()) return std::string(value.text());
  return std::string(entity.id);
}

struct Value {
  Data data;
  std::int64_t at_us = sense::kNoTime;
};
std::vector<Value> values_of(const sense::Entity& entity, const EntityType* type, const Shown& shown) {
  std::vector<Value> out;
  for (const Attribute& attribute : entity.attributes) {
    const Showing how = showing(type, attribute);
    if (!how.shown || (how.type && (how.type->name == "title" || how.type->name == "name"))) continue;
    const sense::Instance& one = attribute.instances.front();
    if (!one.value.is_scalar() || one.value.is_null()) continue;
    const std::int64_t at_us = one.observed_at.present() ? one.observed_at.us : one.modified_us;
    const std::string unit = !one.unit_code.empty() ? std::string(one.unit_code) : how.type ? how.type->unit : std::string();
    Data row = Data().set("label", how.type && !how.type->label.empty() ? words(how.type->label.in(shown.lang), shown.lang) : Data(std::string(sense::rules::short_name(attribute.name))));
    row.set("value", value_text(one.value, how.type, shown.lang)).set("unit", std::string(sense::rules::unit_sign(unit))).set("at", locale::format_time(Instant{at_us}, shown.lang));
    out.push_back({std::move(row), how.type && how.type->series ? at_us : sense::kNoTime});
  }
  return out;
}

Data alarms_of(const Web& web, const std::string& id, const Shown& shown) {
  Data out{Data::List{}};
  const auto rows = web.alarms.of_entity("", id);
  if (!rows.ok()) return out;
  const auto city = web.city();
  for (const sense::rules::AlarmRow& row : *rows) {
    const sense::rules::Mode mode = row.alarm.mode();
    if (row.alarm.state == sense::rules::State::normal && mode == sense::rules::Mode::in_service) continue;
    const auto* rule = city->get<sense::rules::Rule>("alarm", row.rule);
    if (!rule || !shown.sees_alarms(rule->owner)) continue;
    const std::string key = mode == sense::rules::Mode::in_service ? "state." + std::string(word(row.alarm.state)) : "mode." + std::string(word(mode));
    out.push(Data().set("href", "/staff/alarms/" + row.public_id).set("name", rule->name.in(shown.lang)).set("state", web.texts.text(shown.lang, "staff_alarms." + key)));
  }
  return out;
}

}  // namespace

void add_things(const Web& web, const Trial& trial, const Shown& shown, Data& data) {
  const sense::EntityTypes types(web.city());
  const std::int64_t now_us = web.clock.now().us;
  Data things{Data::List{}};
  int speaking = 0, all = 0;
  for (const std::string& id : trial.things) {
    const EntityPtr entity = web.entities.get("", id);
    if (!entity && !shown.sees_alarms) continue;
    ++all;
    if (!entity) {
      things.push(Data().set("title", id).set("absent", true));
      continue;
    }
    const EntityType* type = type_of(types, *entity);
    Data values{Data::List{}};
    std::int64_t last_us = sense::kNoTime;
    for (Value& value : values_of(*entity, type, shown)) last_us = std::max(last_us, value.at_us), values.push(std::move(value.data));
    Data thing = Data().set("title", title_of(*entity, type)).set("values", std::move(values));
    if (type) thing.set("type", words(type->name.in(shown.lang), shown.lang));
    if (last_us != sense::kNoTime && last_us + kSpeaks >= now_us) ++speaking;
    else thing.set("silent", true);
    if (shown.sees_alarms) thing.set("id", id).set("alarms", alarms_of(web, id, shown));
    things.push(std::move(thing));
  }
  data.set("things", std::move(things));
  if (all > 0) data.set("speaking", web.texts.text(shown.lang, "trials.speaking", {{"speaking", std::to_string(speaking)}, {"all", std::to_string(all)}}));
}

void add_results(const Web& web, const Trial& trial, const Shown& shown, Data& data) {
  const auto stretch = stretch_of(trial, web.clock.now());
  if (!stretch) return;
  const sense::EntityTypes types(web.city());
  Data series{Data::List{}};
  int number = 0;
  for (const std::string& id : trial.things) {
    const EntityPtr entity = web.entities.get("", id);
    if (!entity) continue;
    const EntityType* type = type_of(types, *entity);
    for (const Attribute& attribute : entity->attributes) {
      const Showing how = showing(type, attribute);
      if (!how.shown || how.type == nullptr || !how.type->series) continue;
      const auto periods = sense::rules::series_periods(web.history, web.numbers, "", id, attribute.name, stretch->from_us, stretch->to_us, kParts);
      if (!periods.ok() || periods->empty()) continue;
      const std::string label = how.type->label.empty() ? how.type->name : how.type->label.in(plain_language(shown.lang)), title = title_of(*entity, type) + " · " + label;
      const auto whole = sense::rules::whole(*periods);
      Data one = Data().set("chart", sense::rules::series_chart("series-" + std::to_string(++number), title, *periods)).set("title", title);
      one.set("count", std::to_string(whole.count)).set("min", sense::rules::number_text(whole.min)).set("avg", sense::rules::number_text(whole.average())).set("max", sense::rules::number_text(whole.max));
      series.push(std::move(one));
    }
  }
  if (number > 0) data.set("results", Data().set("series", std::move(series)));
}

}  // namespace machiya::trials::detail
