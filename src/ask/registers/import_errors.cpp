#include "ask/registers/import_errors.h"

#include <algorithm>

namespace machiya::registers {
namespace {

using tables::Cells;

std::string texts_of(std::vector<ImportFault>::const_iterator& fault, std::vector<ImportFault>::const_iterator end, std::uint64_t row) {
  std::string out;
  for (; fault != end && fault->row <= row; ++fault) {
    if (fault->row < row) continue;
    if (!out.empty()) out += "\n";
    out += (fault->column == kNoColumn ? std::string() : cell_name(fault->column, row) + ": ") + fault->message;
  }
  return out;
}

}  // namespace

Result<void> write_error_file(tables::Source& source, const tables::Info& info, const ImportPlan& plan, const std::vector<ImportFault>& faults,
                              std::string_view heading, tables::Writer& out) {
  std::size_t width = plan.targets.size(), old_errors = kNoColumn;
  std::uint64_t written = 0;
  auto fault = faults.begin();
  Result<void> failed;
  MACHIYA_CHECK(tables::read_table(source, import_limits(), [&](std::uint64_t row, const Cells& cells) {
    // Empty rows stay, so that every row keeps its number.
    for (; written + 1 < row && failed.ok(); ++written) failed = out.row({});
    Cells line = cells;
    if (info.format == tables::Format::csv)
      for (tables::Cell& cell : line) cell.text = std::string(tables::unguarded(cell.text));   // the writer guards anew
    line.resize(width);
    if (row == plan.heading_row)
      for (std::size_t i = 0; i < line.size(); ++i)
        if (is_error_heading(line[i].text)) old_errors = i;
    if (old_errors != kNoColumn && row >= plan.heading_row) line.erase(line.begin() + static_cast<std::ptrdiff_t>(old_errors));
    std::string text = row == plan.heading_row ? std::string(heading) : texts_of(fault, faults.end(), row);
    line.push_back({std::move(text)});
    if (failed.ok()) failed = out.row(line);
    written = row;
    return failed.ok();
  }));
  MACHIYA_CHECK(failed);
  return out.finish();
}

}  // namespace machiya::registers
