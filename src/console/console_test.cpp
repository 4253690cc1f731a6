// The console's own pages: API clients without their secrets, dead letters with reason and audit row.
#include "console/testing.h"

namespace machiya::console {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

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

TEST_P(ConsoleTest, AnAccountIsMadeWithSecretsShownOnceAndChangedWithoutThem) {
  const auto save = [&](const std::string& name, const char* role, const char* display = "佐藤") {
    return post("/staff/accounts", {{"action", "save"}, {"name", name}, {"display", display}, {"department", "health"}, {"role", role}});
  };
  const auto refused = save(std::string(70, 'a'), "clerk");
  EXPECT_EQ(refused.status, 422) << refused.body;
  EXPECT_THAT(refused.body, HasSubstr("name=\"name\" value=\"aaaa")) << "what was typed stays";
  EXPECT_TRUE(audited("staff.save").empty());
  const auto made = save("sato", "clerk");
  EXPECT_EQ(made.status, 200);
  ASSERT_EQ(audited("staff.save").size(), 1u);
  EXPECT_THAT(audited("staff.save")[0], HasSubstr("\"clerk\""));
  std::vector<std::string> shown;
  for (std::size_t at = made.body.find("class=\"token\">"); at != std::string::npos; at = made.body.find("class=\"token\">", at + 1))
    shown.push_back(made.body.substr(at + 14, made.body.find('<', at + 14) - at - 14));
  ASSERT_EQ(shown.size(), 2u) << made.body;
  const auto in = [&] {
    clock.advance(kMinute);
    return identity->staff_login("sato", shown[0], vault::totp_at_step(shown[1], clock.now().us / kSecond / 30), "192.0.2.1").ok();
  };
  EXPECT_TRUE(in());
  // The same name once more: other rights, the same secrets, and none on the page.
  const auto changed = save("sato", "approver", "佐藤 雪");
  EXPECT_EQ(changed.status, 200);
  EXPECT_THAT(changed.body, Not(HasSubstr("class=\"token\"")));
  EXPECT_THAT(changed.body, HasSubstr("佐藤 雪"));
  EXPECT_THAT(audited("staff.save").back(), HasSubstr("\"approver\""));
  EXPECT_TRUE(in());
  EXPECT_EQ(post("/staff/accounts", {{"action", "close"}, {"name", "sato"}}).status, 303);
  EXPECT_THAT(page("/staff/accounts"), HasSubstr("Reopen"));
}

TEST_P(ConsoleTest, AWeakPasswordIsRefusedAndAGoodOneTaken) {
  constexpr std::string_view kSecret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
  auto made = store().write([&](store::Tx& tx) { return identity->put_staff(tx, "sato", "Sato Yuki", "tuna dogs at midnight", kSecret, {"clerk"}, "health"); });
  ASSERT_TRUE(made.ok());
  const auto change = [&](const std::string& wanted) {
    http::Request r = http::testing::request(http::Method::post, "/staff/password", "en");
    r.form_pairs = {{"password", "tuna dogs at midnight"}, {"new_password", wanted}};
    r.remote = "192.0.2.1";
    identity::Principal who;
    who.kind = identity::PrincipalKind::staff, who.id = *made, who.public_id = "s1", who.name = "Sato Yuki", who.session = "none";
    r.principal = std::make_shared<identity::Principal>(who);
    return router.dispatch(r);
  };
  for (const char* weak : {"", "qhwe8rzu1ox", "Machiya-Health1", "sato yuki sato", "aaaaaaaaaaaaaaaa"}) {
    const auto refused = change(weak);
    EXPECT_EQ(refused.status, 422) << weak;
    EXPECT_THAT(refused.body, HasSubstr("not known from leaks")) << weak;
  }
  EXPECT_EQ(change(" bonito cats at noon ").status, 200);
  const auto in = [&](std::string_view password) {
    clock.advance(kMinute);
    return identity->staff_login("sato", password, vault::totp_at_step(kSecret, clock.now().us / kSecond / 30), "192.0.2.1").ok();
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
  EXPECT_THAT(change("bonito cats at noon", "bonito cats at noon").body, HasSubstr("This is the present password"));
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
