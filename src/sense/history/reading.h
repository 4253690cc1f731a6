// Instances of one track, wherever they lie, in the order of the time that is asked for.
#pragma once
#include <vector>

#include "sense/history/inside.h"

namespace machiya::sense::history {

/// The time of an instance that `property` names; kNoTime when it has none.
std::int64_t time_of(const Past& past, TemporalQuery::Property property);
/// The same; where nothing was asked for, an instance without observedAt stands at its createdAt.
std::int64_t place_of(const Past& past, const HistoryWindow& window);

class Reader {
 public:
  Reader(const History::Inside& in, store::ReadTx& tx, const HistoryWindow& window, tree::Arena& arena) : in_(in), tx_(tx), window_(window), arena_(arena) {}
  /// At most window.most + 1 of them: then there are more. With lastN these are the newest, without it the oldest; in any case by time.
  Result<std::vector<Past>> instances(const Track& track) const;
  /// Is there one at all?
  Result<bool> any(const Track& track) const;

 private:
  const History::Inside& in_;
  store::ReadTx& tx_;
  const HistoryWindow& window_;
  tree::Arena& arena_;
  std::size_t wanted() const;
  bool fits(const Past& past) const;
  bool by_observed() const { return window_.bounded && window_.when.property == TemporalQuery::Property::observed_at; }
  Result<std::optional<bool>> by_newest(const Track& track) const;
  Result<void> from_column(const Track& track, std::size_t number, std::size_t most, std::vector<Past>& out) const;
  Result<void> from_rows(const Track& track, std::vector<Past>& out) const;
};

}  // namespace machiya::sense::history
