// What an applicant does after sending, over the real service of cases, on both databases: my applications, a correction
// round, withdrawal; and a client of the API with its token.
#include <gmock/gmock.h>

#include "app/apply_ports.h"
#include "app/kinds.h"
#include "ask/apply/testing.h"
#include "ask/cases/case_events.h"
#include "ask/cases/component.h"
#include "ask/cases/statistics.h"
#include "ask/cases/upgrade_report.h"
#include "platform/events/events.h"
#include "platform/jobs/jobs.h"

namespace machiya::app {
namespace {

using apply::has;
using apply::location;

constexpr std::string_view kForm = R"yaml(procedure: lantern
version: 1
kind: notification
name: { ja: 提灯の届出, en: Lantern notification }
owner: shimin
target: P10D
assurance: contact
pages:
  - page: lamp
    title: { ja: 提灯, en: Lantern }
    ask:
      - { name: maker, type: text, label: { ja: 作った人, en: Maker } }
      - { name: height, type: number, label: { ja: 高さ, en: Height } }
fee: lantern-fee
case: notification
)yaml";
constexpr std::string_view kFee = R"yaml(decision: lantern-fee
inputs: [ { name: height, type: number } ]
outputs: [ { name: yen, type: number } ]
hit: U
rules:
  - { when: ["< 100"], then: ["300"] }
  - { when: [">= 100"], then: ["500"] }
)yaml";

struct Applicant : apply::Applying {
  std::unique_ptr<events::Events> events;
  std::unique_ptr<jobs::Jobs> jobs;
  std::unique_ptr<cases::CityDefinitions> definitions;
  std::unique_ptr<cases::Cases> cases;
  std::unique_ptr<cases::Statistics> statistics;
  identity::Principal clerk;

  void SetUp() override {
    IdentityTest::SetUp();
    for (const auto& list : {events::Events::migrations(), jobs::Jobs::migrations(), blobs::Blobs::migrations(), cases::Cases::migrations(), apply::Apply::migrations()}) migrate(list);
    copy_city({"forms", "scenarios", "decisions", "menus"});
    put("lantern", std::string(kForm));
    fee(std::string(kFee));
    load_city(all_kinds());
    identity::Options options = production();
    options.policy_text = json::to_text(city->current()->policy());
    start(options);
    events = std::make_unique<events::Events>(store(), clock);
    jobs = std::make_unique<jobs::Jobs>(store(), clock);
    start_blobs();
    build_cases();
    clerk.kind = identity::PrincipalKind::staff, clerk.name = "clerk", clerk.public_id = "c1", clerk.roles = {"clerk"}, clerk.department = owner_;
  }
  void build_cases() {
    definitions = std::make_unique<cases::CityDefinitions>([this] { return city->current(); });
    cases::Cases::declare(*events, *jobs);
    cases::Ports ports;
    ports.definitions = definitions.get();
    ports.is_working_day = [](Date d) { return weekday(d) != 0 && weekday(d) != 6; };
    ports.end_draft = [this](store::Tx& tx, const std::string& draft, const std::string& number) { return apply->end_draft(tx, draft, number); };
    cases = std::make_unique<cases::Cases>(cases::Platform{store(), *vault, *audit, *events, *jobs, *identity, clock, rng}, ports);
    statistics = std::make_unique<cases::Statistics>(store(), clock);
    start_apply(apply_ports(*cases, *statistics, *identity, store(), [this] { return city->current(); }));
  }
  void TearDown() override {
    apply.reset();
    statistics.reset();
    cases.reset();
    definitions.reset();
    jobs.reset();
    events.reset();
    Applying::TearDown();
  }
  void fee(const std::string& text) { apply::write_file(city_folder + "/01-life/online-procedures/decisions/lantern-fee.yaml", text); }

  /// From the start to the receipt; gives the number.
  std::string sent(identity::Browser& browser, const std::string& height) {
    const std::string draft = begin(browser, "lantern");
    EXPECT_EQ(location(fill(browser, draft + "/lamp", {{"maker", "源内"}, {"height", height}, {"action", "next"}})), draft + "/check");
    browser.get(draft + "/check");
    EXPECT_EQ(location(browser.post(draft + "/check", {{"action", "send"}})), draft + "/receipt");
    return number_on(browser.get(draft + "/receipt"));
  }
  static std::string number_on(const http::Response& page) {
    const std::string mark = "class=\"receipt-number\" value=\"";
    const auto at = page.body.find(mark);
    return at == std::string::npos ? page.body : page.body.substr(at + mark.size(), page.body.find('"', at + mark.size()) - at - mark.size());
  }
  void ask(const std::string& number, const std::string& field) {
    cases::Act act;
    act.action = "ask", act.fields = {field}, act.reason = "測り直してください";
    auto done = cases->act(number, act, clerk);
    ASSERT_TRUE(done.ok()) << done.error().to_string();
  }
  std::int64_t fee_of(const std::string& number) {
    auto view = cases->view_staff(number, clerk, "test");
    EXPECT_TRUE(view.ok()) << view.error().to_string();
    return view.ok() ? view->fee : -1;
  }
  /// Answers an open correction of the height in the browser, as its page leads.
  void correct(identity::Browser& browser, const std::string& number, const std::string& height) {
    const std::string page = "/applications/" + number;
    const auto shown = browser.get(page);
    EXPECT_TRUE(has(shown, "測り直してください") && has(shown, page + "/correction"));
    const auto begun = browser.post(page + "/correction", {{"action", "next"}});
    const std::string draft = location(begun);
    ASSERT_EQ(draft.substr(0, 8), "/drafts/") << begun.body;
    const std::string lamp = draft.substr(0, draft.find('/', 8)) + "/lamp", check = draft.substr(0, draft.find('/', 8)) + "/check";
    const auto form = browser.get(lamp);
    EXPECT_TRUE(has(form, "name=\"height\"") && !has(form, "name=\"maker\"")) << "only what is asked is open";
    EXPECT_EQ(location(fill(browser, lamp, {{"height", height}, {"action", "next"}})), check);
    browser.get(check);
    EXPECT_EQ(browser.post(check, {{"action", "send"}}).status, 303);
  }
};
MACHIYA_ON_BOTH_ENGINES(Applicant);

TEST_P(Applicant, SeesHerApplicationsAndNobodyElses) {
  identity::Browser browser(*router), other(*router);
  EXPECT_EQ(browser.get("/my").status, 303) << "the log-in comes first";
  login(browser);
  EXPECT_FALSE(has(browser.get("/my"), "rel=\"application\""));
  const std::string number = sent(browser, "80");
  EXPECT_TRUE(has(browser.get("/my"), "href=\"/applications/" + number + "\""));
  EXPECT_FALSE(has(browser.get("/my"), "/drafts\"")) << "the sent draft is none any more";
  const auto page = browser.get("/applications/" + number);
  EXPECT_EQ(page.status, 200);
  EXPECT_TRUE(has(page, "源内") && has(page, "300"));
  EXPECT_EQ(location(other.get("/applications/" + number)).substr(0, 12), "/login?next=");
  login(other, "/", "taro@example.jp");
  EXPECT_EQ(other.get("/applications/" + number).status, 404);
  EXPECT_EQ(other.get("/applications/" + number + "/withdraw").status, 404);
  EXPECT_FALSE(has(other.get("/my"), number));
  other.get("/procedures/lantern");
  EXPECT_EQ(other.post("/applications/" + number + "/withdraw", {{"action", "send"}}).status, 404);
  EXPECT_EQ(other.post("/applications/" + number + "/correction", {{"action", "next"}}).status, 404);
}

TEST_P(Applicant, SeesWhoLookedAtHerApplications) {
  identity::Browser browser(*router), other(*router);
  login(browser);
  const std::string number = sent(browser, "80");
  browser.get("/applications/" + number);
  EXPECT_TRUE(has(browser.get("/my/access"), "まだ、だれも閲覧していません")) << "what she did herself is left out";
  ASSERT_GT(fee_of(number), 0);   // a clerk looks
  ASSERT_TRUE(audit->seal_now().ok());
  const auto page = browser.get("/my/access");
  EXPECT_TRUE(has(page, "href=\"/applications/" + number + "\"") && has(page, "申請を閲覧") && has(page, "審査のため") && has(page, "市の職員")) << page.body;
  login(other, "/", "taro@example.jp");
  EXPECT_FALSE(has(other.get("/my/access"), number)) << "hers alone";
}

TEST_P(Applicant, AnswersACorrection) {
  identity::Browser browser(*router);
  login(browser);
  const std::string number = sent(browser, "80");
  EXPECT_EQ(browser.post("/applications/" + number + "/correction", {{"action", "next"}}).status, 303);
  EXPECT_TRUE(has(browser.get("/drafts"), "/drafts/") == false) << "nothing is asked: no draft is made";
  ask(number, "height");
  EXPECT_TRUE(has(browser.get("/my"), "notice--warning"));
  correct(browser, number, "120");
  EXPECT_EQ(fee_of(number), 500);
  auto view = cases->view_staff(number, clerk, "test");
  ASSERT_TRUE(view.ok());
  EXPECT_EQ(view->state, "checking");
  EXPECT_EQ(view->values["height"].as_int(), 120);
  EXPECT_EQ(view->values.text("maker"), "源内") << "what was not asked stays";
  EXPECT_FALSE(has(browser.get("/my"), "notice--warning"));
  EXPECT_FALSE(has(browser.get("/applications/" + number), "/correction"));
}

TEST_P(Applicant, AnOldCaseIsCorrectedByTheDecisionsItBeganWith) {
  identity::Browser browser(*router);
  login(browser);
  const std::string first = sent(browser, "80"), second = sent(browser, "80");
  ask(first, "height");
  fee("decision: lantern-fee\ninputs: [ { name: height, type: number } ]\noutputs: [ { name: yen, type: number } ]\nhit: U\nrules:\n  - { when: [\"-\"], then: [\"9000\"] }\n");
  reload();
  correct(browser, first, "120");
  EXPECT_EQ(fee_of(first), 500) << "the table of the day it was sent";
  EXPECT_EQ(fee_of(sent(browser, "120")), 9000) << "a new case has the new one";
  ask(second, "height");
  correct(browser, second, "130");
  EXPECT_EQ(fee_of(second), 500) << "also when the correction was asked after the change";
  auto report = cases::upgrade_report(*cases);
  ASSERT_TRUE(report.ok()) << report.error().to_string();
  ASSERT_EQ(report->size(), 1u);
  EXPECT_EQ(report->front().open_cases, 2);
  EXPECT_THAT(report->front().differences, testing::ElementsAre("decision changed: lantern-fee"));
}

TEST_P(Applicant, Withdraws) {
  identity::Browser browser(*router);
  login(browser);
  const std::string number = sent(browser, "80"), page = "/applications/" + number;
  EXPECT_TRUE(has(browser.get(page), page + "/withdraw"));
  EXPECT_TRUE(has(browser.get(page + "/withdraw"), number));
  EXPECT_EQ(browser.post(page + "/withdraw", {{"action", "send"}}, false).status, 403) << "without the token of the form";
  browser.get(page + "/withdraw");
  EXPECT_EQ(location(browser.post(page + "/withdraw", {{"action", "send"}})), page);
  EXPECT_TRUE(has(browser.get(page), "取り下げました"));
  EXPECT_FALSE(has(browser.get(page), page + "/withdraw"));
  EXPECT_EQ(location(browser.post(page + "/withdraw", {{"action", "send"}})), page) << "pressed twice";
  EXPECT_EQ(location(browser.get(page + "/withdraw")), page);
}

TEST_P(Applicant, AClientAppliesForSomebodyAndAsksHowItStands) {
  identity::Principal admin;
  admin.kind = identity::PrincipalKind::staff, admin.name = "admin", admin.public_id = "c0", admin.roles = {"admin"};
  const auto token = identity->create_client("kiosk", {"applications"}, admin), other = identity->create_client("stranger", {"applications"}, admin),
             reader = identity->create_client("reader", {"nothing"}, admin);
  ASSERT_TRUE(token.ok() && other.ok() && reader.ok());
  apply::Program program(*router);
  const std::string path = "/api/v1/procedures/lantern/applications";
  const std::string body = R"({"answers":{"maker":"源内","height":80},"applicant":{"email":"hanako@example.jp"}})";
  EXPECT_EQ(program.send(path, body, "k1").status, 401);
  EXPECT_EQ(program.send(path, body, "k1", *reader).status, 403);
  EXPECT_EQ(program.send(path, R"({"answers":{"maker":"源内","height":80}})", "k1", *token).status, 422) << "for whom?";
  const auto first = program.send(path, body, "k1", *token);
  ASSERT_EQ(first.status, 201) << first.body;
  const std::string number = json::parse(first.body)->text("number");
  const auto again = program.send(path, body, "k1", *token);
  EXPECT_EQ(again.status, 200);
  EXPECT_EQ(json::parse(again.body)->text("number"), number);
  const auto reused = program.send(path, R"({"answers":{"maker":"源内","height":90},"applicant":{"email":"hanako@example.jp"}})", "k1", *token);
  EXPECT_EQ(reused.status, 422);
  EXPECT_EQ(json::parse(reused.body).value()["errors"][std::size_t{0}].text("code"), "idempotency-key-reused");
  EXPECT_FALSE(has(reused, number));
  EXPECT_EQ(fee_of(number), 300);
  const auto status = program.ask("/api/v1/applications/" + number, *token);
  EXPECT_EQ(status.status, 200);
  EXPECT_FALSE(has(status, "源内")) << "a client learns the state, not the answers";
  EXPECT_EQ(program.ask("/api/v1/applications/" + number, *other).status, 404);
  EXPECT_EQ(program.ask("/api/v1/applications/" + number).status, 401);
  identity::Browser browser(*router);
  login(browser);
  EXPECT_TRUE(has(browser.get("/my"), number)) << "it is the person's own";
  ASSERT_TRUE(identity->revoke_client("kiosk", admin).ok());
  EXPECT_EQ(program.send(path, body, "k2", *token).status, 401);
}

}  // namespace
}  // namespace machiya::app
