// Saved searches: one person's names for searches of a register.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "platform/store/store.h"

namespace machiya::registers {

struct SavedSearch {
  std::int64_t id = 0;
  std::string name;
  std::string query;   ///< as in an address, without "?"
};
inline constexpr int kMaxSearches = 50;   ///< of one person and register

Result<std::vector<SavedSearch>> searches_of(store::ReadTx& tx, std::int64_t staff, std::string_view register_id);
/// The same name again takes the new search. limit_exceeded beyond kMaxSearches.
Result<void> save_search(store::Tx& tx, std::int64_t staff, std::string_view register_id, std::string_view name, std::string_view query, Instant now);
Result<void> forget_search(store::Tx& tx, std::int64_t staff, std::int64_t id);

}  // namespace machiya::registers
