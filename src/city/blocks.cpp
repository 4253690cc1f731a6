#include "city/blocks.h"

#include <algorithm>

#include "city/near.h"

namespace machiya::city {
namespace {

void move_to_file(Node& node, std::uint16_t file) {
  node.place.file = node.text_place.file = file;
  for (Key& key : node.keys) key.place.file = file;
  for (Node& item : node.items) move_to_file(item, file);
}

std::uint16_t file_index(Unit& unit, const std::string& file) {
  const auto known = std::find(unit.files.begin() + 1, unit.files.end(), file);
  if (known != unit.files.end()) return static_cast<std::uint16_t>(known - unit.files.begin());
  unit.files.push_back(file);
  return static_cast<std::uint16_t>(unit.files.size() - 1);
}

const Block* find_block(const Node& name, const Blocks& blocks, std::vector<PlacedFault>& faults) {
  const auto found = blocks.find(name.text);
  if (found != blocks.end()) return &found->second;
  std::vector<std::string> names;
  for (const auto& [id, block] : blocks) names.push_back(id);
  const std::string near = nearest(name.text, names);
  faults.push_back({name.place, "ブロック「" + name.text + "」がありません" + (near.empty() ? "" : "。「" + near + "」の誤りではありませんか"),
                    "there is no block \"" + name.text + "\"" + (near.empty() ? "" : "; did you mean \"" + near + "\"?")});
  return nullptr;
}

void splice(Unit& unit, Node& list, const Blocks& blocks, std::vector<PlacedFault>& faults) {
  std::vector<Node> out;
  for (Node& item : list.items) {
    const Node* use = item.is_map() ? item.find("use") : nullptr;
    if (!use || !use->is_scalar()) {
      out.push_back(std::move(item));
      continue;
    }
    for (const Key& key : item.keys)
      if (key.name != "use") faults.push_back({key.place, "use と並べてほかのキーは書けません", "no other key may stand beside use"});
    const Block* block = find_block(*use, blocks, faults);
    if (!block || block->broken) {
      // Reported already; the item stays, which the schema accepts, and nothing is compiled.
      unit.uses_broken_block = true;
      out.push_back(std::move(item));
      continue;
    }
    Node copy = block->ask;
    move_to_file(copy, file_index(unit, block->file));
    std::move(copy.items.begin(), copy.items.end(), std::back_inserter(out));
  }
  list.items = std::move(out);
}

void walk(Unit& unit, Node& node, const Blocks& blocks, std::vector<PlacedFault>& faults) {
  for (std::size_t i = 0; i < node.items.size(); ++i) {
    Node& item = node.items[i];
    if (node.is_map() && node.keys[i].name == "ask" && item.is_list()) splice(unit, item, blocks, faults);
    else walk(unit, item, blocks, faults);
  }
}

}  // namespace

void inline_blocks(Unit& unit, const Blocks& blocks, std::vector<PlacedFault>& faults) { walk(unit, unit.root, blocks, faults); }

}  // namespace machiya::city
