// The text of a CSV file as UTF-8, whatever Japanese offices saved it as.
#pragma once
#include <functional>
#include <string>
#include <string_view>

#include "platform/tables/table_file.h"

namespace machiya::tables {

/// How the bytes of a file are to be read.
struct Encoding {
  std::string name;         ///< as Info::encoding
  std::uint64_t start = 0;  ///< behind the byte order mark
};
/// By byte order mark; without one UTF-16 by its zero bytes, UTF-8 when the whole file is well-formed, CP932 (Windows-31J, what
/// Excel calls Shift_JIS) otherwise.
Result<Encoding> detect_encoding(Source& source);
/// Streams the text in UTF-8; `sink` returns false to stop. unsupported_type "encoding" when a byte has no meaning.
Result<void> decode(Source& source, const Encoding& encoding, const std::function<Result<bool>(std::string_view)>& sink);

}  // namespace machiya::tables
