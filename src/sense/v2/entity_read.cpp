#include "sense/v2/entity_read.h"

#include "sense/entities/stamp.h"
#include "sense/v2/attribute.h"
#include "sense/v2/view.h"

namespace machiya::sense::ngsiv2 {
namespace {
using tree::Value;

Error bad(std::string why) { return Error(ErrorCode::invalid_input, std::move(why)); }

Result<void> read_head(std::string_view key, const Value& value, Read& out) {
  const std::string what = "entity " + std::string(key);
  if (!value.is_string()) return bad("Invalid JSON type for " + what);
  MACHIYA_CHECK(check_field(value.text(), what));
  if (key == "id") return out.id = value.text(), Result<void>();
  out.type = value.text(), out.has_type = true;
  return {};
}

// Transient entities: when they go is said by an attribute.
Result<void> read_expiry(const Value& body, bool key_values, Read& out) {
  const Value& value = key_values ? body : body["value"];
  if (value.is_null()) return out.draft.expiry_gone = true, Result<void>();
  const auto stamp = parse_stamp(value.text());
  if (!value.is_string() || !stamp) return bad("date has invalid format");
  out.draft.expires_at = *stamp;
  return {};
}

}  // namespace

Result<void> check_attribute_name(std::string_view name) {
  MACHIYA_CHECK(check_field(name, "attribute name"));
  if (name == "id" || name == "type") return bad("invalid input, '" + std::string(name) + "' as attribute");
  if (name == "geo:distance" || name == "*") return bad("Invalid characters in attribute name");
  return {};
}

Result<Read> read_entity(const Value& body, Head head, bool key_values, const NameMap& names, tree::Arena& arena) {
  if (!body.is_object()) return bad("not a JSON object");
  Read out;
  for (const auto& [key, value] : body.members()) {
    if (key == "id" || key == "type") {
      if (head == Head::none) return bad("entity " + std::string(key) + " specified in payload");
      MACHIYA_CHECK(read_head(key, value, out));
      continue;
    }
    MACHIYA_CHECK(check_attribute_name(key));
    out.names_attributes = true;
    if (key == kDateCreated || key == kDateModified) continue;   // they are the broker's
    if (key == kDateExpires) {
      MACHIYA_CHECK(read_expiry(value, key_values, out));
      continue;
    }
    auto instance = key_values ? read_value({}, value, names, arena) : read_attribute(value, names, arena);
    if (!instance.ok()) return instance.error();
    out.draft.attributes.push_back({arena.text(names.iri(key)), {*instance}});
  }
  if (head == Head::whole && out.id.empty()) return bad("entity id length: 0, min length supported: 1");
  return out;
}

}  // namespace machiya::sense::ngsiv2
