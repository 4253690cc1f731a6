#include "ask/registers/token_lists.h"

#include <algorithm>

#include "ask/records/records_dao.h"

namespace machiya::registers {
namespace {

/// 32 MiB of keys for one register.
constexpr std::size_t kMostEntries = std::size_t{4} << 20;
/// Each search asks for every touched record in the database.
constexpr std::size_t kMostTouched = 1'000;

/// The newest keys that all of the lists have. The shortest leads; in the others a step goes as far as the gap is wide.
std::vector<std::int64_t> shared_by(std::vector<const std::vector<std::int64_t>*> lists, const std::set<std::int64_t>& but, std::size_t limit) {
  std::sort(lists.begin(), lists.end(), [](const auto* a, const auto* b) { return a->size() < b->size(); });
  std::vector<std::size_t> ends;
  for (const auto* list : lists) ends.push_back(list->size());
  const auto has = [&](std::size_t i, std::int64_t key) {
    const auto& list = *lists[i];
    std::size_t& end = ends[i];   // everything from here on is greater than any key that is still to come
    for (std::size_t step = 1; end > 0 && list[end - 1] > key; step *= 2) {
      const std::size_t from = end > step ? end - step : 0;
      if (list[from] > key) end = from;
      else end = static_cast<std::size_t>(std::upper_bound(list.begin() + static_cast<std::ptrdiff_t>(from), list.begin() + static_cast<std::ptrdiff_t>(end), key) - list.begin());
    }
    return end > 0 && list[end - 1] == key;
  };
  std::vector<std::int64_t> out;
  for (std::size_t at = ends[0]; at-- > 0 && out.size() < limit;) {
    const std::int64_t key = (*lists[0])[at];
    bool all = !but.contains(key);
    for (std::size_t i = 1; i < lists.size() && all; ++i) all = has(i, key);
    if (all) out.push_back(key);
  }
  return out;
}

}  // namespace

Result<TokenLists::List> TokenLists::list_of(store::ReadTx& tx, std::int64_t token) {
  {
    const std::lock_guard lock(mutex_);
    if (const auto found = lists_.find(token); found != lists_.end()) return found->second;
  }
  MACHIYA_TRY(auto keys, records::records_with_token(tx, token));
  const auto list = std::make_shared<const std::vector<std::int64_t>>(std::move(keys));
  const std::lock_guard lock(mutex_);
  if (entries_ + list->size() > kMostEntries) lists_.clear(), entries_ = 0;
  if (lists_.emplace(token, list).second) entries_ += list->size();
  return list;
}

Result<std::vector<std::int64_t>> TokenLists::records(store::ReadTx& tx, const std::vector<std::int64_t>& tokens, std::size_t limit) {
  if (tokens.empty()) return std::vector<std::int64_t>();
  std::vector<List> held;
  for (const std::int64_t token : tokens) {
    MACHIYA_TRY(held.emplace_back(), list_of(tx, token));
  }
  std::vector<const std::vector<std::int64_t>*> lists;
  for (const List& list : held) lists.push_back(list.get());
  std::set<std::int64_t> touched;
  {
    const std::lock_guard lock(mutex_);
    touched = touched_;
  }
  std::vector<std::int64_t> out = shared_by(std::move(lists), touched, limit);
  MACHIYA_TRY(const auto fresh, records::those_with_tokens(tx, {touched.begin(), touched.end()}, tokens));
  out.insert(out.end(), fresh.begin(), fresh.end());
  std::sort(out.begin(), out.end(), std::greater<>());
  if (out.size() > limit) out.resize(limit);
  return out;
}

void TokenLists::touched(std::int64_t first, std::int64_t last) {
  const std::lock_guard lock(mutex_);
  if (lists_.empty()) return;
  if (first == last) touched_.insert(first);
  if (first == last && touched_.size() <= kMostTouched) return;
  lists_.clear(), touched_.clear(), entries_ = 0;
}

void TokenLists::clear() {
  const std::lock_guard lock(mutex_);
  lists_.clear(), touched_.clear(), entries_ = 0;
}

}  // namespace machiya::registers
