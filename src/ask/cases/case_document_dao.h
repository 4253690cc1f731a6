// Table case_document: the text of each decision document as it was issued, sealed with the case's key.
#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"
#include "platform/store/store.h"

namespace machiya::cases {

struct DocumentRow {
  std::string public_id;
  std::int64_t record = 0;
  std::string kind, lang;
  std::string sealed;          ///< {"title","text"}
  Instant issued;
};
Result<void> insert_document(store::Tx& tx, const DocumentRow& row);
Result<std::optional<DocumentRow>> find_document(store::ReadTx& tx, std::int64_t record, std::string_view public_id);
Result<void> delete_documents(store::Tx& tx, std::int64_t record);

}  // namespace machiya::cases
