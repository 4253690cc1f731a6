// Judges electronic signatures made with the national card: over which bytes, by whose certificate, revoked or not.
#pragma once
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "base/time.h"
#include "platform/jpki/certificates.h"

namespace machiya::outbound {
class Outbound;
}

namespace machiya::signatures {

inline constexpr std::string_view kCard = "card";   ///< with a reader and one's own software: a detached CMS signature
inline constexpr std::string_view kApp = "app";     ///< through a provider's signing interface: over the digest
/// A scenario or the demonstration says that somebody signed: there are no signature and no certificate.
inline constexpr std::string_view kRehearsal = "rehearsal";

/// A signature that was accepted, with all that is needed to verify it again.
struct Accepted {
  std::string way;          ///< kCard, kApp, kRehearsal
  std::string document;     ///< the very bytes
  std::string signature;    ///< card: CMS in DER; app: bytes over the SHA-256 digest
  std::string certificate;  ///< DER
  std::string serial;       ///< of the certificate, hexadecimal
  Instant at;               ///< when it was accepted
  std::string revocation;   ///< how revocation was asked: "ocsp" or "crl"
  std::string question, answer;   ///< of OCSP, DER

  json::Value to_json() const;
  static Result<Accepted> from_json(const json::Value& value);
};

struct Options {
  jpki::Options trust;
  std::string crl_folder;   ///< of *.crl in DER; or
  std::string ocsp_url;     ///< asked through module outbound. One of the two, never both
};

/// Thread-safe.
class Judge {
 public:
  /// invalid_input when there are no roots, no policy that can be read, or not exactly one way to ask for revocation.
  static Result<std::unique_ptr<Judge>> open(Options options, const outbound::Outbound& door, const Clock& clock);
  ~Judge();

  /// `certificate`: of the way kApp (kCard brings its own). Causes in `where`: those of jpki; "crl-missing" (also when the folder cannot be read),
  /// "ocsp-unreachable".
  Result<Accepted> judge(std::string_view way, std::string_view document, std::string_view signature, std::string_view certificate = {}) const;

  /// Verifies what is kept. "": good; else the cause.
  struct Again {
    std::string then;   ///< signature, certificate and, where kept, the responder's answer, as of the acceptance
    std::string now;    ///< the certificate of today: revoked, run out …
  };
  Again again(const Accepted& accepted) const;

 private:
  Judge();
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace machiya::signatures
