// The restore drill: a backup is taken, restored elsewhere and proved, and what came of it is kept for those who answer for it.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "app/settings.h"
#include "base/result.h"
#include "base/time.h"

namespace machiya::app {

/// What one drill showed. Times in seconds.
struct Drill {
  Instant at;
  std::string engine;          ///< "sqlite" or "postgresql"
  bool passed = false;
  std::string fault;           ///< why not
  bool own_copy = true;        ///< the copy was taken by the drill; else an older one was given
  double backup_s = 0, restore_s = 0, verify_s = 0;
  std::int64_t bytes = 0;      ///< of the copy
  std::int64_t audit_rows = 0; ///< sealed, chain intact
  std::int64_t data_keys = 0;  ///< that open
};

/// `copy`: a backup that is there, or "" to take one. `scratch`: an empty store to restore into; "" for a temporary SQLite file.
/// The drill itself is always told; only what keeps it from beginning is an error.
Result<Drill> run_drill(const Settings& settings, const std::string& copy, const std::string& scratch);

/// One line of JSON for each drill in `data`/drills.jsonl, newest last: a file and not a table, because on SQLite only the server writes tables.
Result<void> keep_drill(const std::string& data, const Drill& drill);
/// The newest `most` drills, newest first; none when there was none.
Result<std::vector<Drill>> read_drills(const std::string& data, std::size_t most);

}  // namespace machiya::app
