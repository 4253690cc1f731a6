#include "ask/registers/export_row.h"

#include "ask/interview/answer_types.h"

namespace machiya::registers::detail {
namespace {

using interview::AnswerType;
using tables::Cell;
using tables::CellKind;

std::string joined_labels(const interview::Question& question, const json::Value& value, std::string_view lang) {
  std::string out;
  for (const json::Value& item : value.items()) {
    const interview::Option* option = question.option(item.as_string());
    out += (out.empty() ? "" : "、") + (option ? option->label.in(lang) : item.as_string());
  }
  return out;
}

std::string file_names(const json::Value& value) {
  std::string out;
  for (const json::Value& file : value.items()) out += (out.empty() ? "" : "、") + file.text("filename");
  return out;
}

Cell whole_cell(const Column& column, const json::Value& value, std::string_view lang) {
  const interview::Question& question = *column.question;
  if (value.is_number()) return {value.number_text(), CellKind::number};
  switch (question.type) {
    case AnswerType::date: return {value.as_string(), CellKind::date};
    case AnswerType::choice: {
      const interview::Option* option = question.option(value.as_string());
      return {option ? option->label.in(lang) : value.as_string()};
    }
    case AnswerType::choices: return {joined_labels(question, value, lang)};
    case AnswerType::photo:
    case AnswerType::file: return {file_names(value)};
    case AnswerType::yes_no:
    case AnswerType::declaration: return {interview::display(question, value, lang)};
    default: return {value.is_string() ? value.as_string() : interview::display(question, value, lang)};
  }
}

}  // namespace

Cell export_cell(const Target& target, const Row& row, std::string_view lang) {
  const Column& column = *target.column;
  const json::Value& value = row.values[column.name];
  if (value.is_null()) return {};
  if (column.kind == ColumnKind::relation) {
    const auto title = row.titles.find(column.name);
    return {title != row.titles.end() && !title->second.empty() ? title->second : value.as_string()};
  }
  if (target.part.empty()) return whole_cell(column, value, lang);
  for (const auto& [part, text] : interview::unit_of(column.question->type).to_parts(*column.question, value))
    if (part == target.part) return {text};
  return {};
}

void write_members(const Register& reg, const Row& row, const std::vector<Target>& targets, std::string& out) {
  const auto text = [&](std::string_view name, std::string_view value) {
    out += name;
    json::write_string(value, out);
  };
  text("\"number\":", row.number);
  if (!reg.workflow.empty()) text(",\"state\":", row.state);
  text(",\"created\":", to_iso_japan(row.created));
  text(",\"changed\":", to_iso_japan(row.changed));
  out += ",\"values\":{";
  const Column* last = nullptr;   // a column's parts stand side by side among the targets
  for (const Target& target : targets) {
    if (target.column == last) continue;
    if (last != nullptr) out += ',';
    last = target.column;
    json::write_string(last->name, out);
    out += ':';
    json::write(row.values[last->name], out);
  }
  out += '}';
  if (row.titles.empty()) return;
  const std::size_t before = out.size();
  for (const Target& target : targets)
    if (const auto title = row.titles.find(target.column->name); title != row.titles.end()) {
      out += out.size() == before ? ",\"titles\":{" : ",";
      json::write_string(title->first, out);
      text(":", title->second);
    }
  if (out.size() > before) out += '}';
}

}  // namespace machiya::registers::detail
