// The columns of a register, one by one; what they say of each other is checked in register_form.cpp.
#include <algorithm>

#include "ask/interview/answer_types.h"
#include "ask/registers/register_compiler.h"

namespace machiya::registers {

using interview::AnswerType;
using json::Value;

namespace {

/// Names that expressions, filters and the API use for something else.
constexpr std::string_view kReserved[] = {"state", "number", "revision", "created", "changed"};

/// Types of formulas: those of answers, and FEEL's own names.
std::optional<AnswerType> formula_type(std::string_view name) {
  if (name == "string") return AnswerType::text;
  if (name == "boolean") return AnswerType::yes_no;
  const auto type = interview::answer_type_of(name);
  for (AnswerType one : {AnswerType::text, AnswerType::number, AnswerType::money, AnswerType::date, AnswerType::yes_no, AnswerType::choice})
    if (type == one) return type;
  return std::nullopt;
}

}  // namespace

bool indexable(AnswerType type) {
  switch (type) {
    case AnswerType::text: case AnswerType::digits: case AnswerType::email: case AnswerType::phone: case AnswerType::date:
    case AnswerType::choice: case AnswerType::choices: case AnswerType::yes_no: case AnswerType::money: case AnswerType::number:
      return true;
    default:
      return false;
  }
}

void RegisterCompiler::columns() {
  const Value& list = in_["columns"];
  if (!list.is_array() || list.size() == 0) return error(in_.has("columns") ? "/columns" : "", "columns に列がありません", "columns is empty");
  if (list.size() >= static_cast<std::size_t>(interview::kMaxQuestions))
    return error("/columns", "列は" + std::to_string(interview::kMaxQuestions - 1) + "までです", "at most " + std::to_string(interview::kMaxQuestions - 1) + " columns");
  out_->columns.reserve(list.size());
  for (std::size_t i = 0; i < list.size(); ++i) column(list[i], child("/columns", i));
}

void RegisterCompiler::column(const Value& in, const std::string& at) {
  Column out;
  out.name = in.text("column");
  const std::string here = in.has("column") ? child(at, "column") : at;
  if (find(out.name) != nullptr) return error(here, "列「" + out.name + "」が二つあります", "the column '" + out.name + "' is there twice");
  if (std::find(std::begin(kReserved), std::end(kReserved), out.name) != std::end(kReserved))
    error(here, "「" + out.name + "」は台帳が使う名前です", "'" + out.name + "' is a name of the register's own");
  out.field = field_of(out_->id, out.name);
  out.label = interview::Texts(in["label"]);
  if (in.has("relation")) {
    out.kind = ColumnKind::relation;
    out.relation = in.text("relation");
  } else if (in.has("formula")) {
    formula(in, at, out);
  } else if (in.has("deadline")) {
    deadline(in, at, out);
  } else if (in.has("rollup")) {
    rollup(in, at, out);
  } else {
    const auto type = interview::answer_type_of(in.text("type"));
    if (!type || *type == AnswerType::info)
      error(in.has("type") ? child(at, "type") : at, "type「" + in.text("type") + "」の列はありません", "there is no column of type '" + in.text("type") + "'");
    out.type = type.value_or(AnswerType::text);
  }
  marks(in, at, out);
  out_->columns.push_back(std::move(out));
  written_.push_back(&in);
  places_.push_back(at);
}

void RegisterCompiler::formula(const Value& in, const std::string& at, Column& out) {
  out.kind = ColumnKind::formula;
  const auto type = formula_type(in.text("type"));
  if (!type)
    error(in.has("type") ? child(at, "type") : at, "計算列の type は number、money、text、date、yes-no、choice のどれかです",
          "the type of a formula is number, money, text, date, yes-no or choice");
  out.type = type.value_or(AnswerType::text);
  if (out.label.in("ja").empty()) error(in.has("label") ? child(at, "label") : at, "label に日本語の文がありません", "label needs a Japanese text");
  auto question = std::make_unique<interview::Question>();
  question->name = out.name;
  question->type = out.type;
  question->label = out.label;
  question->hint = interview::Texts(in["hint"]);
  question->optional = true;
  question->unit = interview::Texts(in["unit"]);
  question->decimals = static_cast<int>(in["decimals"].as_int(0));
  for (const Value& option : in["options"].items())
    question->options.push_back({interview::scalar_text(option["value"]), interview::Texts(option["label"]), interview::Texts(option["hint"])});
  if ((out.type == AnswerType::choice) != !question->options.empty())
    error(in.has("options") ? child(at, "options") : at, "options は type: choice の計算列にだけ、必ず書きます", "options belong to formulas of type choice, which need them");
  question->feel_type = interview::unit_of(out.type).feel_type(*question);
  out.question = out_->shown.emplace_back(std::move(question)).get();
}

void RegisterCompiler::deadline(const Value& in, const std::string& at, Column& out) {
  out.kind = ColumnKind::deadline;
  out.type = AnswerType::date;
  const Value& rule = in["deadline"];
  const std::string here = child(at, "deadline");
  out.deadline_from = rule.text("from");
  const auto period = cases::parse_period(rule.text("period"));
  if (!period || period->us != 0)
    error(rule.has("period") ? child(here, "period") : here, "期間「" + rule.text("period") + "」を読み取れません(例 P90D、3 working days)",
          "cannot read the period '" + rule.text("period") + "' (for example P90D, 3 working days)");
  else
    out.deadline = *period;
  const std::string from = rule.has("from") ? child(here, "from") : here;
  const Column* start = find(out.deadline_from);
  if (start == nullptr || start->type != AnswerType::date)
    error(from, "「" + out.deadline_from + "」は、これより前にある日付の列ではありません", "'" + out.deadline_from + "' is no column of dates before this one");
  else if (start->moves)
    error(from, "「" + start->name + "」は見るときに求めるので、期限の起点にできません", "'" + start->name + "' is worked out when it is looked at: no deadline can count from it");
  else if (start->personal || !start->read.empty())
    if (!yes(in, "personal") && in["read"].size() == 0)
      error(at, "期限から元の日付が分かるので、期限にも「" + start->name + "」と同じ personal か read を付けます",
            "the deadline tells the date it counts from: give it the personal or read of '" + start->name + "'");
}

/// personal, filter, search, unique and the rights of a column.
void RegisterCompiler::marks(const Value& in, const std::string& at, Column& out) {
  out.personal = yes(in, "personal"), out.filter = yes(in, "filter"), out.search = yes(in, "search"), out.unique = yes(in, "unique");
  out.read = roles(in["read"], child(at, "read"));
  out.write = roles(in["write"], child(at, "write"));
  const auto not_here = [&](const char* key, std::string ja, std::string en) { error(child(at, key), std::move(ja), std::move(en)); };
  for (const char* key : {"filter", "unique"}) {
    if (!yes(in, key)) continue;
    if (out.personal) not_here(key, "個人情報の列は索引に載せません", "a personal column is never indexed");
    else if (!indexable(out.type)) not_here(key, "この型の列では絞り込みや重複の検査ができません(search: yes は使えます)", "a column of this type cannot be filtered or unique (search: yes may help)");
  }
  if (out.unique && out.type == AnswerType::choices) not_here("unique", "複数選択の列は unique にできません", "a column of several choices cannot be unique");
  if (out.search && !out.read.empty()) not_here("search", "読める役割を限った列は検索に載せません(検索の結果から内容が知れます)", "a column with its own readers is not searched: what is found would tell what it holds");
  if (!out.entered() && in.has("write")) not_here("write", "計算列、期限、集計列には書き込めません", "nobody writes a formula, a deadline or a roll-up");
  if (out.kind == ColumnKind::rollup)
    for (const char* key : {"filter", "unique", "search"})
      if (yes(in, key)) not_here(key, "集計列は見るときに求めるので、絞り込み、並べ替え、検索には使えません", "a roll-up is worked out when it is looked at: nothing filters, sorts or finds by it");
  const auto& readers = out.read.empty() ? out_->rights.read : out.read;
  for (std::size_t i = 0; i < out.read.size(); ++i)
    if (std::find(out_->rights.read.begin(), out_->rights.read.end(), out.read[i]) == out_->rights.read.end())
      error(child(at, "read"), "役割「" + out.read[i] + "」はこの台帳を読めません", "role '" + out.read[i] + "' may not read this register");
  for (const std::string& role : out.write) {
    if (std::find(readers.begin(), readers.end(), role) == readers.end())
      error(child(at, "write"), "役割「" + role + "」は読めない列に書けません", "role '" + role + "' cannot write a column that it may not read");
    if (std::find(out_->rights.write.begin(), out_->rights.write.end(), role) == out_->rights.write.end())
      error(child(at, "write"), "役割「" + role + "」はこの台帳に書けません", "role '" + role + "' may not write this register");
  }
  if (!out.read.empty() && out.write.empty() && out.entered()) {   // who may not read a column does not write it either
    for (const std::string& role : out_->rights.write)
      if (std::find(out.read.begin(), out.read.end(), role) != out.read.end()) out.write.push_back(role);
    if (out.write.empty()) error(child(at, "read"), "この列を読める役割の中に、書ける役割がありません", "none of the roles that read this column may write it");
  }
  out.indexed = (out.filter || out.unique) && !out.personal;
}

}  // namespace machiya::registers
