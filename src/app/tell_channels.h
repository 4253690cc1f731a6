// Channels by their adapter: what a definition names and the operator's settings complete. A new channel is one adapter, one line here and
// one definition.
#pragma once
#include <memory>
#include <string>

#include "app/settings.h"
#include "base/rng.h"
#include "base/time.h"
#include "platform/outbound/outbound.h"
#include "tell/channel/channel.h"
#include "tell/line/line_api.h"
#include "tell/mail/return_path.h"
#include "tell/messages/definitions.h"

namespace machiya::vault {
class Vault;
}

namespace machiya::app {

/// nullptr when the settings say nothing of this channel. Errors name the setting, never a value. `path`: envelope senders of its mails, for channels of
/// mails; null: `from`. It must outlive the channel.
Result<std::unique_ptr<tell::Channel>> make_channel(const tell::ChannelDefinition& definition, const Settings& settings, const outbound::Outbound& door, const Clock& clock, Rng& rng,
                                                    const tell::ReturnPath* path);

/// How LINE is asked for this channel. not_found, with the setting, when the settings say nothing of it.
Result<tell::LineOptions> line_options(const tell::ChannelDefinition& definition, const Settings& settings);

/// Envelope senders of a channel of mails ("tell.mail.return-domain"), under a secret of this database; nullptr when the setting is not there.
/// invalid_input for what is no domain.
Result<std::unique_ptr<tell::ReturnPath>> make_return_path(const tell::ChannelDefinition& definition, const Settings& settings, const vault::Vault& vault);

/// "tell.line.token-file" and the like; false for a name that no channel has.
bool set_channel_setting(Settings& settings, std::string_view key, const std::string& value);

}  // namespace machiya::app
