#include "platform/oidc/metadata.h"

#include <algorithm>

#include "base/json.h"
#include "platform/jose/jws.h"

namespace machiya::oidc {
namespace {
using jose::fault;
constexpr std::int64_t kKeepFor = kHour;
constexpr std::int64_t kRefetchAfter = kMinute;

/// Absent: nothing is said against it.
bool names(const json::Value& list, std::string_view word) {
  return !list.is_array() || std::any_of(list.items().begin(), list.items().end(), [&](const json::Value& one) { return one.as_string() == word; });
}
}  // namespace

Error outside_fault(const Error& error) {
  const char* cause = error.code == ErrorCode::too_large ? "answer-too-large" : error.code == ErrorCode::unavailable ? "provider-unreachable" : "call-refused";
  return Error(error.code == ErrorCode::unavailable ? ErrorCode::unavailable : ErrorCode::invalid_input, error.detail, cause);
}

Result<Metadata> parse_metadata(std::string_view text, std::string_view issuer) {
  auto body = json::parse(text, {16, 10'000});
  if (!body.ok() || !body->is_object()) return fault("metadata-unreadable", "no strict JSON object");
  if (body->text("issuer") != issuer) return fault("metadata-issuer", "it speaks of another issuer");   // Discovery §4.3
  Metadata out;
  out.issuer = std::string(issuer);
  out.authorization_endpoint = body->text("authorization_endpoint");
  out.token_endpoint = body->text("token_endpoint");
  out.userinfo_endpoint = body->text("userinfo_endpoint");
  out.jwks_uri = body->text("jwks_uri");
  out.names_itself = (*body)["authorization_response_iss_parameter_supported"].as_bool();
  if (out.authorization_endpoint.empty() || out.token_endpoint.empty() || out.jwks_uri.empty()) return fault("metadata-incomplete", "an endpoint is missing");
  if (!names((*body)["code_challenge_methods_supported"], "S256")) return fault("pkce-unsupported", "it does not know PKCE with S256");
  if (!names((*body)["response_types_supported"], "code")) return fault("metadata-incomplete", "it does not know the code flow");
  return out;
}

Result<std::string> MetadataCache::fetch(const std::string& url) const {
  outbound::Call call;
  call.url = url;
  call.headers = {{"Accept", "application/json"}};
  auto answer = door_.call(call);
  if (!answer.ok()) return outside_fault(answer.error());
  if (answer->status != 200) return Error(ErrorCode::unavailable, "it answers " + std::to_string(answer->status), "provider-unreachable");
  return std::move(answer->body);
}

Result<std::shared_ptr<const Metadata>> MetadataCache::metadata(const std::string& issuer) {
  const Instant now = clock_.now();
  {
    std::lock_guard lock(mutex_);
    const Kept& kept = kept_[issuer];
    if (kept.metadata && now.us - kept.metadata_at.us < kKeepFor) return kept.metadata;
  }
  const std::string base = issuer.back() == '/' ? issuer.substr(0, issuer.size() - 1) : issuer;
  MACHIYA_TRY(const std::string text, fetch(base + "/.well-known/openid-configuration"));
  MACHIYA_TRY(Metadata read, parse_metadata(text, issuer));
  for (const std::string* url : {&read.authorization_endpoint, &read.token_endpoint, &read.jwks_uri, &read.userinfo_endpoint})
    if (!url->empty() && !door_.allows(*url).ok()) return fault("endpoint-not-allowed", "an endpoint lies outside of what may be called");
  auto fresh = std::make_shared<const Metadata>(std::move(read));
  std::lock_guard lock(mutex_);
  Kept& kept = kept_[issuer];
  kept.metadata = fresh;
  kept.metadata_at = now;
  return fresh;
}

Result<std::shared_ptr<const jose::KeySet>> MetadataCache::keys(const Metadata& metadata, bool newer) {
  const Instant now = clock_.now();
  {
    std::lock_guard lock(mutex_);
    const Kept& kept = kept_[metadata.issuer];
    const std::int64_t age = now.us - kept.keys_at.us;
    if (kept.keys && age < (newer ? kRefetchAfter : kKeepFor)) return kept.keys;
  }
  MACHIYA_TRY(const std::string text, fetch(metadata.jwks_uri));
  MACHIYA_TRY(jose::KeySet read, jose::parse_key_set(text));
  auto fresh = std::make_shared<const jose::KeySet>(std::move(read));
  std::lock_guard lock(mutex_);
  Kept& kept = kept_[metadata.issuer];
  kept.keys = fresh;
  kept.keys_at = now;
  return fresh;
}

void MetadataCache::forget() {
  std::lock_guard lock(mutex_);
  kept_.clear();
}

}  // namespace machiya::oidc
