// All SQL of telephone numbers that wait for their code.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "platform/store/store.h"

namespace machiya::tell::sms_dao {

struct Row {
  std::int64_t person = 0, key = 0;
  std::string sealed, code;   ///< the number; a digest
  std::int64_t tries = 0;
  Instant expires;
};
Result<std::optional<Row>> find(store::ReadTx& tx, std::int64_t person);
Result<void> put(store::Tx& tx, const Row& row);
/// One try more; the row as it is then.
Result<std::optional<Row>> count_try(store::Tx& tx, std::int64_t person);
Result<void> remove(store::Tx& tx, std::int64_t person);
/// Whose request ran out before, the oldest first.
Result<std::vector<std::int64_t>> over(store::ReadTx& tx, Instant before, int limit);

struct Counts {
  std::int64_t by_person = 0, sent_to_number = 0, sent_by_all = 0;
};
Result<Counts> asked_since(store::ReadTx& tx, std::int64_t person, std::string_view number, Instant since);
Result<void> note_asked(store::Tx& tx, std::int64_t person, std::string_view number, bool sent, Instant now);
Result<void> forget_asked(store::Tx& tx, Instant before);

}  // namespace machiya::tell::sms_dao
