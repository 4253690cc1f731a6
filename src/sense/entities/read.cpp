#include "sense/entities/read.h"

#include <algorithm>
#include <array>

#include "sense/entities/stamp.h"
#include "sense/entities/words.h"

namespace machiya::sense {
namespace {
using tree::Value;

Error bad(std::string why, std::string where) { return Error(ErrorCode::invalid_input, std::move(why), std::move(where)); }

std::string below(std::string_view member) { return "/" + std::string(member); }

// §4.7.1: what the core context says to be a place is one.
constexpr std::array<std::string_view, 3> kPlaces = {"https://uri.etsi.org/ngsi-ld/location", "https://uri.etsi.org/ngsi-ld/observationSpace", "https://uri.etsi.org/ngsi-ld/operationSpace"};

// Members of an entity that are no attributes, and not read here.
constexpr std::array<std::string_view, 9> kHead = {"id", "@id", "type", "@type", "scope", "@context", "createdAt", "modifiedAt", "deletedAt"};

Result<void> read_expiry(const Value& value, bool may_delete, Draft& out) {
  if (may_delete && is_ngsi_null(value)) return out.expiry_gone = true, Result<void>();
  const auto stamp = value.is_string() ? parse_stamp(value.text()) : std::nullopt;
  if (!stamp) return bad("a date-time in UTC with the suffix Z is expected", "/expiresAt");
  out.expires_at = *stamp;
  return {};
}

// What a place is in the simplified form may be a geometry as text.
Value as_place(const Value& value, tree::Arena& arena) {
  if (!value.is_string() || is_ngsi_null(value)) return value;
  return arena.object({{"type", Value::string("GeoProperty")}, {"value", value}});
}

Result<void> read_members(const Value& body, BodyOf what, const Terms& terms, tree::Arena& arena, Draft& out) {
  const bool may_delete = what == BodyOf::fragment || what == BodyOf::merge;
  for (const auto& [key, value] : body.members()) {
    if (std::ranges::find(kHead, key) != kHead.end()) continue;
    if (key == "expiresAt") {
      if (auto done = read_expiry(value, may_delete, out); !done.ok()) return done;
      continue;
    }
    if (!detail::is_attribute_name(key) || detail::is_reserved(key)) return bad("no name of an attribute", below(key));
    const std::string_view name = terms.expand_term(key, arena);
    if (name.empty() || name.front() == '@') return bad("the context makes this no attribute", below(key));
    const bool place = std::ranges::find(kPlaces, name) != kPlaces.end();
    auto instances = read_attribute(place ? as_place(value, arena) : value, what, terms, arena, below(key));
    if (!instances.ok()) return instances.error();
    if (place && !std::ranges::all_of(*instances, [](const Instance& i) { return i.kind == AttributeKind::geo_property || is_ngsi_null(i.value); })) return bad("a GeoProperty is expected", below(key));
    if (out.find(name) != nullptr) return bad("this attribute occurs twice", below(key));
    out.attributes.push_back({name, std::move(*instances)});
  }
  return {};
}

Result<void> read_identity(const Value& body, bool whole, const Terms& terms, tree::Arena& arena, Draft& out) {
  const Value* id = body.find("id");
  if (id == nullptr) id = body.find("@id");
  if (id != nullptr) {
    if (!id->is_string() || !is_uri(id->text()) || is_ngsi_null(*id)) return bad("an id is a URI", "/id");
    out.id = id->text();
  } else if (whole) {
    return bad("the id is missing", "/id");
  }
  const Value* type = body.find("type");
  if (type == nullptr) type = body.find("@type");
  if (type == nullptr) return whole ? Result<void>(bad("the type is missing", "/type")) : Result<void>();
  auto types = read_types(*type, terms, arena);
  if (!types.ok()) return types.error();
  out.types = std::move(*types);
  return {};
}

}  // namespace

Result<std::vector<std::string_view>> read_types(const Value& body, const Terms& terms, tree::Arena& arena) {
  std::vector<std::string_view> out;
  const auto add = [&](const Value& v) {
    if (!v.is_string() || !detail::is_attribute_name(v.text()) || is_ngsi_null(v)) return false;
    const std::string_view iri = terms.expand_term(v.text(), arena);
    if (iri.empty() || iri.front() == '@') return false;
    if (std::ranges::find(out, iri) == out.end()) out.push_back(iri);
    return true;
  };
  const bool right = body.is_array() ? body.count > 0 && std::ranges::all_of(body.items(), add) : add(body);
  if (!right) return bad("a type, or a list of types, is expected", "/type");
  return out;
}

Result<std::vector<std::string_view>> read_scopes(const Value& body) {
  std::vector<std::string_view> out;
  const auto add = [&](const Value& v) {
    if (!v.is_string() || !is_scope(v.text())) return false;
    if (std::ranges::find(out, v.text()) == out.end()) out.push_back(v.text());
    return true;
  };
  const bool right = body.is_array() ? body.count > 0 && std::ranges::all_of(body.items(), add) : add(body);
  if (!right) return bad("a scope (/a/b), or a list of scopes, is expected", "/scope");
  return out;
}

Result<Draft> read_entity(const Value& body, BodyOf what, const Terms& terms, tree::Arena& arena) {
  if (!body.is_object()) return bad("an entity is a JSON object", "");
  Draft out;
  if (auto done = read_identity(body, what == BodyOf::entity || what == BodyOf::temporal, terms, arena, out); !done.ok()) return done.error();
  if (const Value* scope = body.find("scope")) {
    if (is_ngsi_null(*scope) && (what == BodyOf::fragment || what == BodyOf::merge)) {
      out.scopes_gone = true;
    } else if (what == BodyOf::temporal && !scope->is_string() && !(scope->is_array() && std::ranges::all_of(scope->items(), &Value::is_string))) {
      // An evolution reifies scopes (§4.18); whoever keeps history reads them itself.
    } else {
      auto scopes = read_scopes(*scope);
      if (!scopes.ok()) return scopes.error();
      out.scopes = std::move(*scopes);
    }
  }
  if (auto done = read_members(body, what, terms, arena, out); !done.ok()) return done.error();
  return out;
}

}  // namespace machiya::sense
