// Blocks: groups of questions that several procedures share. `use: NAME` in a list is replaced by the block's questions
// before anything else sees the procedure; every node keeps the place where it was written.
#pragma once
#include <map>
#include <string>
#include <vector>

#include "city/yaml.h"

namespace machiya::city {

struct Block {
  std::string file;    ///< relative to the city folder
  Node ask;            ///< the list of questions
  bool broken = false; ///< has faults of its own, which are already reported
};
using Blocks = std::map<std::string, Block, std::less<>>;

/// A definition's tree with its blocks in place. files[0] is the definition's own.
struct Unit {
  Node root;
  std::vector<std::string> files;
  bool uses_broken_block = false;
};
/// Replaces each { use: NAME } in the lists called "ask". Reports unknown blocks and keys beside `use`.
void inline_blocks(Unit& unit, const Blocks& blocks, std::vector<PlacedFault>& faults);

}  // namespace machiya::city
