// SQL of who acts for whom.
#pragma once
#include "platform/identity/ties.h"

namespace machiya::identity::tie_dao {

Result<void> insert(store::Tx& tx, const TieRow& row, std::string_view given_by);
Result<std::optional<TieRow>> by_public_id(store::ReadTx& tx, std::string_view public_id);
/// An offer that waits, made after `since`.
Result<std::optional<TieRow>> by_code(store::ReadTx& tx, std::string_view digest, Instant since);
/// False when somebody was faster.
Result<bool> accept(store::Tx& tx, std::int64_t id, std::int64_t agent, Instant now);
Result<bool> end(store::Tx& tx, std::int64_t id, std::string_view by, Instant now);
Result<std::vector<TieRow>> of_person(store::ReadTx& tx, std::int64_t person);
Result<std::vector<TieRow>> of_agent(store::ReadTx& tx, std::int64_t agent);
Result<std::vector<TieRow>> between(store::ReadTx& tx, std::int64_t person, std::int64_t agent);

}  // namespace machiya::identity::tie_dao
