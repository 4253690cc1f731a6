// Imports of ward boundaries and town points: refused when wrong, kept when right. The real files are read when they are there.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "base/temporary_folder.h"
#include "city/folder.h"
#include "city/import_boundaries.h"
#include "city/import_towns.h"
#include "city/test_kinds.h"

namespace machiya::city {
namespace {

namespace fs = std::filesystem;

class ImportTest : public ::testing::Test {
 protected:
  void SetUp() override {
    city_ = load(std::string(MACHIYA_SOURCE_DIR) + "/tests/conformance/definitions/good", test_kinds()).city;
    ASSERT_TRUE(city_);
  }
  std::string write(const std::string& text) const {
    std::ofstream(data_ + "/in") << text;
    return data_ + "/in";
  }
  /// The folder of shared data, "" when it is absent.
  static std::string shared() {
    const char* named = std::getenv("MACHIYA_SHARED");
    const std::string folder = named ? named : std::string(MACHIYA_SOURCE_DIR) + "/../shared";
    return fs::exists(folder + "/geo") ? folder : "";
  }

  TemporaryFolder place_{"import"};
  const std::string& data_ = place_.path();
  std::shared_ptr<const City> city_;
};

std::string feature(const std::string& code, const std::string& ring) {
  return R"({"type":"Feature","properties":{"N03_007":")" + code + R"("},"geometry":{"type":"Polygon","coordinates":[)" + ring + "]}}";
}
std::string collection(const std::string& a, const std::string& b) { return R"({"type":"FeatureCollection","features":[)" + a + "," + b + "]}"; }
const std::string kNorth = feature("27991", "[[135.4,34.65],[135.6,34.65],[135.6,34.75],[135.4,34.75],[135.4,34.65]]");
const std::string kSouth = feature("27992", "[[135.4,34.55],[135.6,34.55],[135.6,34.65],[135.4,34.65],[135.4,34.55]]");

TEST_F(ImportTest, BoundariesAreKeptAndFoundAgain) {
  EXPECT_EQ(stored_boundaries(data_).value(), nullptr);
  ASSERT_TRUE(import_boundaries(write(collection(kNorth, kSouth)), *city_, data_).ok());
  const auto stored = stored_boundaries(data_);
  ASSERT_TRUE(stored.ok() && *stored);
  EXPECT_EQ((*stored)->at({34.7, 135.5})->code, "27991");
  EXPECT_EQ((*stored)->at({34.6, 135.5})->code, "27992");
  EXPECT_EQ((*stored)->at({34.9, 135.5}), nullptr);
  EXPECT_NE((*stored)->source.find("国土交通省"), std::string::npos);
  std::ofstream(data_ + "/geo/boundaries.json") << "{";
  EXPECT_EQ(stored_boundaries(data_).error().code, ErrorCode::integrity_broken);
}

TEST_F(ImportTest, WrongBoundariesAreRefusedAndNothingIsStored) {
  const std::pair<std::string, const char*> wrong[] = {
      {collection(kNorth, feature("27992", "[[135.4,34.55],[135.6,34.55],[135.6,34.65],[135.4,34.65]]")), "closed"},
      {collection(kNorth, feature("27992", "[[34.5,135.4],[34.6,135.4],[34.6,135.5],[34.5,135.4]]")), "outside of Japan"},
      {collection(kNorth, feature("27993", "[[135.4,34.55],[135.6,34.55],[135.6,34.65],[135.4,34.55]]")), "no boundary for code 27992"},
      {R"({"type":"Feature"})", "FeatureCollection"},
      {collection(kNorth, R"({"type":"Feature","properties":{"N03_007":"27992"},"geometry":{"type":"Point","coordinates":[135,34]}})"), "Polygon"}};
  for (const auto& [text, says] : wrong) {
    const auto result = import_boundaries(write(text), *city_, data_);
    ASSERT_FALSE(result.ok()) << says;
    EXPECT_NE(result.error().detail.find(says), std::string::npos) << result.error().detail;
  }
  EXPECT_FALSE(fs::exists(data_ + "/geo"));
}

TEST_F(ImportTest, TownsAreReadInBothEncodings) {
  const std::string utf8 = "\"市区町村コード\",\"大字町丁目名\",\"緯度\",\"経度\"\r\n\"27991\",\"北町\",\"34.701\",\"135.501\"\r\n\"13101\",\"千代田\",\"35.68\",\"139.75\"\r\n";
  const auto towns = import_towns(write(utf8), *city_, data_);
  ASSERT_TRUE(towns.ok()) << towns.error().to_string();
  ASSERT_EQ(towns->list.size(), 1u);
  // The same head and town in Windows-31J.
  const std::string sjis = "\x8E\x73\x8B\xE6\x92\xAC\x91\xBA\x83\x52\x81\x5B\x83\x68,\x91\xE5\x8E\x9A\x92\xAC\x92\x9A\x96\xDA\x96\xBC,\x88\xDC\x93\x78,\x8C\x6F\x93\x78\n"
                           "27991,\x96\x6B\x92\xAC,34.701,135.501\n";
  const auto again = read_towns(sjis, *city_);
  ASSERT_TRUE(again.ok()) << again.error().to_string();
  EXPECT_EQ(again->list[0].name, "北町");
  const auto stored = stored_towns(*city_, data_);
  ASSERT_TRUE(stored.ok() && *stored);
  EXPECT_EQ((*stored)->nearest({34.7015, 135.501}, 200)->name, "北町");
  EXPECT_EQ((*stored)->nearest({34.71, 135.501}, 200), nullptr);
  EXPECT_EQ((*stored)->in_ward("27991").size(), 1u);
}

TEST_F(ImportTest, WrongTownsNameTheirLine) {
  const std::string head = "ward_code,town,lat,lon\n27991,a,34.7,135.5\n";
  const std::pair<std::string, const char*> wrong[] = {{head + "27991,b,x,135.5\n", "no number"}, {head + "27991,b,135.5,34.7\n", "far from its ward"},
                                                       {head + "27991,a,34.7,135.5\n", "twice"},   {head + "27991\n", "too few columns"}};
  for (const auto& [text, says] : wrong) {
    const auto result = read_towns(text, *city_);
    ASSERT_FALSE(result.ok()) << says;
    EXPECT_EQ(result.error().where, "line 3");
    EXPECT_NE(result.error().detail.find(says), std::string::npos);
  }
  EXPECT_FALSE(read_towns("a,b\n1,2\n", *city_).ok());
}

TEST_F(ImportTest, TheRealFilesOfOsaka) {
  if (shared().empty()) GTEST_SKIP() << "skipped: shared data absent";
  const auto osaka = load(std::string(MACHIYA_SOURCE_DIR) + "/city/osaka", test_kinds()).city;
  ASSERT_TRUE(osaka);
  const auto boundaries = import_boundaries(shared() + "/geo/osaka_wards.geojson", *osaka, data_);
  ASSERT_TRUE(boundaries.ok()) << boundaries.error().to_string();
  EXPECT_EQ(boundaries->wards.size(), 24u);
  const auto towns = import_towns(shared() + "/geo/osaka_towns.csv", *osaka, data_);
  ASSERT_TRUE(towns.ok()) << towns.error().to_string();
  EXPECT_EQ(towns->list.size(), 1903u);
  // Two sources of one city: the towns lie in the wards that the boundaries say (a few stand on the quay).
  int inside = 0, approximate = 0;
  Boundaries rough{approximate_areas(osaka->wards()), ""};
  for (const TownPoint& town : towns->list) {
    const WardArea* area = boundaries->at(town.at);
    inside += area && area->code == town.ward_code;
    const WardArea* near = rough.at(town.at);
    approximate += near && near->code == town.ward_code;
  }
  EXPECT_GE(inside, 1880);
  EXPECT_GE(approximate, 1903 * 6 / 10);
  EXPECT_LT(approximate, inside);
}

}  // namespace
}  // namespace machiya::city
