#include "app/tell_outlets.h"

#include <fstream>

#include "base/text.h"
#include "tell/outlets/http_gateway.h"

namespace machiya::app {
namespace {

/// What a file named by a setting holds, without white space around it; "" when the setting is not there.
Result<std::string> secret(const std::map<std::string, std::string>& values, const std::string& outlet, const char* key) {
  const auto found = values.find(key);
  if (found == values.end()) return std::string();
  std::ifstream in(found->second, std::ios::binary);
  if (!in) return Error(ErrorCode::not_found, "the file of this setting cannot be read", "tell." + outlet + "." + key);
  const std::string text((std::istreambuf_iterator<char>(in)), {});
  return std::string(trim(text));
}

}  // namespace

Result<std::map<std::string, tell::OutletSetting>> outlet_settings(const city::City& city, const Settings& settings, const outbound::Outbound& door, const Clock& clock) {
  std::map<std::string, tell::OutletSetting> out;
  for (const tell::OutletDefinition* outlet : tell::outlets_of(city)) {
    const auto found = settings.tell.find(outlet->id);
    if (!outlet->pushed() || found == settings.tell.end()) continue;
    const auto& values = found->second;
    const auto url = values.find("url"), from = values.find("from");
    if (url == values.end()) return Error(ErrorCode::invalid_input, "the address of the gateway is missing", "tell." + outlet->id + ".url");
    if (outlet->kind == tell::OutletKind::l_alert && from == values.end()) return Error(ErrorCode::invalid_input, "the sender's name at Lアラート is missing (actor@domain)", "tell." + outlet->id + ".from");
    tell::HttpGatewayOptions options;
    options.url = url->second;
    MACHIYA_TRY(options.token, secret(values, outlet->id, "token-file"));
    MACHIYA_TRY(options.secret, secret(values, outlet->id, "secret-file"));
    if (outlet->kind == tell::OutletKind::webhook && options.secret.size() < 32) return Error(ErrorCode::invalid_input, "a secret of at least 32 bytes is missing", "tell." + outlet->id + ".secret-file");
    out[outlet->id] = {{from == values.end() ? std::string() : from->second}, tell::http_gateway(std::move(options), door, clock)};
  }
  return out;
}

}  // namespace machiya::app
