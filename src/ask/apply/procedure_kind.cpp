#include "ask/apply/procedure_kind.h"

#include "city/schema.h"
#include "feel/decision.h"

namespace machiya::apply {
namespace {

interview::Texts texts_of(const city::Text& text) {
  auto value = json::Value::object();
  for (const char* lang : {"ja", "ja-easy", "en", "zh-Hans", "ko", "vi"})
    if (text.has(lang)) value.set(lang, text.in(lang));
  return interview::Texts(value);
}

void link(const city::City& city, const city::Source&, const city::Definition& definition, Diagnostics& faults) {
  const auto* loaded = dynamic_cast<const ProcedureDefinition*>(&definition);
  if (loaded == nullptr) return;
  const auto& procedure = *loaded->procedure;
  if (city.department(procedure.owner) == nullptr)
    faults.error("/owner", "部署「" + procedure.owner + "」は departments.yaml にありません", "departments.yaml has no department '" + procedure.owner + "'");
  if (!procedure.workflow.empty() && city.find("workflow", procedure.workflow) == nullptr)
    faults.error("/case", "ワークフロー「" + procedure.workflow + "」はありません", "there is no workflow '" + procedure.workflow + "'");
}

}  // namespace

interview::World world_of(const city::City& city) {
  interview::World world;
  world.known = true;
  world.city = city.name().in("ja");
  if (const auto& prefecture = city.settings().text("prefecture"); !prefecture.empty()) world.prefecture = prefecture;
  for (const auto& ward : city.wards()) world.wards.push_back({ward.id, ward.code, texts_of(ward.name), ward.lat, ward.lon});
  for (const auto& department : city.departments()) world.departments.push_back({department.id, {}, texts_of(department.name), 0, 0});
  world.decisions = json::Value::object();
  for (const auto* loaded : city.all("decision")) {
    if (!loaded->canonical) continue;
    if (auto body = json::parse(*loaded->canonical); body.ok()) world.decisions.members().emplace_back(loaded->source.id, std::move(body).value());
  }
  return world;
}

namespace {

/// A decision is kept as its canonical text; procedures compile it against their own answers.
class DecisionDefinition final : public city::Definition {};

void check_needs(const json::Value& body, const city::City& city, Diagnostics& faults) {
  for (std::size_t i = 0; i < body["needs"].size(); ++i)
    if (const auto& id = body["needs"][i].as_string(); city.find("decision", id) == nullptr)
      faults.error("/needs/" + std::to_string(i), "決定表「" + id + "」はありません", "there is no decision '" + id + "'");
}

}  // namespace

city::Kind decision_kind() {
  city::Kind kind;
  kind.name = "decision", kind.folder = "decisions";
  kind.compile = [](const json::Value& body, const city::Source&, Diagnostics& faults) -> std::shared_ptr<const city::Definition> {
    if (body["needs"].size() > 0) return std::make_shared<DecisionDefinition>();   // needs the others: see link
    feel::Diagnostics found;
    auto compiled = feel::compile_decision(interview::decision_body(body), {}, found);
    for (const auto& fault : found) faults.error(fault.pointer, fault.ja, fault.en, fault.line, fault.column);
    if (!compiled.ok()) return nullptr;
    return std::make_shared<DecisionDefinition>();
  };
  kind.link = [](const city::City& city, const city::Source& source, const city::Definition&, Diagnostics& faults) {
    const auto* loaded = city.find("decision", source.id);
    auto body = loaded != nullptr && loaded->canonical ? json::parse(*loaded->canonical) : Result<json::Value>(ErrorCode::not_found);
    if (body.ok()) check_needs(*body, city, faults);
  };
  return kind;
}

city::Kind procedure_kind() {
  city::Kind kind;
  kind.name = "procedure", kind.folder = "forms";
  kind.compile_with = [](const json::Value& body, const city::Source&, const city::City& earlier, Diagnostics& faults) -> std::shared_ptr<const city::Definition> {
    auto procedure = interview::compile_procedure(body, world_of(earlier), faults);
    if (procedure == nullptr) return nullptr;
    return std::make_shared<ProcedureDefinition>(std::move(procedure));
  };
  kind.link = link;
  return kind;
}

}  // namespace machiya::apply
