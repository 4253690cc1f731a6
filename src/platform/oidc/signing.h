// Electronic signatures with the national card through the provider's signing interface (デジタル認証アプリ, sign-transactions): a digest
// is registered, the person agrees in a log-in of its own, signature and certificate are fetched.
#pragma once
#include <functional>
#include <string>
#include <string_view>

#include "platform/oidc/exchange.h"

namespace machiya::oidc {

struct Signature {
  std::string value;         ///< bytes
  std::string certificate;   ///< DER
};

/// Is it a signature over this digest by a certificate that is valid now? Filled by whoever can follow the card's chain to its
/// root and ask for revocations; without one nothing is accepted.
using SignatureCheck = std::function<Result<void>(std::string_view digest, const Signature& signature)>;

/// Thread-safe.
class Signing {
 public:
  Signing(const outbound::Outbound& door, MetadataCache& cache, Exchange& exchange, SignatureCheck check)
      : door_(door), cache_(cache), exchange_(exchange), check_(std::move(check)) {}

  /// Registers a SHA-256 digest (32 bytes); gives the transaction's id.
  Result<std::string> begin(const Provider& provider, std::string_view digest);
  /// What the authorization request of this signature has besides the usual.
  static Form request_for(std::string_view transaction);
  /// After the person agreed. Only a signature that `check` accepts comes out; unavailable when there is no check.
  Result<Signature> fetch(const Provider& provider, std::string_view transaction, std::string_view digest);

 private:
  Result<json::Value> ask(const Provider& provider, outbound::Call call);

  const outbound::Outbound& door_;
  MetadataCache& cache_;
  Exchange& exchange_;
  SignatureCheck check_;
};

}  // namespace machiya::oidc
