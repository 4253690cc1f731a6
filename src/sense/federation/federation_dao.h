// The tables sense_federation_name and sense_federation_subscription.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/rng.h"
#include "platform/store/store.h"

namespace machiya::sense::federation {

std::vector<store::Migration> migrations();

/// Who this broker is to others: made once, then always the same.
Result<std::string> own_alias(store::Store& store, Rng& rng);

/// A subscription at a source for one of ours.
struct Sub {
  std::string token, tenant, subscription, registration;
  std::string remote;   ///< its id there
};
/// Before the sources are asked: they may tell something at once.
Result<void> keep_subs(store::Store& store, const std::vector<Sub>& subs);
/// After: those that were made have their `remote`; those without one are forgotten.
Result<void> settle_subs(store::Store& store, const std::vector<Sub>& subs);
Result<std::vector<Sub>> subs_of(store::Store& store, const std::string& tenant, const std::string& subscription);
Result<std::optional<Sub>> sub_of_token(store::Store& store, const std::string& token);
Result<void> forget_subs(store::Store& store, const std::string& tenant, const std::string& subscription);
/// Those at the source of a registration that is no more.
Result<void> forget_subs_at(store::Store& store, const std::string& tenant, const std::string& registration);

}  // namespace machiya::sense::federation
