// Mails that tell a citizen what was changed about their log-in. They hold no secret and no link.
#pragma once
#include <string>
#include <string_view>

#include "platform/identity/identity.h"

namespace machiya::identity {

/// The address of a person, "" for one who has none; `gone` when they were erased.
Result<std::string> person_email(store::ReadTx& tx, vault::Vault& vault, std::int64_t person);
/// After the commit of the change. Staff have no address here: their audit rows and their page tell. A failure is logged.
void send_notice(store::Store& store, vault::Vault& vault, CodeSender& sender, const Principal& who, std::string_view notice, std::string_view lang);

}  // namespace machiya::identity
