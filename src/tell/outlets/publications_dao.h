// All SQL of the outlets' ledger.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tell/outlets/publications.h"

namespace machiya::tell::publications_dao {

Result<void> insert(store::Tx& tx, const Publication& publication, bool drill);
/// Takes the next one that is due at this outlet: emergencies first, then in their order, and none before an earlier one of its thread has
/// left. Counts the attempt.
Result<std::optional<Publication>> claim(store::Tx& tx, std::string_view outlet, Instant now, Instant lease);
/// Only of this attempt: false when somebody else has taken it since, or it was withdrawn.
Result<bool> settle(store::Tx& tx, const Publication& publication, PublicationState state, std::string_view reason, Instant due, Instant now);
/// What waits, and what is published at these outlets.
Result<void> withdraw(store::Tx& tx, std::string_view message, const std::vector<std::string>& fetched, Instant now);
Result<std::int64_t> again(store::Tx& tx, std::string_view message, std::string_view outlet, std::string_view part, Instant now);
Result<std::vector<Publication>> of(store::ReadTx& tx, std::string_view message);
/// When something of this outlet is due next; nothing: nothing waits.
Result<std::optional<Instant>> next_due(store::ReadTx& tx, std::string_view outlet);

}  // namespace machiya::tell::publications_dao
