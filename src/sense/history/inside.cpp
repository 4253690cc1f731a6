// Loading what is there, and following the broker.
#include "sense/history/inside.h"

#include <algorithm>
#include <chrono>
#include <unordered_map>

#include "sense/history/batch.h"

namespace machiya::sense {

using history::Batch;
using history::Head;
using history::HeadPtr;
using history::Track;
using history::Waiting;
namespace dao = history::dao;

namespace {

constexpr std::size_t kMostInBatch = 2000;
constexpr EntityStore::Number kHeadsEvery = 500'000;   // changes; as many are read again after a crash
constexpr std::chrono::seconds kRetry{1};
constexpr std::chrono::milliseconds kAskJournal{50};

}  // namespace

Result<void> History::Inside::load() {
  MACHIYA_TRY(auto state, tables.read([](store::ReadTx& tx) { return dao::state(tx); }));
  if (!state) {
    state = dao::State{0, 0, rng.next(), rng.next(), 1};
    MACHIYA_CHECK(tables.write([&](store::Tx& tx) { return dao::begin_state(tx, *state); }));
  }
  names = history::InstanceNames(state->secret_high, state->secret_low);
  if (!state->heads) MACHIYA_CHECK(tables.write([&](store::Tx& tx) { return dao::set_heads(tx, state->cursor); }));
  cursor = static_cast<EntityStore::Number>(state->cursor), next_key = state->next_key;
  heads_cursor = static_cast<EntityStore::Number>(state->heads.value_or(state->cursor)), heads_told = heads_cursor == cursor;
  MACHIYA_CHECK(erase_again());
  std::unordered_map<std::int64_t, std::shared_ptr<Head>> heads;
  std::unordered_map<std::int64_t, std::pair<Head*, std::shared_ptr<Track>>> tracks;
  std::vector<dao::ColumnRow> columns;
  MACHIYA_CHECK(tables.read([&](store::ReadTx& tx) -> Result<void> {
    heads.clear(), tracks.clear(), columns.clear();
    MACHIYA_CHECK(dao::entities(tx, [&](const Head& h) { heads[h.key] = std::make_shared<Head>(h); }));
    MACHIYA_CHECK(dao::tracks(tx, [&](dao::TrackRow row) {
      const auto head = heads.find(row.entity);
      if (head == heads.end()) return;
      auto track = std::make_shared<Track>();
      track->key = row.key, track->name = std::move(row.name), track->dataset = std::move(row.dataset);
      head->second->tracks.push_back(track), tracks[row.key] = {head->second.get(), track};
    }));
    MACHIYA_CHECK(dao::columns(tx, [&](dao::ColumnRow row) { columns.push_back(std::move(row)); }));
    return dao::row_counts(tx, [&](std::int64_t key, std::int64_t rows) {
      if (const auto t = tracks.find(key); t != tracks.end()) t->second.second->rows = rows;
    });
  }));
  for (const dao::ColumnRow& row : columns) {
    const auto t = tracks.find(row.track);
    if (t == tracks.end()) continue;
    history::Column c{row.unit, row.sub, row.digits, 0, 0};
    MACHIYA_CHECK(open_column(t->second.first->tenant, *t->second.second, row.number, c));
    t->second.second->columns.push_back(std::move(c));
  }
  for (auto& [key, head] : heads) tenants[head->tenant][head->id] = head;
  return {};
}

// What a crash left of a batch's last step.
Result<void> History::Inside::erase_again() {
  MACHIYA_TRY(const auto list, tables.read([](store::ReadTx& tx) { return dao::erasures(tx); }));
  if (list.empty()) return {};
  for (const dao::Erasure& e : list) {
    const auto done = numbers.erase(e.series, {e.from_us, e.to_us});
    // A series that never had a durable point does not exist.
    if (!done.ok() && done.error().code != ErrorCode::invalid_input) return done.error();
  }
  return tables.write([](store::Tx& tx) { return dao::remove_erasures(tx); });
}

HeadPtr History::Inside::head(std::string_view tenant, std::string_view id) const {
  std::shared_lock hold(catalogue);
  const auto heads = tenants.find(tenant);
  if (heads == tenants.end()) return nullptr;
  const auto it = heads->second.find(id);
  return it == heads->second.end() ? nullptr : it->second;
}

std::int64_t History::Inside::keep_us(std::span<const std::string> types, std::string_view attribute) const {
  for (const HistoryRule& rule : options.rules) {
    if (!rule.type.empty() && std::ranges::find(types, rule.type) == types.end()) continue;
    if (rule.attribute.empty() || rule.attribute == attribute) return rule.keep_us;
  }
  return std::numeric_limits<std::int64_t>::max();
}

Result<void> History::Inside::open_column(std::string_view tenant, const Track& track, int number, history::Column& column) {
  // Two measurements: values and times of entering are of very different size, and values are asked for far more often.
  MACHIYA_TRY(const series::MeasurementId values, numbers.measurement(tenant, "history\x1f" + track.name));
  MACHIYA_TRY(const series::MeasurementId entered, numbers.measurement(tenant, "history+\x1f" + track.name));
  const std::string key = std::to_string(track.key) + "/" + std::to_string(number);
  MACHIYA_TRY(column.values, numbers.open(values, key));
  MACHIYA_TRY(column.entered, numbers.open(entered, key));
  return {};
}

// ---- following

void History::follow(EntityStore& entities) {
  in_->entities = &entities;
  entities.follow([in = in_](EntityStore::Number number, const Record& record) {
    std::lock_guard hold(in->queue_lock);
    if (in->ending) return;
    in->overflown = in->overflown || in->queue.size() >= in->options.waiting;
    if (in->overflown) in->dropped = number;   // the journal has it, and all that follow
    if (!in->overflown) in->queue.push_back({number, std::string(record.tenant), record});
    in->wake.notify_one();
  });
  in_->thread = std::thread([in = in_.get()] { in->run(); });
}

void History::end_following() {
  {
    std::lock_guard hold(in_->queue_lock);
    in_->ending = true;
  }
  in_->wake.notify_all(), in_->kept.notify_all();
  if (!in_->thread.joinable()) return;
  in_->thread.join();
  std::lock_guard hold(in_->write);
  if (in_->heads_told) (void)in_->write_heads();   // the next start reads the journal instead
}

EntityStore::Number History::cursor() const { return in_->cursor; }
EntityStore::Number History::needed() const { return std::min(in_->cursor.load(), in_->heads_cursor.load()) + 1; }

Result<void> History::settle() {
  if (in_->entities == nullptr) return {};
  const EntityStore::Number wanted = in_->entities->last();
  std::unique_lock hold(in_->queue_lock);
  // A number that nobody is told of (the broker took a write back) stands in the journal all the same.
  while (!in_->kept.wait_for(hold, kAskJournal, [&] { return (in_->cursor >= wanted && in_->heads_told) || in_->stopped || in_->ending; })) {
    if (!in_->queue.empty() || in_->overflown) continue;
    in_->overflown = true, in_->dropped = std::max(in_->dropped, wanted);
    in_->wake.notify_one();
  }
  if (in_->stopped) return *in_->stopped;
  if (in_->cursor < wanted) return Error(ErrorCode::unavailable, "the history is being closed");
  return {};
}

void History::Inside::run() {
  for (;;) {
    bool behind = false;
    {
      std::unique_lock hold(queue_lock);
      if (stopped) wake.wait_for(hold, kRetry, [&] { return ending; });
      wake.wait(hold, [&] { return ending || !heads_told || !queue.empty() || (overflown && missed() > cursor); });
      if (ending) return;
      behind = !heads_told || (queue.empty() && overflown);
    }
    auto done = behind ? take_journal() : take_queue();
    std::lock_guard hold(queue_lock);
    stopped.reset();
    if (!done.ok()) {   // a full disk, say: what was taken from the queue is read from the journal again
      stopped = done.error(), overflown = true;
      if (!queue.empty()) dropped = queue.back().number;
      queue.clear();
    }
    kept.notify_all();
  }
}

Result<void> History::Inside::take_queue() {
  std::vector<Waiting> list;
  {
    std::lock_guard hold(queue_lock);
    const std::size_t n = std::min(queue.size(), kMostInBatch);
    for (std::size_t i = 0; i < n; ++i) list.push_back(std::move(queue.front())), queue.pop_front();
  }
  return keep(list);
}

// Batch by batch up to where the journal is now. What comes meanwhile is not queued; when nothing more has come, queueing begins again.
Result<void> History::Inside::take_journal() {
  const EntityStore::Number last = entities->last();
  std::vector<Waiting> list;
  const bool tell_heads = !heads_told;   // only this thread changes it
  const EntityStore::Number told = cursor;
  MACHIYA_CHECK(entities->replay((tell_heads ? heads_cursor : cursor) + 1, [&](EntityStore::Number number, const Record& record) -> Result<void> {
    if (tell_heads && number > heads_cursor && number <= told) touch(record);
    if (number <= cursor) return {};
    list.push_back({number, std::string(record.tenant), record});
    if (list.size() < kMostInBatch) return {};
    auto done = keep(list);
    list.clear();
    return done;
  }));
  MACHIYA_CHECK(keep(list));
  if (cursor < last) {   // the journal keeps them no longer: history was switched on after them
    std::lock_guard hold(write);
    MACHIYA_CHECK(Batch(*this).commit(last));
  }
  std::lock_guard hold(queue_lock);
  heads_told = true;
  overflown = dropped > cursor;   // what is on disk and was not yet told will be, and is queued from now on
  return {};
}

void History::Inside::touch(const Record& record) {
  std::lock_guard hold(write);
  const HeadPtr there = head(record.tenant, record.entity().id);
  if (!there || there->modified_us >= record.at_us) return;   // erased since, or modified through the temporal interface
  there->modified_us = record.at_us;
  stale[there->key] = there;
}

Result<void> History::Inside::write_heads() {
  const EntityStore::Number reached = cursor;
  if (reached == heads_cursor) return {};
  MACHIYA_CHECK(tables.write([&](store::Tx& tx) -> Result<void> {
    for (const auto& [key, head] : stale) MACHIYA_CHECK(dao::set_modified(tx, *head));
    return dao::set_heads(tx, static_cast<std::int64_t>(reached));
  }));
  stale.clear(), heads_cursor = reached;
  return {};
}

// The newest change that is not in the queue and never was: the journal tells a number before, or only after, it tells the follower.
EntityStore::Number History::Inside::missed() const { return std::max(dropped, entities->last()); }

Result<void> History::Inside::keep(const std::vector<Waiting>& list) {
  if (list.empty()) return {};
  std::lock_guard hold(write);
  Batch batch(*this);
  EntityStore::Number newest = 0;
  for (const Waiting& w : list) {
    if (w.number <= cursor) continue;
    Record record = w.record;
    record.tenant = w.tenant;
    MACHIYA_CHECK(batch.take(record));
    newest = w.number;
  }
  if (newest == 0) return {};
  MACHIYA_CHECK(batch.commit(newest));
  return heads_told && cursor - heads_cursor >= kHeadsEvery ? write_heads() : Result<void>();
}

}  // namespace machiya::sense
