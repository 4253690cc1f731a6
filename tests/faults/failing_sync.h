// fsync and fdatasync of this program, which can be told to fail. They stand in front of the C library's for SQLite too.
#pragma once
#include <atomic>

namespace machiya::faults {

extern std::atomic<bool> sync_fails;      ///< EIO from now on
extern std::atomic<long> syncs;           ///< successful ones
extern std::atomic<long> failed_syncs;

}  // namespace machiya::faults
