#include "sense/entities/write.h"

#include <algorithm>
#include <array>

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

// Keys as they stand behind another member: the first one of an object leaves its comma away.
namespace key {
constexpr std::string_view kId = ",\"id\":", kType = ",\"type\":", kScope = ",\"scope\":", kLang = ",\"lang\":", kValue = ",\"value\":", kObject = ",\"object\":", kEntity = ",\"entity\":",
                           kEntityList = ",\"entityList\":", kObjectType = ",\"objectType\":", kValueType = ",\"valueType\":", kUnitCode = ",\"unitCode\":", kDatasetId = ",\"datasetId\":",
                           kObservedAt = ",\"observedAt\":", kExpiresAt = ",\"expiresAt\":", kCreatedAt = ",\"createdAt\":", kModifiedAt = ",\"modifiedAt\":", kProof = ",\"ngsildproof\":";
// By AttributeKind: the kind and the value's key; only the latter.
constexpr std::array<std::string_view, 8> kKinds = {
    ",\"type\":\"Property\",\"value\":", ",\"type\":\"Relationship\",\"object\":", ",\"type\":\"GeoProperty\",\"value\":", ",\"type\":\"LanguageProperty\",\"languageMap\":",
    ",\"type\":\"VocabProperty\",\"vocab\":", ",\"type\":\"JsonProperty\",\"json\":", ",\"type\":\"ListProperty\",\"valueList\":", ",\"type\":\"ListRelationship\",\"objectList\":"};
constexpr std::array<std::string_view, 8> kValues = {kValue, kObject, kValue, ",\"languageMap\":", ",\"vocab\":", ",\"json\":", ",\"valueList\":", ",\"objectList\":"};
}  // namespace key

std::string_view at(const std::array<std::string_view, 8>& keys, AttributeKind kind) { return keys[static_cast<std::size_t>(kind)]; }

/// Writes one entity: knows where commas go and how names become short.
class Writer {
 public:
  Writer(const Shape& shape, tree::TextOut& out) : shape_(shape), out_(out) {}

  void entity(const Entity& e, const Selection& members, const Path* outer) {
    const Path path{&e, outer};
    out_ += '{';
    bool first = true;
    if (members.shows("id")) text_member(first, key::kId, e.id);
    entity_members(e, members, path, first);
    out_ += '}';
  }

  // Everything but the id: of an entity, and of a feature's properties.
  void entity_members(const Entity& e, const Selection& members, const Path& path, bool& first) {
    if (members.shows("type")) name(first, key::kType), words(e.types, true);
    if (!e.scopes.empty() && members.shows("scope") && known(104)) name(first, key::kScope), words(e.scopes, false);
    if (shape_.sys_attrs && e.expires_at.present() && members.shows("expiresAt") && known(109)) text_member(first, key::kExpiresAt, e.expires_at.text);
    times(first, e.created_us, e.modified_us, [&](std::string_view which) { return members.shows(which); });
    for (const Attribute& a : e.attributes)
      if (members.shows(a.name)) attribute(a, first, members, &path);
  }

  void instance(const Instance& i) { instance(i, {}, {}, nullptr); }

 private:
  const Shape& shape_;
  tree::TextOut& out_;
  tree::Arena scratch_{512};

  // Does the reader's version know what came with `version`? Remembers that something was left out.
  bool known(int version) const {
    if (shape_.version == 0 || version <= shape_.version) return true;
    if (shape_.amended != nullptr) *shape_.amended = true;
    return false;
  }

  // `key` is one of those above.
  void name(bool& first, std::string_view key) { out_ += first ? key.substr(1) : key, first = false; }
  void text_member(bool& first, std::string_view key, std::string_view text) { name(first, key), tree::write_string(text, out_); }

  // What a name becomes, as a key.
  void attribute_name(bool& first, std::string_view iri) {
    if (shape_.short_names != nullptr) return name(first, shape_.short_names->key(*shape_.terms, iri, scratch_));
    other_name(first, shape_.terms->compact_attribute(iri, scratch_));
  }
  void other_name(bool& first, std::string_view word) {
    if (!first) out_ += ',';
    first = false;
    tree::write_string(word, out_), out_ += ':';
  }

  void words(std::span<const std::string_view> list, bool compacted) {
    if (list.size() != 1) out_ += '[';
    bool first = true;
    for (const std::string_view w : list) {
      if (!first) out_ += ',';
      first = false;
      tree::write_string(compacted ? shape_.terms->compact_iri(w, scratch_) : w, out_);
    }
    if (list.size() != 1) out_ += ']';
  }

  template <class Shows>
  void times(bool& first, std::int64_t created, std::int64_t modified, const Shows& shows) {
    if (!shape_.sys_attrs) return;
    if (created != kNoTime && shows("createdAt")) text_member(first, key::kCreatedAt, stamp_text(created));
    if (modified != kNoTime && shows("modifiedAt")) text_member(first, key::kModifiedAt, stamp_text(modified));
  }

  bool asked_for(const Instance& i) const {
    if (shape_.datasets == nullptr) return true;
    return std::ranges::any_of(*shape_.datasets, [&](const std::string& d) { return d == i.dataset_id || (d == "@none" && i.dataset_id.empty()); });
  }

  void attribute(const Attribute& a, bool& first, const Selection& members, const Path* path) {
    const auto shown = shape_.datasets == nullptr ? static_cast<std::ptrdiff_t>(a.instances.size()) : std::ranges::count_if(a.instances, [&](const Instance& i) { return asked_for(i); });
    if (shown == 0) return;
    attribute_name(first, a.name);
    const bool several = a.instances.size() > 1 && shown > 1 && known(103);
    if (shape_.format == Format::simplified && several) return datasets(a, members, path);
    if (several) out_ += '[';
    bool comma = false;
    for (const Instance& i : a.instances) {
      if (!asked_for(i)) continue;
      if (comma) out_ += ',';
      comma = true;
      instance(i, members, a.name, path, !several);
      if (shown > 1 && !several) break;
    }
    if (several) out_ += ']';
  }

  // §4.5.4: several instances, simplified: {"dataset": {"@none": …, "urn:…": …}}.
  void datasets(const Attribute& a, const Selection& members, const Path* path) {
    out_ += "{\"dataset\":{";
    bool first = true;
    for (const Instance& i : a.instances) {
      if (!asked_for(i)) continue;
      other_name(first, i.dataset_id.empty() ? "@none" : i.dataset_id);
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

  void linked_members(const Instance& i, const std::vector<EntityPtr>& others, const Selection& members, const Path* path, bool& first) {
    if (others.empty()) return;
    const bool list = i.value.is_array();
    name(first, i.kind == AttributeKind::list_relationship ? key::kEntityList : key::kEntity);
    if (list) out_ += '[';
    bool comma = false;
    for (const EntityPtr& other : others) {
      if (!other) continue;
      if (comma) out_ += ',';
      comma = true;
      entity(*other, members, path);
    }
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
    bool first = true;
    if (translated || old) {
      const bool property = translated || !relationship;
      if (shape_.format == Format::normalized || old) text_member(first, key::kType, property ? "Property" : "Relationship");
      name(first, property ? key::kValue : key::kObject);
    } else {
      // A Property that holds a geometry would be taken for a GeoProperty when nothing says its kind.
      const bool says_kind = shape_.format == Format::normalized || (i.kind == AttributeKind::property && is_geometry(i.value));
      name(first, at(says_kind ? key::kKinds : key::kValues, i.kind));
    }
    std::string_view tag;
    old && relationship ? object_uris(i.value) : value(i, translated, tag);
    if (!tag.empty()) text_member(first, key::kLang, tag);
    if (shape_.linked) linked_members(i, linked(i, path), members.beyond(attribute_name), path, first);
    metadata(i, first);
    for (const Attribute& s : i.sub) attribute(s, first, {}, nullptr);
    if (shape_.more && path != nullptr) out_ += shape_.more(i);
    out_ += '}';
  }

  void metadata(const Instance& i, bool& first) {
    if (!i.object_type.is_null() && known(108)) name(first, key::kObjectType), compacted(i.object_type);
    if (!i.value_type.is_null() && known(109)) name(first, key::kValueType), tree::write(i.value_type, out_);
    if (!i.unit_code.empty() && known(103)) text_member(first, key::kUnitCode, i.unit_code);
    if (!i.dataset_id.empty() && known(103)) text_member(first, key::kDatasetId, i.dataset_id);
    if (i.observed_at.present() && known(103)) text_member(first, key::kObservedAt, i.observed_at.text);
    if (shape_.sys_attrs && i.expires_at.present() && known(109)) text_member(first, key::kExpiresAt, i.expires_at.text);
    if (!i.proof.is_null()) name(first, key::kProof), tree::write(i.proof, out_);
    times(first, i.created_us, i.modified_us, [](std::string_view) { return true; });
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
    for (const Value& item : list.items()) out_ += std::string_view(before), tree::write(item["object"], out_), before = ",";
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
    for (const Value& item : v.items()) out_ += std::string_view(before), compacted(item), before = ",";
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

std::string_view ShortNames::key(const Terms& terms, std::string_view iri, tree::Arena& scratch) {
  // By address: names of stored entities are kept once (Names). The text is compared all the same, for those that are not.
  One& one = names_[(reinterpret_cast<std::uintptr_t>(iri.data()) * 0x9E37'79B9'7F4A'7C15) >> 58];
  if (one.terms == &terms && one.iri == iri) return one.key;
  one.terms = &terms, one.iri = iri, one.key = ",";
  tree::write_string(terms.compact_attribute(iri, scratch), one.key);
  return one.key += ':';
}

void write_entity(const Entity& entity, const Shape& shape, tree::TextOut& out) { Writer(shape, out).entity(entity, shape.members, nullptr); }
void write_entity(const Entity& entity, const Shape& shape, std::string& out) {
  tree::TextOut text;
  write_entity(entity, shape, text);
  out += text.view();
}
void write_instance(const Instance& instance, const Shape& shape, std::string& out) {
  tree::TextOut text(512);
  Writer(shape, text).instance(instance);
  out += text.view();
}

void write_feature(const Entity& entity, const Shape& shape, std::string_view geometry_property, std::string_view context_member, tree::TextOut& out) {
  out += "{\"id\":";
  tree::write_string(entity.id, out);
  out += ",\"type\":\"Feature\",\"geometry\":";
  const Instance* geometry = geometry_of(entity.attribute(geometry_property), shape.datasets);
  tree::write(geometry != nullptr ? geometry->value : Value(), out);
  out += ",\"properties\":{";
  bool first = true;
  Writer(shape, out).entity_members(entity, shape.members, {&entity, nullptr}, first);
  out += '}';
  if (!context_member.empty()) out += ",\"@context\":", out += context_member;
  out += '}';
}
void write_feature(const Entity& entity, const Shape& shape, std::string_view geometry_property, std::string_view context_member, std::string& out) {
  tree::TextOut text;
  write_feature(entity, shape, geometry_property, context_member, text);
  out += text.view();
}

}  // namespace machiya::sense
