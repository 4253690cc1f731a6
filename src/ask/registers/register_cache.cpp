#include "ask/registers/register_cache.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <utility>

#include "ask/registers/column_index_dao.h"
#include "base/log.h"

namespace machiya::registers {

namespace {

using Steady = std::chrono::steady_clock;

/// So many touches are followed one by one; beyond that the index is read anew.
constexpr int kFollowed = 20'000;
/// And so many rows that one of them stretches over.
constexpr std::int64_t kStretch = 200'000;
/// Touches are kept for a day (forget_touches()): an index that nobody asked for half as long is read anew.
constexpr auto kForgotten = std::chrono::hours(12);
/// How often a register that is too small, too large or could not be read is asked for before that is looked at again.
constexpr std::uint32_t kLookAgain = 256;

/// What an entry takes in memory, at the most: a value of its own.
constexpr std::size_t kEntryBytes = 28;

/// Changes beside a base of so many rows before both are merged: each list looks at all of them.
std::size_t most_changes(std::size_t rows) { return std::max<std::size_t>(256, rows / 500); }

/// Rows by key and by number. What was not asked for while half as many came as may be kept goes. Thread-safe.
class KeptRows {
 public:
  explicit KeptRows(std::size_t most) : half_(most / 2) {}
  template <class Key>
  std::shared_ptr<const KeptRow> find(const Key& key) {
    const std::lock_guard lock(mutex_);
    if (const auto found = young_.find(key)) return found;
    auto found = old_.find(key);
    if (found) put(found);
    return found;
  }
  void keep(std::shared_ptr<const KeptRow> row) {
    const std::lock_guard lock(mutex_);
    put(std::move(row));
  }
  void forget(std::int64_t first, std::int64_t last) {
    const std::lock_guard lock(mutex_);
    young_.erase(first, last), old_.erase(first, last);
  }
  void clear() {
    const std::lock_guard lock(mutex_);
    young_ = {}, old_ = {};
  }

 private:
  struct Rows {
    std::map<std::int64_t, std::shared_ptr<const KeptRow>> by_id;
    std::unordered_map<std::string_view, const std::shared_ptr<const KeptRow>*> by_number;   ///< keys and values stand in by_id
    std::shared_ptr<const KeptRow> find(std::int64_t id) const {
      const auto found = by_id.find(id);
      return found == by_id.end() ? nullptr : found->second;
    }
    std::shared_ptr<const KeptRow> find(const std::string& number) const {
      const auto found = by_number.find(number);
      return found == by_number.end() ? nullptr : *found->second;
    }
    void erase(std::int64_t first, std::int64_t last) {
      for (auto at = by_id.lower_bound(first); at != by_id.end() && at->first <= last; at = by_id.erase(at)) by_number.erase(at->second->stored.number);
    }
  };
  void put(std::shared_ptr<const KeptRow> row) {
    if (young_.by_id.size() >= half_) old_ = std::exchange(young_, {});
    const auto [at, fresh] = young_.by_id.emplace(row->stored.id, std::move(row));
    if (fresh) young_.by_number.emplace(at->second->stored.number, &at->second);
  }
  const std::size_t half_;
  std::mutex mutex_;
  Rows young_, old_;
};

}  // namespace

struct RegisterCache::Slot {
  explicit Slot(std::size_t kept) : rows(kept) {}
  std::shared_mutex mutex;                      ///< of the members up to `generation`
  std::unique_ptr<ColumnIndex> index;
  std::vector<std::int64_t> fields;             ///< of the index, sorted
  bool begun = false;                           ///< `point` and `followed` hold
  std::int64_t point = 0;
  std::set<records::Touched> followed;          ///< those from `point` on that index and rows have already
  std::uint64_t generation = 0;
  KeptRows rows;
  TokenLists tokens;
  std::atomic<Steady::time_point> used{Steady::now()};
  std::atomic<std::uint32_t> refused{0};        ///< times asked for since it was found that no index can be had
  std::atomic<bool> none{false}, under_way{false};
  std::mutex asked_mutex;
  std::set<std::int64_t> asked;                 ///< fields that queries wanted

  void forget() {
    index = nullptr, begun = false, point = 0, ++generation;
    fields.clear(), followed.clear(), rows.clear(), tokens.clear();
  }
};

std::shared_ptr<const KeptRow> RegisterCache::View::row(std::int64_t id) const { return slot_->rows.find(id); }
std::shared_ptr<const KeptRow> RegisterCache::View::row(const std::string& number) const { return slot_->rows.find(number); }
void RegisterCache::View::keep(std::shared_ptr<const KeptRow> row) const { slot_->rows.keep(std::move(row)); }
Result<std::vector<std::int64_t>> RegisterCache::View::records_with_tokens(store::ReadTx& tx, const std::vector<std::int64_t>& tokens, std::size_t limit) const {
  return slot_->tokens.records(tx, tokens, limit);
}

Result<std::shared_ptr<const KeptRow>> kept_row(dao::StoredRow row) {
  auto out = std::make_shared<KeptRow>();
  MACHIYA_TRY(out->plain, json::parse(row.data.empty() ? "{}" : row.data));
  row.data.clear();
  out->stored = std::move(row);
  return std::shared_ptr<const KeptRow>(std::move(out));
}

RegisterCache::RegisterCache(store::Store& store, CacheLimits limits) : store_(store), limits_(limits) {}

RegisterCache::~RegisterCache() {
  worker_.request_stop();
  wake_.notify_all();
}

std::shared_ptr<RegisterCache::Slot> RegisterCache::slot_of(const std::string& type) {
  const std::lock_guard lock(mutex_);
  auto& slot = slots_[type];
  if (!slot) slot = std::make_shared<Slot>(limits_.kept);
  return slot;
}

void RegisterCache::ask(const std::shared_ptr<Slot>& slot, const IndexedRegister& reg, bool merge) {
  if (slot->none && slot->refused++ % kLookAgain != 0) return;
  if (slot->under_way.exchange(true)) return;
  const std::lock_guard lock(mutex_);
  jobs_.push_back({slot, reg, merge});
  if (!worker_.joinable()) worker_ = std::jthread([this](const std::stop_token& stop) { work(stop); });
  wake_.notify_all();
}

Result<RegisterCache::Viewed> RegisterCache::view(store::ReadTx& tx, const IndexedRegister& reg, const std::vector<std::int64_t>& asked, bool indexed, bool alone) {
  Viewed out;
  if (limits_.bytes == 0) return out;
  View view;
  view.slot_ = slot_of(reg.type);
  Slot& slot = *view.slot_;
  if (alone) view.alone_ = std::unique_lock(slot.mutex);
  else view.shared_ = std::shared_lock(slot.mutex);
  MACHIYA_TRY(out.again, bring_to(tx, reg.type, view));
  if (out.again) return out;
  const bool has = slot.index != nullptr && std::all_of(asked.begin(), asked.end(), [&](std::int64_t f) { return std::binary_search(slot.fields.begin(), slot.fields.end(), f); });
  if (indexed && !has && !reg.fields.empty()) {
    {
      const std::lock_guard lock(slot.asked_mutex);
      slot.asked.insert(asked.begin(), asked.end());
    }
    ask(view.slot_, reg, false);
  }
  if (has && slot.index->changed() > most_changes(slot.index->base()->ids.size())) ask(view.slot_, reg, true);
  if (has) view.index_ = slot.index.get();
  if (slot.begun) out.view = std::move(view);
  return out;
}

/// Brings what is kept to the snapshot of `tx`, for which the view then stands alone. True when it is beyond that snapshot already.
Result<bool> RegisterCache::bring_to(store::ReadTx& tx, const std::string& type, View& view) {
  Slot& slot = *view.slot_;
  const auto now = Steady::now();
  const bool old = now - slot.used.exchange(now) > kForgotten;
  const std::uint64_t generation = slot.generation;
  std::int64_t from = slot.point;
  if (!slot.begun) {
    MACHIYA_TRY(from, records::touch_point(tx, type));
  }
  MACHIYA_TRY(const auto news, records::touched_since(tx, type, from, kFollowed + 1));
  const bool cut = news.touched.size() > kFollowed;
  const auto known = slot.begun ? std::count_if(news.touched.begin(), news.touched.end(), [&](const records::Touched& t) { return slot.followed.contains(t); }) : 0;
  // Does the snapshot have everything that was followed already? Otherwise it is an older one; or what was followed has been forgotten since.
  const bool beyond = slot.begun && !old && !cut &&
                      (known < static_cast<std::ptrdiff_t>(slot.followed.size()) || (tx.engine() == store::Engine::postgres && news.point < slot.point));
  if (beyond && !view.alone_.owns_lock()) return true;
  const bool anew = !slot.begun || cut || old || beyond;
  if (!anew && known == static_cast<std::ptrdiff_t>(news.touched.size())) return false;
  if (!view.alone_.owns_lock()) {
    view.shared_.unlock();
    view.alone_ = std::unique_lock(slot.mutex);
    if (slot.generation != generation) return true;   // somebody may have brought it further than this snapshot sees
  }
  auto followed = anew ? Result<bool>(false) : follow(tx, slot, news);
  if (followed.ok() && *followed) return false;
  slot.forget();   // half followed would be wrong for good
  if (!followed.ok()) return std::move(followed).error();
  // On PostgreSQL one long transaction lets touches pile up behind it: what is read anew has as many.
  if (cut && tx.engine() == store::Engine::postgres) slot.none = true, slot.refused = 1;
  if (!cut) slot.begun = true, slot.point = news.point, note(slot, news.touched);
  return false;
}

void RegisterCache::note(Slot& slot, const std::vector<records::Touched>& touched) {
  std::erase_if(slot.followed, [&](const records::Touched& t) { return t.at < slot.point; });
  for (const records::Touched& t : touched)
    if (t.at >= slot.point) slot.followed.insert(t);
}

/// False when it is too much to follow.
Result<bool> RegisterCache::follow(store::ReadTx& tx, Slot& slot, const records::Touches& news) {
  std::vector<records::Touched> fresh;
  std::copy_if(news.touched.begin(), news.touched.end(), std::back_inserter(fresh), [&](const records::Touched& t) { return !slot.followed.contains(t); });
  std::vector<std::int64_t> single;
  for (const records::Touched& t : fresh) {
    if (t.last - t.first >= kStretch) return false;
    if (t.first == t.last) single.push_back(t.first);
    slot.rows.forget(t.first, t.last), slot.tokens.touched(t.first, t.last);
  }
  std::sort(single.begin(), single.end());
  single.erase(std::unique(single.begin(), single.end()), single.end());
  // Of all keys that were touched; those without entries are no rows any more.
  const auto take = [&](std::vector<ChangedRow> rows, const std::vector<std::int64_t>& touched) {
    auto row = rows.begin();
    for (const std::int64_t id : touched) {
      while (row != rows.end() && row->id < id) slot.index->put(std::move(*row++));
      if (row != rows.end() && row->id == id) slot.index->put(std::move(*row++));
      else slot.index->put({id, {}});
    }
    while (row != rows.end()) slot.index->put(std::move(*row++));
  };
  ++slot.generation;
  slot.point = news.point;
  note(slot, news.touched);
  if (slot.index == nullptr) return true;
  if (!single.empty()) {
    MACHIYA_TRY(auto rows, dao::entries_among(tx, single, slot.fields));
    take(std::move(rows), single);
  }
  for (const records::Touched& t : fresh) {
    if (t.first == t.last) continue;
    MACHIYA_TRY(auto rows, dao::entries_between(tx, t.first, t.last, slot.fields));
    const auto& ids = slot.index->base()->ids;
    std::vector<std::int64_t> known(std::lower_bound(ids.begin(), ids.end(), t.first), std::upper_bound(ids.begin(), ids.end(), t.last));
    for (auto at = slot.index->changes().lower_bound(t.first); at != slot.index->changes().end() && at->first <= t.last; ++at) known.push_back(at->first);
    std::sort(known.begin(), known.end());
    known.erase(std::unique(known.begin(), known.end()), known.end());
    take(std::move(rows), known);
  }
  return true;
}

void RegisterCache::work(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (wake_.wait(lock, stop, [&] { return !jobs_.empty(); })) {
    Job job = std::move(jobs_.front());
    jobs_.pop_front();
    busy_ = true;
    lock.unlock();
    Result<void> done;
    if (job.merge) merge(*job.slot);
    else done = load(job, stop);
    if (!done.ok() && !stop.stop_requested()) {
      job.slot->none = true;   // lists go on from the database; asked for often enough, it is tried again
      log(LogLevel::warn, "register-index-not-read", {{"register", job.reg.type}, {"cause", done.error().to_string()}});
    }
    job.slot->under_way = false;
    lock.lock();
    busy_ = false;
    wake_.notify_all();
  }
}

Result<void> RegisterCache::load(const Job& job, const std::stop_token& stop) {
  Slot& slot = *job.slot;
  const auto start = Steady::now();
  auto base = std::make_shared<ColumnBase>();
  records::Touches touches;
  bool fits = true;
  MACHIYA_CHECK(store_.read([&](store::ReadTx& tx) -> Result<void> {
    MACHIYA_TRY(const std::int64_t point, records::touch_point(tx, job.reg.type));
    MACHIYA_TRY(touches, records::touched_since(tx, job.reg.type, point, kFollowed + 1));
    const auto key = [&](std::int64_t id) { return base->ids.push_back(id), !stop.stop_requested(); };
    if (!job.reg.everywhere) MACHIYA_CHECK(dao::each_key(tx, job.reg.type, key));
    else MACHIYA_CHECK(dao::each_entry(tx, *job.reg.everywhere, [&](std::string_view, std::int64_t id) { return key(id); }));
    std::sort(base->ids.begin(), base->ids.end());
    base->ids.shrink_to_fit();
    const std::size_t rows = base->ids.size();
    fits = rows >= limits_.rows && rows < (std::size_t{1} << 31);
    if (!fits) return {};
    std::vector<std::int64_t> fields = job.reg.fields;
    // All columns at once where they surely fit; of larger registers those that lists ask for.
    if (rows * fields.size() * kEntryBytes > limits_.bytes) {
      const std::lock_guard lock(slot.asked_mutex);
      std::erase_if(fields, [&](std::int64_t f) { return !slot.asked.contains(f); });
    }
    for (const std::int64_t field : fields) {
      ColumnValues::Builder builder(rows);
      MACHIYA_CHECK(dao::each_entry(tx, field, [&](std::string_view value, std::int64_t id) {
        if (const auto row = base->row(id)) builder.add(value, *row);
        return !stop.stop_requested();
      }));
      base->fields.emplace(field, std::make_shared<const ColumnValues>(builder.finish()));
      fits = base->bytes() <= limits_.bytes;
      if (!fits || stop.stop_requested()) return {};
    }
    return {};
  }));
  if (stop.stop_requested()) return {};
  slot.none = !fits;
  std::unique_lock lock(slot.mutex);
  slot.forget();
  if (!fits) return {};
  // What was written since this was read is followed by the next view.
  slot.begun = true, slot.point = touches.point, note(slot, touches.touched);
  slot.index = std::make_unique<ColumnIndex>(base);
  for (const auto& [field, values] : base->fields) slot.fields.push_back(field);
  lock.unlock();
  log(LogLevel::info, "register-index-read", {{"register", job.reg.type}, {"rows", std::to_string(base->ids.size())}, {"columns", std::to_string(base->fields.size())}, {"bytes", std::to_string(base->bytes())},
                                              {"ms", std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(Steady::now() - start).count())}});
  make_room(slot);
  return {};
}

void RegisterCache::merge(Slot& slot) {
  std::shared_lock shared(slot.mutex);
  if (slot.index == nullptr) return;
  const auto base = slot.index->base();
  const auto changes = slot.index->changes();
  shared.unlock();
  auto next = std::make_unique<ColumnIndex>(std::make_shared<const ColumnBase>(merged(*base, changes)));
  const std::unique_lock lock(slot.mutex);
  if (slot.index == nullptr || slot.index->base() != base) return;   // read anew meanwhile
  for (const auto& [id, entries] : slot.index->changes())
    if (const auto found = changes.find(id); found == changes.end() || found->second != entries) next->put({id, entries});
  slot.index = std::move(next);
}

/// The indexes that nobody asked for the longest go, until all fit.
void RegisterCache::make_room(const Slot& newest) {
  std::vector<std::shared_ptr<Slot>> slots;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [type, slot] : slots_) slots.push_back(slot);
  }
  std::sort(slots.begin(), slots.end(), [](const auto& a, const auto& b) { return a->used.load() > b->used.load(); });
  std::stable_partition(slots.begin(), slots.end(), [&](const auto& s) { return s.get() == &newest; });
  std::size_t bytes = 0;
  for (const auto& slot : slots) {
    const std::unique_lock lock(slot->mutex);
    if (slot->index == nullptr) continue;
    bytes += slot->index->base()->bytes();
    if (bytes > limits_.bytes) slot->index = nullptr, slot->fields.clear();
  }
}

void RegisterCache::settle() {
  std::unique_lock lock(mutex_);
  wake_.wait(lock, [&] { return jobs_.empty() && !busy_; });
}

}  // namespace machiya::registers
