// The typed form of definition files that had no fault, kept by content hash so that a second start does not parse YAML.
#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace machiya::city {

/// BLAKE2b-256 as 64 hex digits.
std::string content_hash(std::string_view data);

/// Files CACHE/ab/cdef…; a broken or missing file is a miss. Thread-safe. With an empty folder nothing is kept.
class Cache {
 public:
  explicit Cache(std::string folder) : folder_(std::move(folder)) {}
  bool enabled() const { return !folder_.empty(); }
  std::optional<std::string> get(const std::string& key) const;
  void put(const std::string& key, std::string_view text) const;

 private:
  std::string folder_;
};

}  // namespace machiya::city
