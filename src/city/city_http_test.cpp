#include "city/city_http.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>

#include "city/test_kinds.h"
#include "platform/http/test_request.h"

namespace machiya::city {
namespace {

class FrontDoorTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const std::string root = MACHIYA_SOURCE_DIR;
    auto texts = locale::Catalogue::load(root + "/web/locale");
    ASSERT_TRUE(texts.ok()) << texts.error().to_string();
    texts_ = std::move(texts).value();
    auto templates = pages::Templates::load(root + "/web/templates", *texts_);
    ASSERT_TRUE(templates.ok()) << templates.error().to_string();
    templates_ = std::move(templates).value();
    city_ = load(root + "/city/osaka", test_kinds()).city;
    ASSERT_TRUE(city_);
    FrontDoor door;
    door.city = [this] { return city_; };
    door.runs_here = [](const Room& room) {
      std::vector<RunningService> services;
      if (room.number == 53) services.push_back({Text(json::Value("おしえ太郎<b>")), "/procedures/oshie-taro", true});
      if (room.number == 9) services.push_back({Text(json::Value("利子補給")), "/procedures/housing", false});
      return services;
    };
    door.frame = [](const http::Request&) { return pages::Data().set("city_name", "大阪市"); };
    add_routes(router_, *templates_, *texts_, std::move(door));
  }
  http::Response get(const std::string& target, const std::string& lang = "ja") {
    http::Request request = http::testing::request(http::Method::get, target, lang);
    return router_.dispatch(request);
  }
  static long count(const std::string& text, const std::string& part) {
    long n = 0;
    for (std::size_t at = 0; (at = text.find(part, at)) != std::string::npos; at += part.size()) ++n;
    return n;
  }

  std::unique_ptr<locale::Catalogue> texts_;
  std::unique_ptr<pages::Templates> templates_;
  std::shared_ptr<const City> city_;
  http::Router router_;
};

TEST_F(FrontDoorTest, WhatHasNoTranslationSaysItsLanguage) {
  // The initiatives have names in six languages; the two services of this test have Japanese ones only.
  for (const char* lang : {"en", "zh-Hans", "ko", "vi"}) {
    const std::string page = get("/initiatives", lang).body;
    EXPECT_EQ(count(page, "<span lang=\"ja\">"), 2) << lang;
    EXPECT_EQ(count(page, "<span lang=\"en\">"), 0) << lang;
    EXPECT_NE(page.find("<span lang=\"ja\">おしえ太郎&lt;b&gt;</span>"), std::string::npos) << lang;
    EXPECT_EQ(page.find(texts_->text(lang, "city.fallback_en")), std::string::npos) << lang;
  }
  EXPECT_EQ(count(get("/initiatives", "ja").body, "<span lang="), 0);
  EXPECT_EQ(count(get("/initiatives", "ja-easy").body, "<span lang="), 0);
}

TEST_F(FrontDoorTest, NamesThatFellBackAreAnnouncedInThePagesLanguage) {
  const std::string root = MACHIYA_SOURCE_DIR;
  std::string folder = (std::filesystem::temp_directory_path() / "machiya-names-XXXXXX").string();
  ASSERT_NE(mkdtemp(folder.data()), nullptr);
  std::filesystem::copy(root + "/city/osaka", folder + "/osaka", std::filesystem::copy_options::recursive);
  const std::string file = folder + "/osaka/01-life/bulky-waste/room.yaml";
  std::ifstream in(file);
  std::string kept;
  for (std::string line; std::getline(in, line);)
    if (line.rfind("  vi:", 0) != 0 && line.rfind("  ja-easy:", 0) != 0) kept += line + "\n";
  std::ofstream(file) << kept;
  city_ = load(folder + "/osaka", test_kinds()).city;
  std::filesystem::remove_all(folder);
  ASSERT_TRUE(city_);
  const std::string page = get("/initiatives", "vi").body;
  EXPECT_EQ(count(page, "<span lang=\"en\">AI bulky-waste reception</span>"), 1);
  EXPECT_NE(page.find(texts_->text("vi", "city.fallback_en")), std::string::npos);
  EXPECT_NE(get("/initiatives", "ja-easy").body.find("ふつうの"), std::string::npos);
  EXPECT_EQ(get("/initiatives", "ko").body.find(texts_->text("ko", "city.fallback_en")), std::string::npos);
}

TEST_F(FrontDoorTest, TheHeadingOfTheFrontPageHasReadings) {
  EXPECT_NE(get("/", "ja-easy").body.find("<h1><ruby>大阪市"), std::string::npos);
  EXPECT_NE(get("/", "en").body.find("<h1>Online services of Osaka City</h1>"), std::string::npos);
}

TEST_F(FrontDoorTest, TheTableIsTheProgrammesOwnAndTheLastColumnIsComputed) {
  const http::Response page = get("/initiatives");
  ASSERT_EQ(page.status, 200);
  EXPECT_EQ(count(page.body, "<th scope=\"row\">"), 79);
  EXPECT_EQ(count(page.body, "ここではまだ作られていません"), 77);
  EXPECT_NE(page.body.find("おしえ太郎&lt;b&gt;"), std::string::npos);
  EXPECT_EQ(count(page.body, "tag--stopped"), 1);
  EXPECT_NE(page.body.find("79件のうち79件を表示しています。ここで動いているのは2件です。"), std::string::npos);
  EXPECT_EQ(page.body.find("⟦"), std::string::npos);
}

TEST_F(FrontDoorTest, FiltersByFieldAndByWhatRuns) {
  EXPECT_EQ(count(get("/initiatives?field=08-disaster").body, "<th scope=\"row\">"), 4);
  EXPECT_EQ(count(get("/initiatives?runs=here").body, "<th scope=\"row\">"), 2);
  EXPECT_EQ(count(get("/initiatives?runs=here&field=01-life").body, "<th scope=\"row\">"), 1);
  EXPECT_NE(get("/initiatives?field=none").body.find("table__empty"), std::string::npos);
}

TEST_F(FrontDoorTest, EveryRoomHasItsPageInSixLanguages) {
  for (std::string_view lang : locale::kLanguages)
    for (int number : {1, 9, 47, 79}) {
      const http::Response page = get("/initiatives/" + std::to_string(number), std::string(lang));
      ASSERT_EQ(page.status, 200) << number;
      EXPECT_EQ(page.body.find("⟦"), std::string::npos) << page.body;
      EXPECT_EQ(count(page.body, "<h1"), 1);
    }
  EXPECT_NE(get("/initiatives/9").body.find("止まっています"), std::string::npos);
  for (const char* none : {"/initiatives/0", "/initiatives/80", "/initiatives/9x", "/initiatives/-1"}) EXPECT_EQ(get(none).status, 404) << none;
}

TEST_F(FrontDoorTest, TheHomePageLeadsToEverything) {
  for (std::string_view lang : locale::kLanguages) {
    const http::Response page = get("/", std::string(lang));
    ASSERT_EQ(page.status, 200);
    EXPECT_EQ(page.body.find("⟦"), std::string::npos);
    EXPECT_EQ(page.body.find("|"), page.body.find(" | ") + 1) << "a reading that was not turned into ruby";
    EXPECT_EQ(count(page.body, "href=\"/initiatives?field="), 12);
    EXPECT_EQ(count(page.body, "<path class=\"ward-map__ward"), 24);
    EXPECT_NE(page.body.find("href=\"/procedures\""), std::string::npos);
  }
}

TEST_F(FrontDoorTest, TheJsonTwinSaysTheSame) {
  const auto body = json::parse(get("/api/v1/initiatives").body);
  ASSERT_TRUE(body.ok());
  EXPECT_EQ((*body)["total"].as_int(), 79);
  EXPECT_EQ((*body)["running"].as_int(), 2);
  EXPECT_EQ((*body)["initiatives"].size(), 79u);
  const json::Value& room = (*body)["initiatives"][52];
  EXPECT_EQ(room["number"].as_int(), 53);
  EXPECT_EQ(room["runs_here"][std::size_t{0}].text("link"), "/procedures/oshie-taro");
  EXPECT_TRUE(room["page"].is_null());
  const auto running = json::parse(get("/api/v1/initiatives?runs=here").body);
  EXPECT_EQ((*running)["initiatives"].size(), 2u);
}

TEST_F(FrontDoorTest, the_map_layer_has_features_only_from_imported_boundaries) {
  Boundaries boundaries;
  boundaries.source = "N03";
  boundaries.wards.push_back({"27127", {{{{34.70, 135.49}, {34.71, 135.50}, {34.72, 135.49}, {34.70, 135.49}}}}});
  const json::Value none = map_layer_json(*city_, nullptr, "ja");
  EXPECT_EQ(none["features"].size(), 0u);
  const json::Value layer = map_layer_json(*city_, &boundaries, "ja");
  EXPECT_EQ(layer.text("attribution"), "N03");
  EXPECT_EQ(layer["features"].size(), 1u);
  EXPECT_EQ(json::to_text(layer["features"][std::size_t{0}]["geometry"]["coordinates"]), "[[[[135.49,34.7],[135.5,34.71],[135.49,34.72],[135.49,34.7]]]]");
}

}  // namespace
}  // namespace machiya::city
