// Sessions that know how they came about: the list of devices, ending them, the fresh log-in before sensitive acts.
#include <gmock/gmock.h>

#include "platform/identity/testing.h"

namespace machiya::identity {
namespace {
using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::string_view kFirefox = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0";
constexpr std::string_view kPhone =
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1";

TEST(Device, IsToldByItsFamilyOnly) {
  EXPECT_EQ(device_of(kFirefox), "Firefox / Windows");
  EXPECT_EQ(device_of(kPhone), "Safari / iOS");
  EXPECT_EQ(device_of("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"), "Chrome / Linux");
  EXPECT_EQ(device_of("Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/140.0 Mobile Safari/537.36 Line/15.0"), "LINE / Android");
  EXPECT_EQ(device_of("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0"), "Edge / Windows");
  EXPECT_EQ(device_of("curl/7.88.1"), "");
  EXPECT_EQ(device_of(""), "");
  EXPECT_EQ(device_of("<script>Firefox/</script>"), "Firefox");
}

TEST(Authentication, EveryWayHasItsWord) {
  for (const Method method : {Method::mail_code, Method::password_totp, Method::passkey, Method::provider, Method::recovery}) {
    EXPECT_NE(word_of(method), "");
    EXPECT_EQ(method_of(word_of(method)), method);
  }
  EXPECT_EQ(method_of("telepathy"), Method::unknown);
}

struct DeviceTest : IdentityTest {
  void SetUp() override {
    IdentityTest::SetUp();
    sensitive("/erase", "person|staff");
  }
  void sensitive(const std::string& path, const std::string& permission) {
    http::RouteOptions o;
    o.permission = permission;
    o.step_up_minutes = kStepUpMinutes;
    for (const http::Method method : {http::Method::get, http::Method::post})
      router->add(method, path, o, [this](http::Request& r) {
        if (r.method == http::Method::post) ++handled, seen_form = std::string(r.form("answer").value_or(""));
        const Authentication& how = principal_of(r).authentication;
        return http::text(std::string(word_of(how.method)) + " " + std::string(word_of(how.strength)));
      });
  }
  std::vector<Identity::OpenSession> open_of(Browser& b) {
    const auto who = identity->gate();
    http::Request r = http::testing::request(http::Method::get, "/mine");
    r.headers = {{"host", "city.example"}, {"cookie", "machiya=" + b.cookies["machiya"]}};
    http::Route route;
    route.options.permission = "person|staff";
    EXPECT_EQ(who(r, route), std::nullopt);
    auto sessions = identity->open_sessions(principal_of(r));
    EXPECT_TRUE(sessions.ok());
    return *sessions;
  }
};

TEST_P(DeviceTest, ASessionKnowsHowItCameAbout) {
  Browser b = citizen("a@example.jp", kFirefox);
  EXPECT_EQ(b.get("/erase").body, "email-code single-factor");
  put_staff("tanaka", {"clerk"}, "kankyo");
  Browser s = staff("tanaka");
  EXPECT_EQ(s.get("/erase").body, "password-totp two-factors");
  auto rows = *audit->of_object(open_of(b).empty() ? "" : (*store().read([](store::ReadTx& tx) {
    return tx.query_one("SELECT 'person:' || public_id FROM identity_person");
  }))->text(0), 5);
  ASSERT_FALSE(rows.empty());
  EXPECT_EQ(rows.front().entry.action, "session.open");
  EXPECT_EQ(rows.front().entry.facts.text("method"), "email-code");
  EXPECT_EQ(rows.front().entry.facts.text("strength"), "single-factor");
}

TEST_P(DeviceTest, EverybodySeesTheirOwnDevicesOnly) {
  Browser desk = citizen("a@example.jp", kFirefox);
  clock.advance(2 * kMinute);
  Browser phone = citizen("a@example.jp", kPhone);
  Browser other = citizen("b@example.jp", kPhone);
  const auto mine = open_of(desk);
  ASSERT_EQ(mine.size(), 2u);
  EXPECT_EQ(mine[0].device, "Safari / iOS");
  EXPECT_EQ(mine[1].device, "Firefox / Windows");
  EXPECT_FALSE(mine[0].current);
  EXPECT_TRUE(mine[1].current);
  const std::string page = desk.get("/my/security").body;
  EXPECT_THAT(page, HasSubstr("Safari / iOS"));
  EXPECT_THAT(page, HasSubstr("Firefox / Windows"));
  EXPECT_THAT(page, Not(HasSubstr("Gecko")));
  EXPECT_THAT(page, Not(HasSubstr(mine[1].handle)));  // the own session has no button
  EXPECT_EQ(open_of(other).size(), 1u);
  EXPECT_EQ(Browser(*router).get("/my/security").status, 303);
}

TEST_P(DeviceTest, OneSessionOrAllOthersAreEndedAtOnceHereAndSoonElsewhere) {
  Browser desk = citizen("a@example.jp", kFirefox), phone = citizen("a@example.jp", kPhone), tablet = citizen("a@example.jp", kPhone), stranger = citizen("b@example.jp", kPhone);
  Identity elsewhere(store(), *vault, *audit, clock, sender, production());
  http::Router there;
  there.gate(elsewhere.gate());
  http::RouteOptions o;
  o.permission = "person";
  there.get("/mine", o, [](http::Request&) { return http::text("in"); });
  Browser far = phone;
  far.router = &there;
  EXPECT_EQ(far.get("/mine").status, 200);

  const std::string handle = open_of(desk).at(1).handle;
  stranger.get("/my/security");
  EXPECT_EQ(stranger.post("/my/security/end", {{"session", handle}}).status, 303);
  EXPECT_EQ(phone.get("/mine").status, 200);  // not theirs to end
  desk.get("/form");
  EXPECT_EQ(desk.post("/my/security/end", {{"session", handle}}, false).status, 403);  // no token
  desk.get("/form");
  EXPECT_EQ(desk.post("/my/security/end", {{"session", handle}}).status, 303);
  EXPECT_EQ(phone.get("/mine").status, 303);
  EXPECT_EQ(tablet.get("/mine").status, 200);
  clock.advance(5 * kSecond);
  EXPECT_EQ(far.get("/mine").status, 303);

  desk.get("/my/security");
  EXPECT_EQ(header_of(desk.post("/my/security/end-others", {}), "location"), "/my/security?done=ended-others");
  EXPECT_EQ(tablet.get("/mine").status, 303);
  EXPECT_EQ(desk.get("/mine").status, 200);
  EXPECT_EQ(stranger.get("/mine").status, 200);
}

TEST_P(DeviceTest, ASensitiveActAsksACitizenOnceMoreAndKeepsTheForm) {
  Browser b = citizen("a@example.jp", kFirefox);
  EXPECT_EQ(b.post("/erase", {{"answer", "young"}}).status, 200);
  clock.advance((kStepUpMinutes + 1) * kMinute);
  EXPECT_EQ(b.get("/mine").status, 200);  // nothing else asks
  EXPECT_EQ(header_of(b.get("/erase"), "location"), "/login/confirm?next=%2Ferase");
  b.get("/form");
  auto r = b.post("/erase", {{"answer", "七つ"}, {"password", "never kept"}});
  EXPECT_EQ(r.status, 303);
  EXPECT_EQ(handled, 1);
  const std::string where = header_of(r, "location");
  ASSERT_THAT(where, HasSubstr("/login/confirm?next=%2Flogin%2Fcontinue%2F"));
  const std::string next = http::url_decode(where.substr(where.find('=') + 1));
  const int mails = sender.sent;
  const std::string before = b.cookies["machiya"];
  EXPECT_EQ(b.get(where).status, 200);
  EXPECT_EQ(b.post("/login/confirm", {{"next", next}}).status, 303);
  EXPECT_EQ(sender.sent, mails + 1);
  EXPECT_EQ(sender.last_email, "a@example.jp");  // nobody typed it
  b.get("/login/code");
  EXPECT_EQ(header_of(b.post("/login/code", {{"code", sender.last_code}, {"action", "next"}, {"next", next}}), "location"), next);
  EXPECT_NE(b.cookies["machiya"], before);
  EXPECT_EQ(open_of(b).size(), 1u);  // the old one ended
  const std::string kept = b.get(next).body;
  EXPECT_THAT(kept, HasSubstr("七つ"));
  EXPECT_THAT(kept, Not(HasSubstr("never kept")));
  EXPECT_EQ(b.post("/erase", {{"answer", "七つ"}}).status, 200);
  EXPECT_EQ(seen_form, "七つ");
}

TEST_P(DeviceTest, ASensitiveActAsksStaffForBothFactorsOfTheirOwnAccount) {
  put_staff("tanaka", {"clerk"}, "kankyo");
  Browser s = staff("tanaka");
  clock.advance((kStepUpMinutes + 1) * kMinute);
  EXPECT_EQ(header_of(s.get("/erase"), "location"), "/staff/confirm?next=%2Ferase");
  s.get("/staff/confirm?next=%2Ferase");
  EXPECT_EQ(s.post("/staff/confirm", {{"password", "wrong horse"}, {"code", totp_now()}, {"next", "/erase"}}).status, 422);
  EXPECT_EQ(s.post("/staff/confirm", {{"password", "correct horse"}, {"code", "000000"}, {"next", "/erase"}}).status, 422);
  EXPECT_EQ(s.get("/erase").status, 303);
  clock.advance(kMinute);
  s.get("/staff/confirm");
  EXPECT_EQ(header_of(s.post("/staff/confirm", {{"password", "correct horse"}, {"code", totp_now()}, {"next", "/erase"}}), "location"), "/erase");
  EXPECT_EQ(s.get("/erase").status, 200);
  EXPECT_EQ(open_of(s).size(), 1u);
  // A program is told by status and challenge, not by a page.
  clock.advance((kStepUpMinutes + 1) * kMinute);
  s.extra.emplace_back("x-fragment", "1");
  auto r = s.get("/erase");
  EXPECT_EQ(r.status, 401);
  EXPECT_EQ(header_of(r, "www-authenticate"), "Bearer");
}

TEST_P(DeviceTest, ASessionFromBeforeTheColumnsIsNeverFresh) {
  Browser b = citizen("a@example.jp", kFirefox);
  ASSERT_TRUE(store().write([](store::Tx& tx) { return tx.execute("UPDATE identity_session SET method = '', strength = 0, authenticated = 0, device = ''"); }).ok());
  start(production());
  sensitive("/erase", "person|staff");
  b.router = router.get();
  EXPECT_EQ(b.get("/mine").status, 200);
  EXPECT_EQ(header_of(b.get("/erase"), "location"), "/login/confirm?next=%2Ferase");
  EXPECT_EQ(b.get("/my/security").status, 200);
}

MACHIYA_ON_BOTH_ENGINES(DeviceTest);

}  // namespace
}  // namespace machiya::identity
