// Names of NGSIv2 (attributes, metadata, types) and their IRIs; which characters may stand in them (FIWARE-NGSI v2, "Field syntax restrictions", and what Orion
// forbids besides). Pure.
#pragma once
#include <string>
#include <string_view>

#include "base/result.h"
#include "sense/jsonld/contexts.h"
#include "sense/query/filter.h"

namespace machiya::sense::ngsiv2 {

/// Names ↔ IRIs: a term of the context is its IRI, every other name stands below the default vocabulary, an IRI stays one. What comes out of `iri` goes back by
/// `name` letter by letter; names that NGSI-LD uses for members of its own ("value", "datasetId") never become those. Any thread may ask.
class NameMap {
 public:
  explicit NameMap(TermsPtr terms) : terms_(std::move(terms)) {}
  std::string iri(std::string_view name) const;
  std::string name(std::string_view iri) const;
  NameExpander expander() const {
    return [this](std::string_view name) { return iri(name); };
  }
  const Terms& terms() const { return *terms_; }

 private:
  TermsPtr terms_;
};

/// Fields that identify: 1 to 256 characters, no control characters, no white space, none of & ? / # < > " ' = ; ( ). `what`: "entity id", "attribute name" …,
/// as Orion's descriptions say it. An IRI (http, https) may have its slashes: that is how names of other vocabularies look.
Result<void> check_field(std::string_view text, std::string_view what);
/// Orion's rule for texts: none of < > " ' = ; ( ).
bool has_forbidden(std::string_view text);
/// The same for every text within, and for names of members.
bool has_forbidden(const tree::Value& value);

}  // namespace machiya::sense::ngsiv2
