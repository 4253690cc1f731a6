// One cell of a file as a value of a column: what people really type in spreadsheets.
#pragma once
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ask/interview/answer_types.h"
#include "ask/registers/import_columns.h"
#include "platform/locale/locale.h"

namespace machiya::registers {

/// What is wrong with a cell, in the language of the person.
struct CellFault {
  std::string code, message;
};

/// Reads the cells of one file; remembers which rows the titles of relations mean. For one thread.
class CellReader {
 public:
  CellReader(Registers& registers, const Register& reg, const identity::Principal& who, const locale::Catalogue& texts, std::string lang, const tables::Info& info);
  /// The value of one column out of its cells by part ("" for answers of one cell). Null: empty. `fault` and the part that it is
  /// about are set when it cannot be read.
  json::Value read(const Column& column, const std::vector<std::pair<std::string, tables::Cell>>& cells, std::optional<CellFault>& fault, std::string& part);

 private:
  interview::Parts parts_of(const Column& column, const std::vector<std::pair<std::string, tables::Cell>>& cells) const;
  std::string text_of(const Column& column, const tables::Cell& cell) const;
  json::Value relation(const Column& column, std::string_view typed, std::optional<CellFault>& fault);
  /// Numbers of the rows that a text may mean, at most two.
  std::vector<std::string> rows_called(std::string_view register_id, const std::string& typed);

  Registers& registers_;
  const Register& reg_;
  const identity::Principal& who_;
  const locale::Catalogue& texts_;
  std::string lang_;
  bool csv_, days_from_1904_;
  std::map<std::pair<std::string, std::string>, std::vector<std::string>> known_;
};

}  // namespace machiya::registers
