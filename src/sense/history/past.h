// What the history holds of an entity in memory: its head and its tracks. The instances themselves lie in tables and in the store of series.
#pragma once
#include <atomic>
#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "sense/entities/entity.h"
#include "sense/series/series.h"

namespace machiya::sense::history {

/// An instance as it was at a time.
struct Past {
  Instance instance;                      ///< created_us, modified_us: when it came into this history, and when it was corrected
  std::int64_t deleted_us = kNoTime;      ///< set: it says that the attribute was deleted then, its value is the standard's null
};

/// Plain numbers with one unit, the same sub-attributes and one way to write observedAt: two series on one grid, the values and how much later (µs) each was entered.
struct Column {
  std::string unit;
  std::string sub;                        ///< of every instance, as form.h writes them; "": there are none
  int digits = 0;                         ///< behind the second of observedAt, 0 … 6; kNoObservedAt: there is none, the time is createdAt
  series::SeriesId values = 0, entered = 0;
};
inline constexpr int kNoObservedAt = -1;

inline constexpr std::int64_t kUnknown = std::numeric_limits<std::int64_t>::max();

/// One attribute with one datasetId of one entity. Only the writer changes it, and only the last two members; a new column makes a new Track.
struct Track {
  std::int64_t key = 0;
  std::string name, dataset;              ///< name: expanded; "scope" for the entity's scopes
  std::vector<Column> columns;
  mutable std::atomic<std::int64_t> rows{0};            ///< instances in the table
  mutable std::atomic<std::int64_t> newest{kUnknown};   ///< greatest time of any instance; kUnknown: not looked up yet
  Track() = default;
  Track(const Track& o) : key(o.key), name(o.name), dataset(o.dataset), columns(o.columns), rows(o.rows.load()), newest(o.newest.load()) {}
};
using TrackPtr = std::shared_ptr<const Track>;

struct Head {
  std::int64_t key = 0;
  std::string tenant, id;
  std::vector<std::string> types, scopes;
  std::int64_t created_us = kNoTime, deleted_us = kNoTime;
  mutable std::atomic<std::int64_t> modified_us{kNoTime};
  std::vector<TrackPtr> tracks;
  Head() = default;
  Head(const Head& o) : key(o.key), tenant(o.tenant), id(o.id), types(o.types), scopes(o.scopes), created_us(o.created_us), deleted_us(o.deleted_us), modified_us(o.modified_us.load()), tracks(o.tracks) {}
};
/// Shared between the catalogue and readers; nothing but modified_us ever changes.
using HeadPtr = std::shared_ptr<const Head>;

inline constexpr std::string_view kScopeTrack = "scope";

}  // namespace machiya::sense::history
