// SQL of emergency access. Reasons and comments come and go sealed.
#pragma once
#include "platform/identity/emergencies.h"

namespace machiya::identity::emergency_dao {

Result<void> insert(store::Tx& tx, const EmergencyRow& row);
Result<std::optional<EmergencyRow>> by_public_id(store::ReadTx& tx, std::string_view public_id);
/// Of one member of staff and one object; those that are over too.
Result<std::vector<EmergencyRow>> between(store::ReadTx& tx, std::string_view staff, std::string_view object);
Result<std::vector<EmergencyRow>> of_object(store::ReadTx& tx, std::string_view object);
Result<std::vector<EmergencyRow>> newest(store::ReadTx& tx, bool waiting_only, int limit);
Result<int> waiting(store::ReadTx& tx, std::string_view not_of);
/// False when somebody was faster.
Result<bool> review(store::Tx& tx, const EmergencyRow& row);

}  // namespace machiya::identity::emergency_dao
