// What the loader makes of a good city, of references and of a broken one while the old goes on.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/temporary_folder.h"
#include "city/check.h"
#include "city/city.h"
#include "city/test_kinds.h"
#include "city/yaml.h"

namespace machiya::city {
namespace {

namespace fs = std::filesystem;

/// A copy of the small good city that the test may change.
class Copy {
 public:
  Copy() {
    fs::copy(std::string(MACHIYA_SOURCE_DIR) + "/tests/conformance/definitions/good", folder_, fs::copy_options::recursive);
  }
  const std::string& folder() const { return folder_; }
  std::string read(const std::string& file) const {
    std::ifstream in(folder_ + "/" + file);
    std::stringstream text;
    text << in.rdbuf();
    return text.str();
  }
  void write(const std::string& file, const std::string& text) const {
    fs::create_directories(fs::path(folder_ + "/" + file).parent_path());
    std::ofstream(folder_ + "/" + file) << text;
  }
  void replace(const std::string& file, const std::string& from, const std::string& to) const {
    std::string text = read(file);
    const std::size_t at = text.find(from);
    ASSERT_NE(at, std::string::npos) << from;
    write(file, text.replace(at, from.size(), to));
  }

 private:
  TemporaryFolder place_{"copy"};
  const std::string& folder_ = place_.path();
};

const std::string kForm = "01-life/dogs/forms/dog-registration.yaml";

std::string lines(const LoadReport& report) {
  std::string out;
  for (const Fault& fault : report.faults) out += to_line(fault) + "\n";
  return out;
}

TEST(Loader, TypesComeFromTheSchemaNeverFromTheLook) {
  const Copy copy;
  const LoadReport report = load(copy.folder(), test_kinds());
  ASSERT_TRUE(report.city) << lines(report);
  const auto* procedure = report.city->get<KeptBody>("procedure", "dog-registration");
  ASSERT_TRUE(procedure);
  const json::Value& dog = procedure->body["pages"][1];
  EXPECT_EQ(dog["ask"][2]["length"].kind(), json::Kind::integer);
  EXPECT_TRUE(dog["ask"][2]["optional"].as_bool());
  EXPECT_EQ(dog["ask"][3]["options"][std::size_t{0}]["value"], json::Value("no"));
  EXPECT_EQ(dog["ask"][3]["options"][std::size_t{1}]["value"], json::Value("1.10"));
  EXPECT_EQ(procedure->body.text("law"), "狂犬病予防法 第4条");
}

TEST(Loader, BlocksStandInPlace) {
  const Copy copy;
  const LoadReport report = load(copy.folder(), test_kinds());
  ASSERT_TRUE(report.city);
  const auto* procedure = report.city->get<KeptBody>("procedure", "dog-registration");
  ASSERT_TRUE(procedure);
  EXPECT_EQ(procedure->body["pages"][std::size_t{0}]["ask"].size(), 2u);
  EXPECT_EQ(procedure->body["pages"][std::size_t{0}]["ask"][1].text("name"), "phone");
}

TEST(Loader, AnswersOfAScenarioTakeTheTypeOfTheirQuestions) {
  const Copy copy;
  const LoadReport report = load(copy.folder(), test_kinds());
  ASSERT_TRUE(report.city);
  const auto all = report.city->all("scenario");
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0]->source.initiative, 1);
  const auto* scenario = dynamic_cast<const KeptBody*>(all[0]->definition.get());
  const json::Value& apply = scenario->body["when"][std::size_t{0}]["apply"];
  EXPECT_EQ(apply["dogs"].kind(), json::Kind::integer);
  EXPECT_TRUE(apply["indoor"].is_bool());
  EXPECT_EQ(apply["size"], json::Value("no"));          // a choice keeps its text
  EXPECT_EQ(apply["born"], json::Value("2025-12-01"));
  EXPECT_EQ(apply["person"].text("family"), "大阪");
}

TEST(Loader, FaultsOfAnEngineStandAtTheirPlace) {
  const Copy copy;
  std::vector<Kind> kinds = test_kinds();
  kinds[3].compile = [](const json::Value&, const Source&, Diagnostics& faults) -> std::shared_ptr<const Definition> {
    faults.error("/pages/1/ask/1/must", "式", "in the expression", 1, 6);
    faults.error("/pages/0/ask/1/label", "ブロック", "in a block");
    faults.error("/pages/1/ask/99", "", "beyond the list");
    return nullptr;
  };
  kinds[3].link = [](const City&, const Source&, const Definition&, Diagnostics&) { FAIL() << "linked although broken"; };
  const LoadReport report = load(copy.folder(), kinds);
  EXPECT_FALSE(report.city);
  EXPECT_NE(lines(report).find(kForm + ":20:86: error: 式 / in the expression"), std::string::npos) << lines(report);
  EXPECT_NE(lines(report).find("blocks/applicant.yaml:4:33: error: ブロック"), std::string::npos) << lines(report);
  EXPECT_NE(lines(report).find("beyond the list"), std::string::npos);
}

TEST(Loader, PlacesAreTheSameAfterACacheHit) {
  const Copy copy;
  LoadOptions options;
  options.cache_folder = copy.folder() + "/.cache";
  ASSERT_TRUE(load(copy.folder(), test_kinds(), options).city);
  std::vector<Kind> kinds = test_kinds();
  kinds[3].link = [](const City&, const Source&, const Definition&, Diagnostics& faults) { faults.error("/pages/0/ask/1/label", "a", "linked"); };
  const LoadReport warm = load(copy.folder(), kinds, options), cold = load(copy.folder(), kinds);
  EXPECT_EQ(lines(warm), lines(cold));
  EXPECT_NE(lines(warm).find("blocks/applicant.yaml:4:33"), std::string::npos) << lines(warm);
}

TEST(Loader, ADamagedCacheEntryIsAMiss) {
  const Copy copy;
  LoadOptions options;
  options.cache_folder = copy.folder() + "/.cache";
  ASSERT_TRUE(load(copy.folder(), test_kinds(), options).city);
  {
    const std::string pack = copy.read(".cache/definitions");
    const std::size_t at = pack.find("\"procedure\":\"dog-registration\",\"version\"");
    ASSERT_NE(at, std::string::npos);
    std::fstream file(options.cache_folder + "/definitions", std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(static_cast<std::streamoff>(at + 15));
    file.put('\x01');
  }
  const LoadReport again = load(copy.folder(), test_kinds(), options);
  ASSERT_TRUE(again.city) << lines(again);
  EXPECT_EQ(again.city->find("procedure", "dog-registration")->source.hash, load(copy.folder(), test_kinds()).city->find("procedure", "dog-registration")->source.hash);
}

TEST(Loader, ATornCacheIsReadAsFarAsItGoes) {
  const Copy copy;
  LoadOptions options;
  options.cache_folder = copy.folder() + "/.cache";
  ASSERT_TRUE(load(copy.folder(), test_kinds(), options).city);
  const std::string pack = copy.read(".cache/definitions");
  for (std::size_t size : {std::size_t{0}, std::size_t{10}, std::size_t{131}, pack.size() / 3, pack.size() - 1}) {
    copy.write(".cache/definitions", pack.substr(0, size));
    EXPECT_TRUE(load(copy.folder(), test_kinds(), options).city) << size;
  }
  EXPECT_EQ(copy.read(".cache/definitions").size(), pack.size());
}

TEST(Loader, TwoDefinitionsOfOneNameAreAFault) {
  const Copy copy;
  copy.write("workflows/other.yaml", copy.read("workflows/notice.yaml"));
  const LoadReport report = load(copy.folder(), test_kinds());
  EXPECT_NE(lines(report).find("workflows/other.yaml:1:11: error: 「notice」はworkflows/notice.yamlでも定義されています"), std::string::npos) << lines(report);
}

TEST(Loader, FoldersAndFilesThatNobodyReadsAreFaults) {
  const Copy copy;
  copy.write("01-life/dogs/form/x.yaml", "a: 1\n");
  copy.write("01-life/dogs/forms/x.yml", "a: 1\n");
  copy.write("01-life/empty/README.md", "");
  const std::string all = lines(load(copy.folder(), test_kinds()));
  EXPECT_NE(all.find("01-life/dogs/form: error: 「form」というフォルダーはありません。「forms」の誤りではありませんか"), std::string::npos) << all;
  EXPECT_NE(all.find("01-life/dogs/forms/x.yml: error:"), std::string::npos) << all;
  EXPECT_NE(all.find("01-life/empty: error: room.yaml がありません"), std::string::npos) << all;
  EXPECT_FALSE(load(copy.folder() + "/nowhere", test_kinds()).city);
}

TEST(Loader, LintWarnsWithoutRefusing) {
  const Copy copy;
  LoadOptions options;
  options.lint = true;
  copy.replace(kForm, "must: born <= today()", "when: false, must: born <= today()");
  copy.replace(kForm, "assurance: contact", "assurance: contact\nsignature: asked");
  copy.replace("blocks/applicant.yaml", ", prefill: person.name", "");
  copy.write("workflows/spare.yaml", "workflow: spare\nstart: a\nstates:\n  - { state: a, name: A }\n");
  fs::remove_all(copy.folder() + "/01-life/dogs/scenarios");
  const LoadReport report = load(copy.folder(), test_kinds(), options);
  ASSERT_TRUE(report.city) << lines(report);
  const std::string all = lines(report);
  for (const char* expected : {"texts have no ko", "this question is never asked", "whose signature it should be", "no scenario", "workflows/spare.yaml:1:11: warning"})
    EXPECT_NE(all.find(expected), std::string::npos) << expected << "\n" << all;
}

TEST(Holder, ABrokenCityNeverReplacesAGoodOne) {
  const Copy copy;
  Holder holder(copy.folder(), test_kinds());
  int changes = 0;
  std::uint64_t seen = 0;
  holder.on_change([&](const std::shared_ptr<const City>& city) { ++changes, seen = city->revision(); });
  EXPECT_FALSE(holder.current());
  ASSERT_TRUE(holder.reload().city);
  const auto first = holder.current();
  copy.replace(kForm, "version: 1", "version: one");
  const LoadReport refused = holder.reload();
  EXPECT_FALSE(refused.city);
  EXPECT_FALSE(refused.faults.empty());
  EXPECT_EQ(holder.current(), first);
  EXPECT_EQ(changes, 1);
  copy.replace(kForm, "version: one", "version: 2");
  ASSERT_TRUE(holder.reload().city);
  EXPECT_EQ(holder.current()->find("procedure", "dog-registration")->source.version, 2);
  EXPECT_EQ(first->find("procedure", "dog-registration")->source.version, 1);
  EXPECT_EQ(changes, 2);
  EXPECT_EQ(seen, 2u);
}

TEST(Check, PrintsFaultsFactsAndAnHonestExitCode) {
  const Copy copy;
  CheckArgs args = parse_check_args({copy.folder(), "--facts", "--no-warnings"}).value();
  std::ostringstream good;
  EXPECT_EQ(run_check(args, test_kinds(), good), 0);
  EXPECT_NE(good.str().find("要確認  " + kForm + ": 登録手数料は1頭3000円 (架空の条例)"), std::string::npos) << good.str();
  EXPECT_NE(good.str().find("0 errors"), std::string::npos);
  copy.replace(kForm, "version: 1", "version: one");
  std::ostringstream bad, json;
  EXPECT_EQ(run_check(args, test_kinds(), bad), 1);
  EXPECT_NE(bad.str().find(kForm + ":2:10: error: "), std::string::npos) << bad.str();
  args.json = true;
  EXPECT_EQ(run_check(args, test_kinds(), json), 1);
  const auto parsed = json::parse(json.str());
  ASSERT_TRUE(parsed.ok());
  EXPECT_EQ((*parsed)["faults"][std::size_t{0}]["line"].as_int(), 2);
  EXPECT_FALSE(parse_check_args({"--frob"}).ok());
  EXPECT_FALSE(parse_check_args({"a", "b"}).ok());
}

TEST(Yaml, InnerPlacesOfBlockTexts) {
  std::vector<PlacedFault> faults;
  const auto root = parse_yaml("a:\n  text: |\n    one\n    two\n  q: \"x + y\"\n", faults);
  ASSERT_TRUE(root && faults.empty());
  const Found text = locate(*root, "/a/text");
  EXPECT_TRUE(text.exact && text.node->inner_exact);
  EXPECT_EQ(text.node->text_place.line, 3u);
  EXPECT_EQ(text.node->text_place.column, 5u);
  EXPECT_EQ(locate(*root, "/a/q").node->text_place.column, 7u);
  EXPECT_FALSE(locate(*root, "/a/none").exact);
}

TEST(Yaml, LimitsHold) {
  std::vector<PlacedFault> faults;
  EXPECT_FALSE(parse_yaml(std::string(5000, '['), faults));
  EXPECT_FALSE(parse_yaml(std::string(2 << 20, 'a'), faults));
  EXPECT_FALSE(parse_yaml("", faults));
  std::string many = "a:\n";
  for (int i = 0; i < 210'000; ++i) many += "- 1\n";
  EXPECT_FALSE(parse_yaml(many, faults));
  std::string all;
  for (const PlacedFault& fault : faults) all += fault.en + "\n";
  for (const char* expected : {"nested too deeply", "too large", "empty", "too many nodes"}) EXPECT_NE(all.find(expected), std::string::npos) << all;
}

TEST(Yaml, WordsThatLookLikeNothingAreText) {
  std::vector<PlacedFault> faults;
  const auto root = parse_yaml("a: null\nb: ~\nc: [null, 'null']\nd: {x: null}\n", faults);
  ASSERT_TRUE(root && faults.empty());
  EXPECT_EQ(root->items[0].text, "null");
  EXPECT_EQ(root->items[1].text, "~");
  EXPECT_EQ(root->items[2].items[0].text, "null");
  EXPECT_EQ(root->items[3].items[0].text, "null");
}

}  // namespace
}  // namespace machiya::city
