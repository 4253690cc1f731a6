#include "ask/cases/scenario_runner.h"

#include <fstream>
#include <map>
#include <sstream>

#include "ask/cases/case_events.h"
#include "ask/cases/ground_floor.h"
#include "ask/cases/scenario_check.h"
#include "ask/cases/submission.h"
#include "city/yaml.h"

namespace machiya::cases {
namespace {

/// The house of a scenario: the real services with a clock that the scenario sets.
struct Stage {
  explicit Stage(const ScenarioParts& parts)
      : ground(parts.store, parts.vault, clock, json::to_text(parts.city->policy())), source([city = parts.city] { return city; }),
        cases(Platform{parts.store, parts.vault, ground.audit, ground.events, ground.jobs, ground.identity, clock, rng}, ports_of(parts)) {
    Cases::declare(ground.events, ground.jobs);
    ground.jobs.handle(std::string(kAutomaticJob), [this](const jobs::Job& job) {
      return cases.run_automatic(job.payload.text("number"), job.payload.text("action"), job.payload.text("state"));
    });
  }
  Ports ports_of(const ScenarioParts& parts) {
    Ports ports;
    ports.definitions = &source;
    ports.is_working_day = parts.is_working_day;
    return ports;
  }

  FakeClock clock{Instant{0}};
  vault::SystemRng rng;
  GroundFloor ground;
  CityDefinitions source;
  Cases cases;
};

/// One scenario on the stage.
class Run {
 public:
  Run(Stage& stage, const ScenarioParts& parts, const Scenario& scenario, int number)
      : stage_(stage), parts_(parts), scenario_(scenario), number_(number), procedure_(parts.procedure(scenario.procedure)) {}

  /// Faults by the JSON pointer of the definition.
  std::vector<std::pair<std::string, std::string>> go() {
    if (!procedure_) return {{"/procedure", "the procedure is not loaded"}};
    stage_.clock.set(Instant{start_of_day_in_japan(scenario_.today).us + 10 * kHour});
    if (auto who = applicant(); who.ok()) applicant_ = *who;
    else return {{"/given/applicant", who.error().to_string()}};
    for (std::size_t i = 0; i < scenario_.steps.size(); ++i) {
      const ScenarioStep& step = scenario_.steps[i];
      const std::string here = "/when/" + std::to_string(i);
      world_.failed.reset();
      stage_.clock.advance(kMinute);   // each step is later than the one before
      auto done = take(step);
      if (!done.ok()) world_.failed = done.error();
      refresh();
      const bool last = i + 1 == scenario_.steps.size();
      const bool expected = step.then.has("errors") || step.then.has("stop") || (last && (scenario_.then.has("errors") || scenario_.then.has("stop")));
      if (world_.failed && !expected) out_.emplace_back(here, "the step failed: " + world_.failed->to_string());
      for (const Difference& d : differences(step.then, world_)) out_.emplace_back(here + "/then/" + d.key, d.text);
      if (world_.failed && !expected) return out_;
    }
    for (const Difference& d : differences(scenario_.then, world_)) out_.emplace_back("/then/" + d.key, d.text);
    return out_;
  }

 private:
  Result<identity::Principal> applicant() {
    const std::string& wanted = scenario_.assurance.empty() ? procedure_->assurance : scenario_.assurance;
    identity::Principal who;
    if (wanted == "none") {
      who.session = "scenario-" + std::to_string(number_);
      return who;
    }
    // Each scenario has people of its own: the same address in two scenarios is two people.
    const std::string email = "s" + std::to_string(number_) + "." + (scenario_.email.empty() ? "applicant@example.jp" : scenario_.email);
    const auto assurance = wanted == "verified" ? identity::Assurance::verified : identity::Assurance::contact;
    return parts_.store.write([&](store::Tx& tx) { return stage_.ground.identity.ensure_person(tx, email, assurance); });
  }
  interview::Situation situation() const {
    interview::Situation s;
    s.now = stage_.clock.now();
    if (!scenario_.facts.is_null()) s.facts = json::Value::object({{"person", scenario_.facts}});
    return s;
  }
  std::vector<std::string> ids() {
    std::vector<std::string> out;
    for (int i = 0; i < 64; ++i) out.push_back(new_public_id(stage_.rng));
    return out;
  }

  Result<void> take(const ScenarioStep& step) {
    switch (step.kind) {
      case ScenarioStep::Kind::apply: return apply(step);
      case ScenarioStep::Kind::correct: return correct(step);
      case ScenarioStep::Kind::wait: return wait(step.wait);
      case ScenarioStep::Kind::withdraw: return done(stage_.cases.withdraw(case_, {}, applicant_));
      case ScenarioStep::Kind::applicant: return done(stage_.cases.act(case_, step.act, applicant_));
      case ScenarioStep::Kind::staff: return done(stage_.cases.act(case_, step.act, staff(step.role)));
      case ScenarioStep::Kind::confirm: return done(stage_.cases.confirm(case_, step.act.action != "return", step.act, staff(step.role)));
    }
    return {};
  }
  template <class T>
  static Result<void> done(const Result<T>& r) {
    if (!r.ok()) return r.error();
    return {};
  }
  identity::Principal staff(const std::string& role) const {
    identity::Principal who;
    who.kind = identity::PrincipalKind::staff;
    who.public_id = "scenario-" + role, who.name = role, who.roles = {role};
    who.department = world_.view ? world_.view->department : procedure_->owner;
    return who;
  }
  Result<void> evaluate(const interview::Log& log) {
    MACHIYA_TRY(world_.interview, interview::evaluate(*procedure_, log, situation()));
    return {};
  }
  Submission submission(const interview::Log& log, bool is_signed) {
    Submission s = make_submission(*procedure_, *world_.interview, log);
    s.applicant = applicant_, s.channel = "scenario";
    if (is_signed) s.signature = rehearsed_signature(s, stage_.clock.now());
    return s;
  }
  Result<void> apply(const ScenarioStep& step) {
    world_.view.reset(), world_.interview.reset(), case_.clear();
    MACHIYA_TRY(auto answers, interview::read_values(*procedure_, with_file_ids(step.answers), situation(), "applicant", ids()));
    interview::Log log;
    for (interview::Answer& a : answers) log.append(std::move(a));
    MACHIYA_CHECK(evaluate(log));
    if (!step.send) return {};
    if (world_.interview->stop) return Error(ErrorCode::invalid_input, "stopped: " + world_.interview->stop->title);
    if (!world_.interview->complete) return Error(ErrorCode::invalid_input, "not complete: " + unanswered());
    MACHIYA_TRY(auto receipt, stage_.cases.submit(submission(log, step.is_signed)));
    case_ = receipt.number;
    return {};
  }
  Result<void> correct(const ScenarioStep& step) {
    MACHIYA_TRY(CaseView before, stage_.cases.view_own(case_, applicant_, "", true));
    MACHIYA_TRY(interview::Log log, interview::Log::from_json(before.log));
    MACHIYA_TRY(auto answers, interview::read_values(*procedure_, with_file_ids(step.answers), situation(), "applicant", ids()));
    for (interview::Answer& a : answers) log.append(std::move(a));
    MACHIYA_CHECK(evaluate(log));
    if (!world_.interview->complete) return Error(ErrorCode::invalid_input, "not complete: " + unanswered());
    return done(stage_.cases.resubmit(case_, submission(log, step.is_signed), {}, applicant_));
  }
  Result<void> wait(const Period& period) {
    stage_.clock.set(add_period(stage_.clock.now(), period, parts_.is_working_day));
    return done(stage_.ground.jobs.run_due());
  }
  std::string unanswered() const {
    std::string out;
    for (const auto& page : world_.interview->pages)
      for (const auto& e : page.errors) out += (out.empty() ? "" : ", ") + e.field + " (" + e.message + ")";
    for (const auto& e : world_.interview->errors) out += (out.empty() ? "" : ", ") + e.field + " (" + e.message + ")";
    if (out.empty() && !world_.interview->next.empty()) out = "page " + world_.interview->next;
    return out;
  }
  /// The case as staff see it, after whatever the step did.
  void refresh() {
    if (case_.empty()) return;
    auto view = stage_.cases.view_staff(case_, staff("clerk"), "");
    if (view.ok()) world_.view = std::move(*view);
    else if (!world_.failed) world_.failed = view.error();
    world_.document.clear();
    if (!world_.view || world_.view->document.empty()) return;
    auto document = stage_.cases.document(case_, staff("clerk"), "");
    if (document.ok()) world_.document = document->title + "\n" + document->text;
  }

  Stage& stage_;
  const ScenarioParts& parts_;
  const Scenario& scenario_;
  int number_;
  std::shared_ptr<const interview::Procedure> procedure_;
  identity::Principal applicant_;
  std::string case_;
  ScenarioWorld world_;
  std::vector<std::pair<std::string, std::string>> out_;
};

}  // namespace

std::string scenario_place(const std::string& folder, const std::string& file, const std::string& pointer) {
  std::ifstream in(folder + "/" + file);
  std::stringstream text;
  text << in.rdbuf();
  std::vector<city::PlacedFault> faults;
  auto root = city::parse_yaml(text.str(), faults);
  return file + ":" + (root ? std::to_string(city::locate(*root, pointer).place.line) : "1");
}

json::Value with_file_ids(const json::Value& v) {
  if (v.is_array()) {
    json::Value out = json::Value::array();
    for (const json::Value& item : v.items()) out.push(with_file_ids(item));
    return out;
  }
  if (!v.is_object()) return v;
  json::Value out = json::Value::object();
  for (const auto& [key, member] : v.members()) {
    if (key == "blob" && member.is_string() && !is_public_id(member.as_string())) {
      SeededRng rng(std::hash<std::string>{}(member.as_string()));
      out.set(key, new_public_id(rng));
    } else {
      out.set(key, with_file_ids(member));
    }
  }
  return out;
}

std::vector<ScenarioResult> run_scenarios(const ScenarioParts& parts, const ScenarioFilter& filter) {
  std::vector<ScenarioResult> out;
  Stage stage(parts);
  int number = 0;
  for (const city::Loaded* loaded : parts.city->all("scenario")) {
    const auto* scenario = dynamic_cast<const Scenario*>(loaded->definition.get());
    if (!scenario) continue;
    if (filter.initiative && loaded->source.initiative != filter.initiative) continue;
    if (!filter.procedure.empty() && scenario->procedure != filter.procedure) continue;
    ScenarioResult result{loaded->source.file, scenario->name, scenario->procedure, loaded->source.initiative, {}};
    for (const auto& [pointer, problem] : Run(stage, parts, *scenario, ++number).go())
      result.problems.push_back(scenario_place(parts.folder, loaded->source.file, pointer) + ": " + problem);
    out.push_back(std::move(result));
  }
  return out;
}

int report_scenarios(const std::vector<ScenarioResult>& results, bool verbose, std::ostream& out) {
  int passed = 0, failed = 0;
  for (const ScenarioResult& r : results) {
    (r.passed() ? passed : failed)++;
    if (r.passed() && verbose) out << "ok    " << r.file << "  " << r.name << "\n";
    if (!r.passed()) out << "FAIL  " << r.file << "  " << r.name << "\n";
    for (const std::string& problem : r.problems) out << "      " << problem << "\n";
  }
  out << passed << " passed, " << failed << " failed\n";
  return failed == 0 && passed > 0 ? 0 : 1;
}

}  // namespace machiya::cases
