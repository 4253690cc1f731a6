// The same body or query under another @context: names are expanded by one and compacted by the other (§4.3.6.6, jsonldContext). Values stay as they are. Pure.
#pragma once
#include <string>
#include <string_view>

#include "sense/jsonld/contexts.h"
#include "sense/tree/tree.h"

namespace machiya::sense::federation {

/// Both ways of one request to a source.
struct Renaming {
  const Terms* from = nullptr;
  const Terms* to = nullptr;
  bool needed() const { return from != to; }
  std::string attribute(std::string_view name) const;
  std::string type(std::string_view name) const;
};

/// An entity or a fragment of one; simplified and concise forms too.
tree::Value rename_entity(const tree::Value& body, const Renaming& names, tree::Arena& arena);
/// One attribute: an instance or a list of them.
tree::Value rename_attribute(const tree::Value& body, const Renaming& names, tree::Arena& arena);
/// q and csf: `speed>3;a.b[c]=="x"`. Only names are touched, never values.
std::string rename_filter(std::string_view q, const Renaming& names);

}  // namespace machiya::sense::federation
