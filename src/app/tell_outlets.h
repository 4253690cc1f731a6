// Outlets for everybody by what the operator configured: gateways with their secrets.
#pragma once
#include <map>
#include <string>

#include "app/settings.h"
#include "base/time.h"
#include "city/city.h"
#include "platform/outbound/outbound.h"
#include "tell/outlets/publications.h"

namespace machiya::app {

/// Of outlets that are pushed only those that the settings name ("tell.<outlet>.url", "token-file", "secret-file", "from") are there. Errors name
/// the setting, never a value.
Result<std::map<std::string, tell::OutletSetting>> outlet_settings(const city::City& city, const Settings& settings, const outbound::Outbound& door, const Clock& clock);

}  // namespace machiya::app
