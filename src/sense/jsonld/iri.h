// IRIs and keywords: their forms, resolving and shortening (RFC 3986 §5.2, JSON-LD 1.1 §1.7).
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace machiya::sense::jsonld {

enum class Keyword : std::uint8_t {
  none,   ///< no keyword at all; "@none" is none_
  base, container, context, direction, graph, id, import, included, index, json, language, list, nest, none_, prefix, propagate, protected_,
  reverse, set, type, value, version, vocab,
};
inline constexpr std::size_t kKeywords = static_cast<std::size_t>(Keyword::vocab) + 1;

Keyword keyword_of(std::string_view s);
/// "@type" …
std::string_view keyword_text(Keyword k);
/// "@" and letters only: reserved for keywords to come.
bool looks_like_keyword(std::string_view s);
/// A scheme, a colon, no white space.
bool is_absolute_iri(std::string_view s);
inline bool is_blank_node(std::string_view s) { return s.substr(0, 2) == "_:"; }
/// §5.2.2 with dot segments removed, nothing else normalised. A base that is no IRI leaves the reference as it is.
std::string resolve_iri(std::string_view base, std::string_view reference);
/// The shortest relative reference of the forms that the test suite of JSON-LD knows; `iri` itself when scheme or authority differ.
std::string relative_iri(std::string_view base, std::string_view iri);

}  // namespace machiya::sense::jsonld
