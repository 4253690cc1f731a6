// Writes of the history, planned together and made durable together. In this order, so that a crash at any point leaves either the whole batch or something that
// doing it again sets right: new heads and tracks; numbers (writing one again changes nothing); rows, heads and the cursor in one transaction; erasures of numbers.
#pragma once
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "sense/history/inside.h"

namespace machiya::sense::history {

/// A head as a batch leaves it. Most changes of the broker only say that an entity was modified: then nothing is copied.
class HeadDraft {
 public:
  explicit HeadDraft(HeadPtr kept) : kept_(std::move(kept)) {}
  explicit HeadDraft(std::shared_ptr<Head> made) : own_(std::move(made)) {}
  const Head& operator*() const { return own_ ? *own_ : *kept_; }
  const Head* operator->() const { return &**this; }
  /// To be changed; whoever has the one that is kept sees nothing of it.
  Head& change() {
    if (!own_) own_ = std::make_shared<Head>(*kept_);
    return *own_;
  }
  void modified(std::int64_t us) { modified_us_ = us; }
  std::int64_t modified_us() const { return is_modified() ? modified_us_ : (**this).modified_us.load(); }
  bool is_modified() const { return modified_us_ != kNoTime; }
  void erase() { erased_ = true; }
  bool erased() const { return erased_; }
  bool fresh() const { return !kept_; }
  bool is_changed() const { return own_ != nullptr; }
  /// Types, scopes, or when it was created or deleted.
  bool says_other() const { return own_ && kept_ && (own_->types != kept_->types || own_->scopes != kept_->scopes || own_->created_us != kept_->created_us || own_->deleted_us != kept_->deleted_us); }
  /// What is to be published.
  HeadPtr finish() const {
    const HeadPtr out = own_ ? own_ : kept_;
    if (is_modified()) out->modified_us = modified_us_;
    return out;
  }

 private:
  HeadPtr kept_;                  ///< nullptr: it is new
  std::shared_ptr<Head> own_;
  std::int64_t modified_us_ = kNoTime;
  bool erased_ = false;
};

/// Held together with Inside::write. What was not committed has changed nothing that readers see.
class Batch {
 public:
  explicit Batch(History::Inside& in) : in_(in) {}

  /// One change of the broker.
  Result<void> take(const Record& record);
  /// The head as this batch leaves it; nullptr when there is none.
  HeadDraft* find(std::string_view tenant, std::string_view id);
  /// The one that is there, or a new one.
  HeadDraft& make(std::string_view tenant, std::string_view id, std::int64_t now_us);
  /// An instance takes the place of the one of the same track and observedAt. `as_row`: never into columns (its name must stay).
  Result<void> add(HeadDraft& head, std::string_view name, Past past, bool as_row = false);
  /// The scopes from now on; a row of their track when they are others.
  Result<void> set_scopes(HeadDraft& head, std::vector<std::string> scopes, std::int64_t now_us);
  void erase_track(HeadDraft& head, std::size_t index);
  void erase_head(HeadDraft& head);
  void erase_point(const Column& column, std::int64_t from_us, std::int64_t to_us);
  /// The newest time of the track has to be looked up anew: by a Track of its own, which readers of the old one do not fill in.
  static void forget_newest(HeadDraft& head, std::size_t index);
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
  std::unordered_map<std::string, HeadDraft> heads_;   ///< by tenant, NUL, id
  std::map<std::int64_t, const HeadDraft*> new_heads_;
  std::vector<dao::TrackRow> new_tracks_;
  std::vector<dao::ColumnRow> new_columns_;
  std::vector<series::Point> points_;
  struct PlaceHash {
    std::size_t operator()(const std::pair<series::SeriesId, std::int64_t>& p) const { return p.first * 0x9e3779b97f4a7c15ULL ^ static_cast<std::uint64_t>(p.second); }
  };
  std::optional<std::unordered_set<std::pair<series::SeriesId, std::int64_t>, PlaceHash>> places_;   ///< of points_, once somebody asked
  std::vector<Added> added_;
  std::vector<std::function<Result<void>(store::Tx&)>> steps_;
  std::vector<dao::Erasure> erasures_;

  Result<void> deleted(HeadDraft& head, const AttributeChange& change, std::int64_t at_us);
  std::size_t track(HeadDraft& head, std::string_view name, std::string_view dataset);
  static const Column* find_column(const Track& track, const Plain& plain);
  static bool has_room(const Track& track, const Plain& plain);
  Result<Column> column(HeadDraft& head, std::size_t index, const Plain& plain);
  Result<std::int64_t> newest(const Track& track);
  Result<void> clear(const Track& track, std::int64_t time_us, const Column* but);
  Result<void> clear_columns(const Track& track, std::int64_t time_us, const Column* but);
  bool has_point(series::SeriesId id, std::int64_t time_us);
  void put_point(series::SeriesId id, std::int64_t time_us, double value);
  Result<void> add_row(const Track& track, std::int64_t time_us, Past past);
  void add_plain(const Column& column, const Plain& plain, std::int64_t created_us);
  Result<void> write_catalogue();
  Result<void> write_rows(EntityStore::Number cursor);
  Result<void> erase_numbers();
  void publish();
};

}  // namespace machiya::sense::history
