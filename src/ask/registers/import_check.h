// A file against the register: every cell read and checked, every fault with its place. Writes nothing.
#pragma once
#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

#include "ask/registers/import_cell.h"

namespace machiya::registers {

inline constexpr std::size_t kNoColumn = static_cast<std::size_t>(-1);

/// What a person decided about a file.
struct ImportPlan {
  std::uint64_t heading_row = 1;
  std::vector<std::string> targets;   ///< by column of the file; "": left out
};
/// The beginning of a file, for the mapping step.
struct ImportHead {
  tables::Info info;
  std::uint64_t heading_row = 1;
  tables::Cells heading;
  std::vector<tables::Cells> sample;  ///< rows behind the heading, at most five
};
/// A fault at a cell of the file.
struct ImportFault {
  std::uint64_t row = 0;
  std::size_t column = kNoColumn;     ///< of the file, from 0; kNoColumn: the file has no such column
  std::string target;                 ///< key of the target
  std::string code, message;
  std::string typed;                  ///< what stands in the cell
};
struct ImportCheck {
  std::vector<Values> rows;           ///< in the order of the file; complete only without faults
  std::vector<std::uint64_t> numbers; ///< of each row in the sheet
  std::vector<ImportFault> faults;    ///< by row, then column
  tables::Info info;
};
/// How far a check has come, and whether it shall end.
struct ImportProgress {
  std::atomic<std::uint64_t> rows{0};
  std::atomic<bool> stop{false};
};
tables::Limits import_limits();
/// The heading is the row among the first ten that names most columns of the register: ledgers begin with a title.
Result<ImportHead> read_head(tables::Source& source, const std::vector<Target>& targets);

struct ImportContext {
  Registers& registers;
  const Register& reg;
  const identity::Principal& who;
  std::string lang;
};
/// Every cell read; the faults are those of cells that are no value of their column. Errors: those of tables::read_table;
/// limit_exceeded above kMaxBulk rows; invalid_input "empty" without a row; conflict "stopped".
Result<ImportCheck> read_rows(const ImportContext& context, tables::Source& source, const ImportPlan& plan, ImportProgress& progress);
/// The same, and everything that Registers::check_many finds.
Result<ImportCheck> check_import(const ImportContext& context, tables::Source& source, const ImportPlan& plan, ImportProgress& progress);
/// "C12": how a spreadsheet calls a cell.
std::string cell_name(std::size_t column, std::uint64_t row);

}  // namespace machiya::registers
