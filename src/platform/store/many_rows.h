// INSERT of many rows in few statements: one round trip on PostgreSQL, one pass of the virtual machine on SQLite.
#pragma once
#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <string>
#include <vector>

#include "platform/store/store.h"

namespace machiya::store {

/// Texts and parameter names for 1, 2, 4 … 64 rows, made once: keep it in a function's static.
class ManyRows {
 public:
  /// `insert` is "INSERT INTO t (a, b) VALUES "; `columns` are the parameter names in that order; `behind` is what stands behind the rows: " ON CONFLICT …".
  ManyRows(const std::string& insert, const std::vector<std::string>& columns, const std::string& behind = {}) {
    for (std::size_t i = 0; i < kSizes; ++i) sql_[i] = insert + values(columns, std::size_t{1} << i) + behind;
    for (std::size_t r = 0; r < kMost; ++r) {
      names_.emplace_back();
      for (const auto& c : columns) names_.back().push_back(c + std::to_string(r));
    }
  }
  /// `bind(row)` gives the values of one row in the order of the columns. Sent like Tx::execute_later().
  template <class T, class Values>
  Result<void> insert(Tx& tx, const std::vector<T>& rows, Values values_of) const {
    for (std::size_t from = 0; from < rows.size();) {
      const std::size_t n = std::min(kMost, std::bit_floor(rows.size() - from));
      Binds binds;
      binds.reserve(n * names_[0].size());
      for (std::size_t r = 0; r < n; ++r) {
        std::size_t c = 0;
        for (Param& value : values_of(rows[from + r])) binds.push_back({names_[r][c++], std::move(value)});
      }
      if (auto done = tx.execute_later(sql_[static_cast<std::size_t>(std::countr_zero(n))], binds); !done.ok()) return done;
      from += n;
    }
    return {};
  }

 private:
  static constexpr std::size_t kSizes = 7, kMost = std::size_t{1} << (kSizes - 1);

  static std::string values(const std::vector<std::string>& columns, std::size_t rows) {
    std::string out;
    for (std::size_t r = 0; r < rows; ++r) {
      out += r ? ", (" : "(";
      for (std::size_t c = 0; c < columns.size(); ++c) out += (c ? ", :" : ":") + columns[c] + std::to_string(r);
      out += ")";
    }
    return out;
  }

  std::array<std::string, kSizes> sql_;
  std::vector<std::vector<std::string>> names_;   ///< names_[row][column]
};

}  // namespace machiya::store
