// One cell of a file as a value of a column: what people really type in spreadsheets.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ask/interview/answer_types.h"
#include "ask/registers/import_columns.h"

namespace machiya::registers {

/// What is wrong with a cell, in the language of the person.
struct CellFault {
  std::string code, message;
};

/// Reads the cells of one file. A relation stays as it is typed: Registers knows numbers and titles. Thread-safe.
class CellReader {
 public:
  CellReader(const Register& reg, std::string lang, const tables::Info& info);
  /// The value of one column out of its cells by part ("" for answers of one cell). Null: empty. `fault` and the part that it is
  /// about are set when it cannot be read.
  json::Value read(const Column& column, const std::vector<std::pair<std::string, tables::Cell>>& cells, std::optional<CellFault>& fault, std::string& part) const;

 private:
  interview::Parts parts_of(const Column& column, const std::vector<std::pair<std::string, tables::Cell>>& cells) const;
  std::string text_of(const Column& column, const tables::Cell& cell) const;

  const Register& reg_;
  std::string lang_;
  bool csv_, days_from_1904_;
};

}  // namespace machiya::registers
