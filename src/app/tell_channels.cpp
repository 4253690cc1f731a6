#include "app/tell_channels.h"

#include <algorithm>
#include <fstream>
#include <map>

#include "base/text.h"
#include "platform/vault/vault.h"
#include "tell/line/line_channel.h"
#include "tell/mail/mail_channel.h"
#include "tell/sms/sms_channel.h"
#include "tell/webhook/webhook_channel.h"
#include "tell/webpush/webpush_channel.h"

namespace machiya::app {
namespace {
using Values = std::map<std::string, std::string>;
using Made = Result<std::unique_ptr<tell::Channel>>;

std::string value_in(const Values& values, const char* key) {
  const auto found = values.find(key);
  return found == values.end() ? std::string() : found->second;
}
/// What a file named by a setting of channel `id` holds, without white space around it.
Result<std::string> secret_in(const std::string& id, const Values& values, const char* key) {
  const std::string path = value_in(values, key);
  std::ifstream in(path, std::ios::binary);
  if (path.empty() || !in) return Error(ErrorCode::not_found, "the file of this setting cannot be read", "tell." + id + "." + key);
  const std::string text((std::istreambuf_iterator<char>(in)), {});
  return std::string(trim(text));
}

/// What one adapter is made of.
struct Making {
  const std::string& id;
  const Values& values;
  const outbound::Outbound& door;
  const Clock& clock;
  Rng& rng;
  const tell::ReturnPath* path;

  std::string value(const char* key) const { return value_in(values, key); }
  std::string setting(const char* key) const { return "tell." + id + "." + key; }
  Result<std::string> secret(const char* key) const { return secret_in(id, values, key); }
};

Result<tell::LineOptions> line_api(const std::string& id, const Values& values) {
  tell::LineOptions out;
  if (const std::string url = value_in(values, "url"); !url.empty()) out.base = url;
  if (const std::string url = value_in(values, "data-url"); !url.empty()) out.data_base = url;
  MACHIYA_TRY(out.token, secret_in(id, values, "token-file"));
  return out;
}

Made line(const Making& m) {
  tell::LineChannelOptions options;
  MACHIYA_TRY(options.api, line_api(m.id, m.values));
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

Made mail(const Making& m) {
  tell::MailOptions options;
  options.relay.url = m.value("url"), options.relay.user = m.value("user");
  options.relay.require_tls = m.value("starttls") == "yes";
  if (!options.relay.user.empty()) {
    MACHIYA_TRY(options.relay.password, m.secret("password-file"));
  }
  options.from = m.value("from");
  if (m.path) options.envelope_from = [path = m.path](std::int64_t recipient) { return path->address(recipient); };
  if (const std::string connections = m.value("connections"); !connections.empty()) options.connections = std::atoi(connections.c_str());
  if (!m.value("dkim-key-file").empty()) {
    tell::DkimKey key{m.value("dkim-domain"), m.value("dkim-selector"), {}};
    MACHIYA_TRY(key.pem, m.secret("dkim-key-file"));
    options.dkim.push_back(std::move(key));
  }
  auto made = tell::MailChannel::create(std::move(options), m.door, m.clock);
  if (!made.ok()) return Error(made.error().code, made.error().detail, m.setting("url"));
  return std::unique_ptr<tell::Channel>(std::move(*made));
}

Made sms(const Making& m) {
  tell::SmsOptions options;
  options.url = m.value("url"), options.sender = m.value("from");
  MACHIYA_TRY(options.token, m.secret("token-file"));
  return std::unique_ptr<tell::Channel>(std::make_unique<tell::SmsChannel>(std::move(options), m.door));
}

Made webhook(const Making& m) {
  tell::WebhookOptions options;
  MACHIYA_TRY(options.secret, m.secret("secret-file"));
  return std::unique_ptr<tell::Channel>(std::make_unique<tell::WebhookChannel>(std::move(options), m.door, m.clock));
}

const std::map<std::string, Made (*)(const Making&), std::less<>>& adapters() {
  static const std::map<std::string, Made (*)(const Making&), std::less<>> table = {{"line", line}, {"push", push}, {"mail", mail}, {"sms", sms}, {"webhook", webhook}};
  return table;
}

}  // namespace

Made make_channel(const tell::ChannelDefinition& definition, const Settings& settings, const outbound::Outbound& door, const Clock& clock, Rng& rng, const tell::ReturnPath* path) {
  const auto values = settings.tell.find(definition.id);
  if (values == settings.tell.end()) return std::unique_ptr<tell::Channel>();
  const auto adapter = adapters().find(definition.adapter);
  if (adapter == adapters().end()) return Error(ErrorCode::invalid_input, "this server has no adapter \"" + definition.adapter + "\"", "tell." + definition.id);
  return adapter->second({definition.id, values->second, door, clock, rng, path});
}

Result<tell::LineOptions> line_options(const tell::ChannelDefinition& definition, const Settings& settings) {
  const auto values = settings.tell.find(definition.id);
  if (definition.adapter != "line") return Error(ErrorCode::invalid_input, "this channel is not LINE", definition.id);
  if (values == settings.tell.end()) return Error(ErrorCode::not_found, "the configuration does not say how this channel is reached", "tell." + definition.id + ".token-file");
  return line_api(definition.id, values->second);
}

Result<std::unique_ptr<tell::ReturnPath>> make_return_path(const tell::ChannelDefinition& definition, const Settings& settings, const vault::Vault& vault) {
  const auto values = settings.tell.find(definition.id);
  if (definition.adapter != "mail" || values == settings.tell.end()) return std::unique_ptr<tell::ReturnPath>();
  const auto domain = values->second.find("return-domain");
  if (domain == values->second.end()) return std::unique_ptr<tell::ReturnPath>();
  constexpr std::size_t kLongest = 190;   // with the token 254 characters at most (RFC 5321 §4.5.3.1.3)
  const std::string& name = domain->second;
  const bool fits = name.size() <= kLongest && name.find('.') != std::string::npos && name.front() != '.' && name.back() != '.' &&
                    std::all_of(name.begin(), name.end(), [](unsigned char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' || c == '-'; });
  if (!fits) return Error(ErrorCode::invalid_input, "no domain", "tell." + definition.id + ".return-domain");
  // Of the database, so that every server of the house reads what another one wrote, and a report of last week after the master key was exchanged.
  return std::make_unique<tell::ReturnPath>(vault.digest("tell-return-path", definition.id), "bounce+", name);
}

bool set_channel_setting(Settings& settings, std::string_view key, const std::string& value) {
  const auto parts = split(key, '.');
  if (parts.size() != 3 || parts[0] != "tell" || parts[1].empty() || value.empty()) return false;
  static constexpr std::string_view kNames[] = {"url", "data-url", "starttls", "token-file", "secret-file", "key-file", "subject", "from", "dkim-key-file", "dkim-selector", "dkim-domain", "return-domain", "connections", "user", "password-file", "friend", "codes-per-hour"};
  if (std::find(std::begin(kNames), std::end(kNames), parts[2]) == std::end(kNames)) return false;
  settings.tell[std::string(parts[1])][std::string(parts[2])] = value;
  return true;
}

}  // namespace machiya::app
