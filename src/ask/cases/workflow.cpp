#include "ask/cases/workflow.h"

#include <algorithm>

namespace machiya::cases {
namespace {

std::string at(std::string_view list, std::size_t i, std::string_view key = {}) {
  std::string out = "/" + std::string(list) + "/" + std::to_string(i);
  if (!key.empty()) out += "/" + std::string(key);
  return out;
}

/// "from: received" and "from: [received, under-review]" alike.
std::vector<std::string> texts_of(const json::Value& v) {
  std::vector<std::string> out;
  if (v.is_string()) out.push_back(v.as_string());
  for (const json::Value& item : v.items()) out.push_back(item.as_string());
  return out;
}

bool yes(const json::Value& v) { return v.as_bool() || v.as_string() == "yes"; }

State read_state(const json::Value& v, std::size_t i, Diagnostics& faults) {
  State s;
  s.id = v.text("state");
  s.name = city::Text(v["name"]), s.citizen = city::Text(v["citizen"]);
  s.end = v.text("end"), s.outcome = v.text("outcome");
  const std::string& clock = v.text("clock");
  s.clock = clock == "running" ? ClockRule::running : clock == "stopped" ? ClockRule::stopped : ClockRule::none;
  if (!clock.empty() && s.clock == ClockRule::none && clock != "none")
    faults.error(at("states", i, "clock"), "clock は running か stopped です", "clock is running or stopped");
  if (const std::string& opens = v.text("opens"); opens == "correction") {
    s.opens_correction = true;
  } else if (!opens.empty()) {
    faults.error(at("states", i, "opens"), "opens に書けるのは correction だけです", "opens can only be correction");
  }
  if (!s.end.empty() && s.end != "decided" && s.end != "withdrawn" && s.end != "closed")
    faults.error(at("states", i, "end"), "end は decided、withdrawn、closed のどれかです", "end is decided, withdrawn or closed");
  if (!s.end.empty() && s.clock == ClockRule::running)
    faults.error(at("states", i, "clock"), "終わりの状態で標準処理期間は進みません", "the clock cannot run in an end state");
  if (s.name.empty()) faults.error(at("states", i), "状態に name(名称)がありません", "the state has no name");
  return s;
}

void read_needs(const json::Value& v, std::size_t i, Action& a, Diagnostics& faults) {
  for (const std::string& need : texts_of(v["needs"])) {
    if (need == "note") a.needs_note = true;
    else if (need == "reason") a.needs_reason = true;
    else if (need == "fields") a.needs_fields = true;
    else
      faults.error(at("actions", i, "needs"), "needs に「" + need + "」は書けません(note、reason、fields)",
                   "needs cannot hold '" + need + "' (note, reason, fields)");
  }
}

Action read_action(const json::Value& v, std::size_t i, Diagnostics& faults) {
  Action a;
  a.id = v.text("action"), a.name = city::Text(v["name"]), a.from = texts_of(v["from"]), a.to = v.text("to");
  a.permission = v.text("permission"), a.when = v.text("when"), a.document = v.text("document");
  a.four_eyes = yes(v["four_eyes"]);
  const std::string& by = v.text("by");
  a.by = by == "applicant" ? By::applicant : by == "system" ? By::system : By::staff;
  if (by != "staff" && by != "applicant" && by != "system")
    faults.error(at("actions", i, "by"), "by は staff、applicant、system のどれかです", "by is staff, applicant or system");
  if (a.by == By::staff && a.permission.empty())
    faults.error(at("actions", i), "職員の操作「" + a.id + "」に permission がありません",
                 "the staff action '" + a.id + "' has no permission");
  if (a.four_eyes && a.by != By::staff)
    faults.error(at("actions", i, "four_eyes"), "四つ目(二人での確認)は職員の操作だけです", "four eyes is for staff actions only");
  if (a.name.empty() && a.by != By::system)
    faults.error(at("actions", i), "操作「" + a.id + "」に name(名称)がありません", "the action '" + a.id + "' has no name");
  if (const std::string& after = v.text("after"); !after.empty()) {
    if (auto period = parse_period(after)) a.after = *period;
    else
      faults.error(at("actions", i, "after"), "期間「" + after + "」を読み取れません(例 P3D)",
                   "cannot read the period '" + after + "' (for example P3D)");
  } else if (a.by == By::system) {
    a.after.present = true;
  }
  read_needs(v, i, a, faults);
  return a;
}

template <class List>
void check_unique(const List& list, std::string_view name, std::string_view key, Diagnostics& faults) {
  for (std::size_t i = 0; i < list.size(); ++i) {
    if (list[i].id.empty()) faults.error(at(name, i), "名前がありません", "it has no id");
    for (std::size_t j = 0; j < i; ++j)
      if (list[j].id == list[i].id)
        faults.error(at(name, i, key), "「" + list[i].id + "」が重なっています", "'" + list[i].id + "' is there twice");
  }
}

}  // namespace

bool Action::leaves(std::string_view state) const { return std::find(from.begin(), from.end(), state) != from.end(); }

const State* Workflow::state(std::string_view wanted) const {
  for (const State& s : states)
    if (s.id == wanted) return &s;
  return nullptr;
}
const Action* Workflow::action(std::string_view wanted) const {
  for (const Action& a : actions)
    if (a.id == wanted) return &a;
  return nullptr;
}
const Document* Workflow::document(std::string_view wanted) const {
  for (const Document& d : documents)
    if (d.id == wanted) return &d;
  return nullptr;
}
std::vector<const Action*> Workflow::from(std::string_view state) const {
  std::vector<const Action*> out;
  for (const Action& a : actions)
    if (a.leaves(state)) out.push_back(&a);
  return out;
}

std::optional<Retention> read_retention(const json::Value& v, Diagnostics& faults) {
  if (v.is_null()) return std::nullopt;
  Retention r;
  auto keep = parse_period(v.text("keep"));
  if (!keep || keep->zero())
    faults.error("/retention/keep", "保存期間を読み取れません(例 P5Y)", "cannot read the retention period (for example P5Y)");
  else
    r.keep = *keep;
  r.from_end = v.text("from") != "received";
  r.basis = city::Text(v["basis"]).in("ja");
  return r;
}

std::shared_ptr<const Workflow> compile_workflow(const json::Value& body, Diagnostics& faults) {
  auto w = std::make_shared<Workflow>();
  Diagnostics own;
  w->id = body.text("workflow");
  w->version = static_cast<int>(body["version"].as_int(1));
  w->start = body.text("start");
  const auto& states = body["states"].items();
  for (std::size_t i = 0; i < states.size(); ++i) w->states.push_back(read_state(states[i], i, own));
  const auto& actions = body["actions"].items();
  for (std::size_t i = 0; i < actions.size(); ++i) w->actions.push_back(read_action(actions[i], i, own));
  for (const json::Value& d : body["documents"].items())
    w->documents.push_back({d.text("document"), city::Text(d["title"]), city::Text(d["body"])});
  w->retention = read_retention(body["retention"], own);
  check_unique(w->states, "states", "state", own);
  check_unique(w->actions, "actions", "action", own);
  check_unique(w->documents, "documents", "document", own);
  check_graph(*w, body, own);
  for (const Diagnostic& d : own.list())
    d.severity == Severity::error ? faults.error(d.pointer, d.ja, d.en, d.line, d.column) : faults.warning(d.pointer, d.ja, d.en, d.line, d.column);
  if (!own.ok()) return nullptr;
  return w;
}

}  // namespace machiya::cases
