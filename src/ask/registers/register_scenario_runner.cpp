#include "ask/registers/register_scenario_runner.h"

#include <algorithm>
#include <set>

#include "ask/cases/ground_floor.h"
#include "ask/cases/scenario_check.h"
#include "ask/registers/register_row_dao.h"
#include "ask/registers/register_scenario.h"
#include "ask/registers/registers_impl.h"

namespace machiya::registers {
namespace {

using json::Value;
using Problem = std::pair<std::string, std::string>;

/// The house of a scenario: the real service with a clock that the scenario sets.
struct Stage {
  explicit Stage(const cases::ScenarioParts& parts)
      : ground(parts.store, parts.vault, clock, json::to_text(parts.city->policy())), registers(declared(*this, parts)) {}
  /// The service handles a kind of job from its beginning: the kind must be known before.
  static Platform declared(Stage& s, const cases::ScenarioParts& parts) {
    Registers::declare(s.ground.events, s.ground.jobs);
    return {parts.store, parts.vault, s.ground.audit, s.ground.events, s.ground.jobs, s.ground.identity, s.clock, s.rng, [city = parts.city] { return city; }, parts.is_working_day};
  }

  FakeClock clock{Instant{0}};
  vault::SystemRng rng;
  cases::GroundFloor ground;
  Registers registers;
};

std::string listed(const std::set<std::string>& names) {
  std::string out;
  for (const std::string& name : names) out += (out.empty() ? "" : ", ") + name;
  return "[" + out + "]";
}
std::set<std::string> set_of(const Value& list) {
  std::set<std::string> out;
  for (const Value& item : list.items()) out.insert(item.as_string());
  return out;
}

/// One scenario on the stage.
class Run {
 public:
  Run(Stage& stage, const cases::ScenarioParts& parts, const Scenario& scenario)
      : stage_(stage), parts_(parts), scenario_(scenario), reg_(parts.city->get<Register>("register", scenario.register_id)) {}

  std::vector<Problem> go() {
    if (reg_ == nullptr) return {{"/register", "the register is not loaded"}};
    stage_.clock.set(Instant{start_of_day_in_japan(scenario_.today).us + 9 * kHour});
    for (std::size_t i = 0; i < scenario_.rows.size(); ++i)
      if (!given(scenario_.rows[i], "/rows/" + std::to_string(i))) return out_;
    stage_.clock.set(Instant{start_of_day_in_japan(scenario_.today).us + 10 * kHour});
    for (std::size_t i = 0; i < scenario_.steps.size(); ++i) {
      const ScenarioStep& step = scenario_.steps[i];
      const std::string here = "/when/" + std::to_string(i);
      stage_.clock.advance(kMinute);   // each step is later than the one before
      refused_.clear(), messages_.clear(), why_.clear();
      reg_ = parts_.city->get<Register>("register", step.register_id);
      if (reg_ == nullptr) return {{here, "the register is not loaded"}};
      if (auto done = take(step); !done.ok()) refused(done.error());
      const bool last = i + 1 == scenario_.steps.size();
      const auto says = [&](const char* key) { return step.then.has(key) || (last && scenario_.then.has(key)); };
      const bool meant = why_.empty() ? says("errors") : says("refused");   // a refusal is meant only where the scenario names its kind
      if (!messages_.empty() && !meant) {
        out_.emplace_back(here, "the step was refused: " + messages_);
        return out_;
      }
      check(step.then, here + "/then");
    }
    if (scenario_.then.has("row") || scenario_.then.has("rows")) reg_ = parts_.city->get<Register>("register", scenario_.register_id);
    check(scenario_.then, "/then");
    return out_;
  }

 private:
  /// Somebody of the register's department with these roles.
  static identity::Principal staff(const Register& reg, std::vector<std::string> roles) {
    identity::Principal who;
    who.kind = identity::PrincipalKind::staff;
    who.public_id = who.name = "scenario-" + (roles.size() == 1 ? roles[0] : std::string("all"));
    who.roles = std::move(roles), who.department = reg.owner;
    return who;
  }
  /// Who sees everything: for rows that are there before and for looking at what became of them.
  identity::Principal everyone(const Register& reg) const {
    std::vector<std::string> roles;
    for (const auto& [name, body] : parts_.city->policy()["roles"].members()) roles.push_back(name);
    return staff(reg, std::move(roles));
  }
  /// The first role that may; where none may, the first that writes at all, so that the refusal is seen.
  template <class May>
  identity::Principal actor(const ScenarioStep& step, const std::vector<std::string>& roles, May may) const {
    if (!step.by.empty()) return staff(*reg_, {step.by});
    for (const std::string& role : roles)
      if (auto who = staff(*reg_, {role}); may(who)) return who;
    return staff(*reg_, roles.empty() ? roles : std::vector<std::string>{roles.front()});
  }
  identity::Principal writer(const ScenarioStep& step) const {
    return actor(step, reg_->rights.write, [&](const identity::Principal& who) {
      return std::all_of(step.values.members().begin(), step.values.members().end(), [&](const auto& member) {
        const Column* column = reg_->column(member.first);
        return column == nullptr || !column->entered() || stage_.registers.may_write(*reg_, *column, who);
      });
    });
  }

  Value resolved(const Value& values) const {
    if (!values.is_object()) return Value::object();
    Value out = cases::with_file_ids(values);
    for (auto& [name, value] : out.members())
      if (const auto& text = value.as_string(); !text.empty() && text[0] == '$')
        if (const auto known = numbers_.find(text.substr(1)); known != numbers_.end()) value = Value(known->second);
    return out;
  }
  bool given(const ScenarioRow& row, const std::string& at) {
    const auto* reg = parts_.city->get<Register>("register", row.register_id);
    if (reg == nullptr) return out_.emplace_back(at, "the register is not loaded"), false;
    auto saved = stage_.registers.add(*reg, resolved(row.values), "scenario", everyone(*reg), "ja", "");
    if (saved.ok() && saved->row) {
      if (!row.as.empty()) numbers_[row.as] = saved->row->number;
      registers_[saved->row->number] = reg->id;
      return true;
    }
    std::string why = saved.ok() ? std::string() : saved.error().to_string();
    if (saved.ok())
      for (const CellError& e : saved->errors) why += (why.empty() ? "" : ", ") + e.column + " (" + e.message + ")";
    out_.emplace_back(at, "the row was refused: " + why);
    return false;
  }

  /// Why a step is refused as a whole, in the words of a scenario.
  static const char* word_of(ErrorCode code) {
    switch (code) {
      case ErrorCode::forbidden: case ErrorCode::not_found: return "rights";
      case ErrorCode::precondition_failed: return "condition";
      case ErrorCode::invalid_input: return "reason";
      default: return "conflict";
    }
  }
  void refused(const Error& error) {
    why_ = word_of(error.code);
    if (why_ == "conflict" && error.detail == kNotInThisState) why_ = "state";
    messages_ += (messages_.empty() ? "" : ", ") + error.to_string();
  }
  void refused(const std::vector<CellError>& errors) {
    for (const CellError& e : errors) {
      refused_.insert(e.column);
      messages_ += (messages_.empty() ? "" : ", ") + e.column + " (" + e.message + ")";
    }
  }
  Result<void> saved(const ScenarioStep& step, const Result<Saved>& result) {
    if (!result.ok()) return result.error();
    refused(result->errors);
    for (const Conflict& c : result->conflicts) refused({CellError{c.column, "conflict", "changed meanwhile"}});
    if (!result->row) return {};
    current_ = result->row->number;
    registers_[current_] = reg_->id;
    if (!step.as.empty()) numbers_[step.as] = current_;
    return {};
  }
  Result<void> take(const ScenarioStep& step) {
    const std::string reason = step.reason.empty() ? "scenario" : step.reason;
    if (!step.row.empty()) {
      const auto known = numbers_.find(step.row);
      if (known == numbers_.end()) return Error(ErrorCode::not_found, "the row '" + step.row + "' was never made");
      current_ = known->second;
    }
    switch (step.kind) {
      case ScenarioStep::Kind::add:
        current_.clear();
        return saved(step, stage_.registers.add(*reg_, resolved(step.values), reason, writer(step), "ja", ""));
      case ScenarioStep::Kind::change: {
        MACHIYA_TRY(const Row row, stage_.registers.open(*reg_, current_, everyone(*reg_), ""));
        return saved(step, stage_.registers.change(*reg_, current_, row.revision, resolved(step.values), {}, reason, writer(step), "ja", ""));
      }
      case ScenarioStep::Kind::act: return act(step, reason);
      case ScenarioStep::Kind::bulk: return bulk(step, reason);
      case ScenarioStep::Kind::wait:
        stage_.clock.set(cases::add_period(stage_.clock.now(), step.wait, parts_.is_working_day));
        MACHIYA_TRY(const auto ran, stage_.ground.jobs.run_due());
        (void)ran;
        return {};
    }
    return {};
  }
  Result<void> act(const ScenarioStep& step, const std::string& reason) {
    MACHIYA_TRY(const Row row, stage_.registers.open(*reg_, current_, everyone(*reg_), ""));
    const auto may = [&](const identity::Principal& who) {
      const auto actions = stage_.registers.actions(*reg_, row, who);
      return std::any_of(actions.begin(), actions.end(), [&](const cases::Action* a) { return a->id == step.action; });
    };
    return saved(step, stage_.registers.act(*reg_, current_, row.revision, step.action, reason, actor(step, reg_->rights.write, may), "ja", ""));
  }
  Result<void> bulk(const ScenarioStep& step, const std::string& reason) {
    const auto who = actor(step, reg_->rights.bulk, [&](const identity::Principal& one) { return stage_.registers.may_bulk(*reg_, one); });
    Query query;
    query.where = step.where;
    for (Condition& c : query.where)
      if (!c.value.empty() && c.value[0] == '$') c.value = resolved(Value::object({{"v", c.value}})).text("v");
    MACHIYA_TRY(const BulkPlan plan, stage_.registers.plan_bulk(*reg_, query, resolved(step.values), who, "ja"));
    for (const auto& [row, errors] : plan.sample) refused(errors);
    if (plan.faulty > 0) return {};
    MACHIYA_TRY(const BulkDone done, stage_.registers.do_bulk(*reg_, query, resolved(step.values), plan.rows, reason, who, ""));
    (void)done;
    return {};
  }

  void expect(const std::string& at, const std::string& wanted, const std::string& got) {
    if (wanted != got) out_.emplace_back(at, "expected " + wanted + ", got " + got);
  }
  void check(const Value& then, const std::string& at) {
    if (then.is_null()) return;
    if (then.has("errors")) {
      const bool other = refused_.empty() && !messages_.empty();   // refused as a whole
      expect(at + "/errors", listed(set_of(then["errors"])), other ? messages_ : listed(refused_));
    }
    if (then.has("refused") && then.text("refused") != why_)
      out_.emplace_back(at + "/refused", "expected a refusal for " + then.text("refused") + ", got " + (why_.empty() ? "none" : why_ + " (" + messages_ + ")"));
    if (then.has("row"))
      if (const auto known = numbers_.find(then.text("row").substr(1)); known != numbers_.end()) {
        current_ = known->second;
        if (const auto of = registers_.find(current_); of != registers_.end()) reg_ = parts_.city->get<Register>("register", of->second);
      }
    if (then.has("rows")) rows(then["rows"].as_int(), at + "/rows");
    if (then.has("due")) due(then, at + "/due");
    if (!then.has("values") && !then.has("state") && !then.has("history")) return;
    const auto row = stage_.registers.open(*reg_, current_, everyone(*reg_), "");
    if (!row.ok()) return void(out_.emplace_back(at, "there is no row to look at: " + row.error().to_string()));
    if (then.has("state")) expect(at + "/state", then.text("state"), row->state);
    const Value wanted = resolved(then["values"]);
    for (const auto& [name, value] : wanted.members())
      if (!cases::same_value(value, row->values[name]))
        out_.emplace_back(at + "/values/" + json::pointer_token(name), "expected " + json::to_text(value) + ", got " + json::to_text(row->values[name]));
    if (then.has("history")) history(then["history"], at + "/history");
  }
  void rows(std::int64_t wanted, const std::string& at) {
    const auto found = stage_.registers.list(*reg_, Query{}, everyone(*reg_));
    if (!found.ok()) return void(out_.emplace_back(at, found.error().to_string()));
    expect(at, std::to_string(wanted), std::to_string(found->total));
  }
  void due(const Value& then, const std::string& at) {
    const auto found = stage_.registers.due(everyone(*reg_), 1000);
    if (!found.ok()) return void(out_.emplace_back(at, found.error().to_string()));
    std::set<std::string> ids;
    for (const Due& one : *found)
      if (one.register_id == reg_->id && (!then.has("row") || one.number == current_)) ids.insert(one.reminder);
    expect(at, listed(set_of(then["due"])), listed(ids));
  }
  void history(const Value& wanted, const std::string& at) {
    const auto found = stage_.registers.history(*reg_, current_, everyone(*reg_));
    if (!found.ok()) return void(out_.emplace_back(at, found.error().to_string()));
    std::vector<std::pair<std::int64_t, std::string>> entries;
    for (const HistoryEntry& e : *found) entries.emplace_back(e.sequence, e.action.substr(0, e.action.find(':')));
    std::sort(entries.begin(), entries.end());
    Value is = Value::array();
    for (const auto& [sequence, action] : entries) is.push(action);
    if (!(is == wanted)) out_.emplace_back(at, "expected " + json::to_text(wanted) + ", got " + json::to_text(is));
  }

  Stage& stage_;
  const cases::ScenarioParts& parts_;
  const Scenario& scenario_;
  const Register* reg_;                          ///< of the step, or of the row that `then` looks at
  std::map<std::string, std::string> numbers_;   ///< name -> number of the row
  std::map<std::string, std::string> registers_; ///< number -> register
  std::string current_;                          ///< the row that the last step or `then` spoke of
  std::set<std::string> refused_;                ///< columns
  std::string messages_;
  std::string why_;                              ///< the step was refused as a whole: the word for it
  std::vector<Problem> out_;
};

}  // namespace

std::vector<cases::ScenarioResult> run_scenarios(const cases::ScenarioParts& parts, const cases::ScenarioFilter& filter) {
  std::vector<cases::ScenarioResult> out;
  Stage stage(parts);
  for (const city::Loaded* loaded : parts.city->all("register-scenario")) {
    const auto* scenario = dynamic_cast<const Scenario*>(loaded->definition.get());
    if (scenario == nullptr) continue;
    if (filter.initiative != 0 && loaded->source.initiative != filter.initiative) continue;
    if (!filter.procedure.empty() && scenario->register_id != filter.procedure) continue;
    cases::ScenarioResult result{loaded->source.file, scenario->name, scenario->register_id, loaded->source.initiative, {}};
    if (auto cleared = parts.store.write([&](store::Tx& tx) { return dao::clear(tx, stage.clock.now()); }); !cleared.ok()) result.problems.push_back(cleared.error().to_string());
    for (const auto& [pointer, problem] : Run(stage, parts, *scenario).go())
      result.problems.push_back(cases::scenario_place(parts.folder, loaded->source.file, pointer) + ": " + problem);
    out.push_back(std::move(result));
  }
  return out;
}

}  // namespace machiya::registers
