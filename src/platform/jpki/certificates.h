// Certificates of the national card (公的個人認証): chain to configured roots, validity, use, policy, revocation by CRL (RFC 5280) or
// OCSP (RFC 6960), and signatures over digests. Pure: certificates, lists, answers and the time come in from outside.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"

struct x509_st;
struct stack_st_X509_CRL;

namespace machiya::jpki {

/// 署名用: signs papers, holds name and address; 利用者証明用: proves who logs in.
enum class Use : std::uint8_t { signing, authentication };

struct Options {
  std::string roots;                 ///< PEM, one or more: nothing else is trusted
  std::string signing_policy;        ///< OID that a signing certificate must be issued under; "": not looked at
  std::string authentication_policy;
};

/// One that was accepted.
struct Certificate {
  std::string serial;    ///< hexadecimal, as the issuer counts
  std::shared_ptr<x509_st> handle, issuer;
};

/// Revocation lists that were read (RFC 5280 §5), to verify with as often as one likes. Immutable; copies share them; thread-safe.
class RevocationLists {
 public:
  /// Of DER. "crl-unreadable" when one of them is none; nothing else is looked at yet.
  static Result<RevocationLists> read(const std::vector<std::string>& ders);

 private:
  friend class Verifier;
  RevocationLists() = default;
  std::shared_ptr<stack_st_X509_CRL> handle_;
};

/// Immutable after creation; thread-safe. Every refusal is invalid_input with its cause in `where`: "certificate-unreadable",
/// "chain-broken", "certificate-expired", "certificate-not-yet", "certificate-use", "certificate-policy", "revoked", "crl-missing",
/// "crl-unreadable", "crl-expired", "crl-wrong", "ocsp-unreadable", "ocsp-refused", "ocsp-wrong", "ocsp-old", "ocsp-unknown",
/// "signature-wrong".
class Verifier {
 public:
  static Result<std::unique_ptr<Verifier>> create(Options options);
  ~Verifier();

  /// With the revocation lists of its issuer: without one that fits and is of now nothing is accepted.
  Result<Certificate> verify(std::string_view der, Use use, Instant at, const RevocationLists& crls) const;
  /// Everything but revocation: ask the issuer's OCSP responder next.
  Result<Certificate> verify_without_revocation(std::string_view der, Use use, Instant at) const;
  /// A question for the OCSP responder with a nonce (DER).
  Result<std::string> ocsp_question(const Certificate& certificate) const;
  /// The answer to exactly this question, signed by the issuer or whom it allows, of now, and "good".
  Result<void> check_ocsp(const Certificate& certificate, std::string_view question, std::string_view answer, Instant at) const;

 private:
  Verifier();
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Is `signature` (RSASSA-PKCS1-v1_5 or ECDSA in DER) one over this SHA-256 digest by the certificate's key? Else "signature-wrong".
Result<void> check_signature(const Certificate& certificate, std::string_view digest, std::string_view signature);

}  // namespace machiya::jpki
