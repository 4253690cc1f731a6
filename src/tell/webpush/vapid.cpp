#include "tell/webpush/vapid.h"

#include <map>
#include <mutex>

#include "base/text.h"
#include "platform/jose/jws.h"
#include "platform/jose/keys.h"
#include "platform/vault/vault.h"

namespace machiya::tell {
namespace {
constexpr std::size_t kMostOrigins = 1000;   // the operator lists a handful; a flood of others shall not grow for ever
struct Token {
  std::string header;
  Instant renew;
};
}  // namespace

struct Vapid::Impl {
  jose::PrivateKey key;
  VapidOptions options;
  std::mutex mutex;
  std::map<std::string, Token> tokens;
};

Vapid::Vapid() : impl_(std::make_unique<Impl>()) {}
Vapid::~Vapid() = default;

Result<std::unique_ptr<Vapid>> Vapid::create(VapidOptions options) {
  MACHIYA_TRY(auto key, jose::PrivateKey::from_pem(options.key_pem));
  if (key.alg() != jose::Alg::es256) return Error(ErrorCode::invalid_input, "the key of Web Push must be P-256 (RFC 8292 section 2)", "vapid");
  if (!starts_with(options.subject, "mailto:") && !starts_with(options.subject, "https://"))
    return Error(ErrorCode::invalid_input, "the contact must be a mailto: or https: address", "vapid");
  if (options.hours < 1 || options.hours > 24) return Error(ErrorCode::invalid_input, "a token is valid for 1 to 24 hours", "vapid");
  const json::Value jwk = key.public_jwk("");
  MACHIYA_TRY(const std::string x, vault::from_base64url(jwk.text("x")));
  MACHIYA_TRY(const std::string y, vault::from_base64url(jwk.text("y")));
  std::unique_ptr<Vapid> out(new Vapid());
  out->public_key_ = vault::base64url("\x04" + x + y);
  options.key_pem.clear();
  out->impl_->key = std::move(key);
  out->impl_->options = std::move(options);
  return out;
}

Result<std::string> Vapid::authorization(const std::string& origin, Instant now) {
  std::lock_guard lock(impl_->mutex);
  const std::int64_t lasts = impl_->options.hours * kHour;
  auto known = impl_->tokens.find(origin);
  // A clock that was set back must not keep a token of the future alive.
  if (known != impl_->tokens.end() && now < known->second.renew && known->second.renew.us - now.us <= lasts) return known->second.header;
  const json::Value claims = json::Value::object({{"aud", origin}, {"exp", (now.us + lasts) / kSecond}, {"sub", impl_->options.subject}});
  MACHIYA_TRY(const std::string token, jose::sign(impl_->key, json::Value::object({{"typ", "JWT"}}), claims));
  if (known == impl_->tokens.end() && impl_->tokens.size() >= kMostOrigins) impl_->tokens.clear();
  Token fresh{"vapid t=" + token + ", k=" + public_key_, Instant{now.us + lasts - lasts / 4}};
  return (impl_->tokens[origin] = std::move(fresh)).header;
}

}  // namespace machiya::tell
