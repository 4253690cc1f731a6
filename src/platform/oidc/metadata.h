// What a provider publishes of itself: its endpoints (OpenID Connect Discovery 1.0) and its keys, fetched through the door
// out and kept for a while.
#pragma once
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"
#include "platform/jose/keys.h"
#include "platform/outbound/outbound.h"

namespace machiya::oidc {

struct Metadata {
  std::string issuer, authorization_endpoint, token_endpoint, userinfo_endpoint, jwks_uri;
  bool names_itself = false;   ///< answers carry `iss` (RFC 9207): then it must be there
};
/// "metadata-unreadable", "metadata-issuer" (it speaks of another issuer), "metadata-incomplete", "pkce-unsupported".
Result<Metadata> parse_metadata(std::string_view text, std::string_view issuer);

/// Errors of the door out under this module's causes: "call-refused", "answer-too-large", "provider-unreachable".
Error outside_fault(const Error& error);

/// Thread-safe; fetches outside of its lock.
class MetadataCache {
 public:
  MetadataCache(const outbound::Outbound& door, const Clock& clock) : door_(door), clock_(clock) {}

  /// Kept for an hour. Every endpoint must be an origin that may be called ("endpoint-not-allowed"): the one that the browser is
  /// sent to as well.
  Result<std::shared_ptr<const Metadata>> metadata(const std::string& issuer);
  /// Kept for an hour; with `newer` fetched again, but at most once a minute (then the ones at hand are given).
  Result<std::shared_ptr<const jose::KeySet>> keys(const Metadata& metadata, bool newer);
  /// After a reload of the city or by the operator's wish.
  void forget();

 private:
  struct Kept {
    std::shared_ptr<const Metadata> metadata;
    std::shared_ptr<const jose::KeySet> keys;
    Instant metadata_at, keys_at;
  };
  Result<std::string> fetch(const std::string& url) const;

  const outbound::Outbound& door_;
  const Clock& clock_;
  std::mutex mutex_;
  std::map<std::string, Kept> kept_;   ///< by issuer
};

}  // namespace machiya::oidc
