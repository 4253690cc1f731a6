#include "ask/cases/upgrade_report.h"

#include <map>

#include "ask/cases/definitions_dao.h"
#include "ask/cases/upgrade_report_dao.h"

namespace machiya::cases {
namespace {

using Named = std::map<std::string, const json::Value*>;

/// Members of a list by the key that names them ("state", "action", "name").
Named by_name(const json::Value& list, std::string_view key) {
  Named out;
  for (const json::Value& item : list.items())
    if (item.has(key)) out.emplace(item.text(key), &item);
  return out;
}

/// Every question by name; those of a repeat as "members/born".
Named questions(const json::Value& procedure) {
  Named out;
  for (const json::Value& page : procedure["pages"].items()) {
    const std::string prefix = page.has("repeat") ? page["repeat"].text("name") + "/" : "";
    for (const auto& [name, question] : by_name(page["ask"], "name")) out.emplace(prefix + name, question);
  }
  return out;
}

void compare(const std::string& what, const Named& before, const Named& after, const std::vector<std::string_view>& keys, std::vector<std::string>& out) {
  for (const auto& [name, item] : after)
    if (!before.count(name)) out.push_back(what + " added: " + name);
  for (const auto& [name, item] : before) {
    const auto found = after.find(name);
    if (found == after.end()) {
      out.push_back(what + " gone: " + name);
      continue;
    }
    for (std::string_view key : keys)
      if (!((*item)[key] == (*found->second)[key])) out.push_back(what + " changed: " + name + " (" + std::string(key) + ")");
  }
}

/// Which decisions an old version of a procedure computed otherwise. Nothing of versions kept before decisions were.
Result<void> compare_decisions(store::ReadTx& tx, const ProcedureVersion& now, const std::string& hash, std::vector<std::string>& out) {
  MACHIYA_TRY(const auto before, parts_of(tx, hash));
  if (before.empty()) return {};
  std::map<std::string, std::string> after;
  for (const DefinitionText& d : now.decisions) after.emplace(d.id, d.hash);
  for (const SnapshotPart& part : before) {
    const auto found = after.find(part.id);
    if (found == after.end()) out.push_back("decision gone: " + part.id);
    else if (found->second != part.hash) out.push_back("decision changed: " + part.id);
    if (found != after.end()) after.erase(found);
  }
  for (const auto& [id, unused] : after) out.push_back("decision added: " + id);
  return {};
}

}  // namespace

std::vector<std::string> definition_differences(const json::Value& before, const json::Value& after) {
  std::vector<std::string> out;
  compare("question", questions(before), questions(after), {"type", "optional", "when", "must", "options", "label"}, out);
  compare("calculated value", by_name(before["calculate"], "name"), by_name(after["calculate"], "name"), {"value", "type"}, out);
  compare("state", by_name(before["states"], "state"), by_name(after["states"], "state"), {"clock", "end", "outcome"}, out);
  compare("action", by_name(before["actions"], "action"), by_name(after["actions"], "action"), {"from", "to", "permission", "four_eyes", "when", "needs"}, out);
  for (const char* key : {"fee", "target", "assurance", "signature", "case", "owner"})
    if (!(before[key] == after[key])) out.push_back(std::string(key) + " changed");
  return out;
}

Result<std::vector<UpgradeLine>> upgrade_report(Cases& cases) {
  Definitions& definitions = cases.definitions();
  return cases.platform().store.read([&](store::ReadTx& tx) -> Result<std::vector<UpgradeLine>> {
    MACHIYA_TRY(const auto open, open_by_definition(tx));
    std::vector<UpgradeLine> out;
    for (const OpenByDefinition& began : open) {
      MACHIYA_TRY(const auto procedure, version_in_force(definitions.source(), began.procedure));
      const auto workflow = definitions.source().find("workflow", began.workflow);
      if (procedure && workflow && procedure->hash == began.procedure_hash && workflow->hash == began.workflow_hash) continue;
      UpgradeLine line{began.procedure, began.version, procedure ? procedure->text.version : 0, began.cases, {}};
      if (!procedure) line.differences.push_back("the procedure is gone");
      if (!workflow) line.differences.push_back("the workflow is gone: " + began.workflow);
      auto differ = [&](const std::string& hash, const json::Value& after) -> Result<void> {
        MACHIYA_TRY(const json::Value before, definitions.body_of(tx, hash));
        for (std::string& difference : definition_differences(before, after)) line.differences.push_back(std::move(difference));
        return {};
      };
      if (procedure && procedure->hash != began.procedure_hash) {
        MACHIYA_CHECK(differ(began.procedure_hash, procedure->body));
        MACHIYA_CHECK(compare_decisions(tx, *procedure, began.procedure_hash, line.differences));
      }
      if (workflow && workflow->hash != began.workflow_hash) {
        MACHIYA_TRY(const json::Value after, json::parse(*workflow->canonical));
        MACHIYA_CHECK(differ(began.workflow_hash, after));
      }
      if (line.differences.empty()) line.differences.push_back("texts only");
      out.push_back(std::move(line));
    }
    return out;
  });
}

}  // namespace machiya::cases
