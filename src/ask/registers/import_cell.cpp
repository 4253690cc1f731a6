#include "ask/registers/import_cell.h"

#include <algorithm>

#include "base/text.h"

namespace machiya::registers {
namespace {

using interview::AnswerType;
using tables::Cell;
using tables::CellKind;

bool only_digits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

/// A day that a spreadsheet keeps as a number of days: a number in XLSX, five digits in a CSV that was saved without formats.
std::string day_text(const Cell& cell, bool days_from_1904) {
  if (cell.kind == CellKind::date) return cell.text.substr(0, 10);
  const std::string folded = fold_width(trim(cell.text));
  if (cell.kind == CellKind::number || (folded.size() == 5 && only_digits(folded)))
    if (const auto day = tables::day_of_serial(folded, days_from_1904)) return day->substr(0, 10);
  return cell.text;
}

/// Circles and crosses are how ledgers in Japan say yes and no.
std::string yes_no_text(std::string_view typed) {
  const std::string_view text = trim(typed);
  for (const char* yes : {"○", "〇", "◯", "●", "レ", "✓"})
    if (text == yes) return "yes";
  for (const char* no : {"×", "✕", "✖"})
    if (text == no) return "no";
  return std::string(typed);
}

void add_choices(std::string_view text, interview::Parts& parts) {
  std::string one;
  const auto end = [&] {
    if (!trim(one).empty()) parts.emplace_back("", std::string(trim(one)));
    one.clear();
  };
  for (std::size_t at = 0; at < text.size();) {
    const char32_t c = next_code_point(text, at);
    if (c == U'、' || c == U',' || c == U'，' || c == U';' || c == U'；' || c == U'\n') end();
    else append_utf8(c, one);
  }
  end();
}

}  // namespace

CellReader::CellReader(const Register& reg, std::string lang, const tables::Info& info)
    : reg_(reg), lang_(std::move(lang)), csv_(info.format == tables::Format::csv), days_from_1904_(info.days_from_1904) {}

std::string CellReader::text_of(const Column& column, const Cell& cell) const {
  const interview::Question& question = *column.question;
  std::string text(csv_ ? tables::unguarded(cell.text) : std::string_view(cell.text));
  if (column.kind == ColumnKind::relation) return text;
  if (question.type == AnswerType::date) return day_text(cell, days_from_1904_);
  if (question.type == AnswerType::yes_no || question.type == AnswerType::declaration) return yes_no_text(text);
  // A spreadsheet that took "000123" for a number has dropped the zeros that the column's length asks for.
  if (question.type == AnswerType::digits && cell.kind == CellKind::number && question.length > 0 && only_digits(text) &&
      text.size() < static_cast<std::size_t>(question.length))
    text.insert(0, static_cast<std::size_t>(question.length) - text.size(), '0');
  return text;
}

interview::Parts CellReader::parts_of(const Column& column, const std::vector<std::pair<std::string, Cell>>& cells) const {
  interview::Parts parts;
  for (const auto& [part, cell] : cells) {
    if (column.question->type == AnswerType::choices) add_choices(text_of(column, cell), parts);
    else parts.emplace_back(part, text_of(column, cell));
  }
  return parts;
}

json::Value CellReader::read(const Column& column, const std::vector<std::pair<std::string, Cell>>& cells, std::optional<CellFault>& fault,
                             std::string& part) const {
  const interview::Parts parts = parts_of(column, cells);
  if (column.kind == ColumnKind::relation) return parts.empty() ? json::Value() : json::Value(trim(parts.front().second));
  interview::Reading reading = interview::unit_of(column.question->type).from_parts(*column.question, reg_.form->world, parts);
  if (reading.problems.empty()) return std::move(reading.value);
  const interview::Problem& problem = reading.problems.front();
  auto args = problem.args;
  for (auto& [key, value] : args)
    if (key == "part") value = std::string(interview::word(value, lang_));
  args.emplace_back("label", column.label.in(lang_));
  fault = CellFault{std::string(interview::message_code(problem.code)), interview::message_text(problem.code, lang_, args)};
  part = problem.part;
  return {};
}

}  // namespace machiya::registers
