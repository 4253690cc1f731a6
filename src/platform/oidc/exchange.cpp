#include "platform/oidc/exchange.h"

#include <algorithm>
#include <optional>

#include "base/text.h"
#include "platform/http/http.h"
#include "platform/oidc/id_token.h"
#include "platform/vault/vault.h"

namespace machiya::oidc {
namespace {
using jose::fault;
constexpr std::int64_t kAssertionSeconds = 60;
constexpr std::size_t kLongestToken = 16 * 1024, kLongestCode = 4096;

std::string joined(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : " ") + word;
  return out;
}
/// The provider's own word for a refusal ("invalid_grant"), when it is one and nothing else (RFC 6749 §5.2).
std::string word_of(std::string_view body) {
  const auto parsed = json::parse(body, {8, 256});
  const std::string word = parsed.ok() ? parsed->text("error") : std::string();
  const bool plain = !word.empty() && word.size() <= 40 && std::all_of(word.begin(), word.end(), [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; });
  return plain ? word : "unnamed";
}
}  // namespace

std::string form_text(const Form& form) {
  std::string out;
  for (const auto& [name, value] : form) out += (out.empty() ? "" : "&") + http::url_encode(name) + "=" + http::url_encode(value);
  return out;
}
std::string with_query(const std::string& endpoint, const Form& query) {
  return endpoint + (endpoint.find('?') == std::string::npos ? "?" : "&") + form_text(query);
}

std::string new_secret(Rng& rng) {
  std::string raw(32, '\0');
  rng.fill(raw.data(), raw.size());
  return vault::base64url(raw);
}

std::string authorization_url(const Metadata& metadata, const Provider& provider, const Attempt& attempt, const Form& more) {
  const Definition& definition = *provider.definition;
  Form query = {{"response_type", "code"},
                {"client_id", provider.client->client_id},
                {"redirect_uri", attempt.redirect_uri},
                {"scope", joined(definition.scopes)},
                {"state", attempt.state},
                {"nonce", attempt.nonce},
                {"code_challenge", vault::base64url(jose::sha256(attempt.verifier))},
                {"code_challenge_method", "S256"}};
  if (!definition.acr_asked.empty()) query.emplace_back("acr_values", joined(definition.acr_asked));
  if (definition.max_age_s) query.emplace_back("max_age", std::to_string(*definition.max_age_s));
  for (const auto& [name, value] : more) {
    const auto known = std::find_if(query.begin(), query.end(), [&, wanted = &name](const auto& pair) { return pair.first == *wanted; });
    if (known == query.end()) query.emplace_back(name, value);
    else known->second = value;
  }
  return with_query(metadata.authorization_endpoint, query);
}

Result<void> check_once(const http::Pairs& query) {
  for (std::size_t i = 0; i < query.size(); ++i)
    for (std::size_t j = i + 1; j < query.size(); ++j)
      if (query[i].first == query[j].first) return fault("parameters-twice", "a parameter stands there twice");
  return {};
}

Result<std::string> code_in(const http::Pairs& query, const Provider& provider, const Metadata& metadata) {
  MACHIYA_CHECK(check_once(query));
  const auto value = [&](std::string_view name) {
    const auto found = std::find_if(query.begin(), query.end(), [&](const auto& pair) { return pair.first == name; });
    return found == query.end() ? std::optional<std::string>() : std::optional<std::string>(found->second);
  };
  // Who answers says so, and must be who was asked.
  const auto iss = value("iss");
  if (!iss && metadata.names_itself) return fault("iss-missing", "the answer does not say whose it is");
  if (iss && *iss != provider.issuer) return fault("iss-mismatch", "another issuer answers");
  if (const auto error = value("error"))
    return *error == "access_denied" ? fault("provider-cancelled", "the person or the provider said no") : fault("provider-error", "the provider ended it");
  const auto code = value("code");
  if (!code || code->empty() || code->size() > kLongestCode) return fault("code-missing", "the answer holds no code");
  return *code;
}

Result<void> Exchange::authenticate(const Provider& provider, const Metadata& metadata, Form& form, outbound::Call& call) {
  const Client& client = *provider.client;
  switch (provider.definition->client_auth) {
    case ClientAuth::private_key_jwt: {
      // RFC 7523 §3: issuer and subject are the client, the audience is the endpoint, each assertion serves once.
      if (!client.key) return Error(ErrorCode::definition_error, "no private key for this provider", "client-unready");
      const std::int64_t now = clock_.now().us / kSecond;
      json::Value header = json::Value::object({{"typ", "JWT"}});
      if (!client.key_id.empty()) header.set("kid", client.key_id);
      const json::Value claims = json::Value::object({{"iss", client.client_id}, {"sub", client.client_id}, {"aud", metadata.token_endpoint},
                                                      {"jti", new_secret(rng_)}, {"iat", now}, {"exp", now + kAssertionSeconds}});
      MACHIYA_TRY(std::string assertion, jose::sign(*client.key, std::move(header), claims));
      form.emplace_back("client_id", client.client_id);
      form.emplace_back("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer");
      form.emplace_back("client_assertion", std::move(assertion));
      return {};
    }
    case ClientAuth::secret_post:
      form.emplace_back("client_id", client.client_id);
      form.emplace_back("client_secret", client.secret);
      return {};
    case ClientAuth::secret_basic:   // RFC 6749 §2.3.1: both halves are form-encoded first
      call.headers.emplace_back("Authorization", "Basic " + vault::base64(http::url_encode(client.client_id) + ":" + http::url_encode(client.secret)));
      return {};
  }
  return Error(ErrorCode::internal, "an unknown way to authenticate");
}

Result<json::Value> Exchange::ask_token(const Provider& provider, const Metadata& metadata, Form form) {
  outbound::Call call;
  call.method = "POST";
  call.url = metadata.token_endpoint;
  call.headers = {{"Accept", "application/json"}, {"Content-Type", "application/x-www-form-urlencoded"}};
  MACHIYA_CHECK(authenticate(provider, metadata, form, call));
  call.body = form_text(form);
  auto answer = door_.call(call);
  if (!answer.ok()) return outside_fault(answer.error());
  if (answer->status >= 500) return Error(ErrorCode::unavailable, "it answers " + std::to_string(answer->status), "provider-unreachable");
  if (answer->status != 200) return fault("token-refused", word_of(answer->body));
  auto body = json::parse(answer->body, {16, 4'096});
  if (!starts_with(answer->content_type, "application/json") || !body.ok() || !body->is_object()) return fault("token-unreadable", "no strict JSON object");
  if (lower_ascii(body->text("token_type")) != "bearer" || body->text("access_token").empty() || body->text("access_token").size() > kLongestToken)
    return fault("token-unreadable", "no bearer token");
  return std::move(*body);
}

Result<jose::Jws> Exchange::verified(const Provider& provider, const Metadata& metadata, std::string_view id_token) {
  MACHIYA_TRY(jose::Jws token, jose::parse_jws(id_token));
  const auto& allowed = provider.definition->algorithms;
  if (allowed == std::vector{jose::Alg::hs256}) {
    MACHIYA_CHECK(jose::verify_shared(token, provider.client->secret));
    return token;
  }
  for (const bool newer : {false, true}) {
    MACHIYA_TRY(const auto keys, cache_.keys(metadata, newer));
    auto state = jose::verify(token, *keys, allowed);
    if (state.ok()) return token;
    // Providers change their keys: a name that is not in the set at hand may be in the one of now.
    if (state.error().code != ErrorCode::not_found || newer) return fault(state.error().where.c_str(), state.error().detail);
  }
  return Error(ErrorCode::internal, "unreachable");
}

Result<json::Value> Exchange::ask_userinfo(const Metadata& metadata, const std::string& access_token, const std::string& subject) {
  if (metadata.userinfo_endpoint.empty()) return fault("metadata-incomplete", "it has no userinfo");
  outbound::Call call;
  call.url = metadata.userinfo_endpoint;
  call.headers = {{"Accept", "application/json"}, {"Authorization", "Bearer " + access_token}};
  auto answer = door_.call(call);
  if (!answer.ok()) return outside_fault(answer.error());
  if (answer->status != 200 || !starts_with(answer->content_type, "application/json")) return fault("userinfo-unreadable", "it answers " + std::to_string(answer->status));
  return read_userinfo(answer->body, subject);
}

Result<Vouched> Exchange::redeem(const Provider& provider, const Metadata& metadata, const Attempt& attempt, std::string_view code) {
  MACHIYA_TRY(json::Value granted, ask_token(provider, metadata,
                                             {{"grant_type", "authorization_code"}, {"code", std::string(code)}, {"redirect_uri", attempt.redirect_uri}, {"code_verifier", attempt.verifier}}));
  if (granted.text("id_token").empty()) return fault("token-unreadable", "no ID token");
  MACHIYA_TRY(const jose::Jws token, verified(provider, metadata, granted.text("id_token")));
  Vouched out;
  MACHIYA_TRY(out.claims, jose::claims_of(token));
  MACHIYA_CHECK(check_id_token(token, out.claims, {provider.issuer, provider.client->client_id, attempt.nonce, granted.text("access_token"), provider.definition->acr_accepted,
                                                   provider.definition->max_age_s, clock_.now()}));
  out.subject = out.claims.text("sub");
  if (provider.definition->userinfo) {
    MACHIYA_TRY(const json::Value more, ask_userinfo(metadata, granted.text("access_token"), out.subject));
    for (const auto& [name, value] : more.members())
      if (!out.claims.has(name)) out.claims.set(name, value);   // what is signed goes before what is not
  }
  out.granted = std::move(granted);
  return out;
}

Result<std::string> Exchange::client_token(const Provider& provider, const Metadata& metadata, std::string_view scope) {
  MACHIYA_TRY(const json::Value granted, ask_token(provider, metadata, {{"grant_type", "client_credentials"}, {"scope", std::string(scope)}}));
  return granted.text("access_token");
}

}  // namespace machiya::oidc
