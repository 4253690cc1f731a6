// DomainKeys Identified Mail (RFC 6376, 8301, 8463): the house signs its mails so that receivers know whose they are. Pure but for OpenSSL.
#pragma once
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace machiya::tell {

struct DkimKey {
  std::string domain;     ///< d=: the domain of From or one above it, or DMARC does not count it
  std::string selector;   ///< s=: the public half stands in DNS at <selector>._domainkey.<domain>
  std::string pem;        ///< RSA of 2,048 bits or more (rsa-sha256), or Ed25519 (ed25519-sha256)
};

/// Thread-safe.
class DkimSigner {
 public:
  /// invalid_input for a key of another kind or a weak one (RFC 8301 §3.2 asks for 2,048 bits), or names that are none. One signature for each key: an
  /// RSA key beside an Ed25519 one serves receivers that do not know the latter (RFC 8463 §3).
  static Result<std::unique_ptr<DkimSigner>> create(const std::vector<DkimKey>& keys);
  ~DkimSigner();

  /// The DKIM-Signature fields with CRLF, to stand in front of `mail` (CRLF line ends). relaxed/relaxed; headers that a receiver acts upon are signed
  /// once more than they occur, so that none can be added; List-Unsubscribe and List-Unsubscribe-Post are among them (RFC 8058 §4).
  std::string sign(std::string_view mail, Instant now) const;
  /// What DNS says for a key: "v=DKIM1; k=rsa; p=…". For the operator, and for tests.
  std::vector<std::pair<std::string, std::string>> records() const;

 private:
  DkimSigner();
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace machiya::tell
