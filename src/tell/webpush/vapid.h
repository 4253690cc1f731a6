// Voluntary identification of the sender to push services (RFC 8292): a signed token for each push service, kept until it is nearly over.
#pragma once
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"

namespace machiya::tell {

struct VapidOptions {
  std::string key_pem;   ///< P-256 private key in PEM; browsers subscribe for its public half, so it is never changed lightly
  std::string subject;   ///< "mailto:…" or "https://…": whom a push service asks when something goes wrong (RFC 8292 §2.1)
  int hours = 12;        ///< validity of a token; more than 24 is forbidden (RFC 8292 §2)
};

/// Thread-safe.
class Vapid {
 public:
  /// invalid_input for a key of another kind, a subject that is neither, hours outside 1–24.
  static Result<std::unique_ptr<Vapid>> create(VapidOptions options);
  ~Vapid();
  /// The value of Authorization for an origin ("https://push.example.net"): "vapid t=…, k=…". Signed once, and again when less than a
  /// quarter of its time is left.
  Result<std::string> authorization(const std::string& origin, Instant now);
  /// applicationServerKey of pushManager.subscribe(): the public point, base64url, 87 characters.
  const std::string& public_key() const { return public_key_; }

 private:
  Vapid();
  struct Impl;
  std::unique_ptr<Impl> impl_;
  std::string public_key_;
};

}  // namespace machiya::tell
