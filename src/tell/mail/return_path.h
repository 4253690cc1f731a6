// Envelope senders that lead a report back to the recipient without telling anybody who that is (the idea of VERP). Pure.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace machiya::tell {

/// Thread-safe. The token is the recipient's key, masked and authenticated by HMAC-SHA256: 26 characters of lower-case base 32, so that relays which fold case do no harm;
/// guessing one that opens takes 2^63 tries.
class ReturnPath {
 public:
  /// `secret`: 32 bytes at least of the house's own; `prefix`: "bounce+"; `domain`: where reports are received.
  ReturnPath(std::string_view secret, std::string prefix, std::string domain);
  ~ReturnPath();

  std::string token(std::int64_t recipient) const;
  /// "bounce+<token>@reports.city.example".
  std::string address(std::int64_t recipient) const;
  /// The token inside an address; nothing for other addresses. Whether it opens is another question.
  std::optional<std::string> token_of(std::string_view address) const;
  /// Nothing for a token that was not made under this secret.
  std::optional<std::int64_t> recipient(std::string_view token) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
  std::string prefix_, domain_;
};

}  // namespace machiya::tell
