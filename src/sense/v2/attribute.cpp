#include "sense/v2/attribute.h"

#include <algorithm>

#include "base/text.h"
#include "sense/entities/read.h"
#include "sense/entities/stamp.h"
#include "sense/geometry/geometry.h"
#include "sense/v2/operators.h"
#include "sense/v2/simple_location.h"
#include "sense/query/literal.h"

namespace machiya::sense::ngsiv2 {
namespace {
using tree::Arena;
using tree::Value;
using enum AttributeKind;

// The words of a simple location as they were written, where they cannot be made again from the geometry.
constexpr std::string_view kSimpleText = "https://uri.etsi.org/ngsi-ld/default-context/ngsiv2SimpleLocation";
// Metadata that say when a value was observed: of IoT agents, and of the older data models.
constexpr std::string_view kTimes[] = {"TimeInstant", "timestamp"};
constexpr std::string_view kBuiltIn[] = {"dateCreated", "dateModified", "previousValue", "actionType"};

Error bad(std::string why) { return Error(ErrorCode::invalid_input, std::move(why)); }

bool has_null(const Value& v) {
  if (v.is_null()) return true;
  return std::ranges::any_of(v.items(), has_null) || std::ranges::any_of(v.members(), [](const tree::Member& m) { return has_null(m.value); });
}

bool is_date_type(std::string_view type) { return type == "DateTime" || type == "ISO8601"; }

bool is_date(std::string_view text) { return sense::detail::instant_of(text) || sense::detail::day_of(text); }

// {"@type": "DateTime", "@value": …} is how NGSI-LD types a value.
const Value* typed(const Value& v) {
  const Value* value = v.count == 2 && v.is_object() && v["@type"].is_string() ? v.find("@value") : nullptr;
  return value != nullptr && value->is_string() ? value : nullptr;
}

bool is_uri_list(const Value& v) {
  return v.is_array() && v.count > 0 && std::ranges::all_of(v.items(), [](const Value& i) { return i.is_string() && is_uri(i.text()); });
}

Attribute sub_of(std::string iri, const Instance& instance, Arena& arena) {
  Instance* room = arena.room<Instance>(1);
  new (room) Instance(instance);
  return {arena.text(iri), std::span<const Instance>(room, 1)};
}

/// Finds the kind of attribute that a type and a value mean.
class Meaning {
 public:
  Meaning(const NameMap& names, Arena& arena) : names_(names), arena_(arena) {}

  Result<Instance> of(std::string_view type, const Value& value) {
    out_.value = value;
    if (has_null(value)) {
      out_.kind = json_property;
    } else if (type == "geo:json") {
      MACHIYA_CHECK(geo_json(value));
    } else if (is_simple_location(type)) {
      MACHIYA_CHECK(simple(type, value));
    } else if (is_date_type(type)) {
      MACHIYA_CHECK(date(type, value));
    } else {
      by_name(type, value);
    }
    if (type_of(out_, names_) != type) out_.value_type = arena_.string(type);
    return out_;
  }

 private:
  const NameMap& names_;
  Arena& arena_;
  Instance out_;

  Result<void> geo_json(const Value& value) {
    const auto geometry = Geometry::from_json(value);
    if (!value.is_object() || !geometry.ok()) return bad("error parsing location attribute: " + (geometry.ok() ? std::string("a geometry is expected") : geometry.error().detail));
    if (is_geometry(value)) out_.kind = geo_property;
    return {};
  }

  Result<void> simple(std::string_view type, const Value& value) {
    MACHIYA_TRY(const Value geometry, read_simple_location(type, value, arena_));
    out_.kind = geo_property, out_.value = geometry;
    const auto again = write_simple_location(type, geometry, arena_);
    if (again && tree::to_text(*again) == tree::to_text(value)) return {};
    Instance text;
    text.value = value;
    out_.sub = arena_.list(std::vector<Attribute>{sub_of(std::string(kSimpleText), text, arena_)});
    return {};
  }

  Result<void> date(std::string_view type, const Value& value) {
    if (!value.is_string() || (!value.text().empty() && !is_date(value.text()))) return bad("date has invalid format");
    if (type == "DateTime" && parse_stamp(value.text())) out_.value = arena_.object({{"@type", Value::string("DateTime")}, {"@value", value}});
    return {};
  }

  // What NGSI-LD calls its kinds, when the value is one.
  void by_name(std::string_view type, const Value& value) {
    if (type == "Relationship" && ((value.is_string() && is_uri(value.text())) || is_uri_list(value))) {
      out_.kind = relationship;
      return;
    }
    const auto kind = kind_of_name(type);
    if (!kind || *kind == property || *kind == relationship) return;
    auto read = sense::read_value(*kind, value, names_.terms(), arena_, "");
    if (read.ok()) out_.kind = *kind, out_.value = *read;
  }
};

/// Reads the metadata of one attribute.
class MetadataReader {
 public:
  MetadataReader(const NameMap& names, Arena& arena, Instance& to) : names_(names), arena_(arena), to_(to), sub_(to.sub.begin(), to.sub.end()) {}

  Result<void> read(const Value& metadata) {
    if (!metadata.is_object()) return bad("metadata must be a JSON object");
    for (const auto& [name, value] : metadata.members()) {
      MACHIYA_CHECK(check_field(name, "metadata name"));
      if (std::ranges::find(kBuiltIn, name) != std::end(kBuiltIn)) continue;   // they are the broker's
      MACHIYA_CHECK(one(name, value));
    }
    to_.sub = arena_.list(sub_);
    return {};
  }

 private:
  const NameMap& names_;
  Arena& arena_;
  Instance& to_;
  std::vector<Attribute> sub_;

  Result<void> one(std::string_view name, const Value& body) {
    if (!body.is_object()) return bad("metadata element must be a JSON object");
    for (const auto& [key, value] : body.members())
      if (key != "value" && key != "type") return bad("unrecognized property for metadata: '" + std::string(key) + "'");
    const Value& value = body["value"];
    if (body.has("type") && !body["type"].is_string()) return bad("invalid JSON type for metadata type");
    const std::string_view type = body.has("type") ? body["type"].text() : default_type(value);
    MACHIYA_CHECK(check_field(type, "metadata type"));
    if (type != "TextUnrestricted" && has_forbidden(value)) return bad("Invalid characters in metadata value");
    if (as_member(name, type, value)) return {};
    MACHIYA_TRY(Instance instance, Meaning(names_, arena_).of(type, value));
    if (std::ranges::find(kTimes, name) != std::end(kTimes) && is_date_type(type) && !to_.observed_at.present())
      if (const auto stamp = parse_stamp(value.text())) to_.observed_at = instance.observed_at = *stamp;
    sub_.push_back(sub_of(names_.iri(name), instance, arena_));
    return {};
  }

  // Into a member of the instance, where it says the same.
  bool as_member(std::string_view name, std::string_view type, const Value& value) {
    const bool has_unit = to_.kind == property || to_.kind == geo_property || to_.kind == list_property;
    if (name == kUnitCode && has_unit && type == "Text" && value.is_string() && value.count > 0) return to_.unit_code = value.text(), true;
    if (name != kObservedAt || type != "DateTime" || !value.is_string()) return false;
    const auto stamp = parse_stamp(value.text());
    if (!stamp) return false;
    to_.observed_at = *stamp;
    return true;
  }
};

}  // namespace

std::string_view default_type(const Value& value) {
  switch (value.kind) {
    case tree::Kind::null: return "None";
    case tree::Kind::boolean: return "Boolean";
    case tree::Kind::number: return "Number";
    case tree::Kind::string: return "Text";
    default: return "StructuredValue";
  }
}

Result<Instance> read_value(std::string_view type, const Value& value, const NameMap& names, Arena& arena) {
  if (type.empty()) type = default_type(value);
  MACHIYA_CHECK(check_field(type, "attribute type"));
  if (type != "TextUnrestricted" && has_forbidden(value)) return bad("Invalid characters in attribute value");
  if (!is_operation(value)) return Meaning(names, arena).of(type, value);
  // What it means is seen when it is computed (change.h); until then the type is what was said.
  Instance out;
  out.value = value;
  if (type != default_type(value)) out.value_type = arena.string(type);
  return out;
}

Result<Instance> read_attribute(const Value& body, const NameMap& names, Arena& arena) {
  if (!body.is_object()) return bad("attribute must be a JSON object, unless keyValues option is used");
  for (const auto& [key, value] : body.members())
    if (key != "value" && key != "type" && key != "metadata") return bad("unrecognized property for context attribute: '" + std::string(key) + "'");
  const Value* type = body.find("type");
  if (type != nullptr && !type->is_string()) return bad("invalid JSON type for attribute type");
  if (type != nullptr && type->count == 0) return bad("attribute type length: 0, min length supported: 1");
  MACHIYA_TRY(Instance out, read_value(type != nullptr ? type->text() : std::string_view(), body["value"], names, arena));
  if (const Value* metadata = body.find("metadata")) MACHIYA_CHECK(MetadataReader(names, arena, out).read(*metadata));
  return out;
}

void keep_metadata(const Instance& before, Instance& now, Arena& arena) {
  const bool has_unit = now.kind == property || now.kind == geo_property || now.kind == list_property;
  if (now.unit_code.empty() && has_unit) now.unit_code = before.unit_code;
  std::vector<Attribute> sub(now.sub.begin(), now.sub.end());
  for (const Attribute& a : before.sub) {
    if (!is_shown(a) || find_attribute(now.sub, a.name) != nullptr) continue;
    // The mark that it says the time of observation goes: that was the last value's.
    Instance kept = a.instances[0];
    kept.observed_at = {};
    sub.push_back(sub_of(std::string(a.name), kept, arena));
  }
  now.sub = arena.list(sub);
}

std::string type_of(const Instance& i, const NameMap& names) {
  if (i.value_type.is_string() && i.value_type.count > 0) return names.name(i.value_type.text());
  switch (i.kind) {
    case property: return std::string(typed(i.value) != nullptr ? i.value["@type"].text() : default_type(i.value));
    case geo_property: return "geo:json";
    case json_property: return i.value.is_null() ? "None" : "JsonProperty";
    default: return std::string(kind_name(i.kind));
  }
}

Value value_of(const Instance& i, const NameMap& names, Arena& arena) {
  if (i.kind == property && i.value_type.is_null())
    if (const Value* value = typed(i.value)) return *value;
  if (i.kind == vocab_property) {
    const auto word = [&](const Value& v) { return v.is_string() ? arena.string(names.name(v.text())) : v; };
    if (!i.value.is_array()) return word(i.value);
    std::vector<Value> out;
    for (const Value& v : i.value.items()) out.push_back(word(v));
    return arena.array(out);
  }
  if (i.kind != geo_property || !i.value_type.is_string() || !is_simple_location(i.value_type.text())) return i.value;
  const std::string_view type = i.value_type.text();
  // The words stand only as long as they say the same as the geometry: NGSI-LD may have changed that.
  if (const Attribute* text = find_attribute(i.sub, kSimpleText)) {
    const auto said = read_simple_location(type, text->instances[0].value, arena);
    if (said.ok() && tree::equal(*said, i.value)) return text->instances[0].value;
  }
  return write_simple_location(type, i.value, arena).value_or(i.value);
}

bool is_shown(const Attribute& sub) { return sub.name != kSimpleText && !sub.instances.empty(); }

bool observed_elsewhere(const Instance& i) {
  return std::ranges::any_of(i.sub, [&](const Attribute& a) { return !a.instances.empty() && a.instances[0].observed_at.present() && a.instances[0].observed_at.us == i.observed_at.us; });
}

}  // namespace machiya::sense::ngsiv2
