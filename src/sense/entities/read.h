// From what a client sends (normalized, concise or simplified NGSI-LD, §4.5) to a Draft with expanded names. The rules of the information model are checked
// here and nowhere else: invalid_input is the standard's BadRequestData, with the JSON pointer of the member in `where`.
#pragma once
#include <string_view>
#include <vector>

#include "base/result.h"
#include "sense/entities/draft.h"
#include "sense/jsonld/contexts.h"
#include "sense/tree/tree.h"

namespace machiya::sense {

enum class BodyOf : std::uint8_t {
  entity,      ///< create, replace, upsert: id and type are needed, null is refused
  fragment,    ///< append and update of attributes: id and type may be missing
  merge,       ///< merge and partial update: the standard's null deletes
  temporal,    ///< an evolution: attributes are lists of instances in time, several of the same datasetId
  append,      ///< append of attributes, replace: as fragment, but null is refused (§5.5.4)
};

/// The standard's null (§4.5.0): "urn:ngsi-ld:null".
inline constexpr std::string_view kNgsiNull = "urn:ngsi-ld:null";
bool is_ngsi_null(const tree::Value& value);

/// Is this member of an instance no attribute of it ("type", "value", "observedAt" …)?
bool is_own_member(std::string_view key);
/// A GeoJSON geometry by its members (its positions are judged by geometry.h).
bool is_geometry(const tree::Value& value);
/// A valid URI or IRI as ids, datasetIds and objects must be (RFC 3986, RFC 3987): a scheme, nothing invisible, no delimiters of markup.
bool is_uri(std::string_view text);
/// A scope: "/a/b", "a"; levels begin with a letter and go on with letters, digits, "_" (§4.18).
bool is_scope(std::string_view text);

/// `arena` keeps what is made on the way (lists, expanded words); it, `body` and `terms` must outlive the draft.
Result<Draft> read_entity(const tree::Value& body, BodyOf what, const Terms& terms, tree::Arena& arena);
/// The value of one member that is an attribute: one instance, or a list of instances with different datasetIds.
Result<std::vector<Instance>> read_attribute(const tree::Value& body, BodyOf what, const Terms& terms, tree::Arena& arena, const std::string& where);
/// The value of an instance of this kind, checked (and expanded, of a VocabProperty).
Result<tree::Value> read_value(AttributeKind kind, const tree::Value& value, const Terms& terms, tree::Arena& arena, const std::string& where);
/// May these members stand in an instance of this kind? (tables 5.2.5-1 …)
Result<void> check_members(AttributeKind kind, const tree::Value& body, const std::string& where);
/// "A" or ["A", "B"]: at least one, none twice, expanded.
Result<std::vector<std::string_view>> read_types(const tree::Value& body, const Terms& terms, tree::Arena& arena);
Result<std::vector<std::string_view>> read_scopes(const tree::Value& body);

}  // namespace machiya::sense
