// The whole way of an applicant through the router, on both databases: a browser without script, a small city, a fake
// service of cases behind the port.
#include "ask/apply/apply.h"

#include <gtest/gtest.h>

#include "ask/apply/draft_dao.h"
#include "ask/apply/testing.h"
#include "ask/cases/workflow.h"
#include "platform/jobs/jobs.h"

namespace machiya::apply {
namespace {

constexpr std::string_view kForm = R"yaml(procedure: lantern
version: 1
kind: notification
name: { ja: 提灯の届出, en: Lantern notification }
owner: shimin
assurance: contact
pages:
  - page: who
    title: { ja: 届出人, en: Who }
    ask:
      - { name: person, type: name, label: { ja: 氏名, en: Name } }
      - { name: born, type: date, label: { ja: 生年月日, en: Born }, must: born <= today() }
  - page: lamps
    title: { ja: 提灯, en: Lanterns }
    repeat: { name: lamps, min: 1, max: 3, item: { ja: 提灯, en: Lantern } }
    ask:
      - { name: height, type: number, label: { ja: 高さ, en: Height } }
fee: count(lamps) * 100
)yaml";
constexpr std::string_view kReport = R"yaml(procedure: report
version: 1
kind: report
name: { ja: 通報, en: Report }
owner: shimin
assurance: none
check: no
pages:
  - page: what
    title: { ja: 内容, en: What }
    ask:
      - { name: note, type: long-text, label: { ja: 状況, en: Note } }
)yaml";

constexpr std::string_view kPaper = R"yaml(procedure: paper
version: 1
kind: report
name: { ja: 書類, en: Paper }
owner: shimin
assurance: none
pages:
  - page: what
    title: { ja: 書類, en: Paper }
    ask:
      - { name: paper, type: file, label: { ja: 書類, en: Paper } }
)yaml";

struct ApplyTest : SmallCity {
  void SetUp() override {
    start_city({{"lantern", std::string(kForm)}, {"report", std::string(kReport)}});
    Ports ports = this->ports();
    ports.view_own = [](std::string_view, const identity::Principal&, std::string_view, bool) { return Result<cases::CaseView>(ErrorCode::not_found); };
    start_apply(std::move(ports));
  }
  static http::Pairs who(std::string family, std::string year = "1990", std::string action = "next") {
    return {{"person.family", family}, {"person.given", "花子"}, {"person.family_kana", "やまだ"}, {"person.given_kana", "ﾊﾅｺ"}, {"born.era", "western"}, {"born.year", year}, {"born.month", "1"}, {"born.day", "2"}, {"action", action}};
  }
};

TEST_P(ApplyTest, ListsProceduresAndSearches) {
  identity::Browser browser(*router);
  const auto list = browser.get("/procedures");
  EXPECT_EQ(list.status, 200);
  EXPECT_TRUE(has(list, "<a rel=\"procedure\" href=\"/procedures/lantern\">"));
  EXPECT_TRUE(has(browser.get("/procedures?q=LANTERN"), "href=\"/procedures/lantern\""));
  EXPECT_FALSE(has(browser.get("/procedures?q=nothing-like-this"), "rel=\"procedure\""));
  EXPECT_EQ(browser.get("/procedures/nosuch").status, 404);
}

TEST_P(ApplyTest, FromStartToReceiptWithLogInAtSend) {
  identity::Browser browser(*router);
  const std::string draft = begin(browser, "lantern");
  auto step = fill(browser, draft + "/who", who("山田"));
  EXPECT_EQ(location(step), draft + "/lamps/1");
  step = fill(browser, draft + "/lamps/1", {{"height", "１２０"}, {"action", "add"}});
  const std::string second = location(step);
  ASSERT_NE(second, draft + "/lamps/1");
  step = fill(browser, second, {{"height", "80"}, {"action", "next"}});
  EXPECT_EQ(location(step), draft + "/check");
  const auto check = browser.get(draft + "/check");
  EXPECT_TRUE(has(check, "ヤマダ ハナコ")) << "the reading was folded";
  EXPECT_TRUE(has(check, "200"));
  step = browser.post(draft + "/check", {{"action", "send"}});
  EXPECT_EQ(location(step).substr(0, 12), "/login?next=") << "the log-in is asked for when sending";
  EXPECT_TRUE(sent.empty());
  login(browser, draft + "/check");
  browser.get(draft + "/check");
  step = browser.post(draft + "/check", {{"action", "send"}});
  ASSERT_EQ(location(step), draft + "/receipt");
  const auto receipt = browser.get(draft + "/receipt");
  EXPECT_TRUE(has(receipt, "<data class=\"receipt-number\" value=\"R8-TEST-0\""));
  step = browser.post(draft + "/check", {{"action", "send"}});
  EXPECT_EQ(location(step), draft + "/receipt");
  ASSERT_EQ(sent.size(), 1u) << "sent twice, received once";
  EXPECT_EQ(sent[0].fee, 200);
  EXPECT_EQ(sent[0].values["lamps"].size(), 2u);
  EXPECT_EQ(sent[0].search.at(0).second, "山田 花子");
  EXPECT_EQ(browser.get(draft + "/receipt.svg").status, 200);
  const auto pdf = browser.get(draft + "/receipt.pdf");
  EXPECT_EQ(pdf.body.substr(0, 5), "%PDF-");
  EXPECT_EQ(pdf.body, browser.get(draft + "/receipt.pdf").body) << "the same bytes every time";
}

TEST_P(ApplyTest, WrongAnswersStayOnThePageAndAreShown) {
  identity::Browser browser(*router);
  const std::string draft = begin(browser, "lantern");
  auto step = fill(browser, draft + "/who", who("山田", "2999x"));
  EXPECT_EQ(location(step), draft + "/who");
  const auto page = browser.get(draft + "/who");
  EXPECT_TRUE(has(page, "aria-describedby=\"f-born-error\"") || has(page, "f-born-error"));
  EXPECT_TRUE(has(page, "2999x")) << "what was typed is shown again";
  EXPECT_TRUE(has(page, "error-summary"));
  EXPECT_EQ(browser.get(draft + "/check").status, 303);
}

TEST_P(ApplyTest, BackKeepsWhatWasTyped) {
  identity::Browser browser(*router);
  const std::string draft = begin(browser, "lantern");
  fill(browser, draft + "/who", who("山田"));
  auto step = fill(browser, draft + "/lamps/1", {{"height", "高い"}, {"action", "back"}});
  EXPECT_EQ(location(step), draft + "/who");
  EXPECT_TRUE(has(browser.get(draft + "/lamps/1"), "高い"));
}

TEST_P(ApplyTest, TwoTabsMergeByField) {
  identity::Browser browser(*router);
  const std::string draft = begin(browser, "lantern");
  fill(browser, draft + "/who", who("山田"));
  const auto shown = browser.get(draft + "/who");   // both tabs
  auto first = who("佐藤"), second = who("山田", "1991");
  first.emplace_back("base", base_of(shown));
  second.emplace_back("base", base_of(shown));
  clock.advance(kSecond);
  browser.post(draft + "/who", first);
  clock.advance(kSecond);
  const auto step = browser.post(draft + "/who", second);
  EXPECT_EQ(location(step), draft + "/who?elsewhere=person") << "the other tab's change is shown";
  const auto merged = browser.get(location(step));
  EXPECT_TRUE(has(merged, "佐藤"));
  EXPECT_TRUE(has(merged, "1991"));
}

TEST_P(ApplyTest, AnExpiredLogInLosesNothing) {
  identity::Browser browser(*router);
  login(browser);
  const std::string draft = begin(browser, "lantern");
  const auto page = browser.get(draft + "/who");
  clock.advance(3 * kHour);   // the session is over
  auto form = who("山田");
  form.emplace_back("base", base_of(page));
  const auto step = browser.post(draft + "/who", form);
  EXPECT_EQ(step.status, 303);
  EXPECT_EQ(location(step).substr(0, 12), "/login?next=");
  EXPECT_EQ(browser.get(draft + "/who").status, 303) << "nothing is shown without the log-in";
  login(browser, draft + "/who");
  EXPECT_TRUE(has(browser.get(draft + "/who"), "山田"));
}

TEST_P(ApplyTest, NobodyElseSeesADraft) {
  identity::Browser browser(*router), other(*router);
  const std::string draft = begin(browser, "lantern");
  fill(browser, draft + "/who", who("山田"));
  EXPECT_EQ(other.get(draft + "/who").status, 404);
  other.get("/procedures/lantern");
  EXPECT_NE(other.post(draft + "/who", who("x")).status, 200);
  login(browser);
  EXPECT_EQ(browser.get(draft + "/who").status, 200) << "the visitor's draft became the person's";
  EXPECT_TRUE(has(browser.get("/drafts"), draft));
}

TEST_P(ApplyTest, ADraftSurvivesANewVersion) {
  identity::Browser browser(*router);
  const std::string draft = begin(browser, "lantern");
  fill(browser, draft + "/who", who("山田"));
  std::string next(kForm);
  next.replace(next.find("version: 1"), 10, "version: 2");
  next.insert(next.find("  - page: lamps"), "      - { name: purpose, type: text, label: { ja: 目的, en: Purpose } }\n");
  put("lantern", next);
  reload();
  const auto page = browser.get(draft + "/who");
  EXPECT_TRUE(has(page, "目的"));
  EXPECT_TRUE(has(page, "changes-title")) << "the difference is shown";
  EXPECT_TRUE(has(page, "山田")) << "the answers are kept";
  browser.post(draft, {{"action", "next"}});
  EXPECT_FALSE(has(browser.get(draft + "/who"), "changes-title"));
}

TEST_P(ApplyTest, ShortReportNeedsNoAccountAndNoCheckPage) {
  identity::Browser browser(*router);
  const std::string draft = begin(browser, "report");
  const auto step = fill(browser, draft + "/what", {{"note", "道路に穴"}, {"action", "send"}});
  EXPECT_EQ(location(step), draft + "/receipt");
  ASSERT_EQ(sent.size(), 1u);
  EXPECT_EQ(sent[0].applicant.id, 0);
}

TEST_P(ApplyTest, HostileForms) {
  identity::Browser browser(*router);
  const std::string draft = begin(browser, "report");
  http::Pairs form = {{"action", "next"}, {"base", "99999999999999999999999"}, {"note.item", "x"}, {"_page/what", "true"}, {"note/../../x", "y"}, {"", ""}, {std::string(10'000, 'n'), "v"}};
  for (int i = 0; i < 5000; ++i) form.emplace_back("note" + std::to_string(i), "x");
  form.emplace_back("note", std::string(60'000, 'A'));
  const auto step = fill(browser, draft + "/what", form);
  EXPECT_EQ(step.status, 303);
  EXPECT_TRUE(sent.empty());
  EXPECT_EQ(browser.get(draft + "/what/%2e%2e").status, 303);
  EXPECT_EQ(browser.get(draft + "/nosuch").status, 303);
  EXPECT_EQ(browser.get("/drafts/00000000000000000000000000/what").status, 404);
}

TEST_P(ApplyTest, ExpiredDraftsAreErased) {
  identity::Browser browser(*router);
  const std::string draft = begin(browser, "report");
  fill(browser, draft + "/what", {{"note", "x"}, {"action", "save"}});
  clock.advance(8 * kDay);
  EXPECT_EQ(apply->drafts().expire(10).value(), 1);
  EXPECT_EQ(browser.get(draft + "/what").status, 404);
}

TEST_P(ApplyTest, FilesOfADraftGoWithIt) {
  identity::Browser browser(*router);
  auto with_file = [&](const std::string& draft) {
    auto blob = blobs->put(spooled("paper.pdf", kPdf), "", {}, Drafts::file_owner(draft.substr(8)));
    EXPECT_TRUE(blob.ok()) << blob.error().to_string();
    return blob->public_id;
  };
  auto drafted = [&] { return begin(browser, "report"); };
  const std::string thrown_away = drafted(), expiring = drafted(), sent_one = drafted();
  const std::string first = with_file(thrown_away), second = with_file(expiring), third = with_file(sent_one);
  EXPECT_EQ(location(fill(browser, sent_one + "/what", {{"note", "穴"}, {"action", "send"}})), sent_one + "/receipt");
  ASSERT_TRUE(apply->drafts().discard(apply->drafts().find(thrown_away.substr(8)).value()).ok());
  EXPECT_FALSE(blobs->find(first).ok());
  EXPECT_TRUE(blobs->find(second).ok());
  clock.advance(8 * kDay);
  EXPECT_EQ(apply->drafts().expire(10).value(), 1);
  EXPECT_FALSE(blobs->find(second).ok());
  clock.advance(40 * kDay);
  EXPECT_EQ(apply->drafts().expire(10).value(), 1);
  EXPECT_TRUE(blobs->find(third).ok()) << "the files of a sent draft are the case's";
}

TEST_P(ApplyTest, ApiFilesBelongToWhoeverSentThem) {
  put("paper", std::string(kPaper));
  reload();
  Program program(*router), other(*router);
  other.remote = "203.0.113.99";
  auto upload = [&](Program& who, const std::string& name) {
    const auto answer = who.upload("/api/v1/files", spooled(name, kPdf));
    EXPECT_EQ(answer.status, 201) << answer.body;
    return json::parse(answer.body)->text("blob");
  };
  auto body_with = [](const std::string& blob) { return R"({"answers":{"paper":[{"blob":")" + blob + R"(","filename":"a.pdf","type":"application/pdf","bytes":10}]}})"; };
  const std::string path = "/api/v1/procedures/paper/applications", blob = upload(program, "a.pdf"), idle = upload(program, "b.pdf");
  const auto stolen = other.send(path, body_with(blob), "k1");
  EXPECT_EQ(stolen.status, 422);
  EXPECT_EQ(json::parse(stolen.body).value()["errors"][std::size_t{0}].text("code"), "unknown-file");
  EXPECT_EQ(program.send(path, body_with(blob), "k1").status, 201);
  EXPECT_EQ(program.send(path, body_with(blob), "k1").status, 200) << "the repeated request has the same file";
  clock.advance(23 * kHour);
  EXPECT_EQ(blobs->erase_unattached(10).value(), 0);
  clock.advance(2 * kHour);
  EXPECT_EQ(blobs->erase_unattached(10).value(), 1);
  EXPECT_FALSE(blobs->find(idle).ok());
  EXPECT_TRUE(blobs->find(blob).ok());
}

TEST_P(ApplyTest, ApiTakesApplicationsOnce) {
  Program program(*router);
  const std::string path = "/api/v1/procedures/report/applications";
  EXPECT_EQ(program.send(path, R"({"answers":{"note":"穴"}})", "").status, 400) << "the key is needed";
  const auto first = program.send(path, R"({"answers":{"note":"穴"}})", "k1");
  EXPECT_EQ(first.status, 201) << first.body;
  EXPECT_EQ(program.send(path, R"({"answers":{"note":"穴"}})", "k1").status, 200);
  EXPECT_EQ(sent.size(), 1u);
  const auto refused = program.send(path, R"({"answers":{}})", "k2");
  EXPECT_EQ(refused.status, 422);
  EXPECT_EQ(json::parse(refused.body).value()["errors"][std::size_t{0}].text("pointer"), "/answers/note");
  const auto unknown = program.send(path, R"({"answers":{"note":"x","evil":1}})", "k3");
  EXPECT_EQ(unknown.status, 422);
  EXPECT_EQ(json::parse(unknown.body).value()["errors"][std::size_t{0}].text("pointer"), "/answers/evil");
  EXPECT_EQ(program.send(path, "{", "k4").status, 400);
  EXPECT_EQ(program.send("/api/v1/procedures/lantern/applications", R"({"answers":{}})", "k5").status, 401);
  EXPECT_EQ(program.send(path, R"({"answers":{"note":"x"}})", "k6", "not-a-token").status, 401);
}

TEST_P(ApplyTest, ApiDescribesItself) {
  identity::Browser browser(*router);
  const auto list = json::parse(browser.get("/api/v1/procedures?lang=en").body).value();
  EXPECT_EQ(list["procedures"].size(), 2u);
  const auto one = json::parse(browser.get("/api/v1/procedures/lantern?lang=en").body).value();
  EXPECT_EQ(one.text("name"), "Lantern notification");
  EXPECT_EQ(one["schema"]["properties"]["lamps"].text("type"), "array");
  const auto openapi = json::parse(browser.get("/openapi.json").body).value();
  EXPECT_TRUE(openapi["paths"].has("/api/v1/procedures/lantern/applications"));
}

MACHIYA_ON_BOTH_ENGINES(ApplyTest);

}  // namespace
}  // namespace machiya::apply
