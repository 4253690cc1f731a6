// Decisions that a procedure names (docs/definitions.md, "Decision"), compiled against its answers.
#include <algorithm>
#include <set>

#include "ask/interview/compiler.h"

namespace machiya::interview {
namespace {

/// The decision and everything that it needs, each once; the decision itself is the last.
void closure(const json::Value& decisions, const std::string& id, std::set<std::string>& seen, std::vector<std::string>& out) {
  if (!seen.insert(id).second || seen.size() > 200) return;
  const json::Value* body = decisions.find(id);
  if (body == nullptr) return;
  for (const auto& need : (*body)["needs"].items()) closure(decisions, need.as_string(), seen, out);
  out.push_back(id);
}
json::Value::Array bodies_of(const json::Value& decisions, const std::vector<std::string>& ids) {
  json::Value::Array out;
  for (const auto& id : ids) out.push_back(decision_body(decisions[id]));
  return out;
}

/// The decisions whose ids stand in an expression; an id has a hyphen, so that no variable is taken for one.
json::Value named_in(const std::string& text, const json::Value& decisions) {
  json::Value out = json::Value::array();
  for (const auto& [id, body] : decisions.members()) {
    if (id.find('-') == std::string::npos) continue;
    const auto at = text.find(id);
    auto part = [&](std::size_t i) { return i < text.size() && (text[i] == '-' || text[i] == '_' || (text[i] >= 'a' && text[i] <= 'z') || (text[i] >= '0' && text[i] <= '9')); };
    if (at != std::string::npos && !(at > 0 && part(at - 1)) && !part(at + id.size())) out.push(id);
  }
  return out;
}

}  // namespace

json::Value decision_body(json::Value definition) {
  json::Value* outputs = definition.find("outputs");
  if (outputs == nullptr || !outputs->is_array()) return definition;
  json::Value defaults = json::Value::array();
  bool any = false;
  for (auto& output : outputs->items()) {
    any = any || output.has("default");
    defaults.push(output.has("default") ? output["default"] : json::Value("null"));
    if (output.is_object()) output.erase("default");
  }
  if (any) definition.set("default", std::move(defaults));
  return definition;
}

std::vector<std::string> decisions_of(const json::Value& definition, const json::Value& decisions) {
  std::set<std::string> seen;
  std::vector<std::string> out;
  auto take = [&](const json::Value& text) {
    const json::Value named = named_in(scalar_text(text), decisions);
    for (const auto& id : named.items()) closure(decisions, id.as_string(), seen, out);
  };
  take(definition["fee"]);
  for (const auto& calculation : definition["calculate"].items()) take(calculation["value"]);
  std::sort(out.begin(), out.end());
  return out;
}

bool ProcedureCompiler::names_decision(const std::string& text, json::Value& needs) const {
  needs = named_in(text, out_->world.decisions);   // null when there are none
  return needs.size() > 0;
}

void ProcedureCompiler::decision(const std::string& id, const std::string& at, const feel::Type& wanted, Formula& out) {
  out_->needs_world = true;
  if (!out_->world.decisions.has(id)) {
    if (out_->world.known || !out_->world.decisions.is_null()) faults_.error(at, "決定表「" + id + "」はありません", "there is no decision '" + id + "'");
    return;
  }
  std::set<std::string> seen;
  std::vector<std::string> ids;
  closure(out_->world.decisions, id, seen, ids);
  compile_bodies(id, bodies_of(out_->world.decisions, ids), at, wanted, out);
}

/// An expression that names decisions ("if score = null then null else sme-band") is a decision itself.
void ProcedureCompiler::expression_over_decisions(const std::string& text, const json::Value& needs, const std::string& at, const feel::Type& wanted, Formula& out) {
  out_->needs_world = true;
  std::set<std::string> seen;
  std::vector<std::string> ids;
  for (const auto& id : needs.items()) closure(out_->world.decisions, id.as_string(), seen, ids);
  json::Value::Array bodies = bodies_of(out_->world.decisions, ids);
  bodies.push_back(json::Value::object({{"decision", "expression-here"}, {"expression", text}, {"needs", needs}}));
  compile_bodies("expression-here", bodies, at, wanted, out);
}

void ProcedureCompiler::compile_bodies(const std::string& id, const json::Value::Array& bodies, const std::string& at, const feel::Type& wanted, Formula& out) {
  feel::Diagnostics found;
  auto compiled = feel::compile_decisions(bodies, global_scope_, found);
  if (!compiled.ok()) {
    const std::string why = found.empty() ? compiled.error().detail : found.front().en;
    const std::string ja = found.empty() ? compiled.error().detail : found.front().ja;
    faults_.error(at, "決定表「" + id + "」はこの手続の項目では使えません：" + ja, "the decision '" + id + "' does not fit this procedure: " + why);
    return;
  }
  const feel::Decision& root = compiled->back();
  if (!may_meet(root.type(), wanted))
    faults_.error(at, "決定表「" + id + "」の型は " + wanted.to_string() + " ではありません(" + root.type().to_string() + " です)",
                  "the decision '" + id + "' gives " + root.type().to_string() + ", not " + wanted.to_string());
  const int last = static_cast<int>(out_->pages.size()) - 1;
  for (const auto& name : root.uses()) {
    if (global_.count(name) == 0) {
      faults_.error(at, "決定表「" + id + "」の入力「" + name + "」はこの手続にありません", "this procedure has no '" + name + "', which the decision '" + id + "' reads");
      continue;
    }
    read_name(name, at, last, -1, out);
  }
  out.decision = root;
  out.width = static_cast<int>(global_scope_.names().size());
}

}  // namespace machiya::interview
