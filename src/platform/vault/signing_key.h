// Ed25519 signatures (RFC 8032) of the house itself: who holds the public key can prove what this server once stated.
#pragma once
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

namespace machiya::vault {

/// Thread-safe. The private half lies in guarded memory and is wiped at the end.
class SigningKey {
 public:
  /// Reads the 32-byte seed from `file`, which only its owner may read; makes the file when `create`. Errors as those of the master key.
  static Result<std::unique_ptr<SigningKey>> open(const std::string& file, bool create);
  ~SigningKey();
  SigningKey(const SigningKey&) = delete;
  SigningKey& operator=(const SigningKey&) = delete;

  /// 64 bytes.
  std::string sign(std::string_view text) const;
  /// base64url, 43 characters: may be given to everybody.
  const std::string& public_key() const { return public_key_; }

 private:
  SigningKey() = default;
  unsigned char* secret_ = nullptr;
  std::string public_key_;
};

/// False for anything that is not this key's signature over this text, broken keys included.
bool verify_signature(std::string_view public_key, std::string_view text, std::string_view signature);

}  // namespace machiya::vault
