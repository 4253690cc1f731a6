// Claims of a provider (OpenID Connect Core §5.1) as the facts that forms are filled with.
#include "base/text.h"
#include "base/time.h"
#include "platform/oidc/sign_in.h"

namespace machiya::oidc {
namespace {
constexpr std::size_t kLongest = 200;   // characters of one fact: more is no name and no street

bool usable(const std::string& text) { return !text.empty() && count_code_points(text) <= kLongest; }

/// "姓 名" is how the national card writes names; without a space nobody can say where the family name ends.
json::Value name_from(const json::Value& claims, const std::string& claim) {
  std::string family = claims.text("family_name"), given = claims.text("given_name");
  if (family.empty() || given.empty()) {
    const std::string& whole = claims.text(claim);
    std::size_t gap = whole.find(' '), width = 1;
    if (const std::size_t wide = whole.find("\u3000"); gap == std::string::npos && wide != std::string::npos) gap = wide, width = 3;
    if (gap == std::string::npos) return {};
    family = std::string(trim(whole.substr(0, gap)));
    given = std::string(trim(whole.substr(gap + width)));
  }
  if (!usable(family) || !usable(given)) return {};
  return json::Value::object({{"family", family}, {"given", given}});
}

/// The year 0000 stands for one that is not told (§5.1).
bool is_birth_date(const std::string& text) { return parse_iso_date(text) && text.substr(0, 4) != "0000"; }

json::Value address_from(const json::Value& address) {
  const std::pair<const char*, const char*> parts[] = {{"postal_code", "postal_code"}, {"prefecture", "region"}, {"city", "locality"}, {"street", "street_address"}};
  json::Value out = json::Value::object();
  for (const auto& [fact, claim] : parts)
    if (usable(address.text(claim))) out.set(fact, address.text(claim));
  return out.has("prefecture") && out.has("city") && out.has("street") ? out : json::Value();
}
}  // namespace

json::Value facts_from(const Definition& definition, const json::Value& claims) {
  json::Value out = json::Value::object();
  for (const auto& [fact, claim] : definition.facts) {
    json::Value value;
    if (fact == "name") value = name_from(claims, claim);
    else if (fact == "address") value = address_from(claims[claim]);
    else if (fact == "birth_date" && is_birth_date(claims.text(claim))) value = claims.text(claim);
    else if (fact == "gender" && usable(claims.text(claim))) value = claims.text(claim);
    if (!value.is_null()) out.set(fact, std::move(value));
  }
  return out;
}

}  // namespace machiya::oidc
