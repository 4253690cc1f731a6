#include "sense/entities/write.h"

#include <algorithm>

#include "sense/entities/read.h"
#include "sense/entities/stamp.h"

namespace machiya::sense {
namespace {
using tree::Value;

// The version of the standard that first knew it (§4.3.6.8).
int since(AttributeKind kind) {
  using enum AttributeKind;
  switch (kind) {
    case language_property: return 104;
    case vocab_property: case json_property: case list_property: case list_relationship: return 108;
    default: return 100;
  }
}

// The entities that are being written, from the outermost inwards: none is written inside of itself.
struct Path {
  const Entity* entity;
  const Path* outer;
  int depth() const { return outer != nullptr ? outer->depth() + 1 : 0; }
  bool has(std::string_view id) const { return entity->id == id || (outer != nullptr && outer->has(id)); }
};

/// Writes one entity: knows where commas go and how names become short.
class Writer {
 public:
  Writer(const Shape& shape, std::string& out) : shape_(shape), out_(out) {}

  void entity(const Entity& e, const Selection& members, const Path* outer) {
    const Path path{&e, outer};
    out_ += '{';
    const char* before = "";
    if (members.shows("id")) text_member(before, "id", e.id);
    entity_members(e, members, path, before);
    out_ += '}';
  }

  // Everything but the id: of an entity, and of a feature's properties.
  void entity_members(const Entity& e, const Selection& members, const Path& path, const char*& before) {
    if (members.shows("type")) name(before, "type"), words(e.types, true);
    if (!e.scopes.empty() && members.shows("scope") && known(104)) name(before, "scope"), words(e.scopes, false);
    if (shape_.sys_attrs && e.expires_at.present() && members.shows("expiresAt") && known(109)) text_member(before, "expiresAt", e.expires_at.text);
    times(before, e.created_us, e.modified_us, [&](std::string_view which) { return members.shows(which); });
    for (const Attribute& a : e.attributes)
      if (members.shows(a.name)) attribute(a, before, members, &path);
  }

  void instance(const Instance& i) { instance(i, {}, {}, nullptr); }

 private:
  const Shape& shape_;
  std::string& out_;
  tree::Arena scratch_{512};

  // Does the reader's version know what came with `version`? Remembers that something was left out.
  bool known(int version) const {
    if (shape_.version == 0 || version <= shape_.version) return true;
    if (shape_.amended != nullptr) *shape_.amended = true;
    return false;
  }

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

  void attribute(const Attribute& a, const char*& before, const Selection& members, const Path* path) {
    const auto shown = std::ranges::count_if(a.instances, [&](const Instance& i) { return asked_for(i); });
    if (shown == 0) return;
    name(before, shape_.terms->compact_attribute(a.name, scratch_));
    const bool several = a.instances.size() > 1 && shown > 1 && known(103);
    if (shape_.format == Format::simplified && several) return datasets(a, members, path);
    if (several) out_ += '[';
    const char* comma = "";
    for (const Instance& i : a.instances) {
      if (!asked_for(i)) continue;
      out_ += comma, comma = ",";
      instance(i, members, a.name, path, !several);
      if (shown > 1 && !several) break;
    }
    if (several) out_ += ']';
  }

  // §4.5.4: several instances, simplified: {"dataset": {"@none": …, "urn:…": …}}.
  void datasets(const Attribute& a, const Selection& members, const Path* path) {
    out_ += "{\"dataset\":{";
    const char* before = "";
    for (const Instance& i : a.instances) {
      if (!asked_for(i)) continue;
      name(before, i.dataset_id.empty() ? "@none" : i.dataset_id);
      instance(i, members, a.name, path);
    }
    out_ += "}}";
  }

  // The entities that an instance leads to, in the order of its URIs; nullptr where there is none to show. Empty: none at all.
  std::vector<EntityPtr> linked(const Instance& i, const Path* path) const {
    const bool several = i.kind == AttributeKind::list_relationship || (i.kind == AttributeKind::relationship && i.value.is_array());
    if (!shape_.linked || path == nullptr || path->depth() >= shape_.join_level || (i.kind != AttributeKind::relationship && !several)) return {};
    std::vector<EntityPtr> out;
    bool any = false;
    for (const Value& item : several ? i.value.items() : std::span<const Value>(&i.value, 1)) {
      const std::string_view uri = item.is_object() ? item["object"].text() : item.text();
      out.push_back(path->has(uri) ? nullptr : shape_.linked(uri));
      any |= out.back() != nullptr;
    }
    return any ? out : std::vector<EntityPtr>();
  }

  void linked_members(const Instance& i, const std::vector<EntityPtr>& others, const Selection& members, const Path* path, const char*& before) {
    if (others.empty()) return;
    const bool list = i.value.is_array();
    name(before, i.kind == AttributeKind::list_relationship ? "entityList" : "entity");
    if (list) out_ += '[';
    const char* comma = "";
    for (const EntityPtr& other : others)
      if (other) out_ += comma, comma = ",", entity(*other, members, path);
    if (list) out_ += ']';
  }

  // `alone`: not one of a list, in which a bare value would be no instance.
  void instance(const Instance& i, const Selection& members, std::string_view attribute_name, const Path* path, bool alone = true) {
    const bool translated = i.kind == AttributeKind::language_property && shape_.language;
    if (shape_.format == Format::simplified) return simplified(i, members, attribute_name, path, translated);
    if (shape_.format == Format::concise && alone && bare(i, translated)) return bare_value(i, translated);
    const bool old = !known(since(i.kind));
    const bool relationship = i.kind == AttributeKind::list_relationship;
    out_ += '{';
    const char* before = "";
    // A Property that holds a geometry would be taken for a GeoProperty when nothing says its kind.
    if (shape_.format == Format::normalized || old || (i.kind == AttributeKind::property && is_geometry(i.value))) text_member(before, "type", translated || (old && !relationship) ? "Property" : old ? "Relationship" : kind_name(i.kind));
    std::string_view tag;
    name(before, translated || (old && !relationship) ? "value" : old ? "object" : value_member(i.kind));
    old && relationship ? object_uris(i.value) : value(i, translated, tag);
    if (!tag.empty()) text_member(before, "lang", tag);
    linked_members(i, linked(i, path), members.beyond(attribute_name), path, before);
    metadata(i, before);
    for (const Attribute& s : i.sub) attribute(s, before, {}, nullptr);
    if (shape_.more && path != nullptr) out_ += shape_.more(i);
    out_ += '}';
  }

  void metadata(const Instance& i, const char*& before) {
    if (!i.object_type.is_null() && known(108)) name(before, "objectType"), compacted(i.object_type);
    if (!i.value_type.is_null() && known(109)) value_member_of(before, "valueType", i.value_type);
    if (!i.unit_code.empty() && known(103)) text_member(before, "unitCode", i.unit_code);
    if (!i.dataset_id.empty() && known(103)) text_member(before, "datasetId", i.dataset_id);
    if (i.observed_at.present() && known(103)) text_member(before, "observedAt", i.observed_at.text);
    if (shape_.sys_attrs && i.expires_at.present() && known(109)) text_member(before, "expiresAt", i.expires_at.text);
    if (!i.proof.is_null()) value_member_of(before, "ngsildproof", i.proof);
    times(before, i.created_us, i.modified_us, [](std::string_view) { return true; });
  }

  // Concise (§4.5.2.3): nothing to say but the value, and the value says what kind it is.
  bool bare(const Instance& i, bool translated) const {
    const bool alone = i.sub.empty() && i.unit_code.empty() && i.dataset_id.empty() && !i.observed_at.present() && i.value_type.is_null() && i.proof.is_null() && !shape_.sys_attrs && (!shape_.more || shape_.more(i).empty());
    const bool plain = !i.value.is_object() && !(i.value.is_array() && std::ranges::any_of(i.value.items(), &Value::is_object));
    return alone && !translated && ((i.kind == AttributeKind::property && plain) || i.kind == AttributeKind::geo_property);
  }
  void bare_value(const Instance& i, bool translated) {
    std::string_view tag;
    value(i, translated, tag);
  }

  // §4.5.4: maps, words and JSON stand in an object that says so; everything else stands alone.
  void simplified(const Instance& i, const Selection& members, std::string_view attribute_name, const Path* path, bool translated) {
    using enum AttributeKind;
    if (const std::vector<EntityPtr> others = linked(i, path); !others.empty()) return simplified_links(i, others, members.beyond(attribute_name), path);
    std::string_view tag;
    const bool named = !translated && (i.kind == language_property || i.kind == vocab_property || i.kind == json_property);
    if (named) out_ += "{\"", out_ += value_member(i.kind), out_ += "\":";
    i.kind == list_relationship ? object_uris(i.value) : value(i, translated, tag);
    if (named) out_ += '}';
  }

  // In the places of the URIs; a URI stays where nobody is to be shown.
  void simplified_links(const Instance& i, const std::vector<EntityPtr>& others, const Selection& members, const Path* path) {
    if (!i.value.is_array()) return entity(*others.front(), members, path);
    out_ += '[';
    for (std::size_t n = 0; n < others.size(); ++n) {
      if (n > 0) out_ += ',';
      const Value& item = i.value.items()[n];
      others[n] ? entity(*others[n], members, path) : tree::write(item.is_object() ? item["object"] : item, out_);
    }
    out_ += ']';
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

// The instance whose geometry a feature has (§4.5.16.1).
const Instance* geometry_of(const Attribute* where, const std::vector<std::string>* datasets) {
  if (where == nullptr) return nullptr;
  const std::string_view dataset = datasets != nullptr && datasets->size() == 1 && datasets->front() != "@none" ? std::string_view(datasets->front()) : std::string_view();
  const Instance* out = where->instance(dataset);
  return out != nullptr && out->kind == AttributeKind::geo_property ? out : nullptr;
}

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

void write_entity(const Entity& entity, const Shape& shape, std::string& out) { Writer(shape, out).entity(entity, shape.members, nullptr); }
void write_instance(const Instance& instance, const Shape& shape, std::string& out) { Writer(shape, out).instance(instance); }

void write_feature(const Entity& entity, const Shape& shape, std::string_view geometry_property, std::string_view context_member, std::string& out) {
  out += "{\"id\":";
  tree::write_string(entity.id, out);
  out += ",\"type\":\"Feature\",\"geometry\":";
  const Instance* geometry = geometry_of(entity.attribute(geometry_property), shape.datasets);
  tree::write(geometry != nullptr ? geometry->value : Value(), out);
  out += ",\"properties\":{";
  const char* before = "";
  Writer(shape, out).entity_members(entity, shape.members, {&entity, nullptr}, before);
  out += '}';
  if (!context_member.empty()) out += ",\"@context\":", out += context_member;
  out += '}';
}

}  // namespace machiya::sense
