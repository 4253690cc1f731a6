#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/json.h"
#include "base/temporary_folder.h"
#include "sense/broker/planned_journal.h"
#include "sense/entities/read.h"
#include "sense/models/models_testing.h"
#include "sense/open_data/files.h"

namespace machiya::sense::open_data {
namespace {

/// A broker with three parkings and a pump.
class OpenDataTest : public ::testing::Test {
 protected:
  FakeClock clock_{Instant{1'790'000'000 * kSecond}};
  SeededRng rng_{3};
  std::shared_ptr<const city::City> city_ = test_types_city();
  Access access_{{[this] { return city_; }, {}, {}, {}}};
  Contexts contexts_{nullptr};
  std::unique_ptr<EntityStore> entities_ = EntityStore::open(std::make_unique<testing::PlannedJournal>(std::make_shared<testing::PlannedJournal::Disk>()), clock_, rng_).value();

  OpenDataTest() {
    add("urn:x:1", R"("title":{"type":"LanguageProperty","languageMap":{"ja":"北,\"駅\"","en":"North"}},"location":{"type":"GeoProperty","value":{"type":"Point","coordinates":[135.5,34.7]}},
        "capacity":{"type":"Property","value":120},"available":{"type":"Property","value":7,"observedAt":"2026-04-01T09:00:00Z"},"status":{"type":"Property","value":"open"},
        "seenAt":{"type":"Property","value":"2026-04-01T09:00:30Z"},"takings":{"type":"Property","value":991177},"operatorPhone":{"type":"Property","value":"06-0000-0000"},"secret":{"type":"Property","value":"hush"})");
    add("urn:x:2", R"x("title":{"type":"LanguageProperty","languageMap":{"ja":"=HYPERLINK(1)"}},"location":{"type":"GeoProperty","value":{"type":"LineString","coordinates":[[135.5,34.7],[135.6,34.7]]}})x");
    add("urn:x:3", R"("title":{"type":"LanguageProperty","languageMap":{"ja":"髙槻 𠮷"}},"location":{"type":"GeoProperty","value":{"type":"Point","coordinates":[135.51,34.71]}},"available":{"type":"Property","value":2.9})");
    add("urn:x:9", R"("pressure":{"type":"Property","value":4})", "https://uri.etsi.org/ngsi-ld/default-context/Pump");
  }
  void add(const std::string& id, const std::string& members, const std::string& type = "https://example.org/vocab/BicycleParking") {
    tree::Arena arena;
    auto body = tree::parse(R"({"id":")" + id + R"(","type":")" + type + "\"," + members + "}", arena);
    ASSERT_TRUE(body.ok());
    auto draft = read_entity(*body, BodyOf::entity, *contexts_.core(), arena);
    ASSERT_TRUE(draft.ok()) << draft.error().to_string();
    ASSERT_TRUE(entities_->write("", id, [&](const EntityPtr&, const ChangeContext& context) -> Result<Change> { return create_entity(*draft, context); }).ok());
  }
  const EntityType& parking() { return *access_.types()->by_open_name("bicycle-parking"); }
  std::vector<EntityPtr> seen() {
    const GatePtr gate = access_.gate({});
    return entities_of(*entities_, parking(), *gate).entities;
  }
  std::string csv(CsvFor reader) {
    std::string out;
    EXPECT_TRUE(write_csv(parking(), seen(), reader, [&](std::string_view s) -> Result<void> { return out += s, Result<void>(); }).ok());
    return out;
  }
  static void nothing_restricted(const std::string& text) {
    for (const char* word : {"991177", "06-0000", "hush", "takings", "operatorPhone", "売上", "Pump"}) EXPECT_EQ(text.find(word), std::string::npos) << word << "\n" << text;
  }
};

TEST_F(OpenDataTest, CsvForMachinesHasTermsAndEveryPublicValue) {
  const std::string text = csv(CsvFor::machines);
  EXPECT_EQ(text.substr(0, text.find("\r\n")),
            "id,title_ja,title_en,title_zh-Hans,title_ko,title_vi,location_latitude,location_longitude,location_geojson,capacity,available,available_observedAt,temperature,temperature_observedAt,status,covered,"
            "seenAt,near,modifiedAt");
  EXPECT_NE(text.find("urn:x:1,\"北,\"\"駅\"\"\",North,,,,34.7,135.5,,120,7,2026-04-01T09:00:00Z,,,open,,2026-04-01T09:00:30Z,,"), std::string::npos) << text;
  EXPECT_NE(text.find("urn:x:2,=HYPERLINK(1),,,,,,,\"{\"\"type\"\":\"\"LineString\"\""), std::string::npos) << text;
  nothing_restricted(text);
}

TEST_F(OpenDataTest, CsvForExcelIsGuardedAndCp932HasGetaForWhatItCannotWrite) {
  const std::string utf8 = csv(CsvFor::excel_utf8);
  EXPECT_EQ(utf8.substr(0, 3), "\xEF\xBB\xBF");
  EXPECT_NE(utf8.find("気温 (°C)"), std::string::npos);
  EXPECT_NE(utf8.find("'=HYPERLINK(1)"), std::string::npos) << utf8;
  nothing_restricted(utf8);
  const std::string cp932 = csv(CsvFor::excel_cp932);
  EXPECT_NE(cp932.find("\x96\x6B"), std::string::npos);            // 北
  EXPECT_NE(cp932.find("\xFB\xFC\x92\xCE \x81\xAC"), std::string::npos);   // 髙槻, and 〓 for 𠮷
}

TEST_F(OpenDataTest, GeoJsonAndJsonLdHoldWhatEverybodyMayRead) {
  const auto terms = city_terms(contexts_, *city_);
  ASSERT_TRUE(terms.ok());
  std::string text;
  const Put put = [&](std::string_view s) -> Result<void> { return text += s, Result<void>(); };
  ASSERT_TRUE(write_geojson(parking(), seen(), **terms, put).ok());
  auto geo = json::parse(text);
  ASSERT_TRUE(geo.ok()) << text;
  ASSERT_EQ((*geo)["features"].size(), 3u);
  EXPECT_EQ((*geo)["features"][std::size_t{1}]["geometry"].text("type"), "LineString");
  EXPECT_EQ((*geo)["features"][std::size_t{0}]["properties"]["capacity"].as_int(), 120);
  nothing_restricted(text);
  text.clear();
  ASSERT_TRUE(write_jsonld(seen(), **terms, "https://city.example/context/city.jsonld", put).ok());
  auto ld = json::parse(text);
  ASSERT_TRUE(ld.ok()) << text;
  EXPECT_EQ((*ld)["@graph"].size(), 3u);
  EXPECT_EQ((*ld)["@graph"][std::size_t{0}].text("type"), "BicycleParking");
  nothing_restricted(text);
}

TEST_F(OpenDataTest, TheCatalogueNamesLicenceOwnerAndDownloads) {
  auto parsed = json::parse(catalogue(*city_, access_.types()->all(), "https://city.example"));
  ASSERT_TRUE(parsed.ok());
  ASSERT_EQ((*parsed)["dcat:dataset"].size(), 1u);
  const json::Value& one = (*parsed)["dcat:dataset"][std::size_t{0}];
  EXPECT_EQ(one.text("@id"), "https://city.example/open/bicycle-parking");
  EXPECT_EQ(one["dct:license"].text("@id"), "https://creativecommons.org/licenses/by/4.0/");
  EXPECT_EQ(one["dcat:distribution"].size(), 4u);
  EXPECT_EQ(one["dcat:distribution"][std::size_t{0}]["dcat:downloadURL"].text("@id"), "https://city.example/open/bicycle-parking.csv");
}

// ---- GBFS 3.0: rules written down from the specification (gbfs.md, version 3.0), as a small JSON Schema of our own.

constexpr const char* kRules = R"({
  "head": {"last_updated": "!time", "ttl": "!count", "version": "!=3.0", "data": "!object"},
  "gbfs.json": {"feeds": "![feed]"},
  "system_information.json": {"system_id": "!text", "languages": "![text]", "name": "![words]", "opening_hours": "!text", "feed_contact_email": "!text", "timezone": "!text", "license_url": "?text"},
  "station_information.json": {"stations": "![information]"},
  "station_status.json": {"stations": "![status]"},
  "feed": {"name": "!text", "url": "!text"},
  "words": {"text": "!text", "language": "!text"},
  "information": {"station_id": "!text", "name": "![words]", "lat": "!latitude", "lon": "!longitude", "capacity": "?count", "short_name": "?[words]", "address": "?text"},
  "status": {"station_id": "!text", "num_vehicles_available": "!count", "num_docks_available": "?count", "is_installed": "!flag", "is_renting": "!flag", "is_returning": "!flag", "last_reported": "!time"}
})";

class Gbfs : public OpenDataTest {
 protected:
  json::Value rules_ = json::parse(kRules).value();
  std::string faults_;

  void value(const json::Value& v, std::string kind, const std::string& where) {
    const auto bad = [&] { faults_ += where + " is no " + kind + "\n"; };
    if (kind.starts_with("[")) {
      if (!v.is_array()) return bad();
      for (std::size_t i = 0; i < v.size(); ++i) value(v[i], kind.substr(1, kind.size() - 2), where + "/" + std::to_string(i));
    } else if (kind == "text") {
      if (!v.is_string() || v.as_string().empty()) bad();
    } else if (kind == "count") {
      if (v.kind() != json::Kind::integer || v.as_int() < 0) bad();
    } else if (kind == "flag") {
      if (!v.is_bool()) bad();
    } else if (kind == "time") {
      if (!v.is_string() || !parse_rfc3339(v.as_string())) bad();
    } else if (kind == "latitude" || kind == "longitude") {
      if (!v.is_number() || std::abs(v.as_double()) > (kind == "latitude" ? 90 : 180)) bad();
    } else if (kind.starts_with("=")) {
      if (v.as_string() != kind.substr(1)) bad();
    } else if (kind == "object") {
      if (!v.is_object()) bad();
    } else {
      object(v, kind, where);
    }
  }
  void object(const json::Value& v, const std::string& kind, const std::string& where) {
    const json::Value& rules = rules_[kind];
    for (const auto& [name, rule] : rules.members()) {
      if (v.has(name)) value(v[name], rule.as_string().substr(1), where + "/" + name);
      else if (rule.as_string()[0] == '!') faults_ += where + "/" + name + " is missing\n";
    }
    for (const auto& [name, unused] : v.members())
      if (!rules.has(name)) faults_ += where + "/" + name + " is not known\n";
  }
  /// What breaks the rules; "" for nothing.
  std::string faults(const std::string& text, const std::string& file) {
    faults_.clear();
    auto parsed = json::parse(text);
    if (!parsed.ok()) return parsed.error().to_string();
    object(*parsed, "head", ""), object((*parsed)["data"], file, "/data");
    return faults_;
  }
  std::string file(const std::string& name) { return gbfs_file(parking(), seen(), name, "https://city.example", clock_.now().us).value(); }
};

TEST_F(Gbfs, EveryFileKeepsTheRulesOfTheSpecification) {
  for (const char* name : {"gbfs.json", "system_information.json", "station_information.json", "station_status.json"}) {
    EXPECT_EQ(faults(file(name), name), "") << file(name);
    nothing_restricted(file(name));
  }
  EXPECT_FALSE(gbfs_file(parking(), seen(), "vehicle_status.json", "", 0).ok());
}

TEST_F(Gbfs, TheRulesFindWhatIsPlanted) {
  const std::string good = file("station_status.json");
  const auto with = [&](const std::string& from, const std::string& to) {
    std::string text = good;
    const std::size_t at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return faults(text.replace(at, from.size(), to), "station_status.json");
  };
  EXPECT_NE(with("\"is_renting\":false", "\"is_renting\":0"), "");
  EXPECT_NE(with("\"num_vehicles_available\":0,", ""), "");
  EXPECT_NE(with("\"version\":\"3.0\"", "\"version\":\"2.3\""), "");
  EXPECT_NE(with("\"last_reported\":\"2026", "\"last_reported\":\"26"), "");
  EXPECT_NE(with("\"station_id\"", "\"stationId\""), "");
}

TEST_F(Gbfs, StationsComeFromTheMapping) {
  const json::Value information = json::parse(file("station_information.json")).value()["data"]["stations"], status = json::parse(file("station_status.json")).value()["data"]["stations"];
  ASSERT_EQ(information.size(), 2u);   // a line is no station
  ASSERT_EQ(status.size(), 2u);
  EXPECT_EQ(information[std::size_t{0}]["lat"].number_text(), "34.7");
  EXPECT_EQ(information[std::size_t{0}]["capacity"].as_int(), 120);
  EXPECT_EQ(information[std::size_t{0}]["name"].size(), 2u);
  EXPECT_EQ(status[std::size_t{0}]["num_docks_available"].as_int(), 7);
  EXPECT_EQ(status[std::size_t{0}].text("last_reported"), "2026-04-01T09:00:30Z");
  EXPECT_EQ(status[std::size_t{1}]["num_docks_available"].as_int(), 2);   // never more than there are
}

TEST_F(OpenDataTest, ADownloadIsMadeAnewWhenEntitiesChangedAndKeepsItsTimeWhenItIsTheSame) {
  TemporaryFolder folder("open");
  Files files(folder.path(), clock_);
  int made = 0;
  std::string content = "a";
  const auto get = [&](std::uint64_t state) {
    return files.get("x.csv", state, 10 * kSecond, [&](const Put& put) -> Result<void> { return ++made, put(content); });
  };
  const auto text = [&] {
    std::ifstream in(folder.path() + "/x.csv");
    std::ostringstream out;
    out << in.rdbuf();
    return out.str();
  };
  ASSERT_TRUE(get(1).ok());
  ASSERT_TRUE(get(1).ok());
  EXPECT_EQ(made, 1);
  content = "b";
  ASSERT_TRUE(get(2).ok());   // too soon
  EXPECT_EQ(made, 1);
  clock_.advance(11 * kSecond);
  const auto before = std::filesystem::last_write_time(folder.path() + "/x.csv");
  ASSERT_TRUE(get(2).ok());
  EXPECT_EQ(made, 2);
  EXPECT_EQ(text(), "b");
  clock_.advance(11 * kSecond);
  const auto after = std::filesystem::last_write_time(folder.path() + "/x.csv");
  ASSERT_TRUE(get(3).ok());   // others' entities changed
  EXPECT_EQ(made, 3);
  EXPECT_EQ(std::filesystem::last_write_time(folder.path() + "/x.csv"), after);
  EXPECT_GE(after, before);
}

}  // namespace
}  // namespace machiya::sense::open_data
