// A context provider of NGSIv2 (FIWARE-NGSI v2.1, "Registration payload datamodel"): who holds which attributes of which entities besides this broker. Names are
// those of NGSIv2, never IRIs: that is how providers are spoken to. Pure.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "sense/query/selection.h"
#include "sense/registrations/registration.h"
#include "sense/tree/tree.h"

namespace machiya::sense {

/// One element of dataProvided.entities.
struct ProvidedEntity {
  std::string id, type;                                ///< "": what the pattern says, any when there is none
  std::optional<TextPattern> id_pattern, type_pattern;
  bool has_id(std::string_view id) const;
  bool has_type(std::string_view type) const;
  /// `type` "": unknown, which fits.
  bool has(std::string_view id, std::string_view type) const { return has_id(id) && (type.empty() || has_type(type)); }
};

/// Immutable; shared.
struct Provider {
  std::string tenant, id;
  std::string path = "/";                  ///< the service path that it stands at
  std::string url;                         ///< provider.http.url, without slashes at its end
  std::vector<ProvidedEntity> entities;    ///< at least one
  std::vector<std::string> attrs;          ///< empty: any
  bool asked = true, written = true;       ///< supportedForwardingMode: may it be asked, and written to
  bool active = true;
  std::int64_t expires_us = kNoTime;       ///< µs since 1970
  std::string body;                        ///< as it is kept: JSON of the members that the client may send
  std::int64_t created_us = kNoTime, modified_us = kNoTime;
  RegistrationPtr source;                  ///< for federation::Sender: the address

  bool counts(std::int64_t now_us) const { return active && (expires_us == kNoTime || expires_us > now_us); }
  bool has_attribute(std::string_view name) const;
  /// The element that has this entity, or nullptr.
  const ProvidedEntity* find(std::string_view id, std::string_view type) const;
};
using ProviderPtr = std::shared_ptr<const Provider>;

/// forwardingInformation.
struct ProviderState {
  std::uint64_t sent = 0;
  std::int64_t last_us = kNoTime, success_us = kNoTime, failure_us = kNoTime;   ///< kNoTime: never
};

/// What a client sends, checked: the text that is kept. invalid_input.
Result<std::string> read_provider(const tree::Value& body);
/// PATCH: members of the fragment take the place of those that are kept. invalid_input.
Result<std::string> merge_provider(const std::string& kept, const tree::Value& fragment);
/// From what is kept. invalid_input.
Result<ProviderPtr> parse_provider(std::string tenant, std::string id, std::string path, std::string body, std::int64_t created_us, std::int64_t modified_us);
/// As GET shows it.
std::string write_provider(const Provider& provider, const ProviderState& state, std::int64_t now_us);

}  // namespace machiya::sense
