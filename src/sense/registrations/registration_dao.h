// The tables sense_registration and sense_registration_state.
#pragma once
#include <string>
#include <utility>
#include <vector>

#include "platform/store/store.h"
#include "sense/registrations/registrations.h"

namespace machiya::sense::dao {

/// conflict when the id is taken.
Result<void> insert_registration(store::Tx& tx, const Registration& registration, std::int64_t sequence);
Result<void> update_registration(store::Tx& tx, const Registration& registration);
/// With its state.
Result<void> delete_registration(store::Tx& tx, const std::string& tenant, const std::string& id);
/// In the order in which they came; `last_sequence`: the largest one.
Result<std::vector<RegistrationPtr>> registrations(store::ReadTx& tx, std::int64_t& last_sequence);

struct StoredState {
  std::string tenant, id;
  SourceState state;
};
Result<void> write_states(store::Tx& tx, const std::vector<StoredState>& states);
Result<std::vector<StoredState>> states(store::ReadTx& tx);

}  // namespace machiya::sense::dao
