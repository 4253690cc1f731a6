// The engine: order of pages, visibility, checks, repeats, stops, fees, corrections, and the merge of two tabs.
#include "ask/interview/interview.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "ask/interview/procedure.h"
#include "base/rng.h"

namespace machiya::interview {
namespace {

using json::Value;

const char* kMove = R"json({
 "procedure":"move","version":1,"kind":"notification","name":{"ja":"転居届","en":"Change of address"},"owner":"shimin","case":"notification",
 "pages":[
  {"page":"who","title":"届出人","ask":[
    {"name":"person","type":"name","label":"氏名","prefill":"person.name"},
    {"name":"moved","type":"date","label":"異動日","must":{"test":"moved <= today()","message":{"ja":"異動前には届け出できません","en":"Not before you have moved"}}},
    {"name":"agent","type":"yes-no","label":"代理人ですか"},
    {"name":"relation","type":"text","label":"関係","when":"agent"}]},
  {"page":"members","title":"異動する人","repeat":{"name":"members","min":1,"max":3,"item":{"ja":"異動する人"}},"ask":[
    {"name":"born","type":"date","label":"生年月日","must":"born <= moved"},
    {"name":"card","type":"yes-no","label":"カードがありますか"},
    {"name":"minor","type":"yes-no","label":"保護者がいますか","when":"born > date(\"2008-04-01\")"}]},
  {"page":"adults","title":"カード","when":"count(members[card = true]) > 1","ask":[{"name":"cards","type":"number","label":"枚数","default":"2","min":1,"max":9}]},
  {"page":"end","title":"確認","ask":[{"name":"ok","type":"declaration","label":"誓約","text":"正しいです"}]}],
 "calculate":[{"name":"days","type":"number","value":"(today() - moved) / duration(\"P1D\")","label":"日数","show":true},{"name":"late","type":"boolean","value":"days > 14"}],
 "stop":[{"when":"person.family = \"停止\"","title":"窓口へ","message":"窓口で手続してください"}],
 "fee":"if late then 500 else 0"})json";

std::shared_ptr<const Procedure> compiled(std::string_view text) {
  auto body = json::parse(text);
  EXPECT_TRUE(body.ok());
  Diagnostics faults;
  auto procedure = compile_procedure(*body, World{}, faults);
  for (const auto& fault : faults.list()) ADD_FAILURE() << fault.pointer << ": " << fault.en;
  return procedure;
}
Situation on(const char* day, std::string lang = "en") {
  Situation situation;
  situation.now = start_of_day_in_japan(*parse_iso_date(day));
  situation.lang = std::move(lang);
  return situation;
}
class MoveTest : public ::testing::Test {
 protected:
  State state() { return evaluate(*procedure_, log_, situation_).value(); }
  void post(std::string_view key, std::vector<std::pair<std::string, std::string>> pairs) {
    situation_.now.us += kSecond;
    const State now = state();
    const PageState* page = now.page(key);
    ASSERT_NE(page, nullptr) << key;
    for (auto& answer : read_fields(*procedure_, *page, Fields{std::move(pairs)}, situation_, "applicant", {"id" + std::to_string(++posts_)})) log_.append(std::move(answer));
  }
  void post_person(std::string family = "山田") {
    post("who", {{"person.family", family}, {"person.given", "花子"}, {"person.family_kana", "やまだ"}, {"person.given_kana", "はなこ"}, {"moved.year", "2026"}, {"moved.month", "5"}, {"moved.day", "1"}, {"agent", "no"}});
  }
  std::shared_ptr<const Procedure> procedure_ = compiled(kMove);
  Situation situation_ = on("2026-05-10");
  Log log_;
  int posts_ = 0;
};

TEST_F(MoveTest, WalksToTheEnd) {
  EXPECT_EQ(state().next, "who");
  EXPECT_FALSE(state().complete);
  EXPECT_TRUE(state().pages[0].errors.empty()) << "nothing is wrong before it was asked";
  post_person();
  EXPECT_EQ(state().next, "members/1");
  post("members/1", {{"born.year", "昭和60"}, {"born.month", "1"}, {"born.day", "1"}, {"card", "yes"}});
  EXPECT_EQ(state().next, "end");
  EXPECT_EQ(state().page("adults"), nullptr);
  post("end", {{"ok", "yes"}});
  const State done = state();
  EXPECT_TRUE(done.complete);
  EXPECT_EQ(done.fee, 0);
  EXPECT_EQ(json::to_text(done.values["days"]), "9");
  EXPECT_EQ(done.values["members"][std::size_t{0}].text("born"), "1985-01-01");
  situation_ = on("2026-05-20");
  EXPECT_EQ(state().fee, 500);
}

TEST_F(MoveTest, ConditionsMustsAndTypedTextAreKept) {
  post("who", {{"person.family", "山田"}, {"person.given", ""}, {"person.family_kana", "山"}, {"person.given_kana", ""}, {"moved.year", "2027"}, {"moved.month", "5"}, {"moved.day", "1"}, {"agent", "yes"}});
  const State now = state();
  const auto& page = now.pages[0];
  ASSERT_EQ(page.questions.size(), 4u) << "the relation is asked of an agent";
  std::vector<std::string> fields;
  for (const auto& error : page.errors) fields.push_back(error.field + ":" + error.code);
  std::sort(fields.begin(), fields.end());
  EXPECT_EQ(fields, (std::vector<std::string>{"moved:must", "person.family_kana:kana", "person.given:required", "person.given_kana:required", "relation:required"}));
  EXPECT_EQ(page.questions[0].raw.text("family_kana"), "山") << "what was typed is not lost";
  for (const auto& error : page.errors)
    if (error.field == "moved") { EXPECT_EQ(error.message, "Not before you have moved"); }
}

TEST_F(MoveTest, RepeatsAddRemoveAndLimit) {
  post_person();
  auto add = [&](const char* id, Value value) { log_.append({"add" + std::to_string(++posts_), Instant{situation_.now.us + posts_}, "applicant", std::string("members/") + id, std::move(value)}); };
  add("b", true);
  add("a", true);
  EXPECT_EQ(state().pages.size(), 5u);
  EXPECT_EQ(state().pages[2].key, "members/b") << "in the order in which they were added";
  EXPECT_EQ(state().pages[2].item_number, 2);
  for (const char* key : {"members/1", "members/b", "members/a"}) post(key, {{"born.year", "1985"}, {"born.month", "1"}, {"born.day", "1"}, {"card", "yes"}});
  EXPECT_NE(state().page("adults"), nullptr) << "two cards or more";
  EXPECT_EQ(state().page("adults")->questions[0].value.as_int(), 2) << "the default";
  add("b", nullptr);
  add("a", nullptr);
  EXPECT_EQ(state().page("adults"), nullptr);
  add("1", nullptr);
  EXPECT_EQ(state().pages[1].errors.at(0).code, "items");
  for (const char* id : {"c", "d", "e", "f"}) add(id, true);
  EXPECT_EQ(state().pages[4].errors.at(0).code, "items");
}

TEST_F(MoveTest, ItemSeesItsOwnNamesAndTheOuterOnes) {
  post_person();
  post("members/1", {{"born.year", "2026"}, {"born.month", "5"}, {"born.day", "2"}, {"card", "no"}});
  const State now = state();
  EXPECT_EQ(now.pages[1].questions.size(), 3u) << "a minor is asked for the guardian";
  EXPECT_TRUE(std::any_of(now.pages[1].errors.begin(), now.pages[1].errors.end(), [](const FieldError& e) { return e.field == "members/1/born" && e.code == "must"; }));
}

TEST_F(MoveTest, StopEndsTheInterview) {
  post_person("停止");
  const State now = state();
  ASSERT_TRUE(now.stop.has_value());
  EXPECT_EQ(now.stop->title, "窓口へ");
  EXPECT_EQ(now.pages.size(), 1u);
  EXPECT_FALSE(now.complete);
}

TEST_F(MoveTest, PrefillShowsItsSourceAndNeedsAVisit) {
  auto facts = json::parse(R"({"person":{"name":{"family":"大阪","given":"太郎","family_kana":"オオサカ","given_kana":"タロウ"}}})");
  situation_.facts = *facts;
  EXPECT_EQ(state().pages[0].questions[0].source, "person.name");
  EXPECT_EQ(state().pages[0].questions[0].value.text("family"), "大阪");
  EXPECT_FALSE(state().pages[0].complete);
  post_person();
  EXPECT_EQ(state().pages[0].questions[0].source, "");
}

TEST_F(MoveTest, CorrectionOpensOnlyWhatWasAsked) {
  post_person();
  post("members/1", {{"born.year", "1985"}, {"born.month", "1"}, {"born.day", "1"}, {"card", "yes"}});
  post("end", {{"ok", "yes"}});
  situation_.only = {"moved"};
  State now = state();
  ASSERT_EQ(now.pages.size(), 1u);
  ASSERT_EQ(now.pages[0].questions.size(), 1u);
  EXPECT_EQ(now.pages[0].questions[0].field, "moved");
  EXPECT_TRUE(now.complete);
  EXPECT_EQ(now.values.text("moved"), "2026-05-01") << "everything else still counts";
  EXPECT_EQ(now.values["person"].text("family"), "山田");
  situation_.only = {"members/born"};
  EXPECT_EQ(state().pages.at(0).questions.at(0).field, "members/1/born");
}

TEST_F(MoveTest, UnchangedFieldsOfAnOldTabLeaveNoEntry) {
  post_person();
  const State seen = state();   // both tabs show the page as it is now
  auto tab = [&](std::string family, std::string month, const char* id) {
    situation_.now.us += kSecond;
    for (auto& answer : read_fields(*procedure_, *seen.page("who"), Fields{{{"person.family", family}, {"person.given", "花子"}, {"person.family_kana", "ヤマダ"}, {"person.given_kana", "ハナコ"}, {"moved.year", "2026"}, {"moved.month", month}, {"moved.day", "1"}, {"agent", "no"}}},
                                   situation_, "applicant", {id}))
      log_.append(std::move(answer));
  };
  tab("佐藤", "5", "tab1");
  tab("山田", "4", "tab2");
  EXPECT_EQ(state().values["person"].text("family"), "佐藤");
  EXPECT_EQ(state().values.text("moved"), "2026-04-01");
}

TEST_F(MoveTest, ProgramsSendWholeSets) {
  auto values = json::parse(R"({"person":{"family":"山田","given":"花子","family_kana":"ヤマダ","given_kana":"ハナコ"},"moved":"令和8年5月1日","agent":false,
    "members":[{"born":"1985-01-01","card":true},{"born":"1986-01-01","card":true}],"cards":3,"ok":true})");
  auto answers = read_values(*procedure_, *values, situation_, "client:1", {"x", "y"});
  ASSERT_TRUE(answers.ok());
  for (auto& answer : *answers) log_.append(std::move(answer));
  const State now = state();
  EXPECT_TRUE(now.complete) << now.next;
  EXPECT_EQ(now.values["members"].size(), 2u);
  EXPECT_EQ(now.values["cards"].as_int(), 3);
  auto wrong = read_values(*procedure_, *json::parse(R"({"nosuch":1})"), situation_, "client:1", {"x"});
  ASSERT_FALSE(wrong.ok());
  EXPECT_EQ(wrong.error().where, "/nosuch");
}

TEST_F(MoveTest, RandomTabsMergeToTheSameState) {
  SeededRng rng(11);
  const char* fields[] = {"moved", "agent", "relation", "members/1/born", "members/x", "members/x/born", "members/1", "_page/who", "_page/members/1", "ok", "nosuch", "members/x/y/z", "person"};
  for (int round = 0; round < 400; ++round) {
    std::vector<Answer> entries;
    for (int i = 0; i < 24; ++i) {
      Value value;
      switch (rng.below(5)) {
        case 0: value = nullptr; break;
        case 1: value = true; break;
        case 2: value = "2026-01-0" + std::to_string(1 + rng.below(9)); break;
        case 3: value = Value::object({{"raw", Value::object({{"", "?"}})}}); break;
        default: value = static_cast<std::int64_t>(rng.below(100)); break;
      }
      entries.push_back({"e" + std::to_string(i), Instant{situation_.now.us + static_cast<std::int64_t>(rng.below(6))}, "applicant", fields[rng.below(std::size(fields))], value});
    }
    Log a, b, c;
    for (const auto& entry : entries) {
      const auto where = rng.below(7) + 1;   // some entries are in several tabs
      if (where & 1) a.append(entry);
      if (where & 2) b.append(entry);
      if (where & 4) c.append(entry);
    }
    const auto abc = json::to_text(Log::merge(Log::merge(a, b), c).to_json());
    EXPECT_EQ(abc, json::to_text(Log::merge(c, Log::merge(b, a)).to_json()));
    const Log all = Log::merge(Log::merge(a, b), c);
    EXPECT_EQ(abc, json::to_text(Log::merge(all, all).to_json()));
    std::vector<Answer> shuffled = all.answers();
    for (std::size_t i = shuffled.size(); i > 1; --i) std::swap(shuffled[i - 1], shuffled[rng.below(i)]);
    Log other;
    for (auto& entry : shuffled) other.append(std::move(entry));
    const auto one = evaluate(*procedure_, all, situation_), two = evaluate(*procedure_, other, situation_);
    ASSERT_TRUE(one.ok() && two.ok());
    EXPECT_EQ(json::to_canonical(one->values), json::to_canonical(two->values));
    EXPECT_EQ(one->next, two->next);
    ASSERT_EQ(one->pages.size(), two->pages.size());
    for (std::size_t i = 0; i < one->pages.size(); ++i) EXPECT_EQ(one->pages[i].key, two->pages[i].key);
  }
}

TEST_F(MoveTest, LogRoundTripAndHostileLogs) {
  post_person();
  const auto text = json::to_text(log_.to_json());
  const auto back = Log::from_json(*json::parse(text));
  ASSERT_TRUE(back.ok());
  EXPECT_EQ(json::to_text(back->to_json()), text);
  EXPECT_FALSE(Log::from_json(Value("x")).ok());
  EXPECT_FALSE(Log::from_json(*json::parse(R"([{"id":"a"}])")).ok());
}

TEST(Compile, EveryFaultAtOnce) {
  auto body = json::parse(R"json({"procedure":"bad","name":"わるい","assurance":"strong","pages":[
    {"page":"one","title":"一","when":"later = 1","ask":[
      {"name":"a","type":"text","label":"あ","when":"b = \"x\""},{"name":"b","type":"text","label":"い"},{"name":"b","type":"nosuch","label":"う"},
      {"name":"Bad Name","type":"text","label":"え"},{"name":"c","type":"choice","label":"お"},{"name":"d","type":"date","label":"か","must":"unknown_name > 1"},
      {"name":"e","type":"text","label":"き","pattern":"("},{"name":"f","type":"number","label":"く","must":"f + 1"},{"name":"g","type":"text","label":"け","prefill":"person.shoe"}]},
    {"page":"one","title":"二","ask":[{"name":"later","type":"number","label":"こ"}]}],
    "calculate":[{"name":"x","type":"number","value":"y + 1"},{"name":"y","type":"nothing","value":"1"}],
    "fee":"no-such-decision","stop":[{"when":"later > 1","page":"one","title":"t","message":"m"}]})json");
  ASSERT_TRUE(body.ok()) << body.error().to_string();
  Diagnostics faults;
  World world;
  world.known = true;
  EXPECT_EQ(compile_procedure(*body, world, faults), nullptr);
  std::vector<std::string> at;
  for (const auto& fault : faults.list()) at.push_back(fault.pointer);
  for (const char* pointer : {"/assurance", "/pages/0/when", "/pages/0/ask/0/when", "/pages/0/ask/2/type", "/pages/0/ask/2/name", "/pages/0/ask/3/name", "/pages/0/ask/4", "/pages/0/ask/5/must",
                              "/pages/0/ask/6/pattern", "/pages/0/ask/7/must", "/pages/0/ask/8/prefill", "/pages/1/page", "/calculate/0/value", "/calculate/1/type", "/fee", "/stop/0/when"})
    EXPECT_NE(std::find(at.begin(), at.end(), pointer), at.end()) << pointer;
}

/// Who signs must be somebody, and what is signed is checked first.
TEST(Compile, WhatASignatureNeeds) {
  const auto compiled = [](const std::string& keys) {
    Diagnostics faults;
    auto body = json::parse("{\"procedure\":\"p\",\"name\":\"名\"," + keys + ",\"pages\":[{\"page\":\"a\",\"title\":\"一\",\"ask\":[{\"name\":\"x\",\"type\":\"text\",\"label\":\"x\"}]}]}");
    const auto procedure = compile_procedure(*body, World{}, faults);
    return procedure ? "signing " + std::to_string(static_cast<int>(procedure->signing)) : faults.list().front().pointer;
  };
  EXPECT_EQ(compiled(R"("assurance":"contact")"), "signing 0");
  EXPECT_EQ(compiled(R"("signature":"none","assurance":"none")"), "signing 0");
  EXPECT_EQ(compiled(R"("signature":"asked","assurance":"contact")"), "signing 1");
  EXPECT_EQ(compiled(R"("signature":"required","assurance":"verified")"), "signing 2");
  EXPECT_EQ(compiled(R"("signature":"required","assurance":"none")"), "/signature");
  EXPECT_EQ(compiled(R"("signature":"yes","assurance":"contact")"), "/signature");
  EXPECT_EQ(compiled(R"("signature":"asked","assurance":"contact","check":false)"), "/check");
}

TEST(Differences, SaysWhatChanged) {
  const auto before = compiled(kMove);
  std::string text = kMove;
  text.replace(text.find("\"name\":\"relation\",\"type\":\"text\""), 31, "\"name\":\"relation\",\"type\":\"date\"");
  const auto after = compiled(text);
  const auto list = differences(*before, *after, "ja");
  ASSERT_EQ(list.size(), 1u);
  EXPECT_EQ(list[0].path, "relation");
  EXPECT_EQ(list[0].what, Difference::What::changed_type);
}

TEST(Schema, DescribesTheAnswerSet) {
  const auto schema = answers_schema(*compiled(kMove), "en");
  EXPECT_TRUE(schema["properties"].has("members"));
  EXPECT_EQ(schema["properties"]["members"]["maxItems"].as_int(), 3);
  EXPECT_EQ(schema["properties"]["moved"].text("format"), "date");
}

}  // namespace
}  // namespace machiya::interview
