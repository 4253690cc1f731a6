#include "sense/livemap/things.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "feel/value.h"
#include "platform/locale/locale.h"

namespace machiya::sense::livemap {
namespace {

const Instance* first_of(const Entity& entity, std::string_view name) {
  const Attribute* a = entity.attribute(name);
  if (a == nullptr || a->instances.empty()) return nullptr;
  const Instance* plain = a->instance("");
  return plain != nullptr ? plain : &a->instances.front();
}

/// {"ja": "…", "en": "…"} in the language, in English, or in what comes first.
std::string in_language(const tree::Value& map, std::string_view lang) {
  const std::string_view tried[] = {lang == "ja-easy" ? std::string_view("ja") : lang, "ja", "en", "@none"};
  for (const std::string_view one : tried)
    if (const tree::Value* v = map.find(one)) return std::string(v->is_array() && v->count > 0 ? v->items()[0].text() : v->text());
  const auto members = map.members();
  return members.empty() ? std::string() : std::string(members[0].value.text());
}

std::string scalar_text(const tree::Value& v, const AttributeType& type, std::string_view lang) {
  std::string written = v.is_bool() ? (v.truth ? "true" : "false") : v.is_scalar() ? std::string(v.text()) : tree::to_text(v);
  // A date-time may be {"@type": "DateTime", "@value": "…"} (§4.6.3).
  if (const tree::Value* dated = v.find("@value")) written = std::string(dated->text());
  if (lang.empty()) return written;
  for (const Choice& c : type.choices)
    if (c.value == written && !c.label.empty()) return plain(c.label, lang);
  if (type.kind == ValueKind::date_time)
    if (const auto t = parse_rfc3339(written)) return locale::format_time(*t, lang);
  const tree::Value *at = v.find("at"), *expected = v.find("expected");
  if (at != nullptr && expected != nullptr)
    if (const auto t = parse_rfc3339(at->text())) return to_iso_japan(*t).substr(11, 5) + " ≈" + std::to_string(std::llround(expected->number()));
  if (v.is_bool()) return written == "true" ? "○" : "×";
  constexpr std::size_t kLongest = 600;   // bytes; a map is no place for more
  if (written.size() > kLongest) {
    std::size_t end = kLongest;
    while (end > 0 && (static_cast<unsigned char>(written[end]) & 0xC0) == 0x80) --end;
    written = written.substr(0, end) + "…";
  }
  return written;
}

feel::Value feel_value(const Entity& entity, const AttributeType& type) {
  const Instance* i = first_of(entity, type.iri);
  if (i == nullptr) return {};
  const auto one = [&](const tree::Value& v) -> feel::Value {
    if (v.is_bool()) return feel::Value::boolean(v.truth);
    if (v.is_number()) {
      const auto d = feel::Decimal::parse(v.text());
      return feel::Value::number(d ? *d : feel::Decimal::from_double(v.number()));
    }
    if (!v.is_string()) return {};
    if (type.kind == ValueKind::date_time)
      if (const auto t = parse_rfc3339(v.text())) return feel::Value::instant(*t);
    return feel::Value::string(std::string(v.text()));
  };
  if (const tree::Value* dated = i->value.find("@value")) return one(*dated);
  if (!i->value.is_array()) return one(i->value);
  std::vector<feel::Value> list;
  for (const tree::Value& v : i->value.items()) list.push_back(one(v));
  return feel::Value::list(std::move(list));
}

}  // namespace

std::string plain(const city::Text& text, std::string_view lang) {
  const std::string& written = text.in(lang);
  if (lang != "ja-easy") return written;
  std::string out;
  for (const locale::TextPiece& piece : locale::parse_text(written)) out += piece.text;
  return out;
}

std::string value_text(const Entity& entity, const AttributeType& type, std::string_view lang) {
  const Instance* i = first_of(entity, type.iri);
  if (i == nullptr || i->value.is_null()) return "";
  if (i->kind == AttributeKind::language_property) return in_language(i->value, lang);
  if (!i->value.is_array()) return scalar_text(i->value, type, lang);
  std::string out;
  for (const tree::Value& one : i->value.items()) out += (out.empty() ? "" : ", ") + scalar_text(one, type, lang);
  return out;
}

std::optional<double> value_number(const Entity& entity, const AttributeType& type) {
  const Instance* i = first_of(entity, type.iri);
  return i != nullptr && i->value.is_number() ? std::optional(i->value.number()) : std::nullopt;
}

std::optional<Bound> Bound::of(const Map& map, const Layer& layer, const std::shared_ptr<const city::City>& city) {
  Bound out{&map, &layer, city->get<EntityType>("entity-type", layer.entities)};
  if (out.type == nullptr) return std::nullopt;
  const AttributeType *place = out.type->attribute_named(layer.place), *title = out.type->attribute_named(layer.title);
  if (place == nullptr || title == nullptr) return std::nullopt;
  out.place = place->iri, out.title = title->iri, out.city = city;
  for (const Shown& s : layer.show) out.shown.push_back(out.type->attribute_named(s.term));
  for (const std::string& term : layer.decides) out.decides.push_back(out.type->attribute_named(term));
  const auto lacks = [](const std::vector<const AttributeType*>& list) { return std::ranges::find(list, nullptr) != list.end(); };
  if (lacks(out.shown) || lacks(out.decides)) return std::nullopt;
  out.others = entity_types_of(*city);
  return out;
}

Sight Bound::sight(const Gate* gate) const {
  Sight out;
  const std::string_view types[] = {type->iri};
  const auto sees = [&](const std::string& attribute) {
    if (gate != nullptr && !gate->sees(types, attribute)) return false;
    if (const AttributeType* a = type->attribute(attribute); (a == nullptr || !a->reading.open) && std::ranges::find(out.restricted, attribute) == out.restricted.end()) out.restricted.push_back(attribute);
    return true;
  };
  out.layer = (gate == nullptr || gate->sees(types)) && sees(place);
  out.title = out.layer && sees(title);
  out.classes = out.layer && std::ranges::all_of(decides, [&](const AttributeType* a) { return sees(a->iri); });
  for (const AttributeType* a : shown) out.shown.push_back(out.layer && sees(a->iri));
  return out;
}

bool Bound::takes(const Entity& entity) const {
  if (!entity.has_type(type->iri)) return false;
  if (entity.types.size() == 1) return true;
  return std::ranges::all_of(entity.types, [&](std::string_view iri) {
    if (iri == type->iri) return true;
    const auto there = std::ranges::find_if(others, [&](const EntityType* o) { return o->iri == iri; });
    if (there == others.end() || !(*there)->reading.open) return false;
    const auto open = [&](std::string_view attribute) {
      const AttributeType* a = (*there)->attribute(attribute);
      return a == nullptr || a->reading.open;
    };
    const auto all_open = [&](const std::vector<const AttributeType*>& list) { return std::ranges::all_of(list, [&](const AttributeType* a) { return open(a->iri); }); };
    return open(place) && open(title) && all_open(shown) && all_open(decides);
  });
}

const city::Text& Bound::label(std::size_t i) const { return layer->show[i].label.empty() ? shown[i]->label : layer->show[i].label; }

Things::Things(Bound bound, std::shared_ptr<const Wards> wards, Instant) : bound_(std::move(bound)), wards_(std::move(wards)) {
  for (const Class& c : bound_.layer->classes)
    if (c.when && (c.when.source().find("now(") != std::string::npos || c.when.source().find("today(") != std::string::npos)) clocked_ = true;
}

std::uint8_t Things::class_of(const Entity& entity, Instant now) const {
  const auto& classes = bound_.layer->classes;
  std::optional<double> number;
  std::vector<feel::Value> values;
  for (std::size_t i = 0; i < bound_.decides.size(); ++i)
    if (bound_.layer->decides[i] == bound_.layer->classify) number = value_number(entity, *bound_.decides[i]);
  for (std::size_t k = 0; k < classes.size(); ++k) {
    const Class& c = classes[k];
    if (!c.when) {
      if (number && (!c.from || *number >= *c.from) && (!c.below || *number < *c.below)) return static_cast<std::uint8_t>(k);
      continue;
    }
    if (values.empty())
      for (const AttributeType* a : bound_.decides) values.push_back(feel_value(entity, *a));
    feel::Environment environment(now);
    environment.max_steps = 10'000;
    const auto fits = c.when.evaluate(values, environment);
    if (fits.ok() && fits->is_true()) return static_cast<std::uint8_t>(k);
  }
  return static_cast<std::uint8_t>(classes.size());
}

Thing Things::made(const EntityPtr& entity, Instant now) const {
  Thing out;
  out.entity = entity;
  const Instance* i = first_of(*entity, bound_.place);
  if (i == nullptr) return out;
  if (const auto p = point_of(i->value)) {
    out.has_place = true, out.at = spot_of(*p), out.box = Box::of(*p);
  } else if (const auto box = box_of(i->value); box && !box->empty()) {
    out.has_place = true, out.is_point = false, out.box = *box;
    out.at = spot_of({(box->west + box->east) / 2, (box->south + box->north) / 2});
  }
  if (!out.has_place) return out;
  out.klass = class_of(*entity, now);
  out.ward = wards_->at({(out.box.west + out.box.east) / 2, (out.box.south + out.box.north) / 2});
  return out;
}

void Things::take_out(std::uint32_t slot) {
  Thing& t = things_[slot];
  slots_.erase(t.entity->id);
  if (!t.has_place) --unplaced_;
  else if (t.is_point) points_.erase(slot);
  else shapes_.erase(slot), --shape_count_;
  t = {};
  free_.push_back(slot);
}

Things::Moved Things::put(std::string_view id, const EntityPtr& entity, Instant now) {
  Moved out;
  const auto there = slots_.find(id);
  std::optional<std::uint32_t> slot;
  if (there != slots_.end()) slot = there->second;
  if (slot && things_[*slot].has_place) out.before = things_[*slot].at;
  const bool stays = entity && is_one(*entity) && !(entity->expires_at.present() && entity->expires_at.us <= now.us);
  if (!stays) {
    if (slot) take_out(*slot);
    return out;
  }
  Thing thing = made(entity, now);
  if (thing.has_place) out.after = thing.at;
  if (slot && things_[*slot].is_point && thing.is_point && things_[*slot].has_place && thing.has_place) {
    // The key of slots_ points into the entity that goes.
    slots_.erase(there);
    slots_.emplace(entity->id, *slot);
  } else {
    if (slot) take_out(*slot);
    slot = free_.empty() ? static_cast<std::uint32_t>(things_.size()) : free_.back();
    if (free_.empty()) things_.emplace_back();
    else free_.pop_back();
    slots_.emplace(entity->id, *slot);
    if (!thing.has_place) ++unplaced_;
    if (thing.has_place && !thing.is_point) shapes_.put(*slot, thing.box), ++shape_count_;
  }
  if (thing.has_place && thing.is_point) points_.put(*slot, thing.at, thing.klass);
  if (entity->expires_at.present()) expiring_.emplace(entity->expires_at.us, *slot);
  things_[*slot] = std::move(thing);
  return out;
}

void Things::load(const std::vector<EntityPtr>& entities, Instant now) {
  points_.begin_bulk();
  for (const EntityPtr& e : entities) put(e->id, e, now);
  points_.end_bulk();
}

std::vector<Spot> Things::expire(Instant now) {
  std::vector<Spot> out;
  while (expires_before(now)) {
    const auto [at, slot] = expiring_.top();
    expiring_.pop();
    const Thing& t = things_[slot];
    // The slot may hold another entity by now, or one whose expiry was put off.
    if (!t.entity || !t.entity->expires_at.present() || t.entity->expires_at.us > now.us) continue;
    if (t.has_place) out.push_back(t.at);
    take_out(slot);
  }
  return out;
}

void Things::again(Instant now) {
  for (std::uint32_t slot = 0; slot < things_.size(); ++slot) {
    Thing& t = things_[slot];
    if (!t.entity || !t.has_place) continue;
    const std::uint8_t klass = class_of(*t.entity, now);
    if (klass == t.klass) continue;
    t.klass = klass;
    if (t.is_point) points_.put(slot, t.at, klass);
  }
}

const Thing* Things::find(std::string_view id) const {
  const auto there = slots_.find(id);
  return there == slots_.end() || !things_[there->second].has_place ? nullptr : &things_[there->second];
}

}  // namespace machiya::sense::livemap
