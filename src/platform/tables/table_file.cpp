#include "platform/tables/table_file.h"

#include <algorithm>
#include <iterator>

#include "platform/tables/csv_reader.h"
#include "platform/tables/xlsx_reader.h"

namespace machiya::tables {
namespace {

/// Beginnings of files that people pick by mistake; some of them could be read as text.
constexpr std::string_view kNoTables[] = {"%PDF-", "{\\rtf", "\x89PNG", "\xFF\xD8\xFF", "GIF8"};

bool is_no_table(std::string_view head) {
  return std::any_of(std::begin(kNoTables), std::end(kNoTables), [&](std::string_view magic) { return head.substr(0, magic.size()) == magic; });
}

}  // namespace

Result<Info> read_table(Source& source, const Limits& limits, const RowSink& sink) {
  if (source.size() > limits.bytes) return Error(ErrorCode::too_large, "file-bytes");
  char begin[5] = {};
  MACHIYA_TRY(const std::size_t n, source.read_at(0, begin, sizeof begin));
  const std::string_view head(begin, n), magic = head.substr(0, 4);
  if (magic == std::string_view("PK\x03\x04", 4)) return read_xlsx(source, limits, sink);
  // A compound file: .xls of before 2007, or an XLSX behind a password.
  if (magic == std::string_view("\xD0\xCF\x11\xE0", 4)) return Error(ErrorCode::unsupported_type, "old-excel");
  if (is_no_table(head)) return Error(ErrorCode::unsupported_type, "no-sheet");
  return read_csv(source, limits, sink);
}

}  // namespace machiya::tables
