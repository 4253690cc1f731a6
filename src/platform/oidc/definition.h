// What a city says of a provider that people may log in with: definitions of kind "sign-in", and what only the operator
// knows of it. Pure.
#pragma once
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/diagnostics.h"
#include "base/json.h"
#include "platform/identity/identity.h"
#include "platform/jose/keys.h"

namespace machiya::oidc {

enum class Audience : std::uint8_t { citizens, staff };
enum class ClientAuth : std::uint8_t { private_key_jwt, secret_post, secret_basic };   ///< OpenID Connect Core §9

struct Definition {
  std::string id;
  std::vector<std::pair<std::string, std::string>> name;   ///< by language
  Audience audience = Audience::citizens;
  std::string issuer;                    ///< may be empty: then only the operator knows it
  ClientAuth client_auth = ClientAuth::private_key_jwt;
  std::vector<jose::Alg> algorithms;     ///< of ID tokens
  std::vector<std::string> scopes;
  std::vector<std::string> acr_asked, acr_accepted;
  std::optional<int> max_age_s;          ///< how old the log-in at the provider may be
  bool userinfo = false;
  identity::Assurance assurance = identity::Assurance::contact;
  identity::Strength strength = identity::Strength::single_factor;
  std::string account_claim;             ///< staff: the claim that names the account
  std::string signing;                   ///< path of the signing interface at the issuer's origin; "" for none
  std::vector<std::pair<std::string, std::string>> facts;   ///< fact of the person → claim; for prefill

  const std::string& name_in(std::string_view lang) const;
};

/// Reads a definition that fits its schema; reports what the schema cannot say.
std::shared_ptr<const Definition> read_definition(const json::Value& body, const std::string& id, Diagnostics& faults);

/// What the operator adds: never in a definition, never in a log.
struct Client {
  std::string client_id;
  std::string issuer;            ///< overrides the definition's: sandbox or production
  std::string secret;            ///< for client secrets and HS256
  std::string key_id;            ///< `kid` of our own key at the provider; "" for none
  std::shared_ptr<const jose::PrivateKey> key;
};

/// A provider that can be used: defined by the city and known to the operator.
struct Provider {
  std::shared_ptr<const Definition> definition;
  std::shared_ptr<const Client> client;
  std::string issuer;
};

}  // namespace machiya::oidc
