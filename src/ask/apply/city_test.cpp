// Every procedure of the city compiles against its wards, departments, decisions and workflows.
#include <gtest/gtest.h>

#include "ask/apply/apply.h"
#include "ask/apply/procedure_kind.h"
#include "ask/cases/workflow.h"

namespace machiya::apply {
namespace {

TEST(Osaka, EveryProcedureLoads) {
  const auto report = city::load(std::string(MACHIYA_SOURCE_DIR) + "/city/osaka", {decision_kind(), cases::workflow_kind(), procedure_kind()});
  for (const auto& fault : report.faults)
    if (fault.severity == Severity::error) ADD_FAILURE() << fault.file << ":" << fault.line << ":" << fault.column << ": " << fault.en;
  ASSERT_NE(report.city, nullptr);
  std::vector<std::shared_ptr<const interview::Procedure>> list;
  for (const auto* loaded : report.city->all("procedure")) {
    const auto* definition = report.city->get<ProcedureDefinition>("procedure", loaded->source.id);
    ASSERT_NE(definition, nullptr) << loaded->source.id;
    interview::Situation situation;
    situation.now = Instant{1'790'000'000 * kSecond};
    const auto state = interview::evaluate(*definition->procedure, {}, situation);
    ASSERT_TRUE(state.ok()) << loaded->source.id;
    EXPECT_FALSE(state->complete);
    EXPECT_FALSE(state->pages.empty());
    list.push_back(definition->procedure);
  }
  EXPECT_GE(list.size(), 12u);
  const auto openapi = openapi_document(list, "https://city.example", "en");
  EXPECT_EQ(openapi.text("openapi"), "3.1.0");
  for (const auto& procedure : list) EXPECT_TRUE(openapi["paths"].has("/api/v1/procedures/" + procedure->id + "/applications"));
}

}  // namespace
}  // namespace machiya::apply
