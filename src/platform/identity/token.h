// The secrets that browsers and API clients carry: 128 random bits with the time of issue and a keyed check value, so
// that a made-up one costs no look at the database.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/rng.h"
#include "base/time.h"

namespace machiya::vault {
class Vault;
}

namespace machiya::identity {

enum class TokenKind : char { visitor = 'v', session = 's', client = 'c' };

struct Token {
  TokenKind kind = TokenKind::visitor;
  std::string text;     ///< what the cookie or header holds
  Instant issued;
};

Token new_token(const vault::Vault& vault, Rng& rng, TokenKind kind, Instant now);
/// Nothing for anything that this house did not issue.
std::optional<Token> parse_token(const vault::Vault& vault, std::string_view text);

/// What the database stores instead of the secret; also the key of visitors' drafts.
std::string token_digest(const vault::Vault& vault, const Token& token);
/// The token that forms of this session carry in the field "csrf".
std::string csrf_of(const vault::Vault& vault, const Token& token);

}  // namespace machiya::identity
