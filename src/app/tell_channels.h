// Channels by their adapter: what a definition names and the operator's settings complete. A new channel is one adapter, one line here and
// one definition.
#pragma once
#include <memory>

#include "app/settings.h"
#include "base/rng.h"
#include "base/time.h"
#include "platform/outbound/outbound.h"
#include "tell/channel/channel.h"
#include "tell/messages/definitions.h"

namespace machiya::app {

/// nullptr when the settings say nothing of this channel. Errors name the setting, never a value.
Result<std::unique_ptr<tell::Channel>> make_channel(const tell::ChannelDefinition& definition, const Settings& settings, const outbound::Outbound& door, const Clock& clock, Rng& rng);

/// "tell.line.token-file" and the like; false for a name that no channel has.
bool set_channel_setting(Settings& settings, std::string_view key, const std::string& value);

}  // namespace machiya::app
