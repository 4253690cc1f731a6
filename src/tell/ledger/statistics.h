// What reports read of the ledger: exact counts, times, whom a message was meant for, and what a returned mail may have been. Reads whole messages; for
// live pages there is Ledger::progress(). SQL in statistics_dao.cpp.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "platform/store/store.h"
#include "tell/ledger/delivery.h"

namespace machiya::tell::ledger_statistics {

/// Rows of one channel, language and state. In that order.
struct Cell {
  int channel = 0, lang = 0;
  RowState state = RowState::open;
  std::int64_t rows = 0;
};
Result<std::vector<Cell>> cells(store::ReadTx& tx, std::int64_t message);

/// When one channel was handed parcels of it in one language.
struct Window {
  int channel = 0, lang = 0;
  std::int64_t hand_offs = 0;
  Instant first, last;   ///< the first was made, the last was settled (or made, while it is under way)
};
Result<std::vector<Window>> windows(store::ReadTx& tx, std::int64_t message);

/// How many people the message is for, by what they told about themselves (key of audiences' profiles); each counted once, whatever the channels.
struct Meant {
  std::int64_t profile = 0, people = 0;
};
Result<std::vector<Meant>> meant(store::ReadTx& tx, std::int64_t message);

/// A message that a channel took for somebody since then, with the keys of the parcels that it may have been in, the newest first; at most `limit`.
struct Taken {
  std::int64_t message = 0;
  std::string key;
};
Result<std::vector<Taken>> taken(store::ReadTx& tx, std::int64_t recipient, int channel, Instant since, int limit);

}  // namespace machiya::tell::ledger_statistics
