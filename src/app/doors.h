// How the house reaches others, by its settings: the one door for calls, and the sender of log-in codes.
#pragma once
#include <memory>

#include "app/settings.h"
#include "ask/apply/ports.h"
#include "base/time.h"
#include "platform/identity/identity.h"
#include "platform/identity/smtp_sender.h"
#include "platform/oidc/signature_request.h"
#include "platform/outbound/outbound.h"
#include "platform/outbound/stream.h"
#include "platform/signatures/judge.h"

namespace machiya::locale {
class Catalogue;
}

namespace machiya::app {

Result<std::unique_ptr<outbound::Outbound>> door_out(const Settings& settings);
/// The same for brokers of MQTT: those of the listed origins that are such.
Result<std::unique_ptr<outbound::Streams>> streams_out(const Settings& settings);
/// Judges signatures of the national card; null when the operator set no roots. Errors name the setting.
Result<std::unique_ptr<signatures::Judge>> signature_judge(const Settings& settings, const outbound::Outbound& door, const Clock& clock);
/// How applicants reach the apps that sign, and how what comes back is judged. The arguments must outlive the ports.
apply::SigningPorts signing_ports(const signatures::Judge* judge, oidc::SignatureRequests& requests);
/// The operator's mail relay, for log-in codes and links that confirm an address.
identity::SmtpOptions smtp_options(const Settings& settings);
/// The demonstration sends nothing: its pages show the codes.
std::unique_ptr<identity::CodeSender> code_sender(const Settings& settings, const outbound::Outbound& door, const locale::Catalogue& texts, const Clock& clock);

}  // namespace machiya::app
