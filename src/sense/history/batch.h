// Writes of the history, planned together and made durable together. In this order, so that a crash at any point leaves either the whole batch or something that
// doing it again sets right: new heads and tracks; numbers (writing one again changes nothing); rows, heads and the cursor in one transaction; erasures of numbers.
#pragma once
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "sense/history/inside.h"

namespace machiya::sense::history {

/// Held together with Inside::write. What was not committed has changed nothing that readers see.
class Batch {
 public:
  explicit Batch(History::Inside& in) : in_(in) {}

  /// One change of the broker.
  Result<void> take(const Record& record);
  /// The head as this batch leaves it, to be changed; nullptr when there is none.
  Head* find(std::string_view tenant, std::string_view id);
  /// The one that is there, or a new one.
  Head& make(std::string_view tenant, std::string_view id, std::int64_t now_us);
  /// An instance takes the place of the one of the same track and observedAt. `as_row`: never into columns (its name must stay).
  Result<void> add(Head& head, std::string_view name, Past past, bool as_row = false);
  /// The scopes from now on; a row of their track when they are others.
  Result<void> set_scopes(Head& head, std::vector<std::string> scopes, std::int64_t now_us);
  void erase_track(Head& head, std::size_t index);
  void erase_head(Head& head);
  void erase_point(const Column& column, std::int64_t from_us, std::int64_t to_us);
  /// The newest time of the track has to be looked up anew: by a Track of its own, which readers of the old one do not fill in.
  static void forget_newest(Head& head, std::size_t index);
  void erase_row(const Track& track, std::int64_t time_us, std::int64_t number);
  void erase_rows_before(const Track& track, std::int64_t time_us);

  /// `cursor`: the newest change of the broker in this batch; 0: none.
  Result<void> commit(EntityStore::Number cursor);

 private:
  struct Added {
    std::int64_t track, time_us, number;
    bool observed;
  };
  History::Inside& in_;
  std::map<std::pair<std::string, std::string>, std::shared_ptr<Head>, std::less<>> heads_;   ///< nullptr: erased
  std::map<std::int64_t, const Head*> new_heads_;
  std::vector<dao::TrackRow> new_tracks_;
  std::vector<dao::ColumnRow> new_columns_;
  std::vector<series::Point> points_;
  std::vector<Added> added_;
  std::vector<std::function<Result<void>(store::Tx&)>> steps_;
  std::vector<dao::Erasure> erasures_;

  Result<void> deleted(Head& head, const AttributeChange& change, std::int64_t at_us);
  std::size_t track(Head& head, std::string_view name, std::string_view dataset);
  Result<Column> column(Head& head, std::size_t index, const Plain& plain, int& number);
  Result<std::int64_t> newest(const Track& track);
  Result<void> clear(const Track& track, std::int64_t time_us);
  Result<void> clear_columns(const Track& track, std::int64_t time_us);
  bool has_point(series::SeriesId id, std::int64_t time_us) const;
  Result<void> add_row(const Track& track, std::int64_t time_us, Past past);
  Result<void> add_plain(Head& head, std::size_t index, const Plain& plain, std::int64_t created_us);
  Result<void> write_catalogue();
  Result<void> write_rows(EntityStore::Number cursor);
  Result<void> erase_numbers();
  void publish();
};

}  // namespace machiya::sense::history
