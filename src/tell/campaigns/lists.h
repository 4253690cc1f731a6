// Variables of each recipient: a table of staff (CSV, XLSX) read, and what a dry run of a message finds in it.
#pragma once
#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace machiya::tables {
class Source;
}

namespace machiya::tell {

/// How a table names its people: by the receipt number of a case of theirs, or by a mailbox that has proved to be theirs.
enum class NamedBy : std::uint8_t { number, mail };

inline constexpr std::uint64_t kMostListBytes = 16u << 20;
inline constexpr std::size_t kMostListRows = 100'000, kMostListColumns = 20, kMostListValue = 500 /* characters */, kMostListName = 40 /* characters */;

/// What is wrong with a table, where: `line` counts from 1, the head is the first; `column`: its head, or its number when it has none.
/// what: "name" (no name for a variable), "name-twice", "cells" (more cells than the head), "too-long", "control" (line break, control character),
/// "nobody" (the naming cell is empty).
struct ListFault {
  std::uint64_t line = 0;
  std::string column, what;
};
struct ListRow {
  std::uint64_t line = 0;
  std::string who;
  std::vector<std::string> values;   ///< one for each column; "" when empty
};
struct ListTable {
  NamedBy named_by = NamedBy::number;
  std::vector<std::string> columns;   ///< names of variables
  std::vector<ListRow> rows;
  std::vector<ListFault> faults;      ///< at most kMostFaults; with any of them the table is not taken
  std::string encoding;
  static constexpr std::size_t kMostFaults = 100;
};
/// Errors: invalid_input "no-who" (no column, or two, that names people), "no-columns" (nothing but that), "no-rows", and what tables::read_table() says,
/// in `detail`; `where` has the row.
Result<ListTable> read_list(tables::Source& source);

/// One thing that keeps a line from being sent.
struct ListFinding {
  enum class What : std::uint8_t { unknown = 0, twice = 1, empty = 2, too_long = 3 } what = What::unknown;
  std::uint64_t line = 0;
  std::string column;    ///< of a value; "" otherwise
  std::string channel;   ///< id; "": all
  std::string lang, part;   ///< of a text; "" otherwise
  std::string detail;    ///< too_long: "<have>/<most>", in the channel's own measure; twice: the line that came first
};
inline constexpr std::size_t kListFindings = 4;

struct DryRun {
  std::int64_t rows = 0;       ///< of the table
  std::int64_t people = 0;     ///< found, and nothing in their way
  std::int64_t left_out = 0;   ///< by somebody's word
  std::int64_t texts = 0;      ///< rendered: recipients × their channels
  std::vector<std::uint64_t> faulty;   ///< lines with a finding, not left out
  std::array<std::int64_t, kListFindings> counts{};
  std::vector<ListFinding> first;      ///< at most kShown, of the first lines
  static constexpr std::size_t kShown = 100;
};

}  // namespace machiya::tell
