// The expressions of a procedure: names, types and the order in which answers come.
#include "ask/interview/compiler.h"

#include <algorithm>
#include <charconv>

#include "base/text.h"

namespace machiya::interview {
namespace {

using json::Value;

std::string child(const std::string& at, std::string_view key) { return at + "/" + json::pointer_token(key); }

void split_place(const std::string& where, int& line, int& column) {
  line = column = 0;
  const auto colon = where.find(':');
  const char* end = where.data() + where.size();
  std::from_chars(where.data(), colon == std::string::npos ? end : where.data() + colon, line);
  if (colon != std::string::npos) std::from_chars(where.data() + colon + 1, end, column);
}

bool looks_like_id(std::string_view text) {
  bool hyphen = false;
  if (text.empty() || !(text[0] >= 'a' && text[0] <= 'z')) return false;
  for (char c : text) {
    if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-')) return false;
    hyphen = hyphen || c == '-';
  }
  return hyphen;
}

}  // namespace

void ProcedureCompiler::scopes() {
  Procedure& p = *out_;
  int slot = 0, widest = 0;
  for (auto& page : p.pages) {
    if (page.repeat) {
      std::vector<feel::Type::Member> members;
      for (const auto& question : page.questions)
        if (question.asks()) members.emplace_back(question.name, question.feel_type);
      widest = std::max(widest, static_cast<int>(members.size()));
      page.repeat->item_type = feel::Type::context(std::move(members));
      page.repeat->slot = slot++;
      global_scope_.add(page.repeat->name, feel::Type::list(page.repeat->item_type));
      global_[page.repeat->name] = {page.index, -1, -1};
      continue;
    }
    for (std::size_t i = 0; i < page.questions.size(); ++i) {
      Question& question = page.questions[i];
      if (!question.asks()) continue;
      question.slot = slot++;
      global_scope_.add(question.name, question.feel_type);
      global_[question.name] = {page.index, static_cast<int>(i), -1};
    }
  }
  for (std::size_t i = 0; i < p.calculations.size(); ++i) {
    p.calculations[i].slot = slot++;
    global_scope_.add(p.calculations[i].name, p.calculations[i].type);
    global_[p.calculations[i].name] = {-1, -1, static_cast<int>(i)};
  }
  p.global_slots = slot;
  p.slots = slot + widest;
}

/// Notes what a formula reads and reports what is not answered yet when it is worked out. A calculated value is known as
/// soon as any of its answers is: it is worked out again after every page that it reads.
void ProcedureCompiler::read_name(const std::string& name, const std::string& at, int limit_page, int limit_question, Formula& out) {
  auto reads = [&](int page) {
    if (const auto place = std::lower_bound(out.pages.begin(), out.pages.end(), page); place == out.pages.end() || *place != page) out.pages.insert(place, page);
    out.position = std::max(out.position, page);
  };
  auto late = [&] { faults_.error(at, "「" + name + "」はまだ答えられていません(後の質問です)", "'" + name + "' is not answered yet: it is asked later"); };
  if (const auto item = item_.find(name); item != item_.end()) {
    if (limit_question >= 0 && item->second.question >= limit_question) late();
    return reads(item->second.page);
  }
  const auto found = global_.find(name);
  if (found == global_.end()) return;
  const Name& where = found->second;
  if (where.calculation < 0) {
    if (where.page > limit_page || (where.page == limit_page && limit_question >= 0 && (where.question < 0 || where.question >= limit_question))) late();
    return reads(where.page);
  }
  if (calculating_ >= 0 && where.calculation >= calculating_) {
    faults_.error(at, "計算値「" + name + "」はこれより後にあります", "the calculated value '" + name + "' comes later");
    return;
  }
  const auto& pages = out_->calculations[where.calculation].value.pages;
  const int last = limit_question >= 0 ? limit_page - 1 : limit_page;
  if (!pages.empty() && pages.front() > last)
    faults_.error(at, "計算値「" + name + "」は後の画面の答えを使います", "the calculated value '" + name + "' rests on answers of this or a later page");
  for (int page : pages) reads(page);
}

Formula ProcedureCompiler::formula(const Value& source, const std::string& at, const feel::Scope& scope, const feel::Type& wanted, int limit_page, int limit_question) {
  Formula out;
  const std::string text = scalar_text(source);
  if (text.empty()) {
    faults_.error(at, "FEEL の式がありません", "a FEEL expression is missing");
    return out;
  }
  auto compiled = feel::compile(text, scope);
  if (!compiled.ok()) {
    int line = 0, column = 0;
    split_place(compiled.error().where, line, column);
    faults_.error(at, "FEEL の式に誤りがあります：" + compiled.error().detail, compiled.error().detail, line, column);
    return out;
  }
  if (!may_meet(compiled->type(), wanted))
    faults_.error(at, "式の型は " + wanted.to_string() + " でなければなりません(" + compiled->type().to_string() + " です)",
                  "the expression must give " + wanted.to_string() + ", not " + compiled->type().to_string());
  for (const auto& name : compiled->uses()) read_name(name, at, limit_page, limit_question, out);
  out.expression = std::move(*compiled);
  return out;
}

void ProcedureCompiler::formulas() {
  Procedure& p = *out_;
  const int last = static_cast<int>(p.pages.size()) - 1;
  const Value& list = in_["calculate"];
  for (std::size_t i = 0; i < p.calculations.size(); ++i) {
    Calculation& calculation = p.calculations[i];
    const std::string at = "/calculate/" + std::to_string(i);
    calculating_ = static_cast<int>(i);
    if (const auto& text = list[i].text("value"); looks_like_id(text)) {
      decision(text, child(at, "value"), calculation.type, calculation.value);
    } else if (Value needs; names_decision(text, needs)) {
      expression_over_decisions(text, needs, child(at, "value"), calculation.type, calculation.value);
    } else {
      calculation.value = formula(list[i]["value"], list[i].has("value") ? child(at, "value") : at, global_scope_, calculation.type, last, -1);
    }
  }
  calculating_ = -1;
  for (auto& page : p.pages) page_formulas(page);
  fee();
}

void ProcedureCompiler::page_formulas(Page& page) {
  const std::string at = "/pages/" + std::to_string(page.index);
  const Value& in = in_["pages"][static_cast<std::size_t>(page.index)];
  item_.clear();
  if (in.has("when")) page.when = formula(in["when"], child(at, "when"), global_scope_, feel::Type::boolean(), page.index - 1, -1);
  if (!page.repeat) {
    for (std::size_t i = 0; i < page.questions.size(); ++i) question_formulas(page, static_cast<int>(i), global_scope_);
    return;
  }
  // Within a repeat the item's own names come behind the global ones; an outer name of the same spelling is hidden.
  feel::Scope scope;
  int slot = out_->global_slots;
  for (std::size_t i = 0; i < page.questions.size(); ++i)
    if (page.questions[i].asks()) item_[page.questions[i].name] = {page.index, static_cast<int>(i), -1};
  int hidden = 0;
  for (const auto& [name, type] : global_scope_.names()) {
    if (item_.count(name) == 0) scope.add(name, type);
    else scope.add("hidden_" + std::to_string(hidden++) + "_", feel::Type::null());
  }
  page.repeat->first_slot = slot;
  for (auto& question : page.questions)
    if (question.asks()) {
      question.slot = slot++;
      scope.add(question.name, question.feel_type);
    }
  for (std::size_t i = 0; i < page.questions.size(); ++i) question_formulas(page, static_cast<int>(i), scope);
  item_.clear();
}

void ProcedureCompiler::question_formulas(Page& page, int index, const feel::Scope& scope) {
  Question& question = page.questions[index];
  const Value& list = in_["pages"][static_cast<std::size_t>(page.index)]["ask"];
  const Value& in = list[static_cast<std::size_t>(index)];
  const std::string at = "/pages/" + std::to_string(page.index) + "/ask/" + std::to_string(index);
  if (in.has("when")) question.when = formula(in["when"], child(at, "when"), scope, feel::Type::boolean(), page.index, index);
  if (in.has("default")) question.default_value = formula(in["default"], child(at, "default"), scope, question.feel_type, page.index, index);
  const bool ranged = question.type == AnswerType::date || question.type == AnswerType::money || question.type == AnswerType::number;
  if (ranged && in.has("min")) question.min = formula(in["min"], child(at, "min"), scope, question.feel_type, page.index, -1);
  if (ranged && in.has("max")) question.max = formula(in["max"], child(at, "max"), scope, question.feel_type, page.index, -1);
  if (in.has("must")) musts(page, question, in["must"], child(at, "must"), scope);
  if (!question.pattern.empty()) pattern(question, child(at, "pattern"));
}

void ProcedureCompiler::musts(Page& page, Question& question, const Value& in, const std::string& at, const feel::Scope& scope) {
  auto one = [&](const Value& test, const std::string& where, const Value& message) {
    Formula compiled = formula(test, where, scope, feel::Type::boolean(), page.index, -1);
    if (compiled) question.musts.push_back({compiled.expression, Texts(message)});
  };
  if (in.is_array()) {
    for (std::size_t i = 0; i < in.size(); ++i) {
      const std::string here = at + "/" + std::to_string(i);
      if (in[i].is_object()) one(in[i]["test"], child(here, "test"), in[i]["message"]);
      else one(in[i], here, {});
    }
  } else if (in.is_object()) {
    one(in["test"], child(at, "test"), in["message"]);
  } else {
    one(in, at, {});
  }
}

void ProcedureCompiler::pattern(Question& question, const std::string& at) {
  std::string source = "matches(value, \"^(?:";
  for (char c : question.pattern) {
    if (c == '"' || c == '\\') source += '\\';
    source += c;
  }
  source += ")$\")";
  feel::Scope scope;
  scope.add("value", feel::Type::string());
  auto compiled = feel::compile(source, scope);
  Result<feel::Value> tried = compiled.ok() ? compiled->evaluate(std::vector<feel::Value>{feel::Value::string("a")}, feel::Environment{}) : Result<feel::Value>(compiled.error());
  if (!tried.ok() || tried->is_null()) {
    faults_.error(at, "pattern は正規表現ではありません", "the pattern is no regular expression");
    return;
  }
  question.pattern_test = std::move(*compiled);
}

void ProcedureCompiler::fee() {
  const Value& source = in_["fee"];
  if (source.is_null()) return;
  const std::string text = scalar_text(source);
  const int last = static_cast<int>(out_->pages.size()) - 1;
  if (looks_like_id(text)) {
    out_->fee_decision = text;
    decision(text, "/fee", feel::Type::number(), out_->fee);
    return;
  }
  if (Value needs; names_decision(text, needs)) return expression_over_decisions(text, needs, "/fee", feel::Type::number(), out_->fee);
  out_->fee = formula(source, "/fee", global_scope_, feel::Type::number(), last, -1);
}

void ProcedureCompiler::stops() {
  const Value& list = in_["stop"];
  if (list.is_null()) return;
  for (std::size_t i = 0; i < list.size(); ++i) {
    const std::string at = "/stop/" + std::to_string(i);
    const Value& in = list[i];
    StopRule stop;
    int limit = static_cast<int>(out_->pages.size()) - 1;
    if (in.has("page")) {
      const Page* page = out_->page(in.text("page"));
      if (page == nullptr) faults_.error(child(at, "page"), "画面「" + in.text("page") + "」はありません", "there is no page '" + in.text("page") + "'");
      else limit = page->index;
    }
    stop.when = formula(in["when"], in.has("when") ? child(at, "when") : at, global_scope_, feel::Type::boolean(), limit, -1);
    stop.page = in.has("page") ? limit : std::max(stop.when.position, 0);
    stop.title = need_text(in, "title", at);
    stop.message = need_text(in, "message", at);
    stop.link = in.text("link");
    out_->stops.push_back(std::move(stop));
  }
}

}  // namespace machiya::interview
