#include "sense/entities/write.h"

#include <algorithm>

#include "sense/entities/stamp.h"

namespace machiya::sense {
namespace {
using tree::Value;

/// Writes one entity: knows where commas go and how names become short.
class Writer {
 public:
  Writer(const Shape& shape, std::string& out) : shape_(shape), out_(out) {}

  void entity(const Entity& e, const Selection& members, int depth) {
    out_ += '{';
    const char* before = "";
    if (members.shows("id")) text_member(before, "id", e.id);
    entity_members(e, members, depth, before);
    out_ += '}';
  }

  // Everything but the id: of an entity, and of a feature's properties.
  void entity_members(const Entity& e, const Selection& members, int depth, const char*& before) {
    if (members.shows("type")) name(before, "type"), words(e.types, true);
    if (!e.scopes.empty() && members.shows("scope")) name(before, "scope"), words(e.scopes, false);
    if (e.expires_at.present() && members.shows("expiresAt")) text_member(before, "expiresAt", e.expires_at.text);
    times(before, e.created_us, e.modified_us, [&](std::string_view which) { return members.shows(which); });
    for (const Attribute& a : e.attributes)
      if (members.shows(a.name)) attribute(a, before, members, depth);
  }

  void instance(const Instance& i) { instance(i, {}, {}, 0); }

 private:
  const Shape& shape_;
  std::string& out_;
  tree::Arena scratch_{512};

  void name(const char*& before, std::string_view key) {
    out_ += before, tree::write_string(key, out_), out_ += ':';
    before = ",";
  }
  void text_member(const char*& before, std::string_view key, std::string_view text) { name(before, key), tree::write_string(text, out_); }
  void value_member_of(const char*& before, std::string_view key, const Value& value) { name(before, key), tree::write(value, out_); }

  void words(std::span<const std::string_view> list, bool compacted) {
    if (list.size() != 1) out_ += '[';
    const char* before = "";
    for (const std::string_view w : list) {
      out_ += before, before = ",";
      tree::write_string(compacted ? shape_.terms->compact_iri(w, scratch_) : w, out_);
    }
    if (list.size() != 1) out_ += ']';
  }

  template <class Shows>
  void times(const char*& before, std::int64_t created, std::int64_t modified, const Shows& shows) {
    if (!shape_.sys_attrs) return;
    if (created != kNoTime && shows("createdAt")) text_member(before, "createdAt", stamp_text(created));
    if (modified != kNoTime && shows("modifiedAt")) text_member(before, "modifiedAt", stamp_text(modified));
  }

  bool asked_for(const Instance& i) const {
    if (shape_.datasets == nullptr) return true;
    return std::ranges::any_of(*shape_.datasets, [&](const std::string& d) { return d == i.dataset_id || (d == "@none" && i.dataset_id.empty()); });
  }

  void attribute(const Attribute& a, const char*& before, const Selection& members, int depth) {
    const auto shown = std::ranges::count_if(a.instances, [&](const Instance& i) { return asked_for(i); });
    if (shown == 0) return;
    name(before, shape_.terms->compact_attribute(a.name, scratch_));
    const bool several = a.instances.size() > 1 && shown > 1;
    if (shape_.format == Format::simplified && (several || (shown == 1 && a.instances.size() > 1 && shape_.datasets == nullptr))) return datasets(a, members, depth);
    if (several) out_ += '[';
    const char* comma = "";
    for (const Instance& i : a.instances) {
      if (!asked_for(i)) continue;
      out_ += comma, comma = ",";
      instance(i, members, a.name, depth);
    }
    if (several) out_ += ']';
  }

  // §4.5.4: several instances, simplified: {"dataset": {"@none": …, "urn:…": …}}.
  void datasets(const Attribute& a, const Selection& members, int depth) {
    out_ += "{\"dataset\":{";
    const char* before = "";
    for (const Instance& i : a.instances) {
      if (!asked_for(i)) continue;
      name(before, i.dataset_id.empty() ? "@none" : i.dataset_id);
      instance(i, members, a.name, depth);
    }
    out_ += "}}";
  }

  EntityPtr linked(const Instance& i, int depth) const {
    return shape_.linked && depth < shape_.join_level && i.kind == AttributeKind::relationship && i.value.is_string() ? shape_.linked(i.value.text()) : nullptr;
  }

  void instance(const Instance& i, const Selection& members, std::string_view attribute_name, int depth) {
    const bool translated = i.kind == AttributeKind::language_property && shape_.language;
    if (shape_.format == Format::simplified) return simplified(i, members, attribute_name, depth, translated);
    if (shape_.format == Format::concise && bare(i, translated)) return bare_value(i, translated);
    out_ += '{';
    const char* before = "";
    if (shape_.format == Format::normalized) text_member(before, "type", translated ? "Property" : kind_name(i.kind));
    std::string_view tag;
    name(before, translated ? "value" : value_member(i.kind)), value(i, translated, tag);
    if (!tag.empty()) text_member(before, "lang", tag);
    if (const EntityPtr other = linked(i, depth)) name(before, "entity"), entity(*other, members.beyond(attribute_name), depth + 1);
    metadata(i, before);
    for (const Attribute& s : i.sub) attribute(s, before, {}, shape_.join_level);
    out_ += '}';
  }

  void metadata(const Instance& i, const char*& before) {
    if (!i.object_type.is_null()) name(before, "objectType"), compacted(i.object_type);
    if (!i.value_type.is_null()) value_member_of(before, "valueType", i.value_type);
    if (!i.unit_code.empty()) text_member(before, "unitCode", i.unit_code);
    if (!i.dataset_id.empty()) text_member(before, "datasetId", i.dataset_id);
    if (i.observed_at.present()) text_member(before, "observedAt", i.observed_at.text);
    if (i.expires_at.present()) text_member(before, "expiresAt", i.expires_at.text);
    if (!i.proof.is_null()) value_member_of(before, "ngsildproof", i.proof);
    times(before, i.created_us, i.modified_us, [](std::string_view) { return true; });
  }

  // Concise (§4.5.2.3): nothing to say but the value, and the value says what kind it is.
  bool bare(const Instance& i, bool translated) const {
    const bool alone = i.sub.empty() && i.unit_code.empty() && i.dataset_id.empty() && !i.observed_at.present() && !i.expires_at.present() && i.value_type.is_null() && i.proof.is_null() && !shape_.sys_attrs;
    return alone && !translated && ((i.kind == AttributeKind::property && !i.value.is_object()) || i.kind == AttributeKind::geo_property);
  }
  void bare_value(const Instance& i, bool translated) {
    std::string_view tag;
    value(i, translated, tag);
  }

  void simplified(const Instance& i, const Selection& members, std::string_view attribute_name, int depth, bool translated) {
    if (const EntityPtr other = linked(i, depth)) return entity(*other, members.beyond(attribute_name), depth + 1);
    std::string_view tag;
    const bool named = !translated && i.kind != AttributeKind::property && i.kind != AttributeKind::geo_property && i.kind != AttributeKind::relationship;
    if (named) out_ += "{\"", out_ += value_member(i.kind), out_ += "\":";
    if (i.kind == AttributeKind::list_relationship) {
      object_uris(i.value);
    } else {
      value(i, translated, tag);
    }
    if (named) out_ += '}';
  }

  void object_uris(const Value& list) {
    out_ += '[';
    const char* before = "";
    for (const Value& item : list.items()) out_ += before, tree::write(item["object"], out_), before = ",";
    out_ += ']';
  }

  void value(const Instance& i, bool translated, std::string_view& tag) {
    if (translated) {
      const auto chosen = shape_.language(i.value);
      if (chosen) tag = *chosen == "@none" ? std::string_view() : *chosen;
      return tree::write(chosen ? i.value[*chosen] : Value(), out_);
    }
    if (i.kind == AttributeKind::vocab_property) return compacted(i.value);
    tree::write(i.value, out_);
  }

  void compacted(const Value& v) {
    if (v.is_string()) return tree::write_string(shape_.terms->compact_iri(v.text(), scratch_), out_);
    if (!v.is_array()) return tree::write(v, out_);
    out_ += '[';
    const char* before = "";
    for (const Value& item : v.items()) out_ += before, compacted(item), before = ",";
    out_ += ']';
  }
};

const Selection::Member* named(const std::vector<Selection::Member>& list, std::string_view name) {
  const auto it = std::ranges::find(list, name, &Selection::Member::name);
  return it == list.end() ? nullptr : &*it;
}

}  // namespace

bool Selection::shows(std::string_view name) const {
  if (only_picked && named(pick, name) == nullptr) return false;
  const Member* left_out = named(omit, name);
  return left_out == nullptr || !left_out->within.empty();
}

Selection Selection::beyond(std::string_view name) const {
  Selection out;
  if (const Member* m = named(pick, name); m != nullptr && !m->within.empty()) out.only_picked = true, out.pick = m->within;
  if (const Member* m = named(omit, name); m != nullptr) out.omit = m->within;
  return out;
}

void write_entity(const Entity& entity, const Shape& shape, std::string& out) { Writer(shape, out).entity(entity, shape.members, 0); }
void write_instance(const Instance& instance, const Shape& shape, std::string& out) { Writer(shape, out).instance(instance); }

void write_feature(const Entity& entity, const Shape& shape, std::string_view geometry_property, std::string_view context_member, std::string& out) {
  out += "{\"id\":";
  tree::write_string(entity.id, out);
  out += ",\"type\":\"Feature\",\"geometry\":";
  const Attribute* where = entity.attribute(geometry_property);
  const bool geometry = where != nullptr && where->instances.front().kind == AttributeKind::geo_property;
  tree::write(geometry ? where->instances.front().value : Value(), out);
  out += ",\"properties\":{";
  const char* before = "";
  Writer(shape, out).entity_members(entity, shape.members, 0, before);
  out += '}';
  if (!context_member.empty()) out += ",\"@context\":", out += context_member;
  out += '}';
}

}  // namespace machiya::sense
