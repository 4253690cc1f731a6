// Any bytes as a CSV file, in whatever encoding they look like: rows or an error, within the limits.
#include <cstdlib>

#include "platform/tables/csv_reader.h"

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  using namespace machiya;
  auto source = tables::memory_source(std::string_view(reinterpret_cast<const char*>(data), size));
  tables::Limits limits;
  limits.columns = 64, limits.cell_bytes = 256, limits.rows = 1'000;
  std::uint64_t before = 0;
  auto read = tables::read_csv(*source, limits, [&](std::uint64_t row, const tables::Cells& cells) {
    if (row <= before || cells.empty() || cells.size() > limits.columns) std::abort();
    for (const auto& cell : cells)
      if (cell.text.size() > limits.cell_bytes) std::abort();
    before = row;
    return true;
  });
  if (read.ok() && read->last_row != before) std::abort();
  return 0;
}
