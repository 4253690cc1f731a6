// Keys of signed tokens: public ones as JSON Web Keys (RFC 7517), our own private one as PEM. Pure; OpenSSL 3 underneath.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"

struct evp_pkey_st;

namespace machiya::jose {

/// What this house verifies (RFC 7518 §3.1, RFC 8037). "none" and everything else do not exist here.
enum class Alg : std::uint8_t { rs256, ps256, es256, eddsa, hs256 };
std::optional<Alg> parse_alg(std::string_view name);
std::string_view alg_name(Alg alg);

/// Every refusal of this module: invalid_input, or not_found for a key that the set does not hold. `where` is a short, constant
/// name of the cause for logs and tests ("alg-not-allowed"); the detail never holds a token's content.
Error fault(const char* cause, std::string detail);

enum class KeyType : std::uint8_t { rsa, p256, ed25519 };

/// A public key. Cheap to copy; immutable, so shared between threads.
struct PublicKey {
  std::string kid;           ///< "" when the set gives none
  KeyType type = KeyType::rsa;
  std::optional<Alg> alg;    ///< when the set binds the key to one
  std::shared_ptr<evp_pkey_st> handle;
};
/// The one key type that an algorithm works with; nothing for hs256.
std::optional<KeyType> type_for(Alg alg);

struct KeySet {
  std::vector<PublicKey> keys;
};
/// RFC 7517 §5. Keys of unknown type, curve or use are passed over; RSA of less than 2,048 bits or a small exponent, points
/// off the curve, private parts, two keys of one name and type, and more than 64 keys are refused.
Result<KeySet> parse_key_set(std::string_view text);

/// Our own key, for private_key_jwt (RFC 7523 §3): RSA from 2,048 bits (RS256) or P-256 (ES256).
class PrivateKey {
 public:
  /// PEM without a pass phrase. The text is not kept.
  static Result<PrivateKey> from_pem(std::string_view pem);
  Alg alg() const { return alg_; }
  /// The signature's bytes as RFC 7518 §3.3 and §3.4 write them.
  Result<std::string> sign(std::string_view input) const;
  /// The public half as a JWK with this name, as a provider is told it.
  json::Value public_jwk(std::string_view kid) const;

 private:
  Alg alg_ = Alg::rs256;
  std::shared_ptr<evp_pkey_st> handle_;
};

/// Verifies a signature over `input`. False for every kind of mismatch.
bool verify_signature(const PublicKey& key, Alg alg, std::string_view input, std::string_view signature);
bool verify_hmac(std::string_view secret, std::string_view input, std::string_view signature);
/// 32 bytes.
std::string sha256(std::string_view data);
/// The left half of the hash that goes with `alg`, as base64url: at_hash of OpenID Connect Core §3.1.3.6.
std::string half_hash(Alg alg, std::string_view text);

}  // namespace machiya::jose
