#include "app/doors.h"

#include "platform/identity/smtp_sender.h"

namespace machiya::app {

Result<std::unique_ptr<outbound::Outbound>> door_out(const Settings& settings) {
  outbound::Options options;
  for (const std::string& origin : settings.outbound) options.rules.push_back({origin, false});
  for (const std::string& origin : settings.outbound_internal) options.rules.push_back({origin, true});
  options.ca_file = settings.outbound_ca_file;
  options.http_on_loopback = settings.demonstration;
  return outbound::Outbound::create(std::move(options));
}

std::unique_ptr<identity::CodeSender> code_sender(const Settings& s, const outbound::Outbound& door, const locale::Catalogue& texts, const Clock& clock) {
  if (s.demonstration) return std::make_unique<identity::DemonstrationSender>();
  identity::SmtpOptions options;
  options.url = s.smtp_url;
  options.from = s.smtp_from;
  options.user = s.smtp_user;
  options.password = s.smtp_password;
  options.require_starttls = s.smtp_starttls;
  return std::make_unique<identity::SmtpSender>(std::move(options), door, texts, clock);
}

}  // namespace machiya::app
