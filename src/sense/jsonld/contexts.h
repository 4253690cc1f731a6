// The broker's contexts: which @context a request means, compiled once and shared; and the short way from names to IRIs and back.
// Rules: ETSI GS CIM 009 §4.4 (core context), §5.5.7 (user context first, core context last and winning), Annex B (its terms).
#pragma once
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "sense/jsonld/jsonld.h"

namespace machiya::sense {

/// Where a name goes that no context defines (Annex B).
inline constexpr std::string_view kDefaultVocab = "https://uri.etsi.org/ngsi-ld/default-context/";
inline constexpr std::string_view kCoreContextUrl = "https://uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context-v1.9.jsonld";

/// What a context says of the values of a term (@type of its definition).
enum class Coercion : std::uint8_t { none, id, vocab, json, other };

/// Names ↔ IRIs under one compiled context. Every call is O(1), safe for any number of threads at once and lock-free once a name was seen; at most
/// some thousand names are remembered, what comes after is worked out each time. Answers live as long as this object, or in `scratch`.
class Terms {
 public:
  explicit Terms(jsonld::ContextPtr context);
  ~Terms();
  Terms(const Terms&) = delete;
  Terms& operator=(const Terms&) = delete;

  const jsonld::ContextPtr& context() const;
  /// IRI expansion relative to the vocabulary (JSON-LD API §5.2): of attribute names, types, values of VocabProperties. "@id", "@type" … for aliases of
  /// keywords; an IRI stays as it is; empty for what the context maps to null and for words in the form of a keyword.
  std::string_view expand_term(std::string_view name, tree::Arena& scratch) const;
  /// The inverse for types and vocabulary values (§6.2 with vocab and no value): term, else relative to the vocabulary, else prefix:suffix, else the IRI.
  std::string_view compact_iri(std::string_view iri, tree::Arena& scratch) const;
  /// The inverse for names of attributes, whose values are node objects: a term that is coerced to a literal type is not taken (§6.2, §6.3).
  std::string_view compact_attribute(std::string_view iri, tree::Arena& scratch) const;
  /// Coercion of the term of this name as written (not of an IRI).
  Coercion coercion(std::string_view name) const;
  /// The term's @type, expanded: "https://uri.etsi.org/ngsi-ld/DateTime", "@json" …; empty when none.
  std::string_view type_mapping(std::string_view name) const;

 private:
  struct Inside;
  std::unique_ptr<Inside> in_;
};
using TermsPtr = std::shared_ptr<const Terms>;

/// The store of compiled contexts. Any thread may call; nothing is locked while a context is loaded or compiled.
class Contexts {
 public:
  struct Options {
    std::string core_version = "1.9";   ///< "1.3" … "1.9": the core context that is applied last
    std::size_t most = 4096;            ///< compiled contexts kept; beyond it, or beyond about so many bytes, the longest unused go
    std::size_t most_bytes = 64 << 20;
    jsonld::Limits limits;
  };
  /// `loader` answers what is not vendored (hosted contexts, allowed hosts); nullptr: nothing does, no context is ever fetched. Must outlive this.
  Contexts(jsonld::ContextLoader* loader, Options options);
  explicit Contexts(jsonld::ContextLoader* loader) : Contexts(loader, Options()) {}
  ~Contexts();

  /// The core context alone: what a request without @context means.
  const TermsPtr& core() const;
  /// The value of an @context member: URL, map, or array of them; null means the core alone. Errors: ld_error_of(); unavailable when a remote context
  /// cannot be had (LdContextNotAvailable), malformed_request when one is wrong, limit_exceeded when one is too large.
  Result<TermsPtr> resolve(const tree::Value& context_value);
  /// The @context of a Link header.
  Result<TermsPtr> resolve_url(std::string_view url);
  /// Is it a context (a map or array or URL that can be used)? What hosting a context asks before it keeps one (§5.13.2).
  Result<void> check(const tree::Value& context_value);
  /// Drops what was compiled with the document of this URL: it was changed, deleted or is to be fetched anew.
  void forget(std::string_view url);
  std::size_t size() const;

  /// The core contexts that are built in: is this URL one of them?
  static bool is_core(std::string_view url);
  /// Its JSON text {"@context": {…}}, built from our table of terms; empty when `url` is none.
  static std::string core_document(std::string_view url);

 private:
  struct Inside;
  std::unique_ptr<Inside> in_;
};

}  // namespace machiya::sense
