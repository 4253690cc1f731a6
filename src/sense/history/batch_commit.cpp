// How a batch becomes durable (batch.h says in which order, and why).
#include "sense/history/batch.h"

namespace machiya::sense::history {

Result<void> Batch::commit(EntityStore::Number cursor) {
  if (heads_.empty() && cursor == 0) return {};
  MACHIYA_CHECK(write_catalogue());
  if (!points_.empty()) {
    MACHIYA_TRY(const auto appended, in_.numbers.append(points_));
    (void)appended;   // what is older than retention reaches is not wanted
  }
  MACHIYA_CHECK(write_rows(cursor));
  if (cursor != 0) in_.cursor = cursor;
  // Published after the erasures: who looks up the newest time of a new track must not find what goes. And published whatever became of them: rows are durable.
  auto erased = erase_numbers();
  publish();
  return erased;
}

// Heads and tracks first: their keys name series, and must never name others.
Result<void> Batch::write_catalogue() {
  if (new_heads_.empty() && new_tracks_.empty() && new_columns_.empty()) return {};
  const auto kept = static_cast<std::int64_t>(in_.cursor.load());
  return in_.tables.write([&](store::Tx& tx) -> Result<void> {
    for (const auto& [key, head] : new_heads_) MACHIYA_CHECK(dao::add_entity(tx, **head, head->modified_us()));
    for (const dao::TrackRow& t : new_tracks_) MACHIYA_CHECK(dao::add_track(tx, t));
    for (const dao::ColumnRow& c : new_columns_) MACHIYA_CHECK(dao::add_column(tx, c));
    return dao::set_cursor(tx, kept, in_.next_key);
  });
}

Result<void> Batch::write_rows(EntityStore::Number cursor) {
  const auto reached = static_cast<std::int64_t>(cursor != 0 ? cursor : in_.cursor.load());
  return in_.tables.write([&](store::Tx& tx) -> Result<void> {
    for (const auto& step : steps_) MACHIYA_CHECK(step(tx));
    // What the journal will tell again, when an entity was modified, may wait (Inside::stale).
    for (const auto& [name, head] : heads_)
      if (!head.erased() && !head.fresh() && (head.says_other() || (head.is_modified() && cursor == 0))) MACHIYA_CHECK(dao::update_entity(tx, *head, head.modified_us()));
    MACHIYA_CHECK(dao::add_erasures(tx, erasures_));
    return dao::set_cursor(tx, reached, in_.next_key);
  });
}

void Batch::publish() {
  std::unique_lock hold(in_.catalogue);
  for (const auto& [name, draft] : heads_) {
    if (draft.erased()) in_.stale.erase(draft->key), in_.tenants[draft->tenant].erase(draft->id);
    if (draft.erased()) continue;
    const HeadPtr head = draft.finish();
    if (draft.is_modified()) in_.stale[head->key] = head;
    if (draft.is_changed()) in_.tenants[head->tenant][head->id] = head;
  }
}

Result<void> Batch::erase_numbers() {
  if (erasures_.empty()) return {};
  for (const dao::Erasure& e : erasures_) {
    MACHIYA_TRY(const std::size_t gone, in_.numbers.erase(e.series, {e.from_us, e.to_us}));
    (void)gone;
  }
  return in_.tables.write([](store::Tx& tx) { return dao::remove_erasures(tx); });
}

}  // namespace machiya::sense::history
