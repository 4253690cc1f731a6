// evaluate(): a pure function from a log of answers to the interview as it stands.
#include <algorithm>
#include <unordered_map>

#include "ask/interview/answer_types.h"
#include "ask/interview/evaluator.h"
#include "base/text.h"

namespace machiya::interview {

using json::Value;

Result<State> Evaluator::run() {
  if (log_.answers().size() > kMaxLogEntries) return Error(ErrorCode::limit_exceeded, "too many answers");
  index();
  slots_.assign(static_cast<std::size_t>(p_.slots), feel::Value());
  out_.values = Value::object();
  calculate(-1);
  for (const auto& page : p_.pages) {
    one_page(page);
    calculate(page.index);
    if (stopped(page.index)) break;
  }
  if (over_) return Error(ErrorCode::limit_exceeded, "the interview takes too many steps");
  finish();
  if (over_) return Error(ErrorCode::limit_exceeded, "the interview takes too many steps");
  return std::move(out_);
}

void Evaluator::index() {
  latest_.reserve(log_.answers().size());
  for (const auto& answer : log_.answers()) {
    auto [found, fresh] = latest_.emplace(std::string_view(answer.field), &answer);
    const auto* old = found->second;
    if (!fresh && (old->at < answer.at || (old->at == answer.at && old->id <= answer.id))) found->second = &answer;
    const auto slash = answer.field.find('/');
    if (slash == std::string::npos || answer.field[0] == '_' || answer.field.find('/', slash + 1) != std::string::npos) continue;
    if (!answer.value.is_bool()) continue;
    auto& added = added_[answer.field];
    if (added == nullptr || answer.at < added->at || (answer.at == added->at && answer.id < added->id)) added = &answer;
  }
}

const Answer* Evaluator::latest(std::string_view field) const {
  const auto found = latest_.find(field);
  return found == latest_.end() ? nullptr : found->second;
}

feel::Value Evaluator::ask(const Formula& formula) {
  if (over_ || ++spent_ > kMaxEvaluations) {
    over_ = true;
    return {};
  }
  auto value = formula.run(slots_, environment_);
  if (value.ok()) return std::move(value).value();
  if (value.error().code == ErrorCode::limit_exceeded) over_ = true;
  return {};
}

std::vector<std::string> Evaluator::items_of(const Repeat& repeat) const {
  std::vector<std::string> out;
  for (int i = 1; i <= repeat.min; ++i) {   // implied items: the same in every tab
    const std::string id = std::to_string(i);
    const Answer* mark = latest(repeat.name + "/" + id);
    if (mark == nullptr || !mark->value.is_null()) out.push_back(id);
  }
  std::vector<const Answer*> added;
  const std::string prefix = repeat.name + "/";
  for (const auto& [field, answer] : added_) {
    if (!starts_with(field, prefix)) continue;
    const std::string_view id = std::string_view(field).substr(prefix.size());
    bool ok = !id.empty() && id.size() <= 40;
    for (char c : id) ok = ok && ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'));
    const Answer* mark = latest(field);
    const bool implied = std::find(out.begin(), out.end(), id) != out.end();
    if (ok && !implied && mark != nullptr && mark->value.as_bool()) added.push_back(answer);
  }
  std::sort(added.begin(), added.end(), [](const Answer* a, const Answer* b) { return a->at != b->at ? a->at < b->at : a->field < b->field; });
  for (const auto* answer : added)
    if (out.size() < static_cast<std::size_t>(kMaxItems)) out.push_back(answer->field.substr(prefix.size()));
  return out;
}

void Evaluator::one_page(const Page& page) {
  const bool visible = !page.when || ask(page.when).is_true();
  if (!page.repeat) {
    if (!visible) return;
    PageState state;
    state.key = page.id;
    state.page = &page;
    fill(page, state, "", out_.values);
    check(page, state);
    close(std::move(state));
    return;
  }
  if (visible) repeated(page, *page.repeat);
}

void Evaluator::repeated(const Page& page, const Repeat& repeat) {
  const auto items = items_of(repeat);
  const auto count = static_cast<int>(items.size());
  std::vector<PageState> states;
  std::vector<std::vector<feel::Value>> item_slots;
  std::vector<feel::Value> list;
  Value values = Value::array();
  for (int i = 0; i < count && !over_; ++i) {
    PageState state;
    state.key = page.id + "/" + items[i];
    state.page = &page;
    state.item = items[i];
    state.item_number = i + 1;
    state.item_count = count;
    std::fill(slots_.begin() + repeat.first_slot, slots_.end(), feel::Value());
    Value item = Value::object();
    fill(page, state, repeat.name + "/" + items[i] + "/", item);
    std::vector<feel::Value::Member> members;
    for (const auto& question : page.questions)
      if (question.asks()) members.emplace_back(question.name, slots_[question.slot]);
    list.push_back(feel::Value::context(std::move(members)));
    item_slots.emplace_back(slots_.begin() + repeat.first_slot, slots_.end());
    values.push(std::move(item));
    states.push_back(std::move(state));
  }
  slots_[repeat.slot] = feel::Value::list(std::move(list));
  if (count > 0) out_.values.members().emplace_back(repeat.name, std::move(values));
  for (std::size_t i = 0; i < states.size(); ++i) {
    std::copy(item_slots[i].begin(), item_slots[i].end(), slots_.begin() + repeat.first_slot);
    check(page, states[i]);
  }
  if (states.empty()) {   // nobody yet: a page with nothing but "add"
    PageState state;
    state.key = page.id;
    state.page = &page;
    state.visited = marked(state.key);
    state.complete = state.visited;
    states.push_back(std::move(state));
  }
  PageState& last = states.back();
  const std::pair<std::string, std::string> label{"label", repeat.item.in(situation_.lang)};
  if (count < repeat.min) add_error(last, repeat.name, MessageCode::items_min, {label, {"min", std::to_string(repeat.min)}});
  if (count > repeat.max) add_error(last, repeat.name, MessageCode::items_max, {label, {"max", std::to_string(repeat.max)}});
  for (auto& state : states) close(std::move(state));
}

bool Evaluator::marked(const std::string& key) const {
  const Answer* mark = latest("_page/" + key);
  return mark != nullptr && mark->value.as_bool();
}

void Evaluator::fill(const Page& page, PageState& state, const std::string& prefix, Value& values) {
  state.visited = marked(state.key);
  state.complete = state.visited;
  state.questions.reserve(page.questions.size());
  for (const auto& question : page.questions) {
    if (question.slot >= 0) slots_[question.slot] = feel::Value();
    if (question.when && !ask(question.when).is_true()) continue;
    QuestionState now;
    now.field = prefix + question.name;
    now.question = &question;
    if (question.asks()) {
      const Reading reading = read(question, now);
      for (const auto& problem : reading.problems) report(state, now, problem);
      if (reading.empty && !question.optional) {
        const auto code = question.takes_files() ? MessageCode::required_file
                          : question.type == AnswerType::declaration ? MessageCode::declaration
                          : question.type == AnswerType::choice || question.type == AnswerType::choices || question.type == AnswerType::yes_no ? MessageCode::required_choice
                                                                                                                                              : MessageCode::required;
        if (state.visited) report(state, now, {code, "", {}});
        state.complete = false;
      }
      if (!now.value.is_null()) {
        if (question.reference) {
          for (const auto& [name, known] : situation_.references)
            if (name == question.name) slots_[question.slot] = known;
        } else if (auto value = feel::from_json(now.value, question.feel_type); value.ok()) {
          slots_[question.slot] = std::move(value).value();
        }
        values.members().emplace_back(question.name, now.value);
      }
    }
    state.questions.push_back(std::move(now));
  }
}

Reading Evaluator::read(const Question& question, QuestionState& now) {
  const TypeUnit& unit = unit_of(question.type);
  if (const Answer* answer = latest(now.field)) {
    now.answered = true;
    if (starts_with(answer->author, "prefill:")) now.source = answer->author.substr(8);
    const Value* raw = answer->value.is_object() ? answer->value.find("raw") : nullptr;
    Reading reading = raw != nullptr ? unit.from_parts(question, p_.world, parts_of_raw(*raw)) : unit.from_json(question, p_.world, answer->value);
    now.value = reading.value;
    if (reading.value.is_null() && !reading.empty) now.raw = raw != nullptr ? *raw : raw_of_json(question, answer->value);
    return reading;
  }
  if (!question.prefill.empty()) {
    const auto dot = question.prefill.find('.');
    const Value& fact = situation_.facts[question.prefill.substr(0, dot)][question.prefill.substr(dot + 1)];
    if (!fact.is_null()) {
      Reading reading = unit.from_json(question, p_.world, fact);
      if (reading.problems.empty() && !reading.empty) {
        now.value = reading.value;
        now.source = question.prefill;
        return reading;
      }
    }
  }
  if (question.default_value) {
    Reading reading = unit.from_json(question, p_.world, feel::to_json(ask(question.default_value)));
    if (reading.problems.empty() && !reading.empty) {
      now.value = reading.value;
      return reading;
    }
  }
  return nothing();
}

void Evaluator::check(const Page& page, PageState& state) {
  for (const auto& now : state.questions) {
    const Question& question = *now.question;
    if (now.value.is_null()) continue;
    range(state, now);
    if (question.pattern_test) {
      Formula test;
      test.expression = question.pattern_test;
      if (!ask_with(test, {feel::Value::string(now.value.as_string())}).is_true()) report(state, now, {MessageCode::pattern, "", {}});
    }
    for (const auto& must : question.musts) {
      Formula test;
      test.expression = must.test;
      if (!ask(test).is_false()) continue;
      state.complete = false;
      FieldError error{now.field, "must", must.message.in(situation_.lang)};
      if (error.message.empty()) error.message = message_text(MessageCode::must, situation_.lang, {{"label", question.label.in(situation_.lang)}});
      state.errors.push_back(std::move(error));
      break;
    }
  }
  (void)page;
}

feel::Value Evaluator::ask_with(const Formula& formula, std::vector<feel::Value> values) {
  std::swap(slots_, values);
  feel::Value out = ask(formula);
  std::swap(slots_, values);
  return out;
}

void Evaluator::range(PageState& state, const QuestionState& now) {
  const Question& question = *now.question;
  if (!question.min && !question.max) return;
  const feel::Value& value = slots_[question.slot];
  const bool is_date = question.type == AnswerType::date;
  auto below = [&](const feel::Value& a, const feel::Value& b) {
    if (is_date) {
      const auto x = a.as_date(), y = b.as_date();
      return x && y && *x < *y;
    }
    return a.number() != nullptr && b.number() != nullptr && *a.number() < *b.number();
  };
  auto shown = [&](const feel::Value& bound) { return display(question, feel::to_json(bound), situation_.lang); };
  if (question.min)
    if (const auto bound = ask(question.min); below(value, bound)) report(state, now, {is_date ? MessageCode::date_min : MessageCode::range_min, "", {{"min", shown(bound)}}});
  if (question.max)
    if (const auto bound = ask(question.max); below(bound, value)) report(state, now, {is_date ? MessageCode::date_max : MessageCode::range_max, "", {{"max", shown(bound)}}});
}

void Evaluator::report(PageState& state, const QuestionState& now, const Problem& problem) {
  auto args = problem.args;
  for (auto& [key, value] : args)
    if (key == "part") value = std::string(word(value, situation_.lang));
  args.emplace_back("label", now.question->label.in(situation_.lang));
  add_error(state, problem.part.empty() ? now.field : now.field + "." + problem.part, problem.code, args);
}

void Evaluator::add_error(PageState& state, const std::string& field, MessageCode code, const std::vector<std::pair<std::string, std::string>>& args) {
  state.complete = false;
  state.errors.push_back({field, std::string(message_code(code)), message_text(code, situation_.lang, args)});
}

void Evaluator::close(PageState state) {
  if (situation_.only.empty()) {
    out_.pages.push_back(std::move(state));
    return;
  }
  // A correction shows what was asked for, and what the corrected answers newly need.
  auto asked = [&](const QuestionState& now) {
    for (const auto& path : situation_.only) {
      if (path == now.field) return true;
      if (!state.page->repeat) continue;
      const auto& name = state.page->repeat->name;
      if (path == name || path == name + "/" + now.question->name || path == name + "/" + state.item) return true;
    }
    for (const auto& error : state.errors)
      if (error.field == now.field || starts_with(error.field, now.field + ".")) return true;
    return now.value.is_null() && now.question->asks() && !now.question->optional;
  };
  std::vector<QuestionState> kept;
  for (auto& now : state.questions)
    if (asked(now)) kept.push_back(std::move(now));
  if (kept.empty()) return;
  state.questions = std::move(kept);
  out_.pages.push_back(std::move(state));
}

/// After page `index`: what rests on it. -1: everything once, with nothing answered.
void Evaluator::calculate(int index) {
  for (std::size_t i = 0; i < p_.calculations.size(); ++i) {
    const auto& calculation = p_.calculations[i];
    const auto& pages = calculation.value.pages;
    if (index >= 0 && !std::binary_search(pages.begin(), pages.end(), index)) continue;
    slots_[calculation.slot] = ask(calculation.value);
  }
}

void Evaluator::keep_calculated() {
  for (const auto& calculation : p_.calculations) {
    Value json = feel::to_json(slots_[calculation.slot]);
    if (!json.is_null()) out_.values.members().emplace_back(calculation.name, json);
    out_.calculated.push_back({calculation.name, calculation.label.in(situation_.lang), std::move(json), calculation.show});
  }
}

bool Evaluator::stopped(int index) {
  for (const auto& stop : p_.stops) {
    if (stop.page != index || !stop.when) continue;
    bool shown = false, seen = false;
    std::string key;
    for (const auto& page : out_.pages)
      if (page.page->index <= index) {
        shown = true;
        seen = page.visited;
        key = page.key;
      }
    if ((shown && !seen) || !ask(stop.when).is_true()) continue;
    out_.stop = Stop{key, stop.title.in(situation_.lang), stop.message.in(situation_.lang), stop.link};
    return true;
  }
  return false;
}

void Evaluator::finish() {
  keep_calculated();
  bool all = true;
  for (const auto& page : out_.pages)
    if (!page.complete) {
      all = false;
      if (out_.next.empty()) out_.next = page.key;
    }
  if (p_.fee && !out_.stop) {
    const auto fee = ask(p_.fee).as_int();
    if (fee && *fee >= 0) out_.fee = *fee;
    else if (all) out_.errors.push_back({"fee", "fee", message_text(MessageCode::fee, situation_.lang)});
  } else if (!p_.fee) {
    out_.fee = 0;
  }
  out_.complete = all && !out_.stop && out_.errors.empty();
}

Result<State> evaluate(const Procedure& procedure, const Log& log, const Situation& situation) { return Evaluator(procedure, log, situation).run(); }

}  // namespace machiya::interview
