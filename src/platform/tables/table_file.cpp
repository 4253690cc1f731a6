#include "platform/tables/table_file.h"

#include "platform/tables/csv_reader.h"
#include "platform/tables/xlsx_reader.h"

namespace machiya::tables {

Result<Info> read_table(Source& source, const Limits& limits, const RowSink& sink) {
  if (source.size() > limits.bytes) return Error(ErrorCode::too_large, "file-bytes");
  char magic[4] = {};
  MACHIYA_TRY(const std::size_t n, source.read_at(0, magic, sizeof magic));
  const std::string_view head(magic, n);
  if (head == std::string_view("PK\x03\x04", 4)) return read_xlsx(source, limits, sink);
  // A compound file: .xls of before 2007, or an XLSX behind a password.
  if (head == std::string_view("\xD0\xCF\x11\xE0", 4)) return Error(ErrorCode::unsupported_type, "old-excel");
  return read_csv(source, limits, sink);
}

}  // namespace machiya::tables
