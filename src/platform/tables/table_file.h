// Table files as offices keep them: CSV (RFC 4180) and XLSX (ECMA-376), read and written row by row. Hostile files end in an
// error, never in memory: every length is bounded by Limits, whatever the file promises.
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace machiya::tables {

enum class CellKind : std::uint8_t { text, number, date };
/// `number`: plain decimal text, at most 15 significant digits as Excel shows them. `date`: "2025-04-01" or "2025-04-01T13:30".
struct Cell {
  std::string text;
  CellKind kind = CellKind::text;
};
using Cells = std::vector<Cell>;

struct Limits {
  std::uint64_t bytes = 64u << 20;        ///< of the file
  std::uint64_t unpacked = 1024u << 20;   ///< of one part of an XLSX file
  std::uint64_t strings = 128u << 20;     ///< of all shared strings of an XLSX file: the only thing that is held
  std::uint64_t rows = 1'048'576;         ///< the most that a sheet can have
  std::size_t columns = 1'024;
  std::size_t cell_bytes = 128 * 1024;    ///< of one cell
};

enum class Format : std::uint8_t { csv, xlsx };
/// What the file turned out to be.
struct Info {
  Format format = Format::csv;
  std::string encoding;         ///< csv: "UTF-8", "CP932", "UTF-16LE", "UTF-16BE"
  char separator = ',';         ///< csv
  std::string sheet;            ///< xlsx: name of the sheet that was read, the first visible one
  bool days_from_1904 = false;  ///< xlsx: date serials count from 1904-01-01
  std::uint64_t last_row = 0;   ///< number of the last row that holds anything
};

/// Bytes that can be read at any place: a file or a text in memory.
class Source {
 public:
  virtual ~Source() = default;
  virtual std::uint64_t size() const = 0;
  /// Up to `size` bytes from `offset`; fewer only at the end. storage_failed when the disk refuses.
  virtual Result<std::size_t> read_at(std::uint64_t offset, char* buffer, std::size_t size) = 0;
};
Result<std::unique_ptr<Source>> open_file(const std::string& path);
/// `bytes` must outlive the source.
std::unique_ptr<Source> memory_source(std::string_view bytes);

/// Takes one row with its number in the sheet (from 1). Rows without any content are left out. The cells are valid during
/// the call only. False stops the reading without an error.
using RowSink = std::function<bool(std::uint64_t row, const Cells& cells)>;

/// Reads the whole table. Errors say in `detail` what is wrong, as a word that pages translate ("encoding", "quote", "zip", "xml",
/// "no-sheet", "old-excel", "empty", "file-bytes", "unpacked", "strings", "rows", "columns", "cell-bytes"), and in `where` the row when
/// there is one. Codes: invalid_input, unsupported_type, too_large, storage_failed.
Result<Info> read_table(Source& source, const Limits& limits, const RowSink& sink);

/// The day of a serial of Excel; nothing for a number that is no day (negative, 1900-02-29, after 9999-12-31).
std::optional<std::string> day_of_serial(std::string_view number, bool days_from_1904);

/// Writes one table to a file that only this process may read.
class Writer {
 public:
  virtual ~Writer() = default;
  virtual Result<void> row(const Cells& cells) = 0;
  /// Nothing is a file before this.
  virtual Result<void> finish() = 0;
};
/// UTF-8 with byte order mark and CRLF. A text that a spreadsheet would run as a formula gets a leading apostrophe.
Result<std::unique_ptr<Writer>> csv_writer(const std::string& path);
Result<std::unique_ptr<Writer>> xlsx_writer(const std::string& path, std::string_view sheet_name);
/// A text as csv_writer guards it, and back.
std::string guarded(std::string_view text);
std::string_view unguarded(std::string_view text);

}  // namespace machiya::tables
