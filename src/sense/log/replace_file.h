// A file that appears whole or not at all: written beside the old one, synced, put in its place, its name synced. Under snapshots and manifests.
#pragma once
#include <string>
#include <string_view>

#include "base/result.h"

namespace machiya::sense {

/// For what is too large to be held in memory as a whole. Without finish() the old file stays as it is.
class FileReplacement {
 public:
  explicit FileReplacement(std::string path) : path_(std::move(path)), beside_(path_ + ".new") {}
  FileReplacement(const FileReplacement&) = delete;
  FileReplacement& operator=(const FileReplacement&) = delete;
  ~FileReplacement();
  /// storage_full, storage_failed, as from finish(); after an error there is nothing more than this error.
  Result<void> put(std::string_view bytes);
  Result<void> finish();

 private:
  Result<void> write_buffer();
  Result<void> put_in_place();
  const std::string path_, beside_;
  std::string buffer_;
  Result<void> state_;
  int fd_ = -1;
};

/// The same in one go.
Result<void> replace_file(const std::string& path, std::string_view bytes);

/// The names of the files in it are on disk.
Result<void> sync_folder(const std::string& folder);

}  // namespace machiya::sense
