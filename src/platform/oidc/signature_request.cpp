#include "platform/oidc/signature_request.h"

#include <algorithm>

#include "platform/vault/vault.h"

namespace machiya::oidc {
using jose::fault;

SignatureRequests::SignatureRequests(const outbound::Outbound& door, const Clock& clock, Rng& rng, std::string base_url, std::function<std::vector<Provider>()> providers)
    : door_(door), rng_(rng), base_url_(std::move(base_url)), providers_(std::move(providers)), cache_(door, clock), exchange_(door, cache_, clock, rng) {}

std::vector<Provider> SignatureRequests::providers() const {
  std::vector<Provider> out = providers_();
  out.erase(std::remove_if(out.begin(), out.end(), [](const Provider& p) { return p.definition->audience != Audience::citizens || p.definition->signing.empty(); }), out.end());
  return out;
}

Result<Provider> SignatureRequests::provider(std::string_view id) const {
  for (Provider& one : providers())
    if (one.definition->id == id) return std::move(one);
  return Error(ErrorCode::not_found, "no such provider", "provider-unknown");
}

/// Apart from the log-in's: neither's answer is ever taken for the other's.
std::string SignatureRequests::redirect_uri(std::string_view provider) const { return base_url_ + "/sign/with/" + std::string(provider) + "/callback"; }

Result<SignatureRequests::Departure> SignatureRequests::depart(std::string_view id, std::string_view digest) {
  MACHIYA_TRY(const Provider provider, this->provider(id));
  MACHIYA_TRY(const auto metadata, cache_.metadata(provider.issuer));
  MACHIYA_TRY(const std::string transaction, Signing(door_, cache_, exchange_, {}).begin(provider, digest));
  const Attempt attempt{new_secret(rng_), new_secret(rng_), new_secret(rng_), redirect_uri(provider.definition->id)};
  return Departure{authorization_url(*metadata, provider, attempt, Signing::request_for(transaction)), attempt.state,
                   json::Value::object({{"state", attempt.state}, {"nonce", attempt.nonce}, {"verifier", attempt.verifier}, {"transaction", transaction}})};
}

Result<Signature> SignatureRequests::arrive(std::string_view id, const http::Pairs& answer, const json::Value& memory, std::string_view digest, SignatureCheck check) {
  MACHIYA_TRY(const Provider provider, this->provider(id));
  MACHIYA_TRY(const auto metadata, cache_.metadata(provider.issuer));
  MACHIYA_TRY(const std::string code, code_in(answer, provider, *metadata));
  const auto state = std::find_if(answer.begin(), answer.end(), [](const auto& pair) { return pair.first == "state"; });
  if (memory.text("state").empty() || state == answer.end() || !vault::equal_secret(state->second, memory.text("state"))) return fault("state-unknown", "the answer to another request");
  const Attempt attempt{memory.text("state"), memory.text("nonce"), memory.text("verifier"), redirect_uri(provider.definition->id)};
  MACHIYA_TRY(const Vouched vouched, exchange_.redeem(provider, *metadata, attempt, code));
  (void)vouched;   // who they are at the provider is not asked: the certificate says who signed
  return Signing(door_, cache_, exchange_, std::move(check)).fetch(provider, memory.text("transaction"), digest);
}

}  // namespace machiya::oidc
