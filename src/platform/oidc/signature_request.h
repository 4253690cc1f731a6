// Asking somebody for their signature at a provider, from the first click to the signature: a transaction of the signing interface and an
// authorization of its own with state, nonce and PKCE, remembered by whoever asks.
#pragma once
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "platform/oidc/signing.h"

namespace machiya::oidc {

/// Thread-safe.
class SignatureRequests {
 public:
  /// `providers`: those of now.
  SignatureRequests(const outbound::Outbound& door, const Clock& clock, Rng& rng, std::string base_url, std::function<std::vector<Provider>()> providers);

  /// Those of citizens that have a signing interface.
  std::vector<Provider> providers() const;

  struct Departure {
    std::string location;   ///< of the provider, for the browser
    std::string state;      ///< by which the answer finds its way back
    json::Value memory;     ///< for arrive(); secret: keep it sealed, for one use and this person's session only
  };
  /// `digest`: SHA-256. not_found for a provider that is not offered; other causes are Exchange's and Signing's.
  Result<Departure> depart(std::string_view provider, std::string_view digest);
  /// The provider's answer, asked for with `memory`. Only a signature that `check` accepts comes out. Causes: "state-unknown" (of another request),
  /// code_in()'s, Exchange's, Signing's and those of `check`.
  Result<Signature> arrive(std::string_view provider, const http::Pairs& answer, const json::Value& memory, std::string_view digest, SignatureCheck check);
  /// Forgets what providers published (reload).
  void forget() { cache_.forget(); }
  std::string redirect_uri(std::string_view provider) const;

 private:
  Result<Provider> provider(std::string_view id) const;

  const outbound::Outbound& door_;
  Rng& rng_;
  std::string base_url_;
  std::function<std::vector<Provider>()> providers_;
  MetadataCache cache_;
  Exchange exchange_;
};

}  // namespace machiya::oidc
