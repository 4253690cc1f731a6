// What stands under /staff/protection beside the overview, and what reviewers meet after a log-in.
#include <fstream>

#include "console/protection_pages.h"
#include "console/testing.h"
#include "platform/identity/emergencies.h"
#include "platform/vault/file_digest.h"

namespace machiya::console {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class ProtectionTest : public ConsoleTest {};

constexpr const char* kPartsList = R"({"spdxVersion":"SPDX-2.3","creationInfo":{"created":"2026-11-20T08:00:00Z"},"packages":[
  {"SPDXID":"SPDXRef-machiya","name":"machiya","checksums":[{"algorithm":"SHA256","checksumValue":"DIGEST"}]},
  {"SPDXID":"SPDXRef-a","name":"libsodium23","versionInfo":"1.0.18-1","licenseDeclared":"ISC"},{"SPDXID":"SPDXRef-b","name":"maplibre-gl","versionInfo":"5.0.1","licenseDeclared":"LicenseRef-x"}],
  "relationships":[{"spdxElementId":"SPDXRef-DOCUMENT","relationshipType":"DESCRIBES","relatedSpdxElement":"SPDXRef-machiya"},
  {"spdxElementId":"SPDXRef-machiya","relationshipType":"DYNAMIC_LINK","relatedSpdxElement":"SPDXRef-a"},{"spdxElementId":"SPDXRef-machiya","relationshipType":"CONTAINS","relatedSpdxElement":"SPDXRef-b"}]})";

TEST_P(ProtectionTest, ThePartsOfTheRunningServerAreShownAndNoOtherOnes) {
  const std::string file = folder() + "/machiya.spdx.json", binary = folder() + "/program";
  const Program program(binary);
  std::ofstream(binary) << "the program";   // read when somebody looks
  add_protection_routes(router, {*audit, *identity, {store(), *audit, clock}, *templates, *texts, [](const http::Request&) { return pages::Data(); }, [] { return std::shared_ptr<const city::City>(); },
                                 [](const std::string&) { return std::string(); }, file, program});
  const auto light = [&] {
    const PanelQuery query{identity::Principal(), "en", [&](std::string_view key) { return texts->text("en", key); }};
    const auto lines = parts_panel(file, program).lines(query);
    return lines.ok() ? lines->front().light : Light::yellow;
  };
  EXPECT_EQ(light(), Light::grey);
  EXPECT_THAT(page("/staff/protection/parts"), HasSubstr("no list was installed"));
  EXPECT_EQ(ask(http::Method::get, "/staff/protection/parts/spdx").status, 303);
  const auto write = [&](std::string list, const std::string& digest) { std::ofstream(file) << list.replace(list.find("DIGEST"), 6, digest); };
  write(kPartsList, vault::file_digest(binary));
  EXPECT_EQ(light(), Light::green);
  std::ofstream(binary) << "another";       // and never again, for the panel and the page alike
  EXPECT_EQ(light(), Light::green);
  const std::string shown = page("/staff/protection/parts");
  EXPECT_THAT(shown, HasSubstr("libsodium23"));
  EXPECT_THAT(shown, HasSubstr("loaded by browsers"));
  EXPECT_THAT(shown, Not(HasSubstr("another program")));
  const auto taken = ask(http::Method::get, "/staff/protection/parts/spdx");
  EXPECT_THAT(taken.body, HasSubstr("\"spdxVersion\":\"SPDX-2.3\""));
  // Planted: the list of another program, and a file that is none.
  write(kPartsList, std::string(64, '0'));
  EXPECT_EQ(light(), Light::red);
  EXPECT_THAT(page("/staff/protection/parts"), HasSubstr("another program"));
  for (const char* none : {"", "{", "{\"spdxVersion\":\"SPDX-2.2\"}", "{\"spdxVersion\":\"SPDX-2.3\"}"}) {
    std::ofstream(file) << none;
    EXPECT_EQ(light(), Light::red) << none;
    EXPECT_EQ(ask(http::Method::get, "/staff/protection/parts").status, 200) << none;
  }
}

TEST_P(ProtectionTest, ChangesOfThePolicyStandUntilSomebodySaysSo) {
  const identity::PolicyHistory history(store(), *audit, clock);
  const Program program("");
  add_protection_routes(router, {*audit, *identity, history, *templates, *texts, [](const http::Request&) { return pages::Data(); }, [] { return std::shared_ptr<const city::City>(); },
                                 [](const std::string&) { return std::string(); }, "", program});
  const auto light = [&] {
    const PanelQuery query{identity::Principal(), "en", [&](std::string_view key) { return texts->text("en", key); }};
    return policy_panel(history).lines(query)->front().light;
  };
  EXPECT_EQ(light(), Light::grey);
  ASSERT_TRUE(history.keep(R"({"roles":{"clerk":{"permissions":["case.read"],"scope":"own-department"}}})", "start").ok());
  EXPECT_EQ(light(), Light::green);
  ASSERT_TRUE(history.keep(R"({"roles":{"clerk":{"permissions":["case.read","case.export"],"scope":"own-department"}}})", "reload").ok());
  EXPECT_EQ(light(), Light::yellow);
  const std::string shown = page("/staff/protection/policy");
  EXPECT_THAT(shown, HasSubstr("case.export"));
  EXPECT_THAT(shown, HasSubstr("added"));
  EXPECT_THAT(shown, HasSubstr("name=\"version\" value=\"2\""));
  EXPECT_EQ(post("/staff/protection/policy", {{"version", "7"}}).status, 422);
  EXPECT_EQ(post("/staff/protection/policy", {}).status, 422);
  EXPECT_EQ(light(), Light::yellow);
  EXPECT_EQ(post("/staff/protection/policy", {{"version", "2"}}).status, 303);
  EXPECT_EQ(light(), Light::green);
  EXPECT_THAT(page("/staff/protection/policy"), HasSubstr("every change has been seen"));
  ASSERT_TRUE(audit->seal_now().ok());
  EXPECT_EQ(audited("policy.seen").size(), 1u);
}

TEST_P(ProtectionTest, ReviewersMeetWhatWaitsForThemFirst) {
  ASSERT_TRUE(identity->reload_policy(R"({"purposes":{"emergency":{"for":["breakglass.use"]},"review":{"for":["breakglass.review"]},"decide":{"for":["case.read"]}},"roles":{
    "clerk":{"permissions":["breakglass.use","case.read"],"scope":"all","purposes":["emergency","decide"]},
    "admin":{"permissions":["admin.*","breakglass.review"],"scope":"all","purposes":["review"]}}})").ok());
  const auto first = [&] {
    for (const auto& [name, value] : ask(http::Method::get, "/staff").headers)
      if (name == "Location") return value;
    return std::string();
  };
  EXPECT_EQ(first().find("/staff/emergencies"), std::string::npos);
  const auto open = [&](const char* id) {
    identity::Principal who;
    who.kind = identity::PrincipalKind::staff, who.public_id = id, who.name = id, who.roles = {"clerk"};
    return store().write([&](store::Tx& tx) { return identity->emergencies().open(tx, who, *identity->policy(), "case:77", 0, "case.read", "decide", "a fire, and nobody else is here", "r"); });
  };
  ASSERT_TRUE(open("a1").ok());
  EXPECT_EQ(first().find("/staff/emergencies"), std::string::npos) << "one's own waits for somebody else";
  ASSERT_TRUE(open("c1").ok());
  EXPECT_EQ(first(), "/staff/emergencies?waits=1");
  EXPECT_THAT(page("/staff/emergencies?waits=1"), HasSubstr("Emergency access waits for your review"));
}

MACHIYA_ON_BOTH_ENGINES(ProtectionTest);

}  // namespace
}  // namespace machiya::console
