// Table case_signature: the electronic signatures of an application and its corrections, sealed with the case's key.
#pragma once
#include <optional>
#include <string>

#include "base/result.h"
#include "base/time.h"
#include "platform/store/store.h"

namespace machiya::cases {

struct SignatureRow {
  std::int64_t record = 0;
  std::string way, revocation;   ///< signatures::Accepted
  std::string sealed;            ///< signatures::Accepted as JSON
  Instant at;
};
Result<void> insert_signature(store::Tx& tx, const SignatureRow& row);
/// The newest: of the last correction.
Result<std::optional<SignatureRow>> find_signature(store::ReadTx& tx, std::int64_t record);
Result<void> delete_signatures(store::Tx& tx, std::int64_t record);

}  // namespace machiya::cases
