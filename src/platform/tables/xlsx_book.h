// What a sheet needs of its workbook: which part it is, shared strings, which styles show a day.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "platform/tables/xml_events.h"
#include "platform/tables/zip_reader.h"

namespace machiya::tables {

struct Book {
  std::string sheet_part, sheet_name;
  bool days_from_1904 = false;
  std::vector<bool> day_styles;          ///< by the index in cellXfs
  std::string strings;                   ///< all shared strings one after another
  std::vector<std::size_t> string_ends;  ///< end of each in `strings`
  std::string_view shared(std::size_t index) const;
};
Result<Book> read_book(const ZipReader& zip, const Limits& limits);
/// Runs the events of one part. too_large or invalid_input as ZipReader and XmlParser say.
Result<void> read_part(const ZipReader& zip, std::string_view name, XmlEvents& events);

}  // namespace machiya::tables
