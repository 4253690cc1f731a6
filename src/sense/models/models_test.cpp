#include <gtest/gtest.h>

#include "base/json.h"
#include "sense/entities/read.h"
#include "sense/models/model_check.h"
#include "sense/models/models_testing.h"

namespace machiya::sense {
namespace {

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

std::string faults_of(const std::string& parking) {
  const city::TestFolder folder;
  write_test_types(folder);
  folder.write("entities/bicycle-parking.yaml", parking);
  return folder.faults({entity_type_kind()});
}

TEST(EntityTypeKind, TheExampleIsRead) {
  std::string faults;
  const auto city = test_types_city(&faults);
  ASSERT_TRUE(city) << faults;
  EXPECT_EQ(faults, "");
  const EntityTypes types(city);
  ASSERT_EQ(types.all().size(), 2u);
  const EntityType* parking = types.by_iri("https://example.org/vocab/BicycleParking");
  ASSERT_NE(parking, nullptr);
  EXPECT_EQ(parking, types.by_id("bicycle-parking"));
  EXPECT_EQ(parking, types.by_open_name("bicycle-parking"));
  EXPECT_EQ(types.by_iri("https://example.org/vocab/Nothing"), nullptr);
  EXPECT_TRUE(parking->reading.open);
  EXPECT_EQ(parking->check, ModelCheck::strict);
  // The core context's own IRI, and NGSI-LD's default for a term that has none.
  EXPECT_EQ(parking->attribute_named("location")->iri, "https://uri.etsi.org/ngsi-ld/location");
  EXPECT_EQ(parking->attribute_named("capacity")->iri, "https://uri.etsi.org/ngsi-ld/default-context/capacity");
  EXPECT_EQ(parking->attribute_named("available")->retention_days, 732);
  const Reading phone = parking->attribute_named("operatorPhone")->reading;
  EXPECT_FALSE(phone.open);
  EXPECT_EQ(phone.scope, "parking.read");
  EXPECT_EQ(phone.purposes, std::vector<std::string>{"maintain"});
  EXPECT_EQ(parking->attribute_named("takings")->reading, (Reading{.open = false, .scope = "entities.read", .permission = "entity.read", .purposes = {}}));
  const EntityType* pump = types.by_id("pump");
  EXPECT_EQ(pump->attribute_named("pressure")->reading, (Reading{.open = false, .scope = "pumps.read", .permission = "entity.read", .purposes = {}}));
  EXPECT_EQ(pump->check, ModelCheck::lenient);
  ASSERT_TRUE(parking->open && parking->open->gbfs);
  EXPECT_EQ(parking->open->gbfs->information.size(), 4u);
}

TEST(EntityTypeKind, TheVocabularyOfTheCityGivesItsTermsTheirIris) {
  const city::TestFolder folder;
  write_test_types(folder);
  folder.write("city.yaml", "city: x\nname: X\nvocabulary: https://data.example.org/terms/\n");
  const auto report = folder.load({entity_type_kind()});
  ASSERT_TRUE(report.city);
  const EntityTypes types(report.city);
  EXPECT_NE(types.by_iri("https://data.example.org/terms/Pump"), nullptr);
  EXPECT_EQ(types.by_id("pump")->attribute_named("pressure")->iri, "https://data.example.org/terms/pressure");
  EXPECT_EQ(types.by_id("bicycle-parking")->attribute_named("location")->iri, "https://uri.etsi.org/ngsi-ld/location");
}

TEST(EntityTypeKind, TheContextNamesEveryTermOnceAndWorks) {
  const auto city = test_types_city();
  ASSERT_TRUE(city);
  const std::string text = city_context(*city);
  auto parsed = json::parse(text);
  ASSERT_TRUE(parsed.ok()) << text;
  const json::Value& terms = (*parsed)["@context"];
  EXPECT_EQ(terms.text("BicycleParking"), "https://example.org/vocab/BicycleParking");
  EXPECT_EQ(terms["near"].text("@type"), "@id");
  EXPECT_FALSE(terms.has("location"));   // the core context says it
  tree::Arena arena;
  auto context = tree::parse(text, arena);
  Contexts contexts(nullptr);
  auto resolved = contexts.resolve((*context)["@context"]);
  ASSERT_TRUE(resolved.ok()) << resolved.error().to_string();
  EXPECT_EQ((*resolved)->expand_term("BicycleParking", arena), "https://example.org/vocab/BicycleParking");
  EXPECT_EQ((*resolved)->expand_term("location", arena), "https://uri.etsi.org/ngsi-ld/location");
}

TEST(EntityTypeKind, FaultsAreToldAtTheirPlaceInBothLanguages) {
  const std::string good = kTestParking;
  const auto told = [&](const std::string& from, const std::string& to, const std::string& ja, const std::string& en) {
    const std::string faults = faults_of(replaced(good, from, to));
    EXPECT_NE(faults.find(ja), std::string::npos) << to << "\n" << faults;
    EXPECT_NE(faults.find(en), std::string::npos) << to << "\n" << faults;
    EXPECT_NE(faults.find("entities/bicycle-parking.yaml:"), std::string::npos) << faults;
    EXPECT_EQ(faults.find(":0:0"), std::string::npos) << faults;
  };
  told("owner: construction", "owner: nobody", "所属はありません", "there is no department");
  told("kind: integer, min: 0, max: 5000 }", "kind: integer, min: 9, max: 5 }", "最大が最小より小さい", "below the minimum");
  told("kind: boolean }", "kind: boolean, unit: MTR }", "単位は数に", "a unit belongs to a number");
  told("kind: boolean }", "kind: boolean, min: 1 }", "min と max は", "min and max belong");
  told("name: covered", "name: capacity", "二度書かれて", "stands here twice");
  told("name: covered", "name: datasetId", "決まった言葉", "a word of NGSI-LD itself");
  told("{ name: location,", "{ name: location, iri: \"https://example.org/place\",", "と決まっています", "the core context of NGSI-LD says");
  told("purposes: [maintain]", "purposes: [gossip]", "利用目的はありません", "no purpose \"gossip\"");
  told("access: open\n", "access: restricted\n", "オープンデータになりません", "cannot be open data");
  told("num_docks_available: available", "num_docks_available: takings", "公開されていない", "not open");
  told("num_docks_available: available", "num_docks_available: nowhere", "という項目はありません", "no attribute \"nowhere\"");
  told("choice: closed", "choice: open", "二度書かれて", "stands here twice");
  told("{ name: takings, label: { ja: 売上, en: Takings }, kind: number", "{ name: takings, label: { ja: 売上 }, kind: numbers", "", "number");
  told("access: { scope: parking.read, permission: entity.read, purposes: [maintain] }", "access: {}", "誰も読めません", "nobody could read");
}

TEST(EntityTypeKind, TwoDefinitionsDoNotMeanOneWordDifferently) {
  std::string faults;
  const std::string second = "entity-type: second\nversion: 1\nname: X\ntype: BicycleParking\nowner: construction\naccess: open\nattributes:\n"
                             "  - { name: capacity, iri: \"https://example.org/capacity\", label: X, kind: integer }\n";
  test_types_city(&faults, {{"second", second}});
  EXPECT_NE(faults.find("\"BicycleParking\" has another IRI elsewhere (bicycle-parking)"), std::string::npos) << faults;
  EXPECT_NE(faults.find("\"capacity\" has another IRI elsewhere (bicycle-parking)"), std::string::npos) << faults;
  EXPECT_NE(faults.find("entities/second.yaml:8:13"), std::string::npos) << faults;
}

class Check : public ::testing::Test {
 protected:
  std::shared_ptr<const city::City> city_ = test_types_city();
  EntityTypes types_{city_};
  Contexts contexts_{nullptr};
  Names names_;

  std::string codes(const std::string& attributes, const char* type = "bicycle-parking") {
    tree::Arena arena;
    auto body = tree::parse(R"({"id":"urn:x:1","type":"https://example.org/vocab/BicycleParking")" + (attributes.empty() ? "" : "," + attributes) + "}", arena);
    EXPECT_TRUE(body.ok()) << attributes;
    auto draft = read_entity(*body, BodyOf::entity, *contexts_.core(), arena);
    EXPECT_TRUE(draft.ok()) << draft.error().to_string();
    const auto of_draft = check(*types_.by_id(type), *draft);
    const auto of_entity = check(*types_.by_id(type), *draft->finish(names_));
    EXPECT_EQ(to_text(of_draft), to_text(of_entity));
    std::string out;
    for (const Misfit& m : of_draft) {
      out += (out.empty() ? "" : " ") + m.code + ":" + m.attribute;
      EXPECT_FALSE(m.ja.empty() || m.en.empty());
    }
    return out;
  }
  const std::string whole_ = R"("title":{"type":"LanguageProperty","languageMap":{"ja":"北"}},"location":{"type":"GeoProperty","value":{"type":"Point","coordinates":[135.5,34.7]}})";
  std::string with(const std::string& more) { return codes(whole_ + "," + more); }
};

TEST_F(Check, WhatFitsHasNoMisfit) {
  EXPECT_EQ(codes(whole_), "");
  EXPECT_EQ(with(R"("capacity":{"type":"Property","value":3.0},"status":{"type":"Property","value":"open"},"covered":{"type":"Property","value":true})"), "");
  EXPECT_EQ(with(R"("temperature":{"type":"Property","value":21.5,"unitCode":"CEL"},"seenAt":{"type":"Property","value":{"@type":"DateTime","@value":"2026-04-01T09:00:00Z"}})"), "");
  EXPECT_EQ(with(R"("near":{"type":"Relationship","object":"urn:x:2","objectType":"Station"})"), "");
}

TEST_F(Check, EveryRuleIsBrokenOnce) {
  EXPECT_EQ(codes(""), "missing:title missing:location");
  EXPECT_EQ(with(R"("capacity":{"type":"Property","value":"3"})"), "not-a-number:capacity");
  EXPECT_EQ(with(R"("capacity":{"type":"Property","value":3.5})"), "not-an-integer:capacity");
  EXPECT_EQ(with(R"("capacity":{"type":"Property","value":-1})"), "too-small:capacity");
  EXPECT_EQ(with(R"("capacity":{"type":"Property","value":5001})"), "too-large:capacity");
  EXPECT_EQ(with(R"("capacity":{"type":"Property","value":[1,2]})"), "not-one-value:capacity");
  EXPECT_EQ(with(R"("capacity":{"type":"Relationship","object":"urn:x:2"})"), "wrong-kind:capacity");
  EXPECT_EQ(with(R"("temperature":{"type":"Property","value":70,"unitCode":"FAH"})"), "wrong-unit:temperature too-large:temperature");
  EXPECT_EQ(with(R"("capacity":{"type":"Property","value":7,"unitCode":"CEL"})"), "wrong-unit:capacity");
  EXPECT_EQ(with(R"("status":{"type":"Property","value":"ajar"})"), "not-a-choice:status");
  EXPECT_EQ(with(R"("covered":{"type":"Property","value":"yes"})"), "not-a-boolean:covered");
  EXPECT_EQ(with(R"("seenAt":{"type":"Property","value":"yesterday"})"), "not-a-date-time:seenAt");
  EXPECT_EQ(with(R"("operatorPhone":{"type":"Property","value":"012345678901234567890"})"), "too-long:operatorPhone");
  EXPECT_EQ(with(R"("operatorPhone":{"type":"Property","value":6})"), "not-text:operatorPhone");
  EXPECT_EQ(with(R"("near":{"type":"Relationship","object":"urn:x:2","objectType":"Ship"})"), "wrong-target:near");
  EXPECT_EQ(with(R"("colour":{"type":"Property","value":1})"), "unknown-attribute:https://uri.etsi.org/ngsi-ld/default-context/colour");
}

TEST_F(Check, EveryInstanceIsLookedAt) {
  EXPECT_EQ(with(R"("capacity":[{"type":"Property","value":3},{"type":"Property","value":"x","datasetId":"urn:x:d"}])"), "not-a-number:capacity");
}

TEST_F(Check, ALenientTypeKeepsWhatItDoesNotKnow) {
  EXPECT_EQ(codes(R"("colour":{"type":"Property","value":1},"pressure":{"type":"Property","value":"x"})", "pump"), "not-a-number:pressure");
}

TEST_F(Check, ValuesNeverStandInTheTexts) {
  tree::Arena arena;
  auto body = tree::parse(R"({"id":"urn:x:1","type":"T","operatorPhone":{"type":"Property","value":"09000000000000000000000"},"status":{"type":"Property","value":"secretword"}})", arena);
  auto draft = read_entity(*body, BodyOf::entity, *contexts_.core(), arena);
  const auto misfits = check(*types_.by_id("bicycle-parking"), *draft);
  EXPECT_EQ(misfits.size(), 4u);
  for (const std::string& text : {to_text(misfits), to_text(misfits, true)}) {
    EXPECT_EQ(text.find("0900"), std::string::npos);
    EXPECT_EQ(text.find("secretword"), std::string::npos);
  }
}

}  // namespace
}  // namespace machiya::sense
