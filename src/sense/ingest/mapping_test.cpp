// Pure parts: patterns, definitions and their faults, forms of payloads.
#include <gtest/gtest.h>

#include "city/test_folder.h"
#include "sense/ingest/mapping.h"

namespace machiya::sense::ingest {
namespace {

constexpr std::int64_t kNow = 1'790'000'000 * kSecond;

class MappingTest : public ::testing::Test {
 protected:
  std::string faults(const std::string& text) {
    folder_.write("devices/p.yaml", text);
    return folder_.faults({profile_kind()});
  }
  const Profile& profile(const std::string& text) {
    EXPECT_EQ(faults(text), "");
    city_ = folder_.load({profile_kind()}).city;
    return *city_->get<Profile>("device-profile", "p");
  }
  static std::string head(const std::string& form) { return "device-profile: p\nversion: 1\nname: 試し\npayload: " + form + "\n"; }
  Mapped map(const Profile& p, std::string_view payload, const Captures& topic = {}) { return map_payload({p, device_, topic, payload, Instant{kNow}}); }
  static std::string shown(const Mapped& m) {
    std::string out;
    for (const MappedEntity& e : m.entities) {
      out += e.id + "{";
      for (const MappedAttribute& a : e.attributes) out += a.name + "=" + json::to_text(a.value) + "@" + std::to_string((a.observed_us - kNow) / kSecond) + (a.quality == series::Quality::good ? "" : "!" + a.reason) + " ";
      out += "}";
    }
    for (const Cause& c : m.causes) out += " " + c.code + "@" + c.place;
    return out;
  }

  city::TestFolder folder_;
  std::shared_ptr<const city::City> city_;
  Device device_{.id = "d1", .profile = "p", .name = "One"};
};

TEST(TopicPattern, LevelsAndNames) {
  const TopicPattern p("a/{device}/{channel}");
  ASSERT_TRUE(p.match("a/x/y"));
  EXPECT_EQ(captured(*p.match("a/x/y"), "channel"), "y");
  for (const char* other : {"a/x", "a/x/y/z", "a//y", "b/x/y", "", "a/x/"}) EXPECT_FALSE(p.match(other)) << other;
  EXPECT_TRUE(p.names("device"));
  EXPECT_FALSE(p.names("a"));
  EXPECT_EQ(TopicPattern("{a}/{a}").twice(), "a");
  EXPECT_TRUE(p.overlaps(TopicPattern("{x}/b/c")));
  EXPECT_FALSE(p.overlaps(TopicPattern("b/{x}/c")));
}

TEST_F(MappingTest, FaultsHaveTheirPlaceInBothLanguages) {
  const std::string text = head("json") +
                           "topics: [\"a/{x}/{x}\", \"b/{y}\", \"b/c\"]\nseries: [m]\nclock: { ahead: P1M, otherwise: mark }\n"
                           "map:\n  - entity: '\"urn:\" + nobody'\n    type: T\n    attributes:\n      - { attribute: a, value: '\"text\"', range: { otherwise: mark } }\n"
                           "      - { attribute: a, value: 1 +, unit: CEL, kind: relationship }\n";
  const std::string found = faults(text);
  for (const char* expected : {"devices/p.yaml:5:10: error: 「{x}」は一度だけ書けます / \"{x}\" may stand here once only", "devices/p.yaml:5:32: error: 「b/{y}」と重なります", "series は payload: lines",
                               "devices/p.yaml:7:17: error: 日・時・分・秒で", "devices/p.yaml:9:23: error: 式に誤りがあります", "「a」は二度書かれています", "min か max が要ります", "kind: property にだけ書けます"})
    EXPECT_NE(found.find(expected), std::string::npos) << expected << "\nin\n" << found;
}

TEST_F(MappingTest, EveryFormAndTheTimesOfAPayload) {
  const std::string map = "map:\n  - entity: '\"urn:x:\" + device.id'\n    type: T\n    observed-at: payload.t\n    attributes: [{ attribute: v, value: payload.v }]\n";
  const Profile& json = profile(head("json") + map);
  EXPECT_EQ(shown(map_payload({json, device_, {}, R"({"v":1,"t":1789999990})", Instant{kNow}})), "urn:x:d1{v=1@-10 }");
  EXPECT_EQ(shown(MappingTest::map(json, R"({"v":1.50,"t":1789999990000})")), "urn:x:d1{v=1.5@-10 }");
  EXPECT_EQ(shown(MappingTest::map(json, R"({"v":1,"t":"2026-09-21T14:13:10Z"})")), "urn:x:d1{v=1@-10 }");
  EXPECT_EQ(shown(MappingTest::map(json, R"({"v":1,"t":"2026-09-21T23:13:10"})")), "urn:x:d1{v=1@-10 }") << "without a zone it is Japan's";
  EXPECT_EQ(shown(MappingTest::map(json, R"({"v":1,"t":"yesterday"})")), " clock-unreadable@");
  EXPECT_EQ(shown(MappingTest::map(json, "\xff")), " unreadable@");
  const Profile& text = profile(head("text") + "map:\n  - entity: '\"urn:x:\" + device.id'\n    type: T\n    attributes: [{ attribute: v, value: number(payload) }]\n");
  EXPECT_EQ(shown(MappingTest::map(text, "12.5")), "urn:x:d1{v=12.5@0 }");
  EXPECT_EQ(shown(MappingTest::map(text, "?")), " no-value@v");
}

TEST_F(MappingTest, RecordsOfSenmlAndLinesAreTakenOneByOne) {
  const Profile& senml = profile(head("senml") + "map:\n  - each: payload.records\n    when: item.unit = \"Cel\"\n    entity: '\"urn:x:\" + item.name'\n    type: T\n    observed-at: item.time\n    attributes: [{ attribute: v, value: item.value }]\n");
  EXPECT_EQ(shown(map(senml, R"([{"bn":"s/","bt":1789999990,"n":"a","u":"Cel","v":1.25},{"n":"b","u":"Cel","t":5,"v":2},{"n":"c","u":"%","v":3}])")), "urn:x:s/a{v=1.25@-10 }urn:x:s/b{v=2@-5 }");
  EXPECT_EQ(shown(map(senml, R"([{"n":"a","u":"%","v":1}])")), " nothing@");
  EXPECT_EQ(shown(map(senml, R"([{"n":"a","u":"Cel","v":1},{"n":"b"}])")).substr(0, 20), "urn:x:a{v=1@0 } unre");
  EXPECT_EQ(shown(map(senml, "{}")), " unreadable@");
  const Profile& lines = profile(head("lines") + "map:\n  - entity: '\"urn:x:\" + payload.tags.id'\n    type: T\n    attributes: [{ attribute: v, value: payload.fields.v }, { attribute: w, value: payload.fields.w, optional: yes }]\n");
  EXPECT_EQ(shown(map(lines, "m,id=a v=1 1789999990000000000\n\nm v=2\nm,id=b v=3,w=t")), "urn:x:a{v=1@-10 }urn:x:b{v=3@0 w=true@0 } no-entity@line 3");
  EXPECT_EQ(shown(map(lines, "m,id=a v=")).substr(0, 18), " unreadable@line 1");
}

TEST_F(MappingTest, NamesOfTheTopicAndWordsOfQuality) {
  const Profile& p = profile(head("json") + "topics: [\"s/{device}/{channel}\"]\nmap:\n  - entity: '\"urn:x:\" + topic.channel'\n    type: T\n    attributes: [{ attribute: v, value: payload.v, quality: payload.q }]\n");
  EXPECT_EQ(shown(map(p, R"({"v":1,"q":"estimated"})", {{"device", "d1"}, {"channel", "c"}})), "urn:x:c{v=1@0!device }");
  EXPECT_EQ(shown(map(p, R"({"v":1,"q":"fine"})", {{"channel", "c"}})), " quality@v");
}

}  // namespace
}  // namespace machiya::sense::ingest
