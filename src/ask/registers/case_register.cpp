#include "ask/registers/case_register.h"

#include <algorithm>

#include "ask/interview/answer_types.h"
#include "ask/registers/register_compiler.h"

namespace machiya::registers {

using interview::AnswerType;
using json::Value;

namespace {

interview::Texts texts(const char* ja, const char* en) { return interview::Texts(Value::object({{"ja", ja}, {"en", en}})); }

class Derivation {
 public:
  Derivation(std::shared_ptr<const interview::Procedure> procedure, const city::Source& source, const city::City& city, const cases::Workflow& workflow)
      : procedure_(std::move(procedure)), city_(city), workflow_(workflow) {
    Register& r = *out_;
    r.of_cases = true;
    r.id = procedure_->id, r.version = procedure_->version, r.initiative = source.initiative, r.hash = source.hash;
    r.name = procedure_->name, r.summary = procedure_->summary, r.law = procedure_->law, r.owner = procedure_->owner;
    r.workflow = procedure_->workflow, r.form = procedure_;
  }
  std::shared_ptr<const Register> run() {
    head();
    for (const interview::Page& page : procedure_->pages) answers(page);
    views();
    return out_;
  }

 private:
  Column& add(Column column, Section& section) {
    column.field = field_of(out_->id, column.name);
    column.indexed = column.filter;
    section.columns.push_back(column.name);
    out_->columns.push_back(std::move(column));
    return out_->columns.back();
  }
  /// A column of the case itself, shown by a question that nobody is asked.
  void keep(std::string name, AnswerType type, interview::Texts label, bool filter, std::vector<interview::Option> options, Section& section) {
    auto question = std::make_unique<interview::Question>();
    question->name = name, question->type = type, question->label = label, question->optional = true, question->options = std::move(options);
    question->feel_type = interview::unit_of(type).feel_type(*question);
    Column column;
    column.name = std::move(name), column.kind = ColumnKind::head, column.type = type, column.label = std::move(label), column.filter = filter;
    column.question = question.get();
    out_->shown.push_back(std::move(question));
    add(std::move(column), section);
  }
  void head() {
    Section section{"_case", texts("処理", "Processing"), {}, {}};
    std::vector<interview::Option> departments, outcomes;
    for (const city::Department& d : city_.departments()) departments.push_back({d.id, texts(d.name.in("ja").c_str(), d.name.in("en").c_str()), {}});
    for (const cases::State& s : workflow_.states)
      if (!s.end.empty()) outcomes.push_back({s.outcome.empty() ? s.end : s.outcome, texts(s.name.in("ja").c_str(), s.name.in("en").c_str()), {}});
    keep(kReceived, AnswerType::date, texts("受付日", "Received"), true, {}, section);
    keep(kDue, AnswerType::date, texts("処理期限", "Due"), true, {}, section);
    keep(kAssignee, AnswerType::text, texts("担当者", "In charge"), true, {}, section);
    keep(kDepartment, AnswerType::choice, texts("所管", "Department"), true, std::move(departments), section);
    keep(kOutcome, AnswerType::choice, texts("結果", "Outcome"), false, std::move(outcomes), section);
    keep(kEnded, AnswerType::date, texts("終了日", "Ended"), false, {}, section);
    keep(kFee, AnswerType::money, texts("手数料", "Fee"), false, {}, section);
    keep(kChannel, AnswerType::choice, texts("受付方法", "Channel"), false,
         {{"web", texts("ウェブ", "Web"), {}}, {"api", texts("API", "API"), {}}, {"counter", texts("窓口", "Counter"), {}}, {"demo", texts("例示", "Demonstration"), {}}}, section);
    out_->sections.push_back(std::move(section));
  }
  void answers(const interview::Page& page) {
    Section section{page.id, page.title, page.intro, {}};
    if (page.repeat) {   // a table shows how many there are; the case shows what they are
      keep(page.repeat->name, AnswerType::number, page.title, false, {}, section);
      out_->columns.back().personal = true;
    } else {
      for (const interview::Question& question : page.questions) {
        if (!question.asks()) continue;
        Column column;
        column.name = question.name, column.type = question.type, column.label = question.label, column.question = &question;
        column.filter = (question.filter || in_the_clear(question)) && column.name != "state";   // "state" in a condition is that of the workflow
        column.personal = !column.filter;
        add(std::move(column), section);
      }
    }
    if (!section.columns.empty()) out_->sections.push_back(std::move(section));
  }
  /// What a public map shows of every report.
  bool in_the_clear(const interview::Question& question) const {
    return procedure_->map["public"].as_bool() && procedure_->map.text("category") == question.name && interview::filterable(question.type);
  }
  View view(const char* id, ViewType type, const char* ja, const char* en) const {
    View out;
    out.id = id, out.type = type, out.name = texts(ja, en);
    out.columns = {kReceived, kDue, kAssignee};
    for (const Column& c : out_->columns)
      if (c.kind == ColumnKind::answer && c.filter) out.columns.push_back(c.name);
    return out;
  }
  /// Lists show no sealed answer: who needs those opens the case, or the table with everything.
  void views() {
    View open = view("open", ViewType::list, "処理中", "Open"), all = view("all", ViewType::list, "すべて", "All"), board = view("board", ViewType::board, "ボード", "Board");
    View calendar = view("calendar", ViewType::calendar, "期限カレンダー", "Due dates"), answers = view("answers", ViewType::sheet, "申請内容", "Answers");
    View chart = view("chart", ViewType::chart, "グラフ", "Charts");
    chart.chart.by = kReceived, chart.chart.split = "state", chart.chart.bucket = Bucket::month;
    open.open_only = calendar.open_only = true;
    all.columns.insert(all.columns.begin() + 3, {std::string(kOutcome), std::string(kEnded)});
    board.group = "state", calendar.date = kDue, answers.columns.clear();
    out_->views = {std::move(open), std::move(all), std::move(board), std::move(calendar), std::move(chart), std::move(answers)};
    const std::string& place = procedure_->map.text("place");
    if (place.empty() || out_->column(place) == nullptr) return;
    View map = view("map", ViewType::map, "地図", "Map");
    map.place = place, map.open_only = true;
    out_->views.push_back(std::move(map));
  }

  std::shared_ptr<const interview::Procedure> procedure_;
  const city::City& city_;
  const cases::Workflow& workflow_;
  std::shared_ptr<Register> out_ = std::make_shared<Register>();
};

Value day_of(Instant at) { return Value(to_iso(date_in_japan(at))); }

}  // namespace

std::shared_ptr<const Register> register_of_procedure(std::shared_ptr<const interview::Procedure> procedure, const city::Source& source, const city::City& city) {
  const auto* workflow = procedure->workflow.empty() ? nullptr : city.get<cases::Workflow>("workflow", procedure->workflow);
  return workflow == nullptr ? nullptr : Derivation(std::move(procedure), source, city, *workflow).run();
}

Value values_of_case(const Register& reg, const records::RecordRow& row, const Value& answers) {
  Value out = Value::object();
  out.set(kReceived, day_of(row.created));
  if (row.due) out.set(kDue, to_iso(add_days(date_in_japan(*row.due), -1)));   // the clock runs to the end of that day
  if (!row.assignee.empty()) out.set(kAssignee, row.assignee);
  out.set(kDepartment, row.department);
  if (!row.outcome.empty()) out.set(kOutcome, row.outcome);
  if (row.ended) out.set(kEnded, day_of(*row.ended));
  out.set(kFee, row.fee).set(kChannel, row.channel);
  for (const Column& c : reg.columns) {
    const Value& value = answers[c.name];
    if (value.is_null()) continue;
    if (c.kind == ColumnKind::answer) out.set(c.name, value);
    else if (c.kind == ColumnKind::head && c.personal) out.set(c.name, value.size());
  }
  return out;
}

bool indexes_answers(const Register& reg) {
  return std::any_of(reg.columns.begin(), reg.columns.end(), [](const Column& c) { return c.kind == ColumnKind::answer && c.indexed; });
}

}  // namespace machiya::registers
