#include "app/doors.h"

#include <fstream>

#include "platform/jose/keys.h"
#include "platform/identity/smtp_sender.h"

namespace machiya::app {

namespace {
bool is_mqtt(const std::string& origin) { return origin.starts_with("mqtt://") || origin.starts_with("mqtts://"); }
/// "https://host:port" of an address.
std::string origin_of(const std::string& url) { return url.substr(0, url.find('/', url.find("://") + 3)); }
}  // namespace

Result<std::unique_ptr<outbound::Outbound>> door_out(const Settings& settings) {
  outbound::Options options;
  for (const std::string& origin : settings.outbound)
    if (!is_mqtt(origin)) options.rules.push_back({origin, false});
  for (const std::string& origin : settings.outbound_internal)
    if (!is_mqtt(origin)) options.rules.push_back({origin, true});
  // A channel's own address is its permission, like that of the mail relay.
  for (const auto& [id, values] : settings.tell)
    for (const char* key : {"url", "data-url"})
      if (const auto url = values.find(key); url != values.end() && url->second.rfind("http", 0) == 0) options.rules.push_back({origin_of(url->second), true});
  options.ca_file = settings.outbound_ca_file;
  options.http_on_loopback = settings.demonstration, options.this_machine = settings.outbound_this_machine;
  return outbound::Outbound::create(std::move(options));
}

Result<std::unique_ptr<outbound::Streams>> streams_out(const Settings& settings) {
  outbound::StreamOptions options;
  for (const std::string& origin : settings.outbound)
    if (is_mqtt(origin)) options.rules.push_back({origin, false});
  for (const std::string& origin : settings.outbound_internal)
    if (is_mqtt(origin)) options.rules.push_back({origin, true});
  options.plain_inside = true;   // a broker inside is the operator's own
  options.ca_file = settings.outbound_ca_file, options.this_machine = settings.outbound_this_machine;
  return outbound::Streams::create(std::move(options));
}

Result<std::unique_ptr<signatures::Judge>> signature_judge(const Settings& s, const outbound::Outbound& door, const Clock& clock) {
  if (s.jpki_roots.empty()) {
    if (!s.jpki_crls.empty() || !s.jpki_ocsp.empty() || !s.jpki_policy.empty()) return Error(ErrorCode::invalid_input, "jpki-crls, jpki-ocsp and jpki-policy need jpki-roots", "jpki-roots");
    return std::unique_ptr<signatures::Judge>();
  }
  std::ifstream in(s.jpki_roots, std::ios::binary);
  if (!in) return Error(ErrorCode::not_found, "the file of this setting cannot be read", "jpki-roots");
  signatures::Options options;
  options.trust.roots.assign(std::istreambuf_iterator<char>(in), {});
  options.trust.signing_policy = s.jpki_policy;
  options.crl_folder = s.jpki_crls, options.ocsp_url = s.jpki_ocsp;
  auto judge = signatures::Judge::open(std::move(options), door, clock);
  if (!judge.ok()) return Error(judge.error().code, judge.error().detail, "jpki-*");
  return judge;
}

apply::SigningPorts signing_ports(const signatures::Judge* judge, oidc::SignatureRequests& requests) {
  apply::SigningPorts ports;
  ports.judge = judge;
  ports.apps = [&requests](std::string_view lang) {
    std::vector<apply::SigningPorts::App> out;
    for (const oidc::Provider& one : requests.providers()) out.push_back({one.definition->id, one.definition->name_in(lang)});
    return out;
  };
  ports.depart = [&requests](std::string_view app, std::string_view document) -> Result<apply::SigningPorts::Departure> {
    MACHIYA_TRY(auto departure, requests.depart(app, jose::sha256(document)));
    return apply::SigningPorts::Departure{std::move(departure.location), std::move(departure.state), std::move(departure.memory)};
  };
  ports.arrive = [judge, &requests](std::string_view app, const http::Pairs& answer, const json::Value& memory, std::string_view document) -> Result<signatures::Accepted> {
    signatures::Accepted accepted;
    const auto check = [&](std::string_view, const oidc::Signature& given) -> Result<void> {
      MACHIYA_TRY(accepted, judge->judge(signatures::kApp, document, given.value, given.certificate));
      return {};
    };
    MACHIYA_TRY(const auto signature, requests.arrive(app, answer, memory, jose::sha256(document), check));
    (void)signature;
    return accepted;
  };
  return ports;
}

identity::SmtpOptions smtp_options(const Settings& s) {
  identity::SmtpOptions options;
  options.url = s.smtp_url;
  options.from = s.smtp_from;
  options.user = s.smtp_user;
  options.password = s.smtp_password;
  options.require_starttls = s.smtp_starttls;
  return options;
}

std::unique_ptr<identity::CodeSender> code_sender(const Settings& s, const outbound::Outbound& door, const locale::Catalogue& texts, const Clock& clock) {
  if (s.demonstration) return std::make_unique<identity::DemonstrationSender>();
  return std::make_unique<identity::SmtpSender>(smtp_options(s), door, texts, clock);
}

}  // namespace machiya::app
