#include "sense/forecast/definition.h"

#include <gtest/gtest.h>

#include "city/test_folder.h"
#include "sense/models/entity_type.h"

namespace machiya::sense::forecast {
namespace {

constexpr const char* kType = R"(entity-type: parking
version: 1
name: { ja: 駐輪場, en: Bicycle parking }
type: Parking
owner: construction
access: open
attributes:
  - { name: free, label: { ja: 空き, en: Free }, kind: integer, series: yes }
  - { name: total, label: { ja: 台数, en: Spaces }, kind: integer }
  - { name: expected, label: { ja: 予測, en: Expected }, kind: json }
)";
constexpr const char* kForecast = R"(forecast: spaces
version: 1
name: { ja: 空きの予測, en: Expected spaces }
of: parking
attribute: free
writes: expected
least: 0
most: total
learn: P28D
ahead: [PT30M, PT1H]
)";

struct Read {
  std::string faults;
  std::shared_ptr<const city::City> city;
};
Read read(std::string text, const std::string& from = "", const std::string& to = "") {
  if (!from.empty()) {
    const std::size_t at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    text.replace(at, from.size(), to);
  }
  const city::TestFolder folder;
  folder.write("departments.yaml", "source: test\ndepartments:\n  - { id: construction, name: { ja: 建設局, en: Construction Bureau } }\n");
  folder.write("entities/parking.yaml", kType);
  folder.write("forecasts/spaces.yaml", text);
  const city::LoadReport report = folder.load({entity_type_kind(), forecast_kind()});
  Read out;
  for (const city::Fault& fault : report.faults) out.faults += city::to_line(fault) + "\n";
  out.city = report.city;
  return out;
}

TEST(ForecastDefinition, BecomesAPlanWithTheNamesOfTheEntityType) {
  const Read done = read(kForecast);
  ASSERT_TRUE(done.city) << done.faults;
  const auto all = forecasts_of(*done.city);
  ASSERT_EQ(all.size(), 1u);
  const Plan& plan = all[0]->plan;
  EXPECT_EQ(plan.id, "spaces");
  EXPECT_EQ(plan.type, "https://uri.etsi.org/ngsi-ld/default-context/Parking");
  EXPECT_EQ(plan.attribute, "https://uri.etsi.org/ngsi-ld/default-context/free");
  EXPECT_EQ(plan.most, "https://uri.etsi.org/ngsi-ld/default-context/total");
  EXPECT_EQ(plan.writes, "https://uri.etsi.org/ngsi-ld/default-context/expected");
  EXPECT_EQ(plan.learn_us, 28 * kDay);
  EXPECT_EQ(plan.ahead_us, (std::vector<std::int64_t>{30 * kMinute, kHour}));
  EXPECT_EQ(plan.least, 0.0);
}

TEST(ForecastDefinition, FaultsAreSaidAtTheirPlaceInTwoLanguages) {
  const struct {
    const char *from, *to, *ja, *en;
  } cases[] = {
      {"of: parking", "of: trees", "forecasts/spaces.yaml:4:5: error: 「trees」という種類のエンティティはありません", "no entity type \"trees\""},
      {"attribute: free", "attribute: gone", "forecasts/spaces.yaml:5:12: error: 「parking」に項目「gone」はありません", "no attribute \"gone\""},
      {"attribute: free", "attribute: expected", "「expected」は数ではありません", "no number"},
      {"writes: expected", "writes: total", "forecasts/spaces.yaml:6:9: error:", "of kind json"},
      {"most: total", "most: expected", "forecasts/spaces.yaml:8:7: error:", "no number"},
      {"learn: P28D", "learn: P3D", "7日から400日まで", "between 7 and 400 days"},
      {"PT30M", "PT20M", "forecasts/spaces.yaml:10:9: error: 15分の倍数", "a multiple of 15 minutes"},
      {"[PT30M, PT1H]", "[PT1H, PT30M]", "forecasts/spaces.yaml:10:15: error: 近いものから", "the nearest first"},
      {"ahead: [PT30M, PT1H]", "ahead: []", "forecasts/spaces.yaml:10:8", "at least 1"},
  };
  for (const auto& one : cases) {
    const Read done = read(kForecast, one.from, one.to);
    EXPECT_EQ(done.city, nullptr) << one.to;
    EXPECT_NE(done.faults.find(one.ja), std::string::npos) << one.to << "\n" << done.faults;
    EXPECT_NE(done.faults.find(one.en), std::string::npos) << one.to << "\n" << done.faults;
  }
}

}  // namespace
}  // namespace machiya::sense::forecast
