// One instance of an attribute, normalized, concise or simplified (§4.5.2–§4.5.24): which members may stand in it, and what its value must be.
#include <algorithm>
#include <array>
#include <optional>

#include "sense/entities/read.h"
#include "sense/entities/stamp.h"
#include "sense/entities/words.h"
#include "sense/geometry/geometry.h"

namespace machiya::sense {
namespace {
using tree::Value;

Error bad(std::string why, std::string where) { return Error(ErrorCode::invalid_input, std::move(why), std::move(where)); }

std::string below(const std::string& where, std::string_view member) { return where + "/" + std::string(member); }

constexpr std::array<std::string_view, 6> kGeometries = {"Point", "MultiPoint", "LineString", "MultiLineString", "Polygon", "MultiPolygon"};

// The member that tells what an attribute without "type" is (the concise representation, §4.5.2.3 …).
std::optional<AttributeKind> kind_by_member(const Value& body) {
  if (const Value* value = body.find("value")) return is_geometry(*value) ? AttributeKind::geo_property : AttributeKind::property;
  for (const AttributeKind kind : {AttributeKind::relationship, AttributeKind::language_property, AttributeKind::vocab_property, AttributeKind::json_property,
                                   AttributeKind::list_property, AttributeKind::list_relationship})
    if (body.has(value_member(kind))) return kind;
  return std::nullopt;
}

const Value* type_member(const Value& body) {
  const Value* type = body.find("type");
  return type != nullptr ? type : body.find("@type");
}

constexpr unsigned bit(AttributeKind kind) { return 1u << static_cast<unsigned>(kind); }

// Members that only some kinds have (tables 5.2.5-1 … 5.2.38-1); those that none has are written by a broker, never read.
struct MemberOf {
  std::string_view member;
  unsigned kinds;
};
using enum AttributeKind;
constexpr unsigned kProperties = bit(property) | bit(geo_property) | bit(language_property) | bit(vocab_property) | bit(json_property) | bit(list_property);
constexpr std::array<MemberOf, 10> kMembersOf = {{{"value", bit(property) | bit(geo_property)},
                                                 {"object", bit(relationship)},
                                                 {"languageMap", bit(language_property)},
                                                 {"vocab", bit(vocab_property)},
                                                 {"json", bit(json_property)},
                                                 {"valueList", bit(list_property)},
                                                 {"objectList", bit(list_relationship)},
                                                 {"objectType", bit(relationship) | bit(list_relationship)},
                                                 {"valueType", kProperties},
                                                 {"unitCode", bit(property) | bit(geo_property) | bit(list_property)}}};
// Those that every kind has; times and instanceId are the broker's and not looked at.
constexpr std::array<std::string_view, 11> kCommon = {"type", "@type", "datasetId", "observedAt", "expiresAt", "createdAt", "modifiedAt", "deletedAt", "instanceId", "ngsildproof", "lang"};

// What may stand nowhere in a value (§5.5.4, §4.5.1): null, the standard's null, a context of its own.
const char* wrong_within(const Value& v) {
  if (v.is_null()) return "null is no value";
  if (v.is_string() && v.text() == kNgsiNull) return "null deletes; there is nothing to delete here";
  for (const Value& item : v.items())
    if (const char* why = wrong_within(item)) return why;
  for (const auto& [key, value] : v.members()) {
    if (key == "@context") return "a context stands at the top only";
    if (const char* why = wrong_within(value)) return why;
  }
  return nullptr;
}

/// Reads one instance; the members' rules one after the other.
class InstanceReader {
 public:
  InstanceReader(BodyOf what, const Terms& terms, tree::Arena& arena, std::string where) : what_(what), terms_(terms), arena_(arena), where_(std::move(where)) {}

  Result<Instance> read(const Value& body) {
    // §4.5.1: null is no value; who wants to delete says so with the standard's own word.
    if (body.is_null()) return bad("null is no value", where_);
    const Value* type = body.is_object() ? type_member(body) : nullptr;
    if (!body.is_object() || (type == nullptr && !kind_by_member(body))) return simplified(body);
    const auto said = type != nullptr ? kind_of_name(type->text()) : std::nullopt;
    if (type != nullptr && !said) {
      // {"type": "Point", "coordinates": …} is a value; anything else says a type that no attribute has.
      if (is_geometry(body)) return simplified(body);
      return bad("no type of attribute: " + std::string(type->text()), below(where_, "type"));
    }
    out_.kind = said ? *said : *kind_by_member(body);
    if (auto done = may_stand(body); !done.ok()) return done.error();
    if (auto done = own_members(body); !done.ok()) return done.error();
    if (auto done = sub_attributes(body); !done.ok()) return done.error();
    return out_;
  }
  Result<Value> value_of(AttributeKind kind, const Value& value) {
    out_.kind = kind, out_.value = value;
    if (auto done = check_value(); !done.ok()) return done.error();
    return out_.value;
  }

 private:
  BodyOf what_;
  const Terms& terms_;
  tree::Arena& arena_;
  std::string where_;
  Instance out_;

  Result<Instance> simplified(const Value& body) {
    out_.kind = is_geometry(body) ? geo_property : property;
    out_.value = body;
    if (auto done = check_value(); !done.ok()) return done.error();
    return out_;
  }

  bool nulls() const { return what_ == BodyOf::merge || what_ == BodyOf::fragment; }

  Result<void> may_stand(const Value& body) {
    for (const auto& [key, value] : body.members()) {
      if (std::ranges::find(kCommon, key) != kCommon.end()) continue;
      if (!key.starts_with('@') && !detail::is_reserved(key)) continue;
      const auto known = std::ranges::find(kMembersOf, key, &MemberOf::member);
      if (known == kMembersOf.end() || (known->kinds & bit(out_.kind)) == 0) return bad("a " + std::string(kind_name(out_.kind)) + " has no such member", below(where_, key));
    }
    return {};
  }

  Result<void> own_members(const Value& body) {
    const std::string_view member = value_member(out_.kind);
    const Value* value = body.find(member);
    if (value == nullptr) return bad("\"" + std::string(member) + "\" is missing", where_);
    out_.value = *value;
    if (auto done = check_value(); !done.ok()) return done;
    if (const Value* v = body.find("datasetId"); v != nullptr && v->text() != "@none") {
      if (!v->is_string() || !is_uri(v->text()) || is_ngsi_null(*v)) return bad("a datasetId is a URI", below(where_, "datasetId"));
      out_.dataset_id = v->text();
    }
    if (const Value* v = body.find("unitCode"); v != nullptr && !(nulls() && is_ngsi_null(*v))) {
      if (!v->is_string() || is_ngsi_null(*v)) return bad("a unitCode is text", below(where_, "unitCode"));
      out_.unit_code = v->text();
    }
    if (auto done = stamp(body, "observedAt", out_.observed_at); !done.ok()) return done;
    if (auto done = stamp(body, "expiresAt", out_.expires_at); !done.ok()) return done;
    return types_and_proof(body);
  }

  Result<void> types_and_proof(const Value& body) {
    const auto said = [&](std::string_view name) {
      const Value* v = body.find(name);
      return v != nullptr && nulls() && is_ngsi_null(*v) ? nullptr : v;
    };
    if (const Value* v = said("objectType")) {
      if (!v->is_string() && !(v->is_array() && v->count > 0 && std::ranges::all_of(v->items(), &Value::is_string))) return bad("a type, or a list of types, is expected", below(where_, "objectType"));
      out_.object_type = expanded(*v);
    }
    if (const Value* v = said("valueType")) {
      if (!v->is_string() || is_ngsi_null(*v)) return bad("a datatype is expected", below(where_, "valueType"));
      // §5.2.32: the texts of a LanguageProperty are what RDF calls langString.
      const std::string_view word = v->text().substr(v->text().find_last_of("#:/") + 1);
      if (out_.kind == language_property && word != "langString" && word != "LangString") return bad("a LanguageProperty holds values of type LangString", below(where_, "valueType"));
      out_.value_type = *v;
    }
    if (const Value* v = said("ngsildproof")) {
      const Value* type = v->is_object() ? type_member(*v) : nullptr;
      if (!v->is_object() || !(*v)["value"].is_object() || (type != nullptr && type->text() != "Property")) return bad("a Property whose value is a proof is expected", below(where_, "ngsildproof"));
      out_.proof = *v;
    }
    return {};
  }

  Result<void> stamp(const Value& body, std::string_view member, Stamp& out) {
    const Value* v = body.find(member);
    if (v == nullptr || (nulls() && is_ngsi_null(*v))) return {};
    const auto read = v->is_string() ? parse_stamp(v->text()) : std::nullopt;
    if (!read) return bad("a date-time in UTC with the suffix Z is expected", below(where_, member));
    out = *read;
    return {};
  }

  // One word or several, expanded.
  Value expanded(const Value& v) {
    if (v.is_string()) return is_ngsi_null(v) ? v : Value::string(terms_.expand_term(v.text(), arena_));
    if (!v.is_array()) return v;
    std::vector<Value> items;
    for (const Value& item : v.items()) items.push_back(expanded(item));
    return arena_.array(items);
  }

  Result<void> check_value() {
    const std::string where = below(where_, value_member(out_.kind));
    const Value& v = out_.value;
    if (v.is_null()) return bad("null is no value", where);
    if (is_null_list(v)) out_.value = v.items()[0];
    if (is_ngsi_null(v)) return nulls() ? Result<void>() : bad("null deletes; there is nothing to delete here", where);
    if (out_.kind == json_property) return v.is_scalar() ? bad("an object or a list is expected", where) : Result<void>();
    if (out_.kind == geo_property) return check_geometry(where);
    if (const char* why = wrong_within(v)) return bad(why, where);
    switch (out_.kind) {
      case relationship: return check_uris(v, where);
      case language_property: return check_languages(v, where);
      case vocab_property:
        if (!v.is_string() && !(v.is_array() && std::ranges::all_of(v.items(), &Value::is_string))) return bad("a word or a list of words is expected", where);
        out_.value = expanded(v);
        return {};
      case list_property: return v.is_array() ? Result<void>() : bad("a list is expected", where);
      case list_relationship: return check_object_list(v, where);
      default: return {};
    }
  }
  // How a list is deleted: ["urn:ngsi-ld:null"].
  bool is_null_list(const Value& v) const { return (out_.kind == list_property || out_.kind == list_relationship) && v.is_array() && v.count == 1 && is_ngsi_null(v.items()[0]); }

  // §4.7.2: a geometry, or a geometry as text.
  Result<void> check_geometry(const std::string& where) {
    if (out_.value.is_string()) {
      auto parsed = tree::parse(out_.value.text(), arena_);
      if (!parsed.ok()) return bad("a GeoJSON geometry is expected", where);
      out_.value = *parsed;
    }
    auto geometry = Geometry::from_json(out_.value);
    if (!geometry.ok()) return bad("a GeoJSON geometry is expected: " + geometry.error().detail, where + geometry.error().where);
    return {};
  }
  static Result<void> check_uris(const Value& v, const std::string& where) {
    const bool one = v.is_string() && is_uri(v.text());
    const bool many = v.is_array() && v.count > 0 && std::ranges::all_of(v.items(), [](const Value& i) { return i.is_string() && is_uri(i.text()); });
    return one || many ? Result<void>() : bad("a URI, or a list of URIs, is expected", where);
  }
  static Result<void> check_languages(const Value& v, const std::string& where) {
    const auto tag = [](std::string_view t) {
      return t == "@none" || (!t.empty() && std::ranges::all_of(t, [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-'; }));
    };
    const auto texts = [&](const tree::Member& m) { return tag(m.key) && (m.value.is_string() || (m.value.is_array() && std::ranges::all_of(m.value.items(), &Value::is_string))); };
    return v.is_object() && std::ranges::all_of(v.members(), texts) ? Result<void>() : bad("language tags with their texts are expected", where);
  }
  // §4.5.22.2: URIs, or objects with a URI; kept as the latter.
  Result<void> check_object_list(const Value& v, const std::string& where) {
    if (!v.is_array()) return bad("a list is expected", where);
    std::vector<Value> items;
    for (const Value& item : v.items()) {
      const Value& uri = item.is_object() ? item["object"] : item;
      if (!uri.is_string() || !is_uri(uri.text())) return bad("a list of {\"object\": URI} is expected", where);
      items.push_back(arena_.object({{"object", uri}}));
    }
    out_.value = arena_.array(items);
    return {};
  }

  Result<void> sub_attributes(const Value& body) {
    std::vector<Attribute> sub;
    for (const auto& [key, value] : body.members()) {
      if (is_own_member(key)) continue;
      if (!detail::is_attribute_name(key)) return bad("no name of an attribute", below(where_, key));
      if (what_ == BodyOf::fragment && is_ngsi_null(value)) continue;   // the whole attribute is new: there is nothing to delete in it
      auto instances = read_attribute(value, what_, terms_, arena_, below(where_, key));
      if (!instances.ok()) return instances.error();
      sub.push_back({terms_.expand_term(key, arena_), arena_.list(*instances)});
    }
    out_.sub = arena_.list(sub);
    return {};
  }
};

// A list is several instances when one of its elements says its kind, or when each looks like one; else it is a value.
bool are_instances(const Value& body) {
  if (!body.is_array() || body.count == 0) return false;
  const auto says = [](const Value& v) {
    const Value* type = v.is_object() ? type_member(v) : nullptr;
    return type != nullptr && kind_of_name(type->text()).has_value();
  };
  return std::ranges::any_of(body.items(), says) || std::ranges::all_of(body.items(), [](const Value& v) { return v.is_object() && type_member(v) == nullptr && kind_by_member(v).has_value(); });
}

}  // namespace

bool is_geometry(const Value& v) {
  return v.is_object() && std::ranges::find(kGeometries, v["type"].text()) != kGeometries.end() && v["coordinates"].is_array();
}

bool is_own_member(std::string_view key) { return key.starts_with('@') || detail::is_reserved(key) || std::ranges::find(kCommon, key) != kCommon.end(); }

bool is_ngsi_null(const Value& value) {
  if (value.is_string()) return value.text() == kNgsiNull;
  return value.is_object() && value.count == 1 && value.members()[0].key == "@none" && value.members()[0].value.text() == kNgsiNull;
}

Result<Value> read_value(AttributeKind kind, const Value& value, const Terms& terms, tree::Arena& arena, const std::string& where) {
  return InstanceReader(BodyOf::fragment, terms, arena, where).value_of(kind, value);
}

Result<void> check_members(AttributeKind kind, const Value& body, const std::string& where) {
  for (const auto& m : body.members()) {
    const auto known = std::ranges::find(kMembersOf, m.key, &MemberOf::member);
    const bool wrong = known != kMembersOf.end() ? (known->kinds & bit(kind)) == 0 : is_own_member(m.key) && std::ranges::find(kCommon, m.key) == kCommon.end();
    if (wrong) return bad("a " + std::string(kind_name(kind)) + " has no such member", below(where, m.key));
  }
  return {};
}

Result<std::vector<Instance>> read_attribute(const Value& body, BodyOf what, const Terms& terms, tree::Arena& arena, const std::string& where) {
  std::vector<Instance> out;
  if (!are_instances(body)) {
    auto one = InstanceReader(what, terms, arena, where).read(body);
    if (!one.ok()) return one.error();
    out.push_back(*one);
    return out;
  }
  for (const Value& item : body.items()) {
    auto one = InstanceReader(what, terms, arena, where + "/" + std::to_string(out.size())).read(item);
    if (!one.ok()) return one.error();
    // §4.5.5: at most one default instance, and one of each datasetId; an evolution has many of each, in time.
    if (what != BodyOf::temporal && std::ranges::find(out, one->dataset_id, &Instance::dataset_id) != out.end())
      return bad(one->dataset_id.empty() ? "more than one default instance" : "this datasetId occurs twice", where + "/" + std::to_string(out.size()));
    out.push_back(*one);
  }
  return out;
}

}  // namespace machiya::sense
