// What the citizens' pages of messages need from the rest of the house.
#pragma once
#include <memory>

#include "app/settings.h"
#include "app/telling.h"
#include "tell/citizen/citizen.h"
#include "tell/sms/code_sms.h"

namespace machiya::identity {
class SmtpSender;
}
namespace machiya::jobs {
class Jobs;
}
namespace machiya::locale {
class Catalogue;
}
namespace machiya::outbound {
class Outbound;
}
namespace machiya::pages {
class Assets;
}

namespace machiya::app {

/// Mails links of the double opt-in: a queue of its own, so that nobody who subscribes keeps somebody who logs in waiting. Null in the
/// demonstration, whose page shows the link.
std::unique_ptr<identity::SmtpSender> opt_in_sender(const Settings& settings, const outbound::Outbound& door, const locale::Catalogue& texts, const Clock& clock);
/// Sends codes that prove a telephone number, by the SMS channel; null when the operator did not configure it.
std::unique_ptr<tell::CodeSms> code_sms(Telling& telling, const Clock& clock, Rng& rng);
/// Answers of the LINE account are sent by a job; before jobs start.
void declare_line_replies(jobs::Jobs& jobs, Telling& telling);
/// Fills in what channels, settings and files say. `mails` and `codes` may be null. Errors name the setting.
Result<void> plug_channels(tell::CitizenWeb& web, const Settings& settings, Telling& telling, jobs::Jobs& jobs, identity::SmtpSender* mails, tell::CodeSms* codes, const pages::Assets& assets);

}  // namespace machiya::app
