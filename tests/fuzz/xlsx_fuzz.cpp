// Any bytes as an XLSX file. Two ways in: as they are, and as the parts of a well-formed ZIP (separated by a form feed: workbook,
// styles, shared strings, sheet), so that the mutations reach the readers of the parts behind the checksums.
#include <unistd.h>

#include <cstdlib>
#include <string>
#include <vector>

#include "platform/tables/xlsx_reader.h"
#include "platform/tables/zip_writer.h"

using namespace machiya;

namespace {

void read(tables::Source& source) {
  tables::Limits limits;
  limits.columns = 64, limits.cell_bytes = 256, limits.rows = 1'000, limits.unpacked = 1 << 20, limits.strings = 4096;
  std::uint64_t before = 0;
  auto done = tables::read_xlsx(source, limits, [&](std::uint64_t row, const tables::Cells& cells) {
    if (row <= before || row > limits.rows || cells.empty() || cells.size() > limits.columns) std::abort();
    for (const auto& cell : cells)
      if (cell.text.size() > 512) std::abort();
    before = row;
    return true;
  });
  if (done.ok() && done->last_row != before) std::abort();
}

void read_parts(std::string_view text) {
  static const std::string path = "/tmp/machiya-xlsx-fuzz-" + std::to_string(::getpid());
  const char* names[] = {"xl/workbook.xml", "xl/styles.xml", "xl/sharedStrings.xml", "xl/worksheets/s.xml"};
  ::unlink(path.c_str());
  {
    tables::ZipWriter zip(path);
    bool good = zip.part("xl/_rels/workbook.xml.rels",
                         "<Relationships><Relationship Id=\"1\" Type=\"/worksheet\" Target=\"worksheets/s.xml\"/><Relationship Id=\"2\" Type=\"/styles\" "
                         "Target=\"styles.xml\"/><Relationship Id=\"3\" Type=\"/sharedStrings\" Target=\"sharedStrings.xml\"/></Relationships>").ok();
    for (const char* name : names) {
      const std::size_t end = text.find('\f');
      good = good && zip.part(name, text.substr(0, end)).ok();
      text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
    }
    if (!good || !zip.finish().ok()) std::abort();
  }
  auto file = tables::open_file(path);
  if (file.ok()) read(**file);
  ::unlink(path.c_str());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  auto source = tables::memory_source(bytes);
  read(*source);
  if (bytes.substr(0, 2) != "PK") read_parts(bytes);
  return 0;
}
