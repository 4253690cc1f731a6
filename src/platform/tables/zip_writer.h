// Writes a ZIP file part by part, deflated while it is written; sizes follow each part (data descriptor), so nothing is held.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "platform/tables/file_out.h"

namespace machiya::tables {

class ZipWriter {
 public:
  explicit ZipWriter(const std::string& path);
  ~ZipWriter();
  bool open() const { return out_.open(); }
  Result<void> begin(std::string_view name);
  Result<void> write(std::string_view bytes);
  Result<void> end();
  Result<void> part(std::string_view name, std::string_view bytes);
  /// The directory. too_large when a part or the file passed 4 GB.
  Result<void> finish();

 private:
  struct Entry {
    std::string name;
    std::uint32_t crc = 0;
    std::uint64_t packed = 0, unpacked = 0, offset = 0;
  };
  struct Deflate;
  Result<void> pump(std::string_view bytes, bool last);
  FileOut out_;
  std::unique_ptr<Deflate> deflate_;
  std::vector<Entry> entries_;
};

}  // namespace machiya::tables
