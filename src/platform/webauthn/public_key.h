// Public keys of credentials and attestation certificates, and the signatures they check (OpenSSL underneath).
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "platform/webauthn/cbor.h"

struct evp_pkey_st;

namespace machiya::webauthn {

/// COSE algorithms (IANA COSE Algorithms; WebAuthn §5.8.5). RS1 and whatever else uses SHA-1 is not among them.
enum class Algorithm : std::int32_t {
  es256 = -7, eddsa = -8, es384 = -35, es512 = -36, ps256 = -37, ed448 = -53, rs256 = -257
};
std::optional<Algorithm> algorithm_of(std::int64_t cose);
/// SHA-2, the only family in use here.
enum class Hash : std::uint8_t { sha256, sha384, sha512 };
std::string hash_of(Hash hash, std::string_view data);
inline std::string sha256(std::string_view data) { return hash_of(Hash::sha256, data); }
/// The hash of an algorithm; nothing for EdDSA.
std::optional<Hash> hash_of(Algorithm algorithm);

/// A key. Immutable; cheap to copy.
class PublicKey {
 public:
  /// A COSE_Key as WebAuthn §6.5.1.1 has it: exactly the members that its type needs, `alg` among them, curve and type
  /// as §5.8.5 binds them to the algorithm, points uncompressed and on their curve, RSA of 2,048 to 8,192 bits.
  /// malformed_request when it is none, invalid_input when it is well formed but not acceptable.
  static Result<PublicKey> from_cose(const Cbor& key);
  /// Of a certificate (SubjectPublicKeyInfo in DER).
  static Result<PublicKey> from_spki(std::string_view der);

  /// Of a credential's key; es256 for one from a certificate.
  Algorithm algorithm() const { return algorithm_; }
  /// Does `signature` sign `data` under `algorithm`? False as well when the algorithm does not fit the key. ECDSA signatures
  /// are DER (§6.5.5), without a byte too many.
  bool verifies(Algorithm algorithm, std::string_view data, std::string_view signature) const;
  bool same_key(const PublicKey& other) const;
  /// On P-256: 0x04, x, y (65 bytes); "" for every other key.
  std::string p256_point() const;

 private:
  PublicKey() = default;
  std::shared_ptr<evp_pkey_st> key_;
  Algorithm algorithm_ = Algorithm::es256;
};

}  // namespace machiya::webauthn
