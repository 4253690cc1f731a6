// Statements of the journal that lives in the house's database.
#pragma once
#include <functional>
#include <vector>

#include "platform/store/store.h"
#include "sense/broker/journal.h"

namespace machiya::sense {

struct NumberedEntry {
  Journal::Number number = 0;
  JournalEntry entry;
};

/// Writes the entities (of several entries for one entity the last counts) and the records. conflict: another process wrote these numbers.
Result<void> write_entries(store::Tx& tx, const std::vector<NumberedEntry>& entries);
Result<void> read_entities(store::ReadTx& tx, const Journal::VisitEntity& visit);
Result<void> read_records(store::ReadTx& tx, Journal::Number from, Journal::Number to, const Journal::VisitRecord& visit);
struct NumbersKept {
  Journal::Number first = 0, last = 0;   ///< 0: none
};
Result<NumbersKept> numbers_kept(store::ReadTx& tx);
Result<void> delete_records_below(store::Tx& tx, Journal::Number needed, int most);

}  // namespace machiya::sense
