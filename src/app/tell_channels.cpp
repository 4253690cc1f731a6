#include "app/tell_channels.h"

#include <algorithm>
#include <fstream>
#include <map>

#include "base/text.h"
#include "tell/line/line_channel.h"
#include "tell/webpush/webpush_channel.h"

namespace machiya::app {
namespace {
using Values = std::map<std::string, std::string>;
using Made = Result<std::unique_ptr<tell::Channel>>;

/// What one adapter is made of.
struct Making {
  const std::string& id;
  const Values& values;
  const outbound::Outbound& door;
  const Clock& clock;
  Rng& rng;

  std::string value(const char* key) const {
    const auto found = values.find(key);
    return found == values.end() ? std::string() : found->second;
  }
  std::string setting(const char* key) const { return "tell." + id + "." + key; }
  /// What a file named by a setting holds, without white space around it.
  Result<std::string> secret(const char* key) const {
    const std::string path = value(key);
    std::ifstream in(path, std::ios::binary);
    if (path.empty() || !in) return Error(ErrorCode::not_found, "the file of this setting cannot be read", setting(key));
    const std::string text((std::istreambuf_iterator<char>(in)), {});
    return std::string(trim(text));
  }
};

Made line(const Making& m) {
  tell::LineChannelOptions options;
  if (const std::string url = m.value("url"); !url.empty()) options.api.base = options.api.data_base = url;
  MACHIYA_TRY(options.api.token, m.secret("token-file"));
  return std::unique_ptr<tell::Channel>(std::make_unique<tell::LineChannel>(std::move(options), m.door));
}

Made push(const Making& m) {
  tell::WebPushOptions options;
  MACHIYA_TRY(options.vapid.key_pem, m.secret("key-file"));
  options.vapid.subject = m.value("subject");
  auto made = tell::WebPushChannel::create(std::move(options), m.door, m.clock, m.rng);
  if (!made.ok()) return Error(made.error().code, made.error().detail, m.setting("key-file"));
  return std::unique_ptr<tell::Channel>(std::move(*made));
}

const std::map<std::string, Made (*)(const Making&), std::less<>>& adapters() {
  static const std::map<std::string, Made (*)(const Making&), std::less<>> table = {{"line", line}, {"push", push}};
  return table;
}

}  // namespace

Made make_channel(const tell::ChannelDefinition& definition, const Settings& settings, const outbound::Outbound& door, const Clock& clock, Rng& rng) {
  const auto values = settings.tell.find(definition.id);
  if (values == settings.tell.end()) return std::unique_ptr<tell::Channel>();
  const auto adapter = adapters().find(definition.adapter);
  if (adapter == adapters().end()) return Error(ErrorCode::invalid_input, "this server has no adapter \"" + definition.adapter + "\"", "tell." + definition.id);
  return adapter->second({definition.id, values->second, door, clock, rng});
}

bool set_channel_setting(Settings& settings, std::string_view key, const std::string& value) {
  const auto parts = split(key, '.');
  if (parts.size() != 3 || parts[0] != "tell" || parts[1].empty() || value.empty()) return false;
  static constexpr std::string_view kNames[] = {"url", "token-file", "secret-file", "key-file", "subject", "from", "dkim-key-file", "dkim-selector", "dkim-domain", "connections", "user", "password-file"};
  if (std::find(std::begin(kNames), std::end(kNames), parts[2]) == std::end(kNames)) return false;
  settings.tell[std::string(parts[1])][std::string(parts[2])] = value;
  return true;
}

}  // namespace machiya::app
