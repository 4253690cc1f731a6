#include "platform/oidc/definition.h"

#include <algorithm>

#include "base/text.h"

namespace machiya::oidc {
namespace {
std::vector<std::string> texts_of(const json::Value& list) {
  std::vector<std::string> out;
  for (const json::Value& item : list.items()) out.push_back(item.as_string());
  return out;
}
ClientAuth client_auth_of(const std::string& word) {
  return word == "client-secret-post" ? ClientAuth::secret_post : word == "client-secret-basic" ? ClientAuth::secret_basic : ClientAuth::private_key_jwt;
}

void check(const Definition& d, Diagnostics& faults) {
  if (std::find(d.scopes.begin(), d.scopes.end(), "openid") == d.scopes.end())
    faults.error("/scopes", "「openid」がないとログインになりません", "without \"openid\" this is no log-in");
  const bool shared = std::find(d.algorithms.begin(), d.algorithms.end(), jose::Alg::hs256) != d.algorithms.end();
  if (shared && (d.algorithms.size() > 1 || d.client_auth == ClientAuth::private_key_jwt))
    faults.error("/algorithms", "HS256は共有の秘密で確かめます。ほかの方式と並べず、client-secretと使ってください", "HS256 is verified with the shared secret: alone, and with a client secret only");
  if ((d.audience == Audience::staff) != !d.account_claim.empty())
    faults.error("/account", "職員用には account(職員名の項目)が要り、市民用には書けません", "providers of staff need \"account\", the claim that names the account; those of citizens have none");
  if (!d.facts.empty() && d.assurance != identity::Assurance::verified)
    faults.error("/facts", "本人確認済みになる提供者だけが、入力に使う事実を渡せます", "only a provider whose people are verified may give facts");
  if (!d.acr_asked.empty() && d.acr_accepted.empty())
    faults.error("/acr", "accept がないと、求めた水準を確かめられません", "without \"accept\" nobody checks what was asked for");
}
}  // namespace

const std::string& Definition::name_in(std::string_view lang) const {
  for (const std::string_view wanted : {lang, std::string_view(lang == "ja-easy" ? "ja" : "en"), std::string_view("ja")})
    for (const auto& [have, text] : name)
      if (have == wanted) return text;
  return id;
}

std::shared_ptr<const Definition> read_definition(const json::Value& body, const std::string& id, Diagnostics& faults) {
  auto d = std::make_shared<Definition>();
  d->id = id;
  if (body["name"].is_string()) d->name.emplace_back("ja", body.text("name"));
  for (const auto& [lang, text] : body["name"].members()) d->name.emplace_back(lang, text.as_string());
  d->audience = body.text("for") == "staff" ? Audience::staff : Audience::citizens;
  d->issuer = body.text("issuer");
  d->client_auth = client_auth_of(body.text("client"));
  for (const json::Value& name : body["algorithms"].items())
    if (const auto alg = jose::parse_alg(name.as_string())) d->algorithms.push_back(*alg);
  d->scopes = texts_of(body["scopes"]);
  d->acr_asked = texts_of(body["acr"]["ask"]);
  d->acr_accepted = texts_of(body["acr"]["accept"]);
  if (body.has("max-age")) d->max_age_s = static_cast<int>(body["max-age"].as_int());
  d->userinfo = body["userinfo"].as_bool();
  if (body["gives"].text("assurance") == "verified") d->assurance = identity::Assurance::verified;
  const std::string& strength = body["gives"].text("strength");
  d->strength = strength == "phishing-resistant" ? identity::Strength::phishing_resistant
                : strength == "two-factors"      ? identity::Strength::two_factors
                                                 : identity::Strength::single_factor;
  d->account_claim = body.text("account");
  d->signing = body.text("signing");
  for (const auto& [fact, claim] : body["facts"].members()) d->facts.emplace_back(fact, claim.as_string());
  check(*d, faults);
  return d;
}

}  // namespace machiya::oidc
