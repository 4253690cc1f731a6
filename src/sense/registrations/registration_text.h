// Registrations as JSON: from what a client sends to the form that is kept (names expanded), and back under the context of whoever asks. Frozen form: the
// members of §5.2.9 with IRIs for types and attributes; members that the standard does not know (csourceProperties) stand under their IRI.
#pragma once
#include <string>

#include "base/result.h"
#include "sense/jsonld/contexts.h"
#include "sense/registrations/registrations.h"
#include "sense/tree/tree.h"

namespace machiya::sense {

/// A whole registration of a client; `id` is used when the body has none. invalid_input is the standard's BadRequestData.
Result<std::string> read_registration(const tree::Value& body, const Terms& terms, const std::string& id, std::int64_t now_us);
/// §5.9.3: members of the fragment take the place of those that are kept; null takes away.
Result<std::string> merge_registration(const Registration& kept, const tree::Value& fragment, const Terms& terms, std::int64_t now_us);

struct RegistrationShown {
  bool sys_attrs = false;
  bool defaults = false;          ///< mode and operations are shown even when nobody said them
  SourceState state;
};
/// {"id": …} without @context; names as `terms` have them.
std::string write_registration(const Registration& registration, const Terms& terms, const RegistrationShown& how);

}  // namespace machiya::sense
