// SQL of drafts.
#pragma once
#include <optional>
#include <vector>

#include "ask/apply/draft.h"
#include "platform/store/store.h"

namespace machiya::apply::draft_dao {

/// A row with its sealed log.
struct Row {
  Draft draft;
  std::string sealed;
};
Result<std::int64_t> insert(store::Tx& tx, const Draft& draft, std::string_view sealed);
Result<std::optional<Row>> find(store::ReadTx& tx, std::string_view public_id);
/// Writes everything that may change; false when somebody else was faster (revision).
Result<bool> update(store::Tx& tx, const Draft& draft, std::string_view sealed);
Result<std::vector<Row>> of_person(store::ReadTx& tx, std::int64_t person, int limit);
Result<std::vector<Row>> of_session(store::ReadTx& tx, std::string_view session, int limit);
/// Hands a visitor's drafts over to a person.
Result<std::int64_t> bind(store::Tx& tx, std::string_view session, std::int64_t person, Instant expires);
Result<bool> mark_sent(store::Tx& tx, std::string_view public_id, std::string_view number, Instant now, Instant expires);
Result<std::optional<Row>> of_correction(store::ReadTx& tx, std::string_view case_number, std::int64_t person);
/// Without their logs.
Result<std::vector<Draft>> expired(store::ReadTx& tx, Instant now, int limit);
Result<void> remove(store::Tx& tx, std::int64_t id);

Result<void> remember_definition(store::Tx& tx, std::string_view hash, std::string_view procedure, int version, std::string_view body);
Result<std::optional<std::string>> definition(store::ReadTx& tx, std::string_view hash);
Result<std::optional<std::string>> definition_of_version(store::ReadTx& tx, std::string_view procedure, int version);

Result<void> remember_api(store::Tx& tx, std::string_view number, std::string_view client, Instant now);
Result<bool> sent_by(store::ReadTx& tx, std::string_view number, std::string_view client);

}  // namespace machiya::apply::draft_dao
