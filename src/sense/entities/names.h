// Words that many entities share (names of attributes, types, units), kept once and for good.
#pragma once
#include <memory>
#include <string_view>

namespace machiya::sense {

/// Any thread may ask. What was kept stays for the life of this object: attribute names and types of a city are some thousands. Beyond `most` words
/// nothing more is kept (a hostile client cannot fill the memory): then `keep` answers an empty view, and the caller keeps its own copy.
class Names {
 public:
  explicit Names(std::size_t most = 1'000'000);
  ~Names();
  /// The one copy of `word`; empty when the table is full.
  std::string_view keep(std::string_view word);
  std::size_t size() const;

 private:
  struct Shard;
  std::unique_ptr<Shard[]> shards_;
  std::size_t most_;
};

}  // namespace machiya::sense
