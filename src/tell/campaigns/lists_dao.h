// All SQL of attached tables.
#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "platform/store/store.h"

namespace machiya::tell::lists_dao {

struct List {
  std::int64_t id = 0, campaign = 0, data_key = 0;
  std::vector<std::string> columns;
  std::int64_t total = 0;
  std::vector<std::int64_t> left_out;   ///< lines, ascending
};
struct Part {
  std::int64_t first = 0, last = 0;
  std::string sealed;
};

/// In state 0.
Result<std::int64_t> insert(store::Tx& tx, const List& list, Instant now);
Result<void> insert_part(store::Tx& tx, std::int64_t list, const Part& part);
/// From state 0 to 1; `conflict` when the campaign has another one. False when it is gone.
Result<bool> put_in_use(store::Tx& tx, std::int64_t list);
/// With all its parts. Its key is erased by the caller.
Result<void> remove(store::Tx& tx, std::int64_t list);
/// The one in use.
Result<std::optional<List>> find(store::ReadTx& tx, std::int64_t campaign);
Result<void> set_left_out(store::Tx& tx, std::int64_t list, const std::vector<std::int64_t>& lines);
/// Parts behind `after` in order, at most `limit`.
Result<std::vector<Part>> parts(store::ReadTx& tx, std::int64_t list, std::int64_t after, int limit);
/// Those that may hold recipients of [from, to].
Result<std::vector<Part>> parts_within(store::ReadTx& tx, std::int64_t list, std::int64_t from, std::int64_t to);
/// Every list with what its campaign is like now.
struct Standing {
  std::int64_t list = 0, data_key = 0, campaign = 0, message = 0;
  std::string public_id;
  bool in_use = false;
  int campaign_state = 0;
  Instant created, changed;
  std::optional<Instant> released;
};
Result<std::vector<Standing>> standing(store::ReadTx& tx);

}  // namespace machiya::tell::lists_dao
