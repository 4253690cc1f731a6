#include "platform/oidc/signing.h"

#include <algorithm>

#include "base/text.h"
#include "platform/outbound/url.h"
#include "platform/vault/vault.h"

namespace machiya::oidc {
namespace {
using jose::fault;
constexpr std::size_t kDigest = 32;
constexpr std::size_t kLongestId = 64;

/// A transaction's id stands in an address: letters, digits and hyphens only.
bool is_id(std::string_view id) {
  return !id.empty() && id.size() <= kLongestId &&
         std::all_of(id.begin(), id.end(), [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-'; });
}
/// Padded base64 (RFC 4648 §4), as the interface writes bytes.
Result<std::string> bytes_from(std::string text) {
  for (char& c : text) c = c == '+' ? '-' : c == '/' ? '_' : c == '-' || c == '_' ? '!' : c;
  while (!text.empty() && text.back() == '=') text.pop_back();
  auto out = vault::from_base64url(text);
  if (!out.ok() || out->empty()) return fault("signing-unreadable", "no base64");
  return out;
}
}  // namespace

Result<json::Value> Signing::ask(const Provider& provider, outbound::Call call) {
  if (provider.definition->signing.empty()) return Error(ErrorCode::definition_error, "this provider makes no signatures", "signing-unknown");
  MACHIYA_TRY(const outbound::Url issuer, outbound::parse_url(provider.issuer));
  MACHIYA_TRY(const auto metadata, cache_.metadata(provider.issuer));
  MACHIYA_TRY(const std::string token, exchange_.client_token(provider, *metadata, "sign"));
  call.url = issuer.origin() + provider.definition->signing + call.url;
  call.headers = {{"Accept", "application/json"}, {"Authorization", "Bearer " + token}};
  if (!call.body.empty()) call.headers.emplace_back("Content-Type", "application/json");
  auto answer = door_.call(call);
  if (!answer.ok()) return outside_fault(answer.error());
  if (answer->status != 200 && answer->status != 201) return fault("signing-refused", "it answers " + std::to_string(answer->status));
  auto body = json::parse(answer->body, {8, 256});
  if (!body.ok() || !body->is_object()) return fault("signing-unreadable", "no strict JSON object");
  return std::move(*body);
}

Result<std::string> Signing::begin(const Provider& provider, std::string_view digest) {
  if (digest.size() != kDigest) return Error(ErrorCode::invalid_input, "a SHA-256 digest has 32 bytes", "digest");
  outbound::Call call;
  call.method = "POST";
  call.body = json::to_text(json::Value::object({{"digest", vault::base64(digest)}}));
  MACHIYA_TRY(const json::Value body, ask(provider, std::move(call)));
  if (!is_id(body.text("id"))) return fault("signing-unreadable", "no usable id");
  return body.text("id");
}

Form Signing::request_for(std::string_view transaction) { return {{"scope", "openid sign"}, {"sign_transaction_id", std::string(transaction)}}; }

Result<Signature> Signing::fetch(const Provider& provider, std::string_view transaction, std::string_view digest) {
  if (!check_) return Error(ErrorCode::unavailable, "nobody here can verify signatures of the card", "signing-unchecked");
  if (!is_id(transaction)) return Error(ErrorCode::invalid_input, "no transaction of ours", "transaction");
  outbound::Call call;
  call.url = "/" + std::string(transaction);
  MACHIYA_TRY(const json::Value body, ask(provider, std::move(call)));
  MACHIYA_TRY(std::string value, bytes_from(body.text("signature")));
  MACHIYA_TRY(std::string certificate, bytes_from(body.text("certificate")));
  Signature out{std::move(value), std::move(certificate)};
  MACHIYA_CHECK(check_(digest, out));
  return out;
}

}  // namespace machiya::oidc
