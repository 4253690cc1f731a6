// What the columns of a file can become, and what they most likely are.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "ask/registers/registers.h"
#include "platform/tables/table_file.h"

namespace machiya::registers {

/// A column of the register, or one part of it ("owner_name.family"), that a file may fill.
struct Target {
  std::string key;               ///< "planted", "owner_name.family"
  const Column* column = nullptr;
  std::string part;              ///< "" for answers of one cell
  /// "所有者（姓）", "Owner (Family name)".
  std::string label(std::string_view lang) const;
};
/// Every part that a table shows in a cell of its own, in the order of the definition. `writing`: only what `who` may write and a
/// cell can hold (files cannot); else what they may read, for exports.
std::vector<Target> targets_of(const Registers& registers, const Register& reg, const identity::Principal& who, bool writing);
const Target* target_of(const std::vector<Target>& targets, std::string_view key);
/// The parts that a question has in a table; {""} for one cell.
std::vector<std::string> cell_parts(const interview::Question& question);

/// Which target each cell of a heading names, "" for none; by label in Japanese or English, or by name; each target once.
std::vector<std::string> guess_targets(const std::vector<Target>& targets, const tables::Cells& heading);
/// The heading of the error column in every staff language.
bool is_error_heading(std::string_view heading);

}  // namespace machiya::registers
