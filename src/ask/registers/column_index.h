// A register's index in memory: what lists filter and sort by. The rows as they once were in columns, and beside them the few that have
// changed since; when those become many, a new one is made of both.
// The same answers as the statements over record_value (registers_list_dao.cpp), without reading an index of the database row by row.
#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "ask/registers/column_values.h"
#include "ask/registers/range.h"
#include "ask/registers/register_row_dao.h"
#include "base/json.h"

namespace machiya::registers {

/// What a list asks for.
struct ListQuery {
  const std::vector<Range>& ranges;                            ///< all of them
  std::optional<std::int64_t> sort;                            ///< field; nothing: by key
  bool descending = true;
  std::optional<std::pair<std::string, std::int64_t>> after;   ///< (sort value, key) of the row before
  std::size_t limit = 50;
  std::int64_t counted = 10'000;                               ///< rows are counted up to here, or all when that costs nothing
  const std::vector<std::int64_t>* among = nullptr;            ///< only of these rows, sorted
};
struct ListAnswer {
  std::vector<std::int64_t> ids;
  std::string next_value;       ///< sort value of the last one
  std::int64_t total = 0;       ///< of all pages
  bool more = false;            ///< at least `total`
};

/// The columns of all rows at one moment. Immutable.
struct ColumnBase {
  std::vector<std::int64_t> ids;                                             ///< sorted
  std::map<std::int64_t, std::shared_ptr<const ColumnValues>> fields;
  const ColumnValues* field(std::int64_t id) const {
    const auto found = fields.find(id);
    return found == fields.end() ? nullptr : found->second.get();
  }
  /// Position of a key; nothing when it is not there.
  std::optional<std::uint32_t> row(std::int64_t id) const;
  std::size_t bytes() const;
};

/// A row that has changed: its entries of the fields of the base, sorted; none when it is gone.
struct ChangedRow {
  std::int64_t id = 0;
  std::vector<dao::IndexEntry> entries;
};

/// Not thread-safe for put().
class ColumnIndex {
 public:
  explicit ColumnIndex(std::shared_ptr<const ColumnBase> base);
  const std::shared_ptr<const ColumnBase>& base() const { return base_; }
  /// True when all fields of the query are here.
  bool serves(const ListQuery& query) const;
  ListAnswer list(const ListQuery& query) const;
  /// Newest rows whose value of a field contains a text, at most `limit`; nothing of a field that is not here.
  std::vector<std::int64_t> containing(std::int64_t field, std::string_view text, std::size_t limit) const;
  /// Bytes of the longest value of a field; the largest number there is when the field is not here.
  std::size_t longest(std::int64_t field) const;
  /// A row as it is now.
  void put(ChangedRow row);
  std::size_t changed() const { return changes_.size(); }
  const std::map<std::int64_t, std::vector<dao::IndexEntry>>& changes() const { return changes_; }

 private:
  std::shared_ptr<const ColumnBase> base_;
  std::map<std::int64_t, std::vector<dao::IndexEntry>> changes_;   ///< by key
  std::vector<bool> stale_;                                        ///< rows of the base that are in changes_
  std::vector<std::uint32_t> stale_rows_;
};

/// A base with the changes in it.
ColumnBase merged(const ColumnBase& base, const std::map<std::int64_t, std::vector<dao::IndexEntry>>& changes);

}  // namespace machiya::registers
