#include "platform/store/pg_keys.h"

#include <algorithm>

namespace machiya::store {

namespace {
constexpr int kBlock = 64;
constexpr std::chrono::seconds kLife{1};
}  // namespace

Result<std::int64_t> PgKeys::next(std::string_view table, PgConnection& connection) {
  {
    std::lock_guard lock(mutex_);
    const auto found = blocks_.find(table);
    if (found != blocks_.end() && !found->second.left.empty() && std::chrono::steady_clock::now() < found->second.until) {
      const std::int64_t key = found->second.left.back();
      found->second.left.pop_back();
      return key;
    }
  }
  MACHIYA_TRY(const Rows rows, connection.query("SELECT nextval(pg_get_serial_sequence(:table, 'id')) FROM generate_series(1, :count)",
                                                {{"table", table}, {"count", kBlock}}));
  if (rows.empty()) return Error(ErrorCode::internal, "no keys for " + std::string(table));
  Block block;
  for (const Row& row : rows) block.left.push_back(row.integer(0));
  std::sort(block.left.rbegin(), block.left.rend());
  const std::int64_t key = block.left.back();
  block.left.pop_back();
  block.until = std::chrono::steady_clock::now() + kLife;
  std::lock_guard lock(mutex_);
  blocks_.insert_or_assign(std::string(table), std::move(block));
  return key;
}

}  // namespace machiya::store
