#include <array>

#include "sense/jsonld/jsonld.h"

namespace machiya::sense::jsonld {
namespace {

// In the order of LdError; JSON-LD API §9.6 (JsonLdErrorCode).
constexpr std::string_view kNames[] = {
    "colliding keywords", "conflicting indexes", "context overflow", "cyclic IRI mapping", "invalid @id value", "invalid @import value",
    "invalid @included value", "invalid @index value", "invalid @nest value", "invalid @prefix value", "invalid @propagate value",
    "invalid @protected value", "invalid @reverse value", "invalid @version value", "invalid base direction", "invalid base IRI",
    "invalid container mapping", "invalid context entry", "invalid context nullification", "invalid default language", "invalid IRI mapping",
    "invalid JSON literal", "invalid keyword alias", "invalid language map value", "invalid language mapping", "invalid language-tagged string",
    "invalid language-tagged value", "invalid local context", "invalid remote context", "invalid reverse property", "invalid reverse property map",
    "invalid reverse property value", "invalid scoped context", "invalid script element", "invalid set or list object", "invalid term definition",
    "invalid type mapping", "invalid type value", "invalid typed value", "invalid value object", "invalid value object value",
    "invalid vocab mapping", "IRI confused with prefix", "keyword redefinition", "loading document failed", "loading remote context failed",
    "processing mode conflict", "protected term redefinition", "too large",
};
static_assert(std::size(kNames) == static_cast<std::size_t>(LdError::too_large) + 1);

ErrorCode code_of(LdError e) {
  switch (e) {
    case LdError::loading_remote_context_failed: return ErrorCode::unavailable;
    case LdError::context_overflow: case LdError::too_large: return ErrorCode::limit_exceeded;
    default: return ErrorCode::malformed_request;
  }
}

}  // namespace

std::string_view ld_error_name(LdError e) { return kNames[static_cast<std::size_t>(e)]; }

Error ld_error(LdError e, std::string detail, std::string where) {
  std::string text(ld_error_name(e));
  if (!detail.empty()) text += ": " + detail;
  return Error(code_of(e), std::move(text), std::move(where));
}

std::optional<LdError> ld_error_of(const Error& e) {
  const std::string_view name = std::string_view(e.detail).substr(0, e.detail.find(": "));
  for (std::size_t i = 0; i < std::size(kNames); ++i)
    if (kNames[i] == name) return static_cast<LdError>(i);
  return std::nullopt;
}

}  // namespace machiya::sense::jsonld
