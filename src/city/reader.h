// One definition file from text to typed JSON, and back from a JSON pointer to file:line:column.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "base/diagnostics.h"
#include "city/blocks.h"
#include "city/cache.h"
#include "city/city.h"
#include "city/schema.h"

namespace machiya::city {

/// A file as read: the typed body, and the tree when the file had to be parsed.
struct Reading {
  json::Value body;
  bool ok = false;                       ///< typed without a fault
  bool compilable = false;               ///< and nothing it uses is broken
  std::shared_ptr<const Unit> unit;      ///< null after a cache hit
};

/// Reads files below one city folder. Thread-safe once the blocks are set.
class Reader {
 public:
  Reader(std::string folder, std::string cache_folder) : folder_(std::move(folder)), cache_(std::move(cache_folder)) {}
  void set_blocks(Blocks blocks, const std::string& hash) { blocks_ = std::move(blocks), blocks_hash_ = hash; }
  const Blocks& blocks() const { return blocks_; }

  /// Reads, inlines blocks, types by the schema; faults carry their file.
  Reading read(const std::string& path, const Schema& schema, std::string_view schema_hash, std::vector<Fault>& faults) const;
  /// The tree alone, without blocks.
  std::optional<Node> tree(const std::string& path, std::string& text, std::vector<Fault>& faults) const;

  /// Keeps what was read for the next start.
  void flush_cache() const { cache_.flush(); }
  /// Adds the diagnostics of an engine, each at its place. Parses the file again when `unit` is null.
  void place(const std::string& path, std::shared_ptr<const Unit> unit, const Diagnostics& diagnostics, std::vector<Fault>& faults) const;

 private:
  std::shared_ptr<const Unit> parse_unit(const std::string& path, const std::string& text, std::vector<PlacedFault>& placed) const;

  std::string folder_;
  Cache cache_;
  Blocks blocks_;
  std::string blocks_hash_;
};

}  // namespace machiya::city
