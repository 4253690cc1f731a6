// X.509 certificates of attestation statements (OpenSSL underneath).
#pragma once
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "platform/webauthn/public_key.h"

struct x509_st;

namespace machiya::webauthn {

/// Immutable; cheap to copy.
class Certificate {
 public:
  /// From DER, all of it.
  static Result<Certificate> read(std::string_view der);

  const PublicKey& key() const { return *key_; }
  int version() const;                          ///< 3 for X.509v3
  bool subject_empty() const;
  /// Values of a subject attribute ("C", "O", "OU", "CN").
  std::vector<std::string> subject(const char* attribute) const;
  /// The basic constraints say "no authority"; false when they are absent.
  bool says_no_authority() const;
  struct Extension {
    bool critical = false;
    std::string value;                          ///< content of extnValue
  };
  /// By dotted OID.
  std::optional<Extension> extension(const char* oid) const;
  /// Has this purpose among its extended key usages.
  bool has_purpose(const char* oid) const;
  /// TPM attributes of the directory name in the subject alternative name: manufacturer, model, version are all there.
  bool names_a_tpm() const;

  /// Does `chain` (the end certificate first) lead to one of `roots` at `now`? A root in the chain counts only when it is among `roots`.
  static bool leads_to(const std::vector<Certificate>& chain, const std::vector<Certificate>& roots, Instant now);

 private:
  std::shared_ptr<x509_st> certificate_;
  std::optional<PublicKey> key_;
};

}  // namespace machiya::webauthn
