// A file of its own that only this process may read, written through a buffer.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace machiya::tables {

class FileOut {
 public:
  explicit FileOut(const std::string& path);
  ~FileOut();
  FileOut(const FileOut&) = delete;
  FileOut& operator=(const FileOut&) = delete;
  bool open() const { return fd_ >= 0; }
  /// storage_full when the disk takes no more.
  Result<void> write(std::string_view bytes);
  Result<void> flush();
  std::uint64_t written() const { return written_; }

 private:
  int fd_ = -1;
  std::string buffer_;
  std::uint64_t written_ = 0;
};

}  // namespace machiya::tables
