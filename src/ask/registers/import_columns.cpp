#include "ask/registers/import_columns.h"

#include <algorithm>
#include <set>

#include "ask/interview/answer_types.h"
#include "base/text.h"

namespace machiya::registers {
namespace {

using interview::AnswerType;

bool is_composite(AnswerType type) {
  return type == AnswerType::name || type == AnswerType::organisation || type == AnswerType::address || type == AnswerType::place ||
         type == AnswerType::bank_account;
}

/// "幹周り(cm)" and "幹周り" are the same column.
std::string without_brackets(std::string_view heading) {
  const std::string text = fold_width(heading);
  const std::size_t open = text.find('(');
  return open == std::string::npos || open == 0 ? std::string() : text.substr(0, open);
}

/// Folded, with everything dropped that headings are decorated with.
std::string heading_key(std::string_view text) {
  std::string out;
  for (const char c : fold_for_search(text))
    if (std::string_view("_-*()[]:/.").find(c) == std::string_view::npos) out += c;
  return out;
}

}  // namespace

std::string Target::label(std::string_view lang) const {
  const std::string& whole = column->label.in(lang);
  if (part.empty()) return whole;
  for (const interview::PartInfo& info : interview::unit_of(column->question->type).parts(*column->question))
    if (info.name == part) return whole + (lang == "ja" ? "（" : " (") + std::string(interview::word(info.label, lang)) + (lang == "ja" ? "）" : ")");
  return whole + " " + part;
}

std::vector<std::string> cell_parts(const interview::Question& question) {
  if (!is_composite(question.type)) return {""};
  std::vector<std::string> out;
  for (const interview::PartInfo& info : interview::unit_of(question.type).parts(question)) out.emplace_back(info.name);
  return out;
}

std::vector<Target> targets_of(const Registers& registers, const Register& reg, const identity::Principal& who, bool writing) {
  std::vector<Target> out;
  for (const Column& column : reg.columns) {
    if (column.question == nullptr || column.question->type == AnswerType::info) continue;
    if (writing && (!column.entered() || column.question->takes_files() || !registers.may_write(reg, column, who))) continue;
    if (!writing && !registers.may_read(reg, column, who)) continue;
    const std::vector<std::string> parts = column.kind == ColumnKind::answer ? cell_parts(*column.question) : std::vector<std::string>{""};
    for (const std::string& part : parts) out.push_back({part.empty() ? column.name : column.name + "." + part, &column, part});
  }
  return out;
}

const Target* target_of(const std::vector<Target>& targets, std::string_view key) {
  for (const Target& target : targets)
    if (target.key == key) return &target;
  return nullptr;
}

std::vector<std::string> guess_targets(const std::vector<Target>& targets, const tables::Cells& heading) {
  std::vector<std::string> out(heading.size());
  std::set<std::string> taken;
  const auto take = [&](std::size_t i, std::string_view text) {
    const std::string key = heading_key(text);
    if (key.empty() || !out[i].empty() || is_error_heading(heading[i].text)) return;
    for (const Target& target : targets) {
      if (taken.count(target.key) > 0) continue;
      if (key != heading_key(target.label("ja")) && key != heading_key(target.label("en")) && key != heading_key(target.key)) continue;
      out[i] = target.key;
      taken.insert(target.key);
      return;
    }
  };
  for (std::size_t i = 0; i < heading.size(); ++i) take(i, heading[i].text);
  for (std::size_t i = 0; i < heading.size(); ++i) take(i, without_brackets(heading[i].text));
  return out;
}

bool is_error_heading(std::string_view heading) {
  const std::string key = heading_key(heading);
  return key == heading_key("エラー") || key == "error" || key == "errors";
}

}  // namespace machiya::registers
