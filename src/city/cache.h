// The typed form of definition files that had no fault, kept by content hash so that a second start does not parse YAML.
#pragma once
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

namespace machiya::city {

/// BLAKE2b-256 as 64 hex digits.
std::string content_hash(std::string_view data);

/// One file, CACHE/definitions, read as a whole and replaced as a whole; what a load did not use is dropped. A broken entry
/// or a missing file is a miss, never a wrong city. Thread-safe. With an empty folder nothing is kept.
class Cache {
 public:
  explicit Cache(std::string folder);
  bool enabled() const { return !folder_.empty(); }
  std::optional<std::string> get(const std::string& key) const;
  void put(const std::string& key, std::string text) const;
  /// Writes the file when there is something new. A cache that cannot be written only costs time.
  void flush() const;

 private:
  std::string folder_;
  std::string pack_;
  struct Entry {
    std::string_view hash, text;   ///< within pack_
  };
  std::map<std::string, Entry, std::less<>> known_;
  mutable std::mutex mutex_;
  mutable std::map<std::string, std::string> fresh_;
  mutable std::map<std::string, Entry> used_;
};

}  // namespace machiya::city
