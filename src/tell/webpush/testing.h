// For tests and benches only: keys of senders and of browsers.
#pragma once
#include <string>

namespace machiya::tell::testing {

/// A P-256 private key in PEM.
std::string new_pem();

/// A browser that subscribed; it can open what it gets.
struct Browser {
  std::string secret;   ///< private key in PEM
  std::string key;      ///< 65 bytes
  std::string auth;     ///< 16 bytes
  std::string subscription(const std::string& endpoint) const;   ///< PushSubscription.toJSON()
  /// The text of an aes128gcm message of one record; "" when it does not open.
  std::string open(const std::string& message) const;
};
Browser new_browser();

}  // namespace machiya::tell::testing
