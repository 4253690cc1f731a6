#include "ask/registers/column_indexes.h"

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
constexpr int kFollowed = 5'000;
/// And so many rows that one of them stretches over.
constexpr std::int64_t kStretch = 200'000;
/// Touches are kept for a day (forget_touches()): an index that nobody asked for half as long is read anew.
constexpr auto kForgotten = std::chrono::hours(12);
/// How often a register that is too small, too large or could not be read is asked for before that is looked at again.
constexpr std::uint32_t kLookAgain = 256;

/// Changes beside a base of so many rows before both are merged: each list looks at all of them.
std::size_t most_changes(std::size_t rows) { return std::max<std::size_t>(256, rows / 500); }

}  // namespace

struct ColumnIndexes::Slot {
  std::shared_mutex mutex;                      ///< of the members up to `generation`
  std::unique_ptr<ColumnIndex> index;
  std::vector<std::int64_t> fields;             ///< of the index, sorted
  std::int64_t point = 0;
  std::set<records::Touched> followed;          ///< those from `point` on that the index has already
  std::uint64_t generation = 0;
  std::atomic<Steady::time_point> used{Steady::now()};
  std::atomic<std::uint32_t> refused{0};        ///< times asked for since it was found that no index can be had
  std::atomic<bool> none{false}, under_way{false};
  std::mutex asked_mutex;
  std::set<std::int64_t> asked;                 ///< fields that queries wanted
};

ColumnIndexes::ColumnIndexes(store::Store& store, IndexLimits limits) : store_(store), limits_(limits) {}

ColumnIndexes::~ColumnIndexes() {
  worker_.request_stop();
  wake_.notify_all();
}

std::shared_ptr<ColumnIndexes::Slot> ColumnIndexes::slot_of(const std::string& type) {
  const std::lock_guard lock(mutex_);
  auto& slot = slots_[type];
  if (!slot) slot = std::make_shared<Slot>();
  return slot;
}

void ColumnIndexes::ask(const std::shared_ptr<Slot>& slot, const IndexedRegister& reg, bool merge) {
  if (slot->none && slot->refused++ % kLookAgain != 0) return;
  if (slot->under_way.exchange(true)) return;
  const std::lock_guard lock(mutex_);
  jobs_.push_back({slot, reg, merge});
  if (!worker_.joinable()) worker_ = std::jthread([this](const std::stop_token& stop) { work(stop); });
  wake_.notify_all();
}

Result<ColumnIndexes::Viewed> ColumnIndexes::view(store::ReadTx& tx, const IndexedRegister& reg, const std::vector<std::int64_t>& asked, bool alone) {
  Viewed out;
  if (limits_.bytes == 0 || reg.fields.empty()) return out;
  View view;
  view.slot_ = slot_of(reg.type);
  Slot& slot = *view.slot_;
  if (alone) view.alone_ = std::unique_lock(slot.mutex);
  else view.shared_ = std::shared_lock(slot.mutex);
  const auto now = Steady::now();
  const bool old = now - slot.used.exchange(now) > kForgotten;
  const bool has = slot.index != nullptr && std::all_of(asked.begin(), asked.end(), [&](std::int64_t f) { return std::binary_search(slot.fields.begin(), slot.fields.end(), f); });
  if (!has || old) {
    {
      const std::lock_guard lock(slot.asked_mutex);
      slot.asked.insert(asked.begin(), asked.end());
    }
    ask(view.slot_, reg, false);
    return out;
  }
  const std::uint64_t generation = slot.generation;
  MACHIYA_TRY(auto news, records::touched_since(tx, reg.type, slot.point, kFollowed + 1));
  const bool cut = news.touched.size() > kFollowed;
  std::erase_if(news.touched, [&](const records::Touched& t) { return slot.followed.contains(t); });
  if (!news.touched.empty() || cut) {
    if (view.shared_.owns_lock()) {
      view.shared_.unlock();
      view.alone_ = std::unique_lock(slot.mutex);
      // Meanwhile somebody may have brought it further than this snapshot sees.
      if (slot.generation != generation) {
        out.again = true;
        return out;
      }
    }
    MACHIYA_TRY(const bool followed, cut ? Result<bool>(false) : follow(tx, slot, std::move(news)));
    if (!followed) {
      slot.index = nullptr, ++slot.generation;
      // On PostgreSQL one long transaction lets touches pile up behind it: what is read anew has as many.
      if (cut && tx.engine() == store::Engine::postgres) slot.none = true, slot.refused = 1;
      ask(view.slot_, reg, false);
      return out;
    }
    if (slot.index->changed() > most_changes(slot.index->base()->ids.size())) ask(view.slot_, reg, true);
  }
  view.index_ = slot.index.get();
  out.view = std::move(view);
  return out;
}

/// False when it is too much to follow.
Result<bool> ColumnIndexes::follow(store::ReadTx& tx, Slot& slot, records::Touches news) {
  std::vector<std::int64_t> single;
  for (const records::Touched& t : news.touched) {
    if (t.last - t.first >= kStretch) return false;
    if (t.first == t.last) single.push_back(t.first);
  }
  std::sort(single.begin(), single.end());
  single.erase(std::unique(single.begin(), single.end()), single.end());
  // `gone`: all keys that were touched; those without entries are no rows any more.
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
  if (!single.empty()) {
    MACHIYA_TRY(auto rows, dao::entries_among(tx, single, slot.fields));
    take(std::move(rows), single);
  }
  for (const records::Touched& t : news.touched) {
    if (t.first == t.last) continue;
    MACHIYA_TRY(auto rows, dao::entries_between(tx, t.first, t.last, slot.fields));
    const auto& ids = slot.index->base()->ids;
    std::vector<std::int64_t> known(std::lower_bound(ids.begin(), ids.end(), t.first), std::upper_bound(ids.begin(), ids.end(), t.last));
    for (auto at = slot.index->changes().lower_bound(t.first); at != slot.index->changes().end() && at->first <= t.last; ++at) known.push_back(at->first);
    std::sort(known.begin(), known.end());
    known.erase(std::unique(known.begin(), known.end()), known.end());
    take(std::move(rows), known);
  }
  slot.point = news.point;
  std::erase_if(slot.followed, [&](const records::Touched& t) { return t.at < slot.point; });
  for (const records::Touched& t : news.touched)
    if (t.at >= slot.point) slot.followed.insert(t);
  return true;
}

void ColumnIndexes::work(const std::stop_token& stop) {
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

Result<void> ColumnIndexes::load(const Job& job, const std::stop_token& stop) {
  Slot& slot = *job.slot;
  auto base = std::make_shared<ColumnBase>();
  std::int64_t point = 0;
  bool fits = true;
  MACHIYA_CHECK(store_.read([&](store::ReadTx& tx) -> Result<void> {
    MACHIYA_TRY(point, records::touch_point(tx, job.reg.type));
    const auto key = [&](std::int64_t id) { return base->ids.push_back(id), !stop.stop_requested(); };
    if (!job.reg.everywhere) MACHIYA_CHECK(dao::each_key(tx, job.reg.type, key));
    else MACHIYA_CHECK(dao::each_entry(tx, *job.reg.everywhere, [&](std::string_view, std::int64_t id) { return key(id); }));
    std::sort(base->ids.begin(), base->ids.end());
    base->ids.shrink_to_fit();
    const std::size_t rows = base->ids.size();
    fits = rows >= limits_.rows && rows < (std::size_t{1} << 31);
    if (!fits) return {};
    std::vector<std::int64_t> fields = job.reg.fields;
    // All columns at once where that is cheap; of large registers those that lists ask for.
    if (rows * fields.size() > 4'000'000) {
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
  slot.index = fits ? std::make_unique<ColumnIndex>(base) : nullptr;
  slot.fields.clear();
  for (const auto& [field, values] : base->fields) slot.fields.push_back(field);
  slot.point = point, slot.followed.clear(), ++slot.generation;
  lock.unlock();
  if (fits) make_room(slot);
  return {};
}

void ColumnIndexes::merge(Slot& slot) {
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
void ColumnIndexes::make_room(const Slot& newest) {
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
    if (bytes > limits_.bytes) slot->index = nullptr, ++slot->generation;
  }
}

void ColumnIndexes::settle() {
  std::unique_lock lock(mutex_);
  wake_.wait(lock, [&] { return jobs_.empty() && !busy_; });
}

}  // namespace machiya::registers
