// Providers to log in with: as definitions of the city, and with what the operator's configuration adds to them.
#pragma once
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "app/settings.h"
#include "city/city.h"
#include "platform/oidc/definition.h"

namespace machiya::app {

/// Kind "sign-in".
city::Kind sign_in_kind();

using SignInClients = std::map<std::string, std::shared_ptr<const oidc::Client>>;
/// Reads the keys and secrets that the configuration names, once at the start. Errors name the setting, never a value.
Result<SignInClients> sign_in_clients(const Settings& settings);

/// Defined by this city and known to the operator, in the order of the definitions.
std::vector<oidc::Provider> sign_in_providers(const city::City& city, const SignInClients& clients);

}  // namespace machiya::app
