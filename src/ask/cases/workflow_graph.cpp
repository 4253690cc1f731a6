// The checks of a workflow as a graph: every state can be reached, and from every state an end can be reached.
#include <set>

#include "ask/cases/workflow.h"

namespace machiya::cases {
namespace {

std::string pointer(std::string_view list, std::size_t i, std::string_view key = {}) {
  std::string out = "/" + std::string(list) + "/" + std::to_string(i);
  return key.empty() ? out : out + "/" + std::string(key);
}

std::set<std::string> reachable_from_start(const Workflow& w) {
  std::set<std::string> seen = {w.start};
  for (bool grew = true; grew;) {
    grew = false;
    for (const Action& a : w.actions)
      for (const std::string& from : a.from)
        if (seen.count(from) && !seen.count(a.to)) grew = seen.insert(a.to).second;
  }
  return seen;
}

std::set<std::string> can_end(const Workflow& w) {
  std::set<std::string> seen;
  for (const State& s : w.states)
    if (!s.end.empty()) seen.insert(s.id);
  for (bool grew = true; grew;) {
    grew = false;
    for (const Action& a : w.actions)
      if (seen.count(a.to))
        for (const std::string& from : a.from)
          if (seen.insert(from).second) grew = true;
  }
  return seen;
}

void check_action(const Workflow& w, const Action& a, std::size_t i, Diagnostics& faults) {
  for (std::size_t k = 0; k < a.from.size(); ++k) {
    const State* s = w.state(a.from[k]);
    if (!s)
      faults.error(pointer("actions", i, "from"), "状態「" + a.from[k] + "」がありません", "there is no state '" + a.from[k] + "'");
    else if (!s->end.empty())
      faults.error(pointer("actions", i, "from"), "終わった状態「" + a.from[k] + "」からは動かせません",
                   "nothing leaves the end state '" + a.from[k] + "'");
  }
  if (a.from.empty()) faults.error(pointer("actions", i), "from(もとの状態)がありません", "it has no from");
  const State* to = w.state(a.to);
  if (!to) faults.error(pointer("actions", i, "to"), "状態「" + a.to + "」がありません", "there is no state '" + a.to + "'");
  if (!a.document.empty() && !w.document(a.document))
    faults.error(pointer("actions", i, "document"), "文書「" + a.document + "」がありません", "there is no document '" + a.document + "'");
  if (a.needs_fields && to && !to->opens_correction)
    faults.error(pointer("actions", i, "needs"), "fields を求める操作は、opens: correction の状態へ進めます",
                 "an action that needs fields leads to a state with opens: correction");
  if (to && to->opens_correction && !a.needs_fields && a.by == By::staff)
    faults.error(pointer("actions", i), "補正を開く操作には needs: [fields, …] が要ります", "an action that opens a correction needs fields");
}

}  // namespace

void check_graph(const Workflow& w, const json::Value& body, Diagnostics& faults) {
  (void)body;
  if (!w.state(w.start)) {
    faults.error("/start", "最初の状態「" + w.start + "」がありません", "there is no start state '" + w.start + "'");
    return;
  }
  for (std::size_t i = 0; i < w.actions.size(); ++i) check_action(w, w.actions[i], i, faults);
  const std::set<std::string> reachable = reachable_from_start(w), ends = can_end(w);
  for (std::size_t i = 0; i < w.states.size(); ++i) {
    const State& s = w.states[i];
    if (!reachable.count(s.id))
      faults.error(pointer("states", i, "state"), "状態「" + s.id + "」へは、どの操作でも行けません",
                   "no action leads to the state '" + s.id + "'");
    if (!ends.count(s.id))
      faults.error(pointer("states", i, "state"), "状態「" + s.id + "」から終わりの状態へ行けません",
                   "no end can be reached from the state '" + s.id + "'");
    bool answered = false;
    for (const Action* a : w.from(s.id)) answered = answered || a->by == By::applicant;
    if (s.opens_correction && !answered)
      faults.error(pointer("states", i, "opens"), "補正の状態「" + s.id + "」から申請者が進める操作がありません",
                   "no action of the applicant leaves the correction state '" + s.id + "'");
  }
}

}  // namespace machiya::cases
