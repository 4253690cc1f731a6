// The strict subset of YAML 1.2 in which definitions are written, read event by event into a small tree that keeps the
// place of every node. Nothing is typed here: a scalar is its text, whatever it looks like.
#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace machiya::city {

/// A place in a file of one load unit: a definition (file 0) and the blocks that it uses (1, 2, …).
struct Place {
  std::uint16_t file = 0;
  std::uint32_t line = 0;     ///< from 1
  std::uint32_t column = 0;   ///< from 1, in code points
};

struct Key {
  std::string name;
  Place place;
};

struct Node {
  enum class Kind : std::uint8_t { scalar, list, map };
  enum class Style : std::uint8_t { plain, quoted, block, empty };
  Kind kind = Kind::scalar;
  Style style = Style::plain;
  bool inner_exact = false;     ///< text_place and the text's own lines and columns match the file
  Place place;
  Place text_place;             ///< of the first character of the text (behind a quote, below a "|")
  std::string text;             ///< of a scalar
  std::vector<Key> keys;        ///< of a map, parallel to items
  std::vector<Node> items;

  const Node* find(std::string_view key) const;
  const Key* find_key(std::string_view key) const;
  bool is_scalar() const { return kind == Kind::scalar; }
  bool is_list() const { return kind == Kind::list; }
  bool is_map() const { return kind == Kind::map; }
};

/// One fault with its place, in Japanese and English.
struct PlacedFault {
  Place place;
  std::string ja, en;
};

struct YamlLimits {
  std::size_t bytes = 1024 * 1024;
  std::size_t nodes = 200'000;
  int depth = 32;
};

/// Reads one document. Refuses invalid UTF-8, tabs and control characters, anchors, aliases, tags, merge keys, duplicate
/// keys, keys that are no scalars, directives and a second document. Returns nothing when the file cannot be read as a
/// tree; duplicate keys and the like are reported and the tree is still returned. Never throws.
std::optional<Node> parse_yaml(std::string_view text, std::vector<PlacedFault>& faults, YamlLimits limits = {}, std::uint16_t file = 0);

/// The node at an RFC 6901 pointer, or the deepest one that exists on the way; the place to show for it: a map or list
/// that is the value of a key is shown at its key.
struct Found {
  const Node* node = nullptr;
  Place place;
  bool exact = false;   ///< the whole pointer was found
};
Found locate(const Node& root, std::string_view pointer);

}  // namespace machiya::city
