// A table of staff becomes names of variables and rows: everything that is wrong is named by its line and column, and nothing is taken then.
#include <algorithm>

#include "base/text.h"
#include "platform/tables/table_file.h"
#include "tell/campaigns/lists.h"
#include "tell/messages/rendering.h"

namespace machiya::tell {
namespace {

/// Heads of the column that names people, as offices write them.
std::string_view naming(std::string_view head) {
  static constexpr std::pair<std::string_view, std::string_view> kWords[] = {
      {"受付番号", "number"}, {"number", "number"}, {"メールアドレス", "mail"}, {"メール", "mail"}, {"mail", "mail"}, {"email", "mail"}};
  for (const auto& [written, means] : kWords)
    if (head == written) return means;
  return {};
}

bool has_control(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

/// What may stand between braces in a text. "city" is the house's own word.
bool is_name(std::string_view name) {
  return !name.empty() && count_code_points(name) <= kMostListName && name.find_first_of("{}|:<>\"' \t") == std::string_view::npos && name.find("\u3000") == std::string_view::npos &&
         !has_control(name) && name != "city";
}

class Reading {
 public:
  explicit Reading(ListTable& out) : out_(out) {}
  /// False: no more rows are wanted.
  bool row(std::uint64_t line, const tables::Cells& cells) {
    if (!head_read_) return head(line, cells);
    ListRow row;
    row.line = line, row.values.resize(out_.columns.size());
    for (std::size_t i = 0; i < cells.size(); ++i) {
      const std::string text(trim(tables::unguarded(cells[i].text)));
      if (text.empty()) continue;
      if (i >= places_.size() || places_[i] == kNone) {
        fault(line, std::to_string(i + 1), "cells");
        continue;
      }
      const bool who = places_[i] == kWho;
      const std::string& column = who ? who_ : out_.columns[static_cast<std::size_t>(places_[i])];
      if (count_code_points(text) > kMostListValue) fault(line, column, "too-long");
      else if (has_control(text)) fault(line, column, "control");
      (who ? row.who : row.values[static_cast<std::size_t>(places_[i])]) = text;
    }
    if (row.who.empty()) fault(line, who_, "nobody");
    out_.rows.push_back(std::move(row));
    return true;
  }
  const char* wrong() const { return wrong_; }

 private:
  static constexpr int kWho = -1, kNone = -2;

  bool head(std::uint64_t line, const tables::Cells& cells) {
    head_read_ = true;
    int naming_columns = 0;
    for (std::size_t i = 0; i < cells.size(); ++i) {
      const std::string name(trim(tables::unguarded(cells[i].text)));
      places_.push_back(kNone);
      if (const std::string_view means = naming(name); !means.empty()) {
        ++naming_columns, places_.back() = kWho, who_ = name;
        out_.named_by = means == "mail" ? NamedBy::mail : NamedBy::number;
      } else if (name.empty()) {
        continue;   // a column without a head must be empty all the way down
      } else if (!is_name(name)) {
        fault(line, std::to_string(i + 1), "name");
      } else if (std::find(out_.columns.begin(), out_.columns.end(), name) != out_.columns.end()) {
        fault(line, name, "name-twice");
      } else {
        places_.back() = static_cast<int>(out_.columns.size());
        out_.columns.push_back(name);
      }
    }
    if (naming_columns != 1) wrong_ = "no-who";
    else if (out_.columns.empty() && out_.faults.empty()) wrong_ = "no-columns";
    return !wrong_;
  }
  void fault(std::uint64_t line, std::string column, const char* what) {
    if (out_.faults.size() < ListTable::kMostFaults) out_.faults.push_back({line, std::move(column), what});
  }

  ListTable& out_;
  bool head_read_ = false;
  std::vector<int> places_;   ///< of each cell: position in columns, kWho or kNone
  std::string who_;
  const char* wrong_ = nullptr;
};

}  // namespace

Result<ListTable> read_list(tables::Source& source) {
  ListTable out;
  tables::Limits limits;
  limits.bytes = kMostListBytes, limits.rows = kMostListRows + 1, limits.columns = kMostListColumns + 1;
  limits.unpacked = 4 * kMostListBytes, limits.strings = 2 * kMostListBytes, limits.cell_bytes = 16 * 1024;
  Reading reading(out);
  MACHIYA_TRY(const tables::Info info, tables::read_table(source, limits, [&](std::uint64_t line, const tables::Cells& cells) { return reading.row(line, cells); }));
  if (reading.wrong()) return Error(ErrorCode::invalid_input, reading.wrong());
  if (out.rows.empty()) return Error(ErrorCode::invalid_input, "no-rows");
  out.encoding = info.encoding;
  return out;
}

}  // namespace machiya::tell
