#include "sense/entities/read.h"

#include <algorithm>
#include <array>
#include <optional>

#include "sense/entities/stamp.h"

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

// Members of an instance that are no attributes of it.
constexpr std::array<std::string_view, 23> kOwnMembers = {"type", "@type", "value", "object", "languageMap", "vocab", "json", "valueList", "objectList", "objectType", "valueType", "datasetId",
                                                          "observedAt", "unitCode", "createdAt", "modifiedAt", "deletedAt", "expiresAt", "instanceId", "ngsildproof", "lang", "entity", "entityList"};
bool is_name(std::string_view name) {
  return !name.empty() && name.find_first_of(" \t\r\n<>\"'=;()&?{}[]|\\^`") == std::string_view::npos;
}

/// Reads one instance; the members' rules one after the other.
class InstanceReader {
 public:
  InstanceReader(BodyOf what, const Terms& terms, tree::Arena& arena, std::string where) : what_(what), terms_(terms), arena_(arena), where_(std::move(where)) {}

  Result<Instance> read(const Value& body) {
    // §4.5.1: null is no value; who wants to delete says so with the standard's own word.
    if (body.is_null()) return bad("null is no value", where_);
    if (!body.is_object() || (!body.has("type") && !kind_by_member(body))) return simplified(body);
    const Value& type = body["type"];
    const auto said = kind_of_name(type.text());
    const auto seen = kind_by_member(body);
    if (body.has("type") && !said) {
      // {"type": "Point", "coordinates": …} is a value; anything else says a type that no attribute has.
      if (is_geometry(body)) return simplified(body);
      return bad("no type of attribute: " + std::string(type.text()), below(where_, "type"));
    }
    out_.kind = said ? *said : *seen;
    if (auto done = own_members(body); !done.ok()) return done.error();
    if (auto done = sub_attributes(body); !done.ok()) return done.error();
    return out_;
  }

 private:
  BodyOf what_;
  const Terms& terms_;
  tree::Arena& arena_;
  std::string where_;
  Instance out_;

  Result<Instance> simplified(const Value& body) {
    out_.kind = is_geometry(body) ? AttributeKind::geo_property : AttributeKind::property;
    out_.value = body;
    if (auto done = check_value(); !done.ok()) return done.error();
    return out_;
  }

  Result<void> own_members(const Value& body) {
    const std::string_view member = value_member(out_.kind);
    if (const Value* value = body.find(member)) {
      out_.value = *value;
      if (auto done = check_value(); !done.ok()) return done;
    } else {
      return bad("\"" + std::string(member) + "\" is missing", where_);
    }
    if (const Value* v = body.find("datasetId")) {
      if (!v->is_string() || !is_uri(v->text())) return bad("a datasetId is a URI", below(where_, "datasetId"));
      out_.dataset_id = v->text() == "@none" ? std::string_view() : v->text();
    }
    if (const Value* v = body.find("unitCode")) {
      if (!v->is_string()) return bad("a unitCode is text", below(where_, "unitCode"));
      out_.unit_code = v->text();
    }
    if (auto done = stamp(body, "observedAt", out_.observed_at); !done.ok()) return done;
    if (auto done = stamp(body, "expiresAt", out_.expires_at); !done.ok()) return done;
    if (const Value* v = body.find("objectType")) out_.object_type = expanded(*v);
    if (const Value* v = body.find("valueType")) out_.value_type = *v;
    if (const Value* v = body.find("ngsildproof")) out_.proof = *v;
    return {};
  }

  Result<void> stamp(const Value& body, std::string_view member, Stamp& out) {
    const Value* v = body.find(member);
    if (v == nullptr || (what_ == BodyOf::merge && is_ngsi_null(*v))) return {};
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
    if (is_ngsi_null(v)) return what_ == BodyOf::merge || what_ == BodyOf::fragment ? Result<void>() : bad("null deletes; there is nothing to delete here", where);
    switch (out_.kind) {
      case AttributeKind::property:
      case AttributeKind::json_property: return {};
      case AttributeKind::geo_property: return is_geometry(v) || v["type"].text() == "GeometryCollection" ? Result<void>() : bad("a GeoJSON geometry is expected", where);
      case AttributeKind::relationship: return check_uris(v, where);
      case AttributeKind::language_property: return check_languages(v, where);
      case AttributeKind::vocab_property:
        if (!v.is_string() && !(v.is_array() && std::ranges::all_of(v.items(), &Value::is_string))) return bad("a word or a list of words is expected", where);
        out_.value = expanded(v);
        return {};
      case AttributeKind::list_property: return v.is_array() ? Result<void>() : bad("a list is expected", where);
      case AttributeKind::list_relationship: return check_object_list(v, where);
    }
    return {};
  }
  static Result<void> check_uris(const Value& v, const std::string& where) {
    const bool one = v.is_string() && is_uri(v.text());
    const bool many = v.is_array() && v.count > 0 && std::ranges::all_of(v.items(), [](const Value& i) { return i.is_string() && is_uri(i.text()); });
    return one || many ? Result<void>() : bad("a URI, or a list of URIs, is expected", where);
  }
  static Result<void> check_languages(const Value& v, const std::string& where) {
    const auto texts = [](const tree::Member& m) { return m.value.is_string() || (m.value.is_array() && std::ranges::all_of(m.value.items(), &Value::is_string)); };
    return v.is_object() && std::ranges::all_of(v.members(), texts) ? Result<void>() : bad("language tags with their texts are expected", where);
  }
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
      if (!is_name(key)) return bad("no name of an attribute", below(where_, key));
      auto instances = read_attribute(value, what_, terms_, arena_, below(where_, key));
      if (!instances.ok()) return instances.error();
      sub.push_back({terms_.expand_term(key, arena_), arena_.list(*instances)});
    }
    out_.sub = arena_.list(sub);
    return {};
  }
};

// A list is several instances when each of its elements looks like one; else it is a value.
bool are_instances(const Value& body) {
  return body.is_array() && body.count > 0 && std::ranges::all_of(body.items(), [](const Value& v) {
           return v.is_object() && (kind_of_name(v["type"].text()).has_value() || (!v.has("type") && kind_by_member(v).has_value()));
         });
}

Result<void> read_members(const Value& body, BodyOf what, const Terms& terms, tree::Arena& arena, Draft& out) {
  for (const auto& [key, value] : body.members()) {
    if (key == "id" || key == "@id" || key == "type" || key == "@type" || key == "scope" || key == "@context" || key == "createdAt" || key == "modifiedAt" || key == "deletedAt") continue;
    if (key == "expiresAt") {
      const auto stamp = value.is_string() ? parse_stamp(value.text()) : std::nullopt;
      if (!stamp) return bad("a date-time in UTC with the suffix Z is expected", "/expiresAt");
      out.expires_at = *stamp;
      continue;
    }
    if (!is_name(key)) return bad("no name of an attribute", below("", key));
    auto instances = read_attribute(value, what, terms, arena, below("", key));
    if (!instances.ok()) return instances.error();
    const std::string_view name = terms.expand_term(key, arena);
    if (out.find(name) != nullptr) return bad("this attribute occurs twice", below("", key));
    out.attributes.push_back({name, std::move(*instances)});
  }
  return {};
}

}  // namespace

bool is_geometry(const Value& v) {
  return v.is_object() && std::ranges::find(kGeometries, v["type"].text()) != kGeometries.end() && v["coordinates"].is_array();
}

bool is_own_member(std::string_view key) { return key.starts_with('@') || std::ranges::find(kOwnMembers, key) != kOwnMembers.end(); }

Result<Value> read_value(AttributeKind kind, const Value& value, const Terms& terms, tree::Arena& arena, const std::string& where) {
  const Value whole = arena.object({{"type", Value::string(kind_name(kind))}, {value_member(kind), value}});
  auto read = InstanceReader(BodyOf::fragment, terms, arena, where).read(whole);
  if (!read.ok()) return read.error();
  return read->value;
}

bool is_ngsi_null(const Value& value) {
  if (value.is_string()) return value.text() == kNgsiNull;
  return value.is_object() && value.count == 1 && value.members()[0].key == "@none" && value.members()[0].value.text() == kNgsiNull;
}

bool is_uri(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == 0 || colon == std::string_view::npos || colon + 1 == text.size()) return false;
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  const auto scheme = [&](char c) { return letter(c) || (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.'; };
  if (!letter(text[0]) || !std::ranges::all_of(text.substr(0, colon), scheme)) return false;
  return std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) > 0x20 && std::string_view("<>\"{}|\\^`\x7f").find(c) == std::string_view::npos; });
}

bool is_scope(std::string_view text) {
  const auto allowed = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '/' || static_cast<unsigned char>(c) >= 0x80; };
  return !text.empty() && text.back() != '/' && text.find("//") == std::string_view::npos && std::ranges::all_of(text, allowed);
}

Result<std::vector<std::string_view>> read_types(const Value& body, const Terms& terms, tree::Arena& arena) {
  std::vector<std::string_view> out;
  const auto add = [&](const Value& v) {
    if (!v.is_string() || !is_name(v.text())) return false;
    const std::string_view iri = terms.expand_term(v.text(), arena);
    if (std::ranges::find(out, iri) == out.end()) out.push_back(iri);
    return true;
  };
  const bool right = body.is_array() ? body.count > 0 && std::ranges::all_of(body.items(), add) : add(body);
  if (!right) return bad("a type, or a list of types, is expected", "/type");
  return out;
}

Result<std::vector<std::string_view>> read_scopes(const Value& body) {
  std::vector<std::string_view> out;
  const auto add = [&](const Value& v) { return v.is_string() && is_scope(v.text()) && (out.push_back(v.text()), true); };
  const bool right = body.is_array() ? std::ranges::all_of(body.items(), add) : add(body);
  if (!right) return bad("a scope (/a/b), or a list of scopes, is expected", "/scope");
  return out;
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

Result<Draft> read_entity(const Value& body, BodyOf what, const Terms& terms, tree::Arena& arena) {
  if (!body.is_object()) return bad("an entity is a JSON object", "");
  Draft out;
  const bool whole = what == BodyOf::entity || what == BodyOf::temporal;
  const Value* id = body.find("id");
  if (id == nullptr) id = body.find("@id");
  if (id != nullptr) {
    if (!id->is_string() || !is_uri(id->text())) return bad("an id is a URI", "/id");
    out.id = id->text();
  } else if (whole) {
    return bad("the id is missing", "/id");
  }
  const Value* type = body.find("type");
  if (type == nullptr) type = body.find("@type");
  if (type != nullptr) {
    auto types = read_types(*type, terms, arena);
    if (!types.ok()) return types.error();
    out.types = std::move(*types);
  } else if (whole) {
    return bad("the type is missing", "/type");
  }
  if (const Value* scope = body.find("scope"); scope != nullptr && !is_ngsi_null(*scope)) {
    auto scopes = read_scopes(*scope);
    if (!scopes.ok()) return scopes.error();
    out.scopes = std::move(*scopes);
  }
  if (auto done = read_members(body, what, terms, arena, out); !done.ok()) return done.error();
  return out;
}

}  // namespace machiya::sense
