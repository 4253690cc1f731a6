// Vector tiles as Mapbox Vector Tile 2.1 has them (protobuf, written by hand). Pure; what is written is small: a tile of some thousand features.
#pragma once
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace machiya::sense::livemap {

/// Units of a tile, origin in the north-west, y to the south (§4.3).
struct Unit {
  std::int32_t x = 0, y = 0;
  friend bool operator==(const Unit&, const Unit&) = default;
};
using Line = std::vector<Unit>;

/// One layer of a tile: features one after the other, their names and values kept once (§4.4).
class TileLayer {
 public:
  explicit TileLayer(std::string name) : name_(std::move(name)) {}
  /// Begins a feature; what is said by tag() and a geometry belongs to it. `id` 0: without.
  void begin(std::uint64_t id = 0);
  void tag(std::string_view key, std::string_view text);
  void tag(std::string_view key, double number);    ///< whole numbers below 2^53 are written as integers
  void tag(std::string_view key, std::int64_t number);
  void tag(std::string_view key, bool truth);
  /// Each ends the feature. Lines of fewer than two different units and rings without area are left out; a feature of which nothing is left is dropped: false.
  bool points(std::span<const Unit> points);
  bool lines(const std::vector<Line>& lines);
  /// Polygons of rings: the first is the outer one. Rings are not closed; directions are set here (§4.3.3.3).
  bool polygons(const std::vector<std::vector<Line>>& polygons);

  std::size_t features() const { return features_; }
  /// The layer as a field of a tile; nothing for a layer without features (§4.1: a layer should have one).
  void write(std::string& out) const;

 private:
  std::string name_, body_, tags_;
  std::uint64_t id_ = 0;
  std::size_t features_ = 0;
  std::map<std::string, std::uint32_t, std::less<>> keys_;
  std::unordered_map<std::string, std::uint32_t> values_;   // most are different from each other: ids, names
  std::vector<std::string> key_list_, value_list_;
  void tag_value(std::string_view key, std::string value);
  bool end(int type, const std::string& geometry);
};

}  // namespace machiya::sense::livemap
