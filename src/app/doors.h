// How the house reaches others, by its settings: the one door for calls, and the sender of log-in codes.
#pragma once
#include <memory>

#include "app/settings.h"
#include "base/time.h"
#include "platform/identity/identity.h"
#include "platform/outbound/outbound.h"

namespace machiya::locale {
class Catalogue;
}

namespace machiya::app {

Result<std::unique_ptr<outbound::Outbound>> door_out(const Settings& settings);
/// The demonstration sends nothing: its pages show the codes.
std::unique_ptr<identity::CodeSender> code_sender(const Settings& settings, const outbound::Outbound& door, const locale::Catalogue& texts, const Clock& clock);

}  // namespace machiya::app
