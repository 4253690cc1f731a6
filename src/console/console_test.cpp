// The console's own pages: API clients without their secrets, dead letters with reason and audit row.
#include "console/audit_page.h"
#include "console/console.h"
#include "console/guideline.h"
#include "console/security_page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "city/test_folder.h"
#include "platform/audit/audit.h"
#include "platform/events/events.h"
#include "platform/http/test_request.h"
#include "platform/identity/no_sender.h"
#include "platform/jobs/jobs.h"
#include "platform/locale/locale.h"
#include "platform/store/testing.h"
#include "platform/vault/totp.h"
#include "platform/vault/vault.h"

namespace machiya::console {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class ConsoleTest : public store::testing::StoreTest {
 protected:
  void SetUp() override {
    vault = std::move(*vault::Vault::open(folder() + "/master.key", true));
    for (const auto& list : {vault::Vault::migrations(), audit::Audit::migrations(), events::Events::migrations(), jobs::Jobs::migrations(),
                             identity::Identity::migrations()})
      migrate(list);
    texts = std::move(*locale::Catalogue::load(MACHIYA_SOURCE_DIR "/web/locale"));
    auto loaded = pages::Templates::load(MACHIYA_SOURCE_DIR "/web/templates", *texts);
    ASSERT_TRUE(loaded.ok()) << loaded.error().to_string();
    templates = std::move(*loaded);
    audit = std::make_unique<audit::Audit>(store(), clock);
    events = std::make_unique<events::Events>(store(), clock);
    jobs = std::make_unique<jobs::Jobs>(store(), clock);
    events->declare({"demo.happened.v1", "test", json::Value::object(), false});
    events->subscribe("letters", "demo.happened.v1", [](store::Tx&, const events::Event&) -> Result<void> { return Error(ErrorCode::unavailable, "no <letter> box"); });
    jobs->declare({"picture", 60, 1, 1});
    identity::Options options;
    options.policy_text = R"({"roles":{"admin":{"permissions":["admin.*"],"scope":"all"}}})";   // as in city/osaka
    identity = std::make_unique<identity::Identity>(store(), *vault, *audit, clock, sender, options);
    Parts parts{store(), *audit, *events, *identity, *jobs, *templates, *texts, clock,
                [](const http::Request&) { return pages::Data().set("city_name", "大阪市"); }, [] { return std::shared_ptr<const city::City>(); }, {"applications", "registers.read"}, &passwords};
    console = std::make_unique<Console>(parts, system_pages());
    console->add_routes(router);
    add_audit_routes(router, {store(), *audit, *identity, *templates, *texts, clock, parts.frame, parts.city});
  }
  http::Response ask(http::Method method, const std::string& path, http::Pairs form = {}) {
    http::Request r = http::testing::request(method, path, "en");
    r.form_pairs = std::move(form);
    identity::Principal admin;
    admin.kind = identity::PrincipalKind::staff, admin.public_id = "a1", admin.name = "Admin", admin.roles = {"admin"};
    r.principal = std::make_shared<identity::Principal>(admin);
    return router.dispatch(r);
  }
  std::string page(const std::string& path) { return ask(http::Method::get, path).body; }
  http::Response post(const std::string& path, http::Pairs form) { return ask(http::Method::post, path, std::move(form)); }
  std::vector<std::string> audited(std::string_view action) {
    auto rows = store().read([&](store::ReadTx& tx) { return tx.query("SELECT facts FROM audit_row WHERE action = :a", {{"a", action}}); });
    EXPECT_TRUE(rows.ok()) << rows.error().to_string();
    std::vector<std::string> out;
    for (const auto& row : *rows) out.push_back(row.text(0));
    return out;
  }
  void emit(const std::string& key) {
    ASSERT_TRUE(store().write([&](store::Tx& tx) { return events->emit(tx, "demo.happened.v1", key, json::Value::object()); }).ok());
  }
  /// Until what is open has failed for good.
  void exhaust() {
    for (int i = 0; i < events::Events::kMaxAttempts; ++i) {
      ASSERT_TRUE(events->deliver_now().ok());
      clock.advance(kHour);
    }
  }
  FakeClock clock{Instant{1'790'000'000 * kSecond}};
  identity::NoSender sender;
  identity::PasswordRules passwords = *identity::PasswordRules::load("", {"machiya", "health"});
  std::unique_ptr<vault::Vault> vault;
  std::unique_ptr<audit::Audit> audit;
  std::unique_ptr<events::Events> events;
  std::unique_ptr<jobs::Jobs> jobs;
  std::unique_ptr<locale::Catalogue> texts;
  std::unique_ptr<pages::Templates> templates;
  std::unique_ptr<identity::Identity> identity;
  std::unique_ptr<Console> console;
  http::Router router;
};

TEST_P(ConsoleTest, ClientsAreListedAndTheTokenIsShownOnce) {
  EXPECT_THAT(page("/staff/clients"), HasSubstr("There is no API client yet."));
  const auto made = post("/staff/clients", {{"action", "create"}, {"name", "kumin-app"}, {"scopes", "applications"}, {"days", "90"}});
  ASSERT_EQ(made.status, 200);
  const std::size_t at = made.body.find("<code class=\"token\">");
  ASSERT_NE(at, std::string::npos);
  const std::string token = made.body.substr(at + 20, made.body.find('<', at + 20) - at - 20);
  ASSERT_GT(token.size(), 20u);
  const std::string listed = page("/staff/clients");
  EXPECT_THAT(listed, HasSubstr("kumin-app"));
  EXPECT_THAT(listed, HasSubstr(locale::format_time(Instant{clock.now().us + 90 * kDay}, "en")));
  EXPECT_THAT(listed, HasSubstr("in force"));
  EXPECT_THAT(listed, Not(HasSubstr(token)));
  const auto again = post("/staff/clients", {{"action", "create"}, {"name", "kumin-app"}, {"scopes", "applications"}, {"days", "0"}});
  EXPECT_EQ(again.status, 409);
  EXPECT_THAT(again.body, HasSubstr("is in force. Revoke it first"));
  EXPECT_THAT(again.body, HasSubstr("value=\"0\" selected"));   // what was chosen stays
  for (const auto& [field, value] : {std::pair("name", "My App"), std::pair("scopes", ""), std::pair("scopes", "register.read"), std::pair("days", "soon")}) {
    http::Pairs form = {{"action", "create"}, {"name", "x"}, {"scopes", "applications"}, {"days", "90"}};
    for (auto& [name, old] : form)
      if (name == field) old = value;
    const auto wrong = post("/staff/clients", form);
    EXPECT_EQ(wrong.status, 422) << field;
    EXPECT_THAT(wrong.body, HasSubstr("href=\"#" + std::string(field) + "\"")) << value;
    EXPECT_THAT(wrong.body, HasSubstr("id=\"" + std::string(field) + "-error\""));
  }
  const auto half = post("/staff/clients", {{"action", "create"}, {"name", "ledger"}, {"scopes", "registers.read"}, {"days", "90"}, {"role", "admin"}});
  EXPECT_EQ(half.status, 422);
  EXPECT_THAT(half.body, HasSubstr("choose both or neither"));
  EXPECT_THAT(half.body, HasSubstr("value=\"registers.read\""));   // what was typed stays
  EXPECT_EQ(post("/staff/clients", {{"action", "revoke"}, {"name", "kumin-app"}}).status, 303);
  EXPECT_THAT(page("/staff/clients"), HasSubstr("revoked · " + locale::format_time(clock.now(), "en")));
  EXPECT_THAT(page("/staff/clients"), Not(HasSubstr("value=\"revoke\"")));
}

TEST_P(ConsoleTest, EventsThatWaitAreShownAndGivenUpWithAReason) {
  EXPECT_THAT(page("/staff/dead-letters"), HasSubstr("Every event is delivered."));
  emit("case-7");
  exhaust();
  emit("case-8");
  const std::string shown = page("/staff/dead-letters");
  EXPECT_THAT(shown, HasSubstr("no &lt;letter&gt; box"));
  EXPECT_THAT(shown, HasSubstr("case-7"));
  EXPECT_THAT(shown, HasSubstr("case-8"));
  EXPECT_THAT(shown, HasSubstr("<dt>Parked</dt><dd>1</dd>"));
  EXPECT_THAT(shown, HasSubstr("<dt>Not delivered yet</dt><dd>1</dd>"));
  const std::string event = std::to_string((*events->open(1))[0].event_id);
  EXPECT_EQ(post("/staff/dead-letters", {{"action", "discard"}, {"event", event}, {"consumer", "letters"}}).status, 422);
  EXPECT_EQ(events->counts()->parked, 1);
  EXPECT_EQ(post("/staff/dead-letters", {{"action", "retry"}, {"event", event}, {"consumer", "letters"}}).status, 303);
  EXPECT_EQ(events->counts()->parked, 0);
  EXPECT_EQ(audited("event.retry").size(), 1u);
  exhaust();
  ASSERT_EQ(events->counts()->parked, 2);
  EXPECT_EQ(post("/staff/dead-letters", {{"action", "discard"}, {"event", event}, {"consumer", "letters"}, {"reason", "the box is gone"}}).status, 303);
  EXPECT_EQ(events->counts()->parked, 1);
  ASSERT_EQ(audited("event.discard").size(), 1u);
  EXPECT_THAT(audited("event.discard")[0], HasSubstr("the box is gone"));
  // Somebody was quicker: said on the page, and no audit row claims an act that was none.
  EXPECT_THAT(post("/staff/dead-letters", {{"action", "retry"}, {"event", event}, {"consumer", "letters"}}).body, HasSubstr("somebody else has dealt with it"));
  EXPECT_EQ(audited("event.retry").size(), 1u);
}

TEST_P(ConsoleTest, DeadJobsRunAgainOrAreGivenUp) {
  std::int64_t id = 0;
  ASSERT_TRUE(store().write([&](store::Tx& tx) -> Result<void> {
    MACHIYA_TRY(id, jobs->enqueue(tx, "picture", json::Value::object()));
    return {};
  }).ok());
  const auto die = [&] { ASSERT_TRUE(jobs->fail(**jobs->lease("picture", "w"), "broken picture").ok()); };
  die();
  EXPECT_THAT(page("/staff/dead-letters"), HasSubstr("broken picture"));
  EXPECT_EQ(post("/staff/dead-letters", {{"action", "retry"}, {"id", std::to_string(id)}}).status, 303);
  EXPECT_EQ(jobs->counts()->waiting, 1);
  die();
  EXPECT_EQ(post("/staff/dead-letters", {{"action", "discard"}, {"id", std::to_string(id)}, {"reason", "the draft was deleted"}}).status, 303);
  EXPECT_EQ(jobs->counts()->dead, 0);
  EXPECT_EQ(audited("job.retry").size(), 1u);
  EXPECT_EQ(audited("job.discard").size(), 1u);
}

TEST_P(ConsoleTest, AnAccountIsSavedWithItsAuditRowAndARefusalKeepsWhatWasTyped) {
  const auto save = [&](const std::string& password) {
    return post("/staff/accounts", {{"action", "save"}, {"name", "sato"}, {"display", "佐藤"}, {"password", password}, {"totp", "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"}, {"department", "health"}, {"role", "clerk"}});
  };
  const auto refused = save("short");
  EXPECT_EQ(refused.status, 422) << refused.body;
  EXPECT_THAT(refused.body, HasSubstr("name=\"name\" value=\"sato\""));
  EXPECT_THAT(refused.body, Not(HasSubstr("GEZDGNBVGY3TQOJQ")));
  EXPECT_TRUE(audited("staff.save").empty());
  EXPECT_EQ(save("long enough for an office").status, 200);
  ASSERT_EQ(audited("staff.save").size(), 1u);
  EXPECT_THAT(audited("staff.save")[0], HasSubstr("\"clerk\""));
  EXPECT_EQ(post("/staff/accounts", {{"action", "close"}, {"name", "sato"}}).status, 303);
  EXPECT_THAT(page("/staff/accounts"), HasSubstr("Reopen"));
}

TEST_P(ConsoleTest, AWeakPasswordIsRefusedAndAGoodOneTaken) {
  const auto save = [&](const std::string& password) {
    return post("/staff/accounts", {{"action", "save"}, {"name", "sato"}, {"display", "Sato Yuki"}, {"password", password}, {"totp", "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"}, {"department", "health"}, {"role", "clerk"}});
  };
  for (const char* weak : {"", "qhwe8rzu1ox", "Machiya-Health1", "sato yuki sato", "aaaaaaaaaaaaaaaa"}) {
    const auto refused = save(weak);
    EXPECT_EQ(refused.status, 422) << weak;
    EXPECT_THAT(refused.body, HasSubstr("must not be known from leaks")) << weak;
    EXPECT_THAT(refused.body, HasSubstr("name=\"name\" value=\"sato\"")) << weak;
  }
  EXPECT_TRUE(audited("staff.save").empty());
  EXPECT_EQ(save(" bonito cats at noon ").status, 200);
  const auto in = [&](std::string_view password) {
    clock.advance(kMinute);
    const std::string code = vault::totp_at_step("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", clock.now().us / kSecond / 30);
    return identity->staff_login("sato", password, code, "192.0.2.1").ok();
  };
  EXPECT_FALSE(in("bonito cats at noon")) << "blanks at the ends belong to it";
  EXPECT_TRUE(in(" bonito cats at noon "));
}

TEST_P(ConsoleTest, OnesOwnPasswordIsChangedWithThePresentOne) {
  constexpr std::string_view kSecret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
  auto made = store().write([&](store::Tx& tx) { return identity->put_staff(tx, "sato", "Sato", "bonito cats at noon", kSecret, {"admin"}, "health"); });
  ASSERT_TRUE(made.ok());
  const auto in = [&](std::string_view password) {
    clock.advance(kMinute);
    return identity->staff_login("sato", password, vault::totp_at_step(kSecret, clock.now().us / kSecond / 30), "192.0.2.1").ok();
  };
  const auto change = [&](const std::string& present, const std::string& wanted) {
    http::Request r = http::testing::request(http::Method::post, "/staff/password", "en");
    r.form_pairs = {{"password", present}, {"new_password", wanted}};
    r.remote = "192.0.2.1";
    identity::Principal who;
    who.kind = identity::PrincipalKind::staff, who.id = *made, who.public_id = "s1", who.name = "Sato", who.session = "none";
    r.principal = std::make_shared<identity::Principal>(who);
    return router.dispatch(r);
  };
  EXPECT_THAT(page("/staff/password"), HasSubstr("autocomplete=\"new-password\""));
  EXPECT_EQ(change("wrong horse at noon", "tuna dogs at midnight").status, 422);
  EXPECT_EQ(change("", "tuna dogs at midnight").status, 422);
  const auto weak = change("bonito cats at noon", "machiya-sato1");
  EXPECT_EQ(weak.status, 422);
  EXPECT_THAT(weak.body, HasSubstr("not known from leaks"));
  EXPECT_THAT(weak.body, Not(HasSubstr("bonito"))) << "nothing secret is shown again";
  EXPECT_TRUE(in("bonito cats at noon"));
  const auto changed = change("bonito cats at noon", "tuna dogs at midnight");
  EXPECT_EQ(changed.status, 200);
  EXPECT_THAT(changed.body, HasSubstr("Your password was changed"));
  EXPECT_FALSE(in("bonito cats at noon"));
  EXPECT_TRUE(in("tuna dogs at midnight"));
  EXPECT_EQ(audited("staff.password").size(), 1u);
  EXPECT_EQ(audited("staff.password-refused").size(), 2u);
  // Guessing from an open session is held back like guessing at the door.
  for (int i = 0; i < 5; ++i) change("wrong horse at noon", "tuna dogs at midnight");
  EXPECT_THAT(change("tuna dogs at midnight", "salmon birds at dawn").body, Not(HasSubstr("Your password was changed")));
}

TEST_P(ConsoleTest, TheAuditIsSearchedAndTheSearchIsARowOfItsOwn) {
  auto account = store().write([&](store::Tx& tx) { return identity->put_staff(tx, "sato", "Sato", "lantern river quartz 7", "GEZDGNBVGY3TQOJQ", {"admin"}, "kita"); });
  ASSERT_TRUE(account.ok()) << account.error().to_string();
  auto members = store().read([&](store::ReadTx& tx) { return identity->staff(tx); });
  ASSERT_TRUE(members.ok());
  const std::string actor = "staff:" + members->front().public_id;
  ASSERT_TRUE(store().write([&](store::Tx& tx) { return audit->append(tx, {actor, "case.read", "case:77", "decide", "r-1", {}}); }).ok());
  ASSERT_TRUE(audit->seal_now().ok());
  const std::string found = page("/staff/audit?object=case:77");
  EXPECT_THAT(found, HasSubstr(">Sato"));
  EXPECT_THAT(found, HasSubstr("case.read"));
  EXPECT_THAT(page("/staff/audit?actor=staff:nobody"), HasSubstr("table__empty"));
  ASSERT_TRUE(audit->seal_now().ok());
  EXPECT_EQ(audited("audit.search").size(), 2u);
  const auto wrong = ask(http::Method::get, "/staff/audit?from=yesterday&object=case:77");
  EXPECT_EQ(wrong.status, 422);
  EXPECT_THAT(wrong.body, HasSubstr("href=\"#audit-from\""));
  EXPECT_THAT(wrong.body, HasSubstr("value=\"case:77\"")) << "what was typed stays";
}

TEST_P(ConsoleTest, DaysOfTheAuditAreGivenAsAFile) {
  ASSERT_TRUE(store().write([&](store::Tx& tx) { return audit->append(tx, {"staff:x", "case.read", "case:77", "decide", "r-1", {}}); }).ok());
  ASSERT_TRUE(audit->seal_now().ok());
  const std::string day = to_iso(clock.today()), days = "&from=" + day + "&to=" + day;
  const auto file = ask(http::Method::get, "/staff/audit/export?format=cef" + days);
  EXPECT_EQ(file.status, 200);
  EXPECT_THAT(file.body, HasSubstr("CEF:0|Machiya|"));
  EXPECT_THAT(file.body, HasSubstr("cs1=case:77"));
  EXPECT_EQ(ask(http::Method::get, "/staff/audit/export?format=xml" + days).status, 422);
  EXPECT_EQ(ask(http::Method::get, "/staff/audit/export?format=cef&from=2026-01-01&to=2026-03-01").status, 422) << "a month at most";
  ASSERT_TRUE(audit->seal_now().ok());
  EXPECT_EQ(audited("audit.export").size(), 1u);
}

/// One line of each light, a panel that fails, and a self-check whose setting is asked at every look.
TEST_P(ConsoleTest, TheSecurityPageShowsLightsAndNeverHidesAFailure) {
  city::TestFolder folder;
  folder.write("guidelines/g.yaml", "guideline: g\nversion: 1\nname: Self-check G\nclauses:\n  - clause: \"6.1\"\n    title: Records\n    lines:\n"
                                    "      - { line: Copied out, setting: audit-copied }\n      - { line: Tested, tests: [\"audit_tests:A.b\"] }\n      - { line: Appointed }\n");
  const auto city = folder.load({guideline_kind()}).city;
  ASSERT_TRUE(city);
  bool copied = false;
  std::vector<Panel> panels = {{"staff_protection.audit", [](const PanelQuery&) -> Result<std::vector<PanelLine>> { return std::vector<PanelLine>{{"Last head", "never", Light::red, "/staff/audit"}}; }},
                               {"staff_protection.sign_ins", [](const PanelQuery&) -> Result<std::vector<PanelLine>> { return Error(ErrorCode::unavailable); }}};
  add_security_routes(router, {*audit, *templates, *texts, [](const http::Request&) { return pages::Data(); }, [city] { return city; }, panels, {{"audit-copied", [&] { return copied; }}}});
  const std::string before = page("/staff/protection");
  EXPECT_THAT(before, HasSubstr("<a href=\"/staff/audit\">Last head</a>"));
  EXPECT_THAT(before, HasSubstr("This could not be worked out just now."));
  EXPECT_THAT(before, HasSubstr("<dt>in order</dt><dd>1</dd>"));       // the tested line
  EXPECT_THAT(before, HasSubstr("<dt>not in order</dt><dd>1</dd>"));   // nothing is copied
  EXPECT_THAT(before, HasSubstr("<dt>nothing shows it</dt><dd>1</dd>"));
  copied = true;
  EXPECT_THAT(page("/staff/protection"), HasSubstr("<dt>in order</dt><dd>2</dd>"));
}

MACHIYA_ON_BOTH_ENGINES(ConsoleTest);

}  // namespace
}  // namespace machiya::console
