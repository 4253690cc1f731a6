#include "platform/identity/token.h"

#include "platform/vault/vault.h"

namespace machiya::identity {
namespace {
constexpr std::size_t kRaw = 24;                    // 16 random bytes, 8 of the instant
constexpr std::size_t kText = 1 + kRaw * 4 / 3;     // kind and base64url
constexpr std::size_t kCheck = 22;                  // hex digits: 88 bits, enough to make guessing useless

std::string check_of(const vault::Vault& vault, std::string_view text) { return vault.digest("token", text).substr(0, kCheck); }
}  // namespace

Token new_token(const vault::Vault& vault, Rng& rng, TokenKind kind, Instant now) {
  std::string raw(kRaw, '\0');
  rng.fill(raw.data(), 16);
  for (int i = 0; i < 8; ++i) raw[static_cast<std::size_t>(16 + i)] = static_cast<char>(now.us >> (56 - 8 * i));
  Token token;
  token.kind = kind;
  token.issued = now;
  token.text = static_cast<char>(kind) + vault::base64url(raw);
  token.text += check_of(vault, token.text);
  return token;
}

std::optional<Token> parse_token(const vault::Vault& vault, std::string_view text) {
  if (text.size() != kText + kCheck) return std::nullopt;
  if (text[0] != 'v' && text[0] != 's' && text[0] != 'c') return std::nullopt;
  if (!vault::equal_secret(check_of(vault, text.substr(0, kText)), text.substr(kText))) return std::nullopt;
  auto raw = vault::from_base64url(text.substr(1, kText - 1));
  if (!raw.ok() || raw->size() != kRaw) return std::nullopt;
  Token token;
  token.kind = static_cast<TokenKind>(text[0]);
  token.text = std::string(text);
  std::uint64_t us = 0;
  for (std::size_t i = 16; i < kRaw; ++i) us = (us << 8) | static_cast<unsigned char>((*raw)[i]);
  token.issued.us = static_cast<std::int64_t>(us);
  return token;
}

std::string token_digest(const vault::Vault& vault, const Token& token) { return vault.digest("session", token.text); }
std::string csrf_of(const vault::Vault& vault, const Token& token) { return vault.digest("csrf", token.text).substr(0, 32); }

}  // namespace machiya::identity
