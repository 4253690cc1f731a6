// The ties of a citizen with providers: which there are, and taking one back.
#include "base/text.h"
#include "platform/oidc/sign_in.h"

namespace machiya::oidc {
namespace {
constexpr std::string_view kPrefix = "oidc:";
}  // namespace

Result<std::vector<SignIn::Way>> SignIn::ways_of(const identity::Principal& citizen) const {
  MACHIYA_TRY(const auto methods, store_.read([&](store::ReadTx& tx) { return identity_.outside_logins().methods(tx, citizen); }));
  const auto offered = providers(Audience::citizens);
  std::vector<Way> out;
  for (const std::string& method : methods) {
    if (!starts_with(method, kPrefix)) continue;
    Way way{method.substr(kPrefix.size()), nullptr};
    for (const Provider& provider : offered)
      if (provider.definition->id == way.id) way.definition = provider.definition;
    out.push_back(std::move(way));
  }
  return out;
}

Result<void> SignIn::remove_way(const identity::Principal& citizen, std::string_view id, std::string_view request) {
  std::vector<std::string> open = {"email-code"};
  for (const Provider& provider : providers(Audience::citizens)) open.push_back(std::string(kPrefix) + provider.definition->id);
  MACHIYA_CHECK(store_.write([&](store::Tx& tx) { return identity_.outside_logins().remove_way(tx, citizen, std::string(kPrefix) + std::string(id), open, request); }));
  // It may be taken back because somebody else holds that account: whoever came in by it is out.
  MACHIYA_TRY([[maybe_unused]] const int ended, identity_.end_other_sessions(citizen));
  return {};
}

}  // namespace machiya::oidc
