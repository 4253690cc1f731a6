// Reads the parts of a ZIP file (APPNOTE 6.3.9: stored and deflated, no encryption, no ZIP64: limits are far below 4 GB). Trusts
// the central directory only, and nothing in it beyond what Limits allow.
#pragma once
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "platform/tables/table_file.h"

namespace machiya::tables {

class ZipReader {
 public:
  /// invalid_input "zip" when the directory is broken.
  static Result<ZipReader> open(Source& source, const Limits& limits);
  bool has(std::string_view name) const { return parts_.find(name) != parts_.end(); }
  /// Streams one part, unpacked; `sink` returns false to stop. too_large "unpacked" when it swells beyond the limit; its checksum
  /// is proved when it was read to the end.
  Result<void> read(std::string_view name, const std::function<Result<bool>(std::string_view)>& sink) const;

 private:
  struct Part {
    std::uint32_t crc = 0;
    std::uint64_t packed = 0, unpacked = 0, offset = 0;
    int method = 0;
  };
  ZipReader(Source& source, const Limits& limits) : source_(&source), limits_(&limits) {}
  Result<void> read_directory(std::string_view directory, std::size_t entries);
  Result<std::uint64_t> data_start(const Part& part) const;
  Result<void> inflate(const Part& part, std::uint64_t at, const std::function<Result<bool>(std::string_view)>& sink) const;
  Result<void> copy(const Part& part, std::uint64_t at, const std::function<Result<bool>(std::string_view)>& sink) const;

  Source* source_;
  const Limits* limits_;
  std::map<std::string, Part, std::less<>> parts_;
};

}  // namespace machiya::tables
