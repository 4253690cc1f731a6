// CSV after RFC 4180, as a machine that is fed text in pieces. More is taken than the RFC allows: `;` and tab as separators, lone
// CR or LF, quotes in the middle of a field, rows of different length.
#pragma once
#include <string>
#include <string_view>

#include "platform/tables/table_file.h"

namespace machiya::tables {

class CsvReader {
 public:
  CsvReader(char separator, const Limits& limits, const RowSink& sink) : separator_(separator), limits_(limits), sink_(sink) {}
  /// False: the sink wants no more.
  Result<bool> feed(std::string_view text);
  /// The last row, which needs no line end.
  Result<void> end();
  std::uint64_t last_row() const { return last_row_; }

 private:
  enum class State { field, quoted, quote };
  Result<void> append(std::string_view text);
  Result<void> end_field();
  Result<bool> end_row();
  Error fault(ErrorCode code, const char* what) const { return Error(code, what, "row " + std::to_string(row_)); }
  std::string& current();

  char separator_;
  const Limits& limits_;
  const RowSink& sink_;
  Cells cells_;            ///< reused; the first `used_` count
  std::size_t used_ = 0;
  State state_ = State::field;
  bool after_cr_ = false, in_row_ = false;
  std::uint64_t row_ = 1, last_row_ = 0;
};

/// `,` `;` or tab: the one that divides the first rows most evenly.
char guess_separator(std::string_view head);
Result<Info> read_csv(Source& source, const Limits& limits, const RowSink& sink);

}  // namespace machiya::tables
