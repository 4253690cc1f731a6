// The table sense_provider.
#pragma once
#include <string>
#include <utility>
#include <vector>

#include "platform/store/store.h"
#include "sense/providers/provider.h"

namespace machiya::sense::dao {

Result<void> insert_provider(store::Tx& tx, const Provider& provider);
Result<void> update_provider(store::Tx& tx, const Provider& provider);
Result<void> delete_provider(store::Tx& tx, const std::string& tenant, const std::string& id);
struct StoredProvider {
  ProviderPtr provider;
  ProviderState state;
};
/// In the order in which they came.
Result<std::vector<StoredProvider>> providers(store::ReadTx& tx);
Result<void> write_provider_states(store::Tx& tx, const std::vector<StoredProvider>& states);

}  // namespace machiya::sense::dao
