// The table sense_registration_told: which registrations a subscription (§5.11) was told of, as they were then. So a restart goes on where it was.
#pragma once
#include <string>
#include <vector>

#include "platform/store/store.h"
#include "sense/registrations/registration.h"

namespace machiya::sense::dao {

struct Told {
  std::string tenant, subscription;
  std::vector<RegistrationPtr> registrations;
};
/// Takes the place of what was kept of these subscriptions.
Result<void> write_told(store::Tx& tx, const std::vector<Told>& told);
Result<void> delete_told(store::Tx& tx, const std::string& tenant, const std::string& subscription);
/// By tenant and subscription.
Result<std::vector<Told>> told(store::ReadTx& tx);

}  // namespace machiya::sense::dao
