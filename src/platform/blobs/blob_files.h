// The sealed files of blobs below one folder: ab/cd/<sha256>, each durable before its row is committed.
#pragma once
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace machiya::blobs {

/// Thread-safe: names are hashes of the content, so two writers of one name write the same.
class BlobFiles {
 public:
  explicit BlobFiles(std::string folder) : folder_(std::move(folder)) {}
  /// Writes, fsyncs file and folders, and gives the SHA-256 as hex. storage_full when the disk is.
  Result<std::string> write(std::string_view content) const;
  /// integrity_broken when the content is not what its name says.
  Result<std::string> read(const std::string& sha256) const;
  void remove(const std::string& sha256) const;
  /// Every file's name and age in seconds.
  void each(const std::function<void(const std::string& sha256, std::int64_t modified_s)>& visit) const;

 private:
  std::string path_of(const std::string& sha256) const;
  std::string folder_;
};
/// A whole file; too_large when it is longer than `limit`.
Result<std::string> read_whole(const std::string& path, std::uint64_t limit);

}  // namespace machiya::blobs
