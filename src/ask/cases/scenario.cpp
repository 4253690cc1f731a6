#include "ask/cases/scenario.h"

#include "city/schema.h"

namespace machiya::cases {
namespace {

std::string at(std::size_t i, std::string_view key = {}) {
  std::string out = "/when/" + std::to_string(i);
  return key.empty() ? out : out + "/" + std::string(key);
}

void read_act(const json::Value& v, const char* role, ScenarioStep& step) {
  step.act.action = v.text("action"), step.act.note = v.text("note"), step.act.reason = v.text("reason");
  for (const json::Value& f : v["fields"].items()) step.act.fields.push_back(f.as_string());
  step.role = v.text("as").empty() ? role : v.text("as");
}

ScenarioStep read_step(const json::Value& v, std::size_t i, Diagnostics& faults) {
  using Kind = ScenarioStep::Kind;
  ScenarioStep step;
  step.then = v["then"];
  step.send = !v.has("send") || v["send"].as_bool();
  step.is_signed = v["signed"].as_bool();
  if (v.has("apply")) step.kind = Kind::apply, step.answers = v["apply"];
  else if (v.has("staff")) step.kind = Kind::staff, read_act(v["staff"], "clerk", step);
  else if (v.has("confirm")) step.kind = Kind::confirm, read_act(v["confirm"], "approver", step);
  else if (v.has("correct")) step.kind = Kind::correct, step.answers = v["correct"];
  else if (v.has("withdraw")) step.kind = Kind::withdraw;
  else if (v.has("applicant")) step.kind = Kind::applicant, read_act(v["applicant"], "", step);
  else if (auto period = parse_period(v.text("wait"))) step.kind = Kind::wait, step.wait = *period;
  else
    faults.error(at(i), "apply、staff、confirm、correct、withdraw、applicant、wait のどれかを書いてください",
                 "write one of apply, staff, confirm, correct, withdraw, applicant, wait");
  if ((step.kind == Kind::staff || step.kind == Kind::applicant) && step.act.action.empty())
    faults.error(at(i), "操作の action がありません", "the step names no action");
  if (!step.then["messages"].is_null())
    faults.error(at(i, "then"), "messages はまだ確かめられません(通知の仕組みがまだありません)", "messages cannot be checked: nothing sends them yet");
  return step;
}

void link(const city::City& city, const city::Source&, const city::Definition& definition, Diagnostics& faults) {
  const auto* scenario = dynamic_cast<const Scenario*>(&definition);
  if (!scenario) return;
  const city::Loaded* procedure = city.find("procedure", scenario->procedure);
  if (!procedure) {
    faults.error("/procedure", "手続「" + scenario->procedure + "」がありません", "there is no procedure '" + scenario->procedure + "'");
    return;
  }
  if (!procedure->canonical) return;
  auto body = json::parse(*procedure->canonical);
  const Workflow* workflow = body.ok() ? city.get<Workflow>("workflow", body->text("case")) : nullptr;
  if (!workflow) return;
  for (std::size_t i = 0; i < scenario->steps.size(); ++i) {
    const ScenarioStep& step = scenario->steps[i];
    const bool acts = step.kind == ScenarioStep::Kind::staff || step.kind == ScenarioStep::Kind::applicant;
    if (acts && !workflow->action(step.act.action))
      faults.error(at(i, step.kind == ScenarioStep::Kind::staff ? "staff/action" : "applicant/action"), "ワークフロー「" + workflow->id + "」に操作「" + step.act.action + "」がありません",
                   "workflow '" + workflow->id + "' has no action '" + step.act.action + "'");
  }
}

}  // namespace

std::shared_ptr<const Scenario> compile_scenario(const json::Value& body, Diagnostics& faults) {
  auto s = std::make_shared<Scenario>();
  Diagnostics own;
  s->name = body.text("scenario"), s->procedure = body.text("procedure");
  const json::Value& given = body["given"];
  if (auto today = parse_iso_date(given.text("today"))) s->today = *today;
  else own.error("/given/today", "日付(2026-05-10 の形)が要ります", "a date is needed (2026-05-10)");
  s->email = given["applicant"].text("email"), s->assurance = given["applicant"].text("assurance"), s->facts = given["applicant"]["facts"];
  const auto& steps = body["when"].items();
  for (std::size_t i = 0; i < steps.size(); ++i) s->steps.push_back(read_step(steps[i], i, own));
  s->then = body["then"];
  bool checks = !s->then.is_null();
  for (const ScenarioStep& step : s->steps) checks = checks || !step.then.is_null();
  if (!checks) own.error("", "then がひとつもありません。何も確かめないシナリオは置けません", "there is no then: a scenario that checks nothing proves nothing");
  if (!s->then["messages"].is_null())
    own.error("/then/messages", "messages はまだ確かめられません(通知の仕組みがまだありません)", "messages cannot be checked: nothing sends them yet");
  for (const Diagnostic& d : own.list()) faults.error(d.pointer, d.ja, d.en, d.line, d.column);
  if (!own.ok()) return nullptr;
  return s;
}

city::Kind scenario_kind() {
  city::Kind kind;
  kind.name = "scenario", kind.folder = "scenarios";
  kind.compile = [](const json::Value& body, const city::Source&, Diagnostics& faults) -> std::shared_ptr<const city::Definition> {
    return compile_scenario(body, faults);
  };
  kind.link = link;
  return kind;
}

}  // namespace machiya::cases
