// XLSX (ECMA-376, also Strict): the first visible sheet, streamed. Only the shared strings are held.
#pragma once
#include "platform/tables/table_file.h"

namespace machiya::tables {

Result<Info> read_xlsx(Source& source, const Limits& limits, const RowSink& sink);

}  // namespace machiya::tables
