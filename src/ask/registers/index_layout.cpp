#include "ask/registers/index_layout.h"

#include <algorithm>

#include "ask/registers/row_values.h"

namespace machiya::registers {

using interview::AnswerType;
using json::Value;

namespace {

/// Raised when the keys of record_value are made in another way.
constexpr std::string_view kIndexFormat = "1";

std::string indexed_columns(const Register& reg) {
  std::string out(kIndexFormat);
  for (const Column& c : reg.columns)
    if (c.in_index())
      out += "," + c.name + ":" + (c.kind == ColumnKind::relation ? std::string("relation") : std::string(interview::answer_type_name(c.type)));
  return out;
}

/// The words of a choice are those of its labels.
Value searched_column(const Column& c) {
  Value out = Value::object({{"column", c.name}, {"type", interview::answer_type_name(c.type)}, {"personal", c.personal}});
  if (c.question != nullptr && !c.question->options.empty()) {
    Value options = Value::object();
    for (const interview::Option& o : c.question->options) options.set(o.value, o.label.in("ja"));
    out.set("options", std::move(options));
  }
  return out;
}

const Value* same_in(const Value& list, const Value& one) {
  const auto found = std::find(list.items().begin(), list.items().end(), one);
  return found == list.items().end() ? nullptr : &*found;
}

Value parsed(std::string_view text) {
  auto out = json::parse(text);
  return out.ok() ? std::move(*out) : Value();
}

}  // namespace

std::string index_layout(const Register& reg) {
  if (reg.of_cases) return indexed_columns(reg);   // the search of cases is their own, and nothing is worked out
  Value unique = Value::array(), search = Value::array();
  for (const auto& names : reg.unique) {
    Value one = Value::array();
    for (const std::string& name : names) one.push(name);
    unique.push(std::move(one));
  }
  for (const Column& c : reg.columns)
    if (c.search) search.push(searched_column(c));
  return json::to_text(Value::object({{"index", indexed_columns(reg)}, {"unique", std::move(unique)}, {"states", !reg.workflow.empty()}, {"search", std::move(search)},
                                      {"worked_out", reg.worked_out}}));
}

LayoutChange LayoutChange::between(std::string_view since, std::string_view layout) {
  LayoutChange out;
  const Value now = parsed(layout);
  const Value before = parsed(since);
  for (const Value& text : before.items()) {
    const Value was = text.is_string() ? parsed(text.as_string()) : Value();   // nothing known: everything is looked at
    out.worked_out = out.worked_out || (!now.text("worked_out").empty() && was.text("worked_out") != now.text("worked_out"));
    out.searched = out.searched || !(was["search"] == now["search"]);
    for (const Value& column : was["search"].items())
      if (same_in(now["search"], column) == nullptr && std::find(out.dropped.begin(), out.dropped.end(), column) == out.dropped.end()) out.dropped.push_back(column);
  }
  return out;
}

std::vector<std::pair<std::string, std::string>> dropped_terms(const Register& reg, const LayoutChange& change, const Value& values) {
  std::vector<std::pair<std::string, std::string>> out;
  for (const Value& was : change.dropped) {
    interview::Question question;
    Column column;
    column.name = was.text("column"), column.type = question.type = interview::answer_type_of(was.text("type")).value_or(AnswerType::text);
    for (const auto& [value, label] : was["options"].members()) question.options.push_back({value, interview::Texts(Value::object({{"ja", label}})), {}});
    column.question = &question;
    if (std::string text = search_text(column, values[column.name]); !text.empty()) out.emplace_back(search_field(reg, column), std::move(text));
  }
  return out;
}

std::string since_with(std::string_view since, std::string_view layout, bool done) {
  Value out = done ? Value::array() : parsed(since);
  if (!out.is_array()) out = Value::array();
  if (const Value one{std::string(layout)}; same_in(out, one) == nullptr) out.push(one);
  return json::to_text(out);
}

}  // namespace machiya::registers
