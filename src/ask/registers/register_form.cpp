// Sections and columns as an interview: sections become pages, columns questions, formulas calculated values. The interview's own
// compiler checks every key and expression; its faults are told where they were written here.
#include <algorithm>
#include <set>

#include "ask/apply/procedure_kind.h"
#include "ask/registers/register_compiler.h"
#include "platform/vault/vault.h"

namespace machiya::registers {

using interview::AnswerType;
using json::Value;

namespace {

/// Keys of a column that a question does not have.
constexpr std::string_view kOwnKeys[] = {"column", "unique", "filter", "search", "personal", "read", "write", "relation", "rollup"};

/// The name of a formula's type in FEEL.
const char* feel_name(AnswerType type) {
  switch (type) {
    case AnswerType::number: case AnswerType::money: return "number";
    case AnswerType::date: return "date";
    case AnswerType::yes_no: return "boolean";
    default: return "string";
  }
}

}  // namespace

/// What is written, or one section with everything. Formulas and deadlines that no section names stand in the last one.
void RegisterCompiler::sections() {
  Register& r = *out_;
  const Value& list = in_["sections"];
  if (list.size() == 0) {
    Section all{"row", r.name, {}, {}};
    for (const Column& c : r.columns) all.columns.push_back(c.name);
    r.sections.push_back(std::move(all));
    section_places_.emplace_back();
    return;
  }
  std::set<std::string> placed;
  for (std::size_t i = 0; i < list.size(); ++i) {
    const std::string at = child("/sections", i);
    Section section{list[i].text("section"), interview::Texts(list[i]["title"]), interview::Texts(list[i]["intro"]), {}};
    const Value& names = list[i]["columns"];
    for (std::size_t j = 0; j < names.size(); ++j) {
      const std::string here = child(child(at, "columns"), j);
      const Column* column = need(names[j].as_string(), here);
      if (column == nullptr) continue;
      if (!placed.insert(column->name).second)
        error(here, "列「" + column->name + "」は別の節にもあります", "the column '" + column->name + "' stands in another section too");
      else
        section.columns.push_back(column->name);
    }
    r.sections.push_back(std::move(section));
    section_places_.push_back(at);
  }
  for (std::size_t i = 0; i < r.columns.size(); ++i) {
    const Column& column = r.columns[i];
    if (placed.count(column.name) > 0) continue;
    if (column.entered()) error(places_[i], "列「" + column.name + "」はどの節(sections)にもありません", "the column '" + column.name + "' stands in no section");
    else r.sections.back().columns.push_back(column.name);
  }
}

Value RegisterCompiler::question_of(const Value& in, const Column& column) const {
  Value question = Value::object({{"name", column.name}});
  if (column.kind == ColumnKind::deadline) {
    question.set("type", "date").set("label", in["label"]).set("optional", true);
    if (in.has("hint")) question.set("hint", in["hint"]);
    return question;
  }
  if (column.kind == ColumnKind::rollup) question.set("optional", true);
  for (const auto& [key, value] : in.members())
    if (std::find(std::begin(kOwnKeys), std::end(kOwnKeys), key) == std::end(kOwnKeys)) question.set(key, value);
  if (column.kind == ColumnKind::relation) question.set("type", "text").set("max_length", 40);
  if (column.kind == ColumnKind::rollup) {
    question.set("type", column.type == AnswerType::money ? "money" : in.text("type").empty() ? "number" : in.text("type"));
    if (column.type == AnswerType::number) question.set("decimals", 12);   // those of the rows that it sums up
  }
  return question;
}

Value RegisterCompiler::calculation_of(const Value& in, const Column& column) const {
  return Value::object({{"name", column.name}, {"type", feel_name(column.type)}, {"value", in["formula"]}, {"label", in["label"]}});
}

void RegisterCompiler::form() {
  Register& r = *out_;
  Value pages = Value::array(), calculate = Value::array();
  for (std::size_t i = 0; i < r.sections.size(); ++i) {
    Value ask = Value::array();
    const std::string page_at = child("/pages", pages.size());
    for (const std::string& name : r.sections[i].columns) {
      const auto index = static_cast<std::size_t>(find(name) - r.columns.data());
      if (r.columns[index].kind == ColumnKind::formula) continue;
      const std::string ask_at = child(child(page_at, "ask"), ask.size());
      moved_.emplace_back(ask_at, places_[index]);
      moved_.emplace_back(child(ask_at, "name"), child(places_[index], "column"));
      ask.push(question_of(*written_[index], r.columns[index]));
    }
    if (ask.size() == 0) continue;
    moved_.emplace_back(page_at, section_places_[i]);
    moved_.emplace_back(child(page_at, "page"), child(section_places_[i], "section"));
    Value page = Value::object({{"page", r.sections[i].id}, {"title", section_places_[i].empty() ? in_["name"] : in_["sections"][i]["title"]}});
    if (!r.sections[i].intro.empty()) page.set("intro", in_["sections"][i]["intro"]);
    pages.push(std::move(page.set("ask", std::move(ask))));
  }
  for (std::size_t i = 0; i < r.columns.size(); ++i) {
    if (r.columns[i].kind != ColumnKind::formula) continue;
    const std::string at = child("/calculate", calculate.size());
    moved_.emplace_back(at, places_[i]);
    moved_.emplace_back(child(at, "name"), child(places_[i], "column"));
    moved_.emplace_back(child(at, "value"), child(places_[i], "formula"));
    calculate.push(calculation_of(*written_[i], r.columns[i]));
  }
  Value procedure = Value::object({{"procedure", in_["register"]}, {"version", in_["version"].is_null() ? Value(1) : in_["version"]}, {"name", in_["name"]}, {"pages", std::move(pages)}});
  if (calculate.size() > 0) procedure.set("calculate", std::move(calculate));
  compile_form(procedure);
}

void RegisterCompiler::compile_form(const Value& procedure) {
  Diagnostics found;
  interview::World world = apply::world_of(city_);
  world.references = seen_;
  out_->form = interview::compile_procedure(procedure, world, found);
  for (const Diagnostic& d : found.list()) {
    const std::string at = written_at(d.pointer);
    d.severity == Severity::error ? faults_.error(at, d.ja, d.en, d.line, d.column) : faults_.warning(at, d.ja, d.en, d.line, d.column);
  }
  if (out_->form == nullptr) return;
  bind();
  dependencies();
}

std::string RegisterCompiler::written_at(const std::string& pointer) const {
  const std::pair<std::string, std::string>* best = nullptr;
  for (const auto& one : moved_) {
    const auto& [from, to] = one;
    const bool covers = pointer.compare(0, from.size(), from) == 0 && (pointer.size() == from.size() || pointer[from.size()] == '/');
    if (covers && (best == nullptr || from.size() > best->first.size())) best = &one;
  }
  if (best == nullptr) return pointer == "/pages" ? "/columns" : pointer == "/procedure" ? "/register" : pointer;
  return best->second + pointer.substr(best->first.size());
}

void RegisterCompiler::bind() {
  for (Column& column : out_->columns) {
    if (column.kind != ColumnKind::formula) {
      column.question = out_->form->question(column.name);
      continue;
    }
    for (const auto& calculation : out_->form->calculations)
      if (calculation.name == column.name) column.calculation = &calculation;
  }
}

/// Every column that a formula rests on, through other formulas too.
void RegisterCompiler::reads_of(const Column& formula, std::vector<std::string>& out) const {
  if (formula.calculation == nullptr) return;
  const interview::Formula& value = formula.calculation->value;
  for (const std::string& name : value.expression ? value.expression.uses() : value.decision ? value.decision.uses() : std::vector<std::string>()) {
    if (std::find(out.begin(), out.end(), name) != out.end()) continue;
    out.push_back(name);
    if (const Column* column = out_->column(name); column != nullptr && column->kind == ColumnKind::formula) reads_of(*column, out);
  }
}

/// What is worked out from a column tells of it: it is as personal and has no more readers.
void RegisterCompiler::dependencies() {
  for (std::size_t i = 0; i < out_->columns.size(); ++i) {
    Column& column = out_->columns[i];
    if (column.kind == ColumnKind::formula) check_formula(column, i);
    if (column.kind == ColumnKind::deadline) check_deadline(column, i);
  }
  out_->worked_out = worked_out();
}

void RegisterCompiler::check_formula(Column& column, std::size_t index) {
  std::vector<std::string> reads;
  reads_of(column, reads);
  column.moves = reads_the_clock(index);
  for (const std::string& name : reads) {
    const Column* source = out_->column(name);
    if (source == nullptr) continue;
    column.moves = column.moves || source->moves || reads_the_clock(static_cast<std::size_t>(source - out_->columns.data()));
    out_->deadlines_move_formulas = out_->deadlines_move_formulas || source->kind == ColumnKind::deadline;
    if (source->personal && !column.personal)
      error(places_[index], "計算列は個人情報の列「" + name + "」から求めるので、personal: yes が要ります", "the formula rests on the personal column '" + name + "': it needs personal: yes");
    const auto& readers = column.read.empty() ? out_->rights.read : column.read;
    const bool wider = !source->read.empty() && std::any_of(readers.begin(), readers.end(), [&](const std::string& role) {
      return std::find(source->read.begin(), source->read.end(), role) == source->read.end();
    });
    if (wider) error(places_[index], "計算列から列「" + name + "」の内容が知れます。同じ read を付けます", "the formula tells of column '" + name + "': give it the same read");
  }
  if (column.moves && (column.filter || column.unique))
    error(child(places_[index], column.filter ? "filter" : "unique"),
          "today() や now()、集計列で変わる計算列は索引に載せられません。日付の列で絞り込み、条件に today と書きます",
          "a formula that changes with the day or with a roll-up is not indexed: filter by a date and write today in the condition");
}

/// A deadline counts from dates that are known before it: not from a formula that rests on a deadline.
void RegisterCompiler::check_deadline(Column& column, std::size_t index) {
  const Column* start = out_->column(column.deadline_from);
  if (start == nullptr || start->kind != ColumnKind::formula) return;
  if (start->moves)
    error(child(child(places_[index], "deadline"), "from"), "「" + start->name + "」は見るときに求めるので、期限の起点にできません",
          "'" + start->name + "' is worked out when it is looked at: no deadline can count from it");
  std::vector<std::string> reads;
  reads_of(*start, reads);
  for (const std::string& name : reads)
    if (const Column* source = out_->column(name); source != nullptr && source->kind == ColumnKind::deadline)
      error(child(child(places_[index], "deadline"), "from"), "「" + start->name + "」は期限「" + name + "」から求めるので、期限の起点にできません",
            "'" + start->name + "' rests on the deadline '" + name + "': no deadline can count from it");
}

bool names_the_clock(std::string text) {
  text.erase(std::remove(text.begin(), text.end(), ' '), text.end());
  return text.find("today()") != std::string::npos || text.find("now()") != std::string::npos;
}

/// Everything that the kept value of a formula or deadline follows from beside the row: its rule with the decisions that it names, and the
/// types and conditions of the columns that it reads.
std::string RegisterCompiler::worked_out() const {
  Value rules = Value::array();
  const auto rule_of = [&](const Column& column) {
    const Value& in = *written_[static_cast<std::size_t>(&column - out_->columns.data())];
    Value rule = Value::object({{"column", column.name}});
    for (const char* key : {"type", "relation", "when", "formula", "deadline", "rollup"})
      if (in.has(key)) rule.set(key, in[key]);
    return rule;
  };
  for (const Column& column : out_->columns) {
    if (column.moves || (column.kind != ColumnKind::formula && column.kind != ColumnKind::deadline)) continue;
    rules.push(rule_of(column));
    std::vector<std::string> reads;
    reads_of(column, reads);
    for (const std::string& name : reads)
      if (const Column* source = out_->column(name)) rules.push(rule_of(*source));
    for (const std::string& id : decisions_named_by(column)) rules.push(Value::object({{"decision", id}, {"body", out_->form->world.decisions[id]}}));
  }
  return rules.size() == 0 ? std::string() : vault::sha256_hex(json::to_text(rules));
}

/// Does the formula, or a decision that it names, read today() or now()?
bool RegisterCompiler::reads_the_clock(std::size_t index) const {
  if (out_->columns[index].kind != ColumnKind::formula) return false;
  if (names_the_clock((*written_[index])["formula"].as_string())) return true;
  const auto decisions = decisions_named_by(out_->columns[index]);
  return std::any_of(decisions.begin(), decisions.end(), [&](const std::string& id) { return names_the_clock(json::to_text(out_->form->world.decisions[id])); });
}

/// With those that these name.
std::vector<std::string> RegisterCompiler::decisions_named_by(const Column& column) const {
  if (column.kind != ColumnKind::formula) return {};
  const Value& source = (*written_[static_cast<std::size_t>(&column - out_->columns.data())])["formula"];
  const Value calculate = Value::object({{"calculate", Value(Value::Array{Value::object({{"value", source}})})}});
  return interview::decisions_of(calculate, out_->form->world.decisions);
}

}  // namespace machiya::registers
