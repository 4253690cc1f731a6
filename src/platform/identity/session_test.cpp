// Sessions and the gate: cookies, fixation, forgery, limits of time, other processes, API clients.
#include <gmock/gmock.h>

#include "platform/identity/purpose_cookie.h"
#include "platform/identity/testing.h"

namespace machiya::identity {
namespace {
using ::testing::HasSubstr;
using ::testing::Not;

/// Counts reads on their way to the real store.
class CountingStore final : public store::Store {
 public:
  explicit CountingStore(store::Store& s) : inner(s) {}
  store::Engine engine() const override { return inner.engine(); }
  Result<void> write_raw(const std::function<Result<void>(store::Tx&)>& work) override { return inner.write_raw(work); }
  Result<void> write_joined_raw(const std::function<Result<void>(store::Tx&)>& work) override { return inner.write_joined_raw(work); }
  void write_later(std::function<Result<void>(store::Tx&)> work, std::function<void(Result<void>)> done) override {
    inner.write_later(std::move(work), std::move(done));
  }
  Result<void> read_raw(const std::function<Result<void>(store::ReadTx&)>& work) override {
    ++reads;
    return inner.read_raw(work);
  }
  Result<void> migrate(const std::vector<store::Migration>& m) override { return inner.migrate(m); }
  Result<void> backup_to(const std::string& path) override { return inner.backup_to(path); }
  bool refusing_writes() const override { return inner.refusing_writes(); }
  Result<void> acquire_writer(int timeout_ms) override { return inner.acquire_writer(timeout_ms); }
  void yield_writer() override { inner.yield_writer(); }
  store::Stats stats() const override { return inner.stats(); }
  void close() override {}
  store::Store& inner;
  int reads = 0;
};

struct SessionTest : IdentityTest {
  bool is_in(Browser& b) { return b.get("/mine").status == 200; }
};

TEST_P(SessionTest, PlainPagesSetNoCookieAndWriteNothing) {
  Browser b(*router);
  EXPECT_EQ(header_of(b.get("/"), "set-cookie"), "");
  EXPECT_EQ(header_of(b.get("/mine"), "set-cookie"), "");
  auto r = b.get("/form");
  const std::string cookie = header_of(r, "set-cookie");
  EXPECT_THAT(cookie, HasSubstr("machiya=v"));
  EXPECT_THAT(cookie, HasSubstr("HttpOnly"));
  EXPECT_THAT(cookie, HasSubstr("SameSite=Lax"));
  EXPECT_EQ(header_of(r, "cache-control"), "no-store");
  EXPECT_EQ(header_of(b.get("/form"), "set-cookie"), "");  // it has one now
  EXPECT_EQ((*store().read([](store::ReadTx& tx) { return tx.query_one("SELECT COUNT(*) FROM identity_session"); }))->integer(0), 0);
}

TEST_P(SessionTest, OverTlsTheCookieIsBoundToTheHost) {
  http::Request r;
  r.secure = true;
  http::Response response;
  set_session_cookie(r, response, "x");
  EXPECT_EQ(header_of(response, "set-cookie"), "__Host-machiya=x; Path=/; HttpOnly; SameSite=Lax; Secure");
  EXPECT_EQ(session_cookie_name(false), "machiya");
  EXPECT_EQ(purpose_cookie(r), "__Host-machiya-purpose");
}

TEST_P(SessionTest, AVisitorIsSentToLogInAndComesBack) {
  Browser b(*router);
  auto r = b.get("/mine?page=2");
  EXPECT_EQ(r.status, 303);
  EXPECT_EQ(header_of(r, "location"), "/login?next=%2Fmine%3Fpage%3D2");
  EXPECT_EQ(header_of(b.get("/staff/audit"), "location"), "/staff/login?next=%2Fstaff%2Faudit");
  b.get("/login?next=%2F%2Fevil.example");
  b.post("/login", {{"email", "a@example.jp"}, {"action", "next"}, {"next", "//evil.example"}});
  r = b.post("/login/code", {{"code", sender.last_code}, {"action", "next"}, {"next", "https://evil.example/"}});
  EXPECT_EQ(header_of(r, "location"), "/");
  EXPECT_EQ(header_of(b.get("/login?next=//evil.example"), "location"), "/");
  EXPECT_EQ(header_of(b.get("/login?next=/mine"), "location"), "/mine");
}

TEST_P(SessionTest, APlantedSessionIsWorthNothingAfterTheLogIn) {
  Browser attacker(*router), victim(*router);
  attacker.get("/form");
  victim.cookies = attacker.cookies;
  victim.get("/login");
  victim.post("/login", {{"email", "victim@example.jp"}, {"action", "next"}});
  victim.post("/login/code", {{"code", sender.last_code}, {"action", "next"}});
  EXPECT_TRUE(is_in(victim));
  EXPECT_FALSE(is_in(attacker));
  EXPECT_NE(victim.cookies["machiya"], attacker.cookies["machiya"]);
  // Logging in again rotates, and the old secret ends.
  Browser old = victim;
  auto ticket = identity->request_code("victim@example.jp", "r", "ja")->ticket;
  victim.cookies["machiya-login"] = ticket;
  victim.get("/form");
  victim.post("/login/code", {{"code", sender.last_code}, {"action", "next"}});
  EXPECT_TRUE(is_in(victim));
  EXPECT_FALSE(is_in(old));
  Browser forged(*router);
  forged.cookies["machiya"] = "s" + victim.cookies["machiya"].substr(1, 40) + std::string(14, 'a');
  EXPECT_FALSE(is_in(forged));
}

TEST_P(SessionTest, SessionsEndByIdlenessAndByAge) {
  Browser b = citizen();
  clock.advance(59 * kMinute);
  EXPECT_TRUE(is_in(b));
  clock.advance(60 * kMinute);
  EXPECT_FALSE(is_in(b));
  b = citizen();
  for (int i = 0; i < 23; ++i) {
    clock.advance(31 * kMinute);
    EXPECT_TRUE(is_in(b)) << i;
  }
  clock.advance(8 * kMinute);  // 12 hours and a minute
  EXPECT_FALSE(is_in(b));
}

TEST_P(SessionTest, IdlenessIsMeasuredOverARestart) {
  Browser b = citizen();
  clock.advance(50 * kMinute);
  EXPECT_TRUE(is_in(b));
  ASSERT_TRUE(identity->maintain().ok());
  start(production());  // a new process: nothing in memory
  b.router = router.get();
  clock.advance(50 * kMinute);
  EXPECT_TRUE(is_in(b));
}

TEST_P(SessionTest, LoggingOutEndsItHereAndElsewhere) {
  Identity other(store(), *vault, *audit, clock, sender, production());
  http::Router other_router;
  other_router.gate(other.gate());
  http::RouteOptions o;
  o.permission = "person";
  other_router.get("/mine", o, [](http::Request&) { return http::text("in"); });
  Browser b = citizen();
  Browser elsewhere = b;
  elsewhere.router = &other_router;
  Browser stolen = b;
  EXPECT_TRUE(is_in(elsewhere));
  auto r = b.post("/logout", {});
  EXPECT_EQ(r.status, 303);
  EXPECT_THAT(header_of(r, "set-cookie"), HasSubstr("Max-Age=0"));
  EXPECT_FALSE(is_in(stolen));
  clock.advance(5 * kSecond);
  EXPECT_FALSE(is_in(elsewhere));

  Browser one = citizen(), two = citizen();
  elsewhere.cookies = two.cookies;
  EXPECT_TRUE(is_in(elsewhere));
  const auto id = (*store().read([](store::ReadTx& tx) { return tx.query_one("SELECT id FROM identity_person"); }))->integer(0);
  ASSERT_TRUE(store().write_raw([&](store::Tx& tx) { return identity->end_sessions(tx, PrincipalKind::citizen, id); }).ok());
  EXPECT_FALSE(is_in(one));
  EXPECT_FALSE(is_in(two));
  clock.advance(5 * kSecond);
  EXPECT_FALSE(is_in(elsewhere));
}

TEST_P(SessionTest, APageViewReadsNothingFromTheDatabase) {
  CountingStore counting(store());
  Identity counted(counting, *vault, *audit, clock, sender, production());
  http::Router r;
  r.gate(counted.gate());
  http::RouteOptions o;
  o.permission = "person";
  r.get("/mine", o, [](http::Request&) { return http::text("in"); });
  Browser b = citizen();
  b.router = &r;
  EXPECT_TRUE(is_in(b));
  const int before = counting.reads;
  for (int i = 0; i < 1000; ++i) ASSERT_TRUE(is_in(b));
  EXPECT_EQ(counting.reads, before);
  clock.advance(2 * kSecond);
  for (int i = 0; i < 1000; ++i) ASSERT_TRUE(is_in(b));
  EXPECT_EQ(counting.reads, before + 1);  // one look at other processes' changes
}

TEST_P(SessionTest, TheCacheIsBounded) {
  Options o = production();
  o.cached_sessions = 16;
  o.codes_per_client = 1000;
  start(o);
  std::vector<Browser> all;
  for (int i = 0; i < 40; ++i) all.push_back(citizen("p" + std::to_string(i) + "@example.jp"));
  for (auto& b : all) EXPECT_TRUE(is_in(b));
}

TEST_P(SessionTest, FormsNeedTheTokenOfTheirSession) {
  Browser b = citizen();
  handled = 0;
  EXPECT_EQ(b.post("/answers", {{"answer", "x"}}).status, 200);
  EXPECT_EQ(handled, 1);
  EXPECT_EQ(b.post("/answers", {{"answer", "x"}}, false).status, 403);
  EXPECT_EQ(b.post("/answers", {{"csrf", std::string(32, 'a')}}, false).status, 403);
  EXPECT_EQ(b.post("/answers", {{"csrf", ""}}, false).status, 403);
  EXPECT_EQ(b.post("/answers", {{"csrf", b.last_csrf + "x"}}, false).status, 403);
  Browser other = citizen("b@example.jp");
  EXPECT_EQ(b.post("/answers", {{"csrf", other.last_csrf}}, false).status, 403);
  b.extra = {{"origin", "http://evil.example"}};
  EXPECT_EQ(b.post("/answers", {}).status, 403);  // even with the right token
  b.extra = {{"sec-fetch-site", "cross-site"}};
  EXPECT_EQ(b.post("/answers", {}).status, 403);
  b.extra = {{"origin", "http://city.example"}, {"sec-fetch-site", "same-origin"}};
  EXPECT_EQ(b.post("/answers", {}).status, 200);
  EXPECT_EQ(handled, 2);
  b.extra = {{"x-csrf-token", b.last_csrf}};
  EXPECT_EQ(b.post("/answers", {}, false).status, 200);
  Browser visitor(*router);
  EXPECT_EQ(visitor.post("/report", {}, false).status, 403);
  visitor.get("/form");
  EXPECT_EQ(visitor.post("/report", {}).status, 200);
  EXPECT_EQ(visitor.post("/logout", {}, false).status, 403);
}

TEST_P(SessionTest, RoutesForProgramsIgnoreCookiesWithoutTheToken) {
  Browser b = citizen();
  handled = 0;
  EXPECT_EQ(b.post("/api/v1/cases", {}, false).status, 401);
  EXPECT_EQ(handled, 0);
  EXPECT_EQ(b.post("/api/v1/cases", {}).status, 200);
  b.extra = {{"origin", "http://evil.example"}};
  EXPECT_EQ(b.post("/api/v1/cases", {}).status, 401);
}

TEST_P(SessionTest, RoutesWithoutAPermissionAreClosed) {
  Browser b = citizen();
  EXPECT_EQ(b.get("/nothing").status, 403);
  EXPECT_EQ(b.get("/misspelt").status, 403);
}

TEST_P(SessionTest, AFormPostedAfterTheLogInEndedIsKept) {
  Browser b = citizen();
  clock.advance(2 * kHour);
  auto r = b.post("/answers", {{"answer", "ポチ"}, {"action", "next"}});
  EXPECT_EQ(r.status, 303);
  const std::string where = header_of(r, "location");
  ASSERT_THAT(where, HasSubstr("/login?next=%2Flogin%2Fcontinue%2F"));
  const std::string kept = http::url_decode(where.substr(where.find('=') + 1));
  Browser stranger = citizen("stranger@example.jp");
  EXPECT_EQ(stranger.get(kept).status, 404);
  Browser visitor(*router);
  EXPECT_EQ(visitor.get(kept).status, 303);
  Browser back = citizen();
  r = back.get(kept);
  ASSERT_EQ(r.status, 200);
  EXPECT_THAT(r.body, HasSubstr("action=\"/answers\""));
  EXPECT_THAT(r.body, HasSubstr("name=\"answer\" value=\"ポチ\""));
  EXPECT_THAT(r.body, Not(HasSubstr(b.last_csrf)));
  EXPECT_EQ(back.post("/answers", {{"answer", "ポチ"}, {"action", "next"}}).status, 200);
  EXPECT_EQ(seen_form, "ポチ");
  // A forged post after the end is not kept.
  clock.advance(2 * kHour);
  r = back.post("/answers", {{"answer", "evil"}}, false);
  EXPECT_EQ(r.status, 403);
  back.get("/");
}

TEST_P(SessionTest, AFormOfAnotherTabIsShownAgainNotLost) {
  Browser b(*router);
  b.get("/form");
  const std::string visitors = b.last_csrf;
  b.get("/login");
  b.post("/login", {{"email", "a@example.jp"}, {"action", "next"}});
  b.post("/login/code", {{"code", sender.last_code}, {"action", "next"}});
  handled = 0;
  b.extra = {{"origin", "http://city.example"}};
  auto r = b.post("/report", {{"answer", "穴"}, {"csrf", visitors}}, false);
  EXPECT_EQ(r.status, 303);
  EXPECT_EQ(handled, 0);
  EXPECT_THAT(b.get(header_of(r, "location")).body, HasSubstr("value=\"穴\""));
  b.extra = {{"origin", "http://evil.example"}};
  EXPECT_EQ(b.post("/report", {{"answer", "穴"}, {"csrf", visitors}}, false).status, 403);
}

TEST_P(SessionTest, ApiClientsHaveScopesAndCanBeRevoked) {
  Principal admin;
  admin.kind = PrincipalKind::staff;
  admin.public_id = "admin-1";
  EXPECT_EQ(identity->create_client("kumin-app", {"applications"}, admin).error().code, ErrorCode::forbidden);
  admin.roles = {"admin"};
  auto token = identity->create_client("kumin-app", {"applications"}, admin);
  auto narrow = identity->create_client("reader", {"registers"}, admin);
  ASSERT_TRUE(token.ok() && narrow.ok());
  EXPECT_EQ(identity->create_client("kumin-app", {"applications"}, admin).error().code, ErrorCode::conflict);
  EXPECT_EQ(identity->create_client("Bad Name", {"applications"}, admin).error().code, ErrorCode::invalid_input);
  EXPECT_EQ(identity->create_client("empty", {}, admin).error().code, ErrorCode::invalid_input);
  Browser program(*router);
  auto with = [&](const std::string& text) {
    program.extra = {{"authorization", text}};
    return program.get("/api/v1/cases").status;
  };
  EXPECT_EQ(with("Bearer " + *token), 200);
  EXPECT_EQ(with("bearer " + *token), 200);
  EXPECT_EQ(program.run(http::Method::post, "/api/v1/cases", {}).status, 200);  // no form token needed
  EXPECT_EQ(with("Bearer " + *narrow), 403);
  EXPECT_EQ(with("Bearer nonsense"), 401);
  EXPECT_EQ(with("Bearer " + token->substr(0, token->size() - 1) + "x"), 401);
  Browser b = citizen();
  EXPECT_EQ(with("Bearer " + b.cookies["machiya"]), 401);  // a session is no API token
  Browser cookie(*router);
  cookie.cookies["machiya"] = *token;  // and the other way round
  EXPECT_FALSE(is_in(cookie));
  EXPECT_EQ(cookie.get("/api/v1/cases").status, 401);
  ASSERT_TRUE(identity->revoke_client("kumin-app", admin).ok());
  EXPECT_EQ(with("Bearer " + *token), 401);
  EXPECT_EQ(identity->revoke_client("kumin-app", admin).error().code, ErrorCode::not_found);
  auto fresh = identity->create_client("kumin-app", {"applications"}, admin);
  ASSERT_TRUE(fresh.ok());
  EXPECT_EQ(with("Bearer " + *fresh), 200);
  EXPECT_EQ(with("Bearer " + *token), 401);
}

TEST_P(SessionTest, AGuardedUploadIsRefusedOnItsHeadAlone) {
  const auto gate = identity->head_gate();
  const auto status = [&](const std::string& permission, http::Pairs headers) {
    http::Request r = http::testing::request(http::Method::post, "/upload");
    r.headers = std::move(headers);
    http::Route route{http::Method::post, "/upload", {}, {}};
    route.options.permission = permission;
    const auto refused = gate(r, route);
    return refused ? refused->status : 0;
  };
  Principal admin;
  admin.kind = PrincipalKind::staff, admin.public_id = "admin-1", admin.roles = {"admin"};
  const std::string token = *identity->create_client("kumin-app", {"applications"}, admin);
  EXPECT_EQ(status("client:applications", {}), 401);
  EXPECT_EQ(status("client:applications", {{"authorization", "Bearer nonsense"}}), 401);
  EXPECT_EQ(status("client:registers", {{"authorization", "Bearer " + token}}), 403);
  EXPECT_EQ(status("client:applications", {{"authorization", "Bearer " + token}}), 0);
  EXPECT_EQ(status("public", {}), 0);
  EXPECT_EQ(status("", {}), 403);            // a route that says nothing is closed
  EXPECT_EQ(status("person", {}), 303);      // a browser goes to the log-in
  EXPECT_EQ(status("person", {{"accept", "application/json"}}), 401);
  Browser b = citizen();
  const http::Pairs cookie{{"cookie", "machiya=" + b.cookies["machiya"]}};
  EXPECT_EQ(status("person", cookie), 0);
  EXPECT_EQ(status("verified", cookie), 403);
  clock.advance(2 * kHour);
  EXPECT_EQ(status("person", cookie), 0);    // over: the form may come in, so that what was typed is kept
}

TEST_P(SessionTest, TheListOfClientsShowsUseAndEndAndNeverTheToken) {
  Principal admin;
  admin.kind = PrincipalKind::staff;
  admin.public_id = "admin-1";
  admin.roles = {"admin"};
  const auto listed = [&] { return store().read([&](store::ReadTx& tx) { return identity->clients(tx); }); };
  auto token = identity->create_client("kumin-app", {"applications"}, admin, 30);
  ASSERT_TRUE(token.ok());
  ASSERT_TRUE(identity->create_client("reader", {"applications"}, admin).ok());
  EXPECT_EQ(identity->create_client("odd", {"applications"}, admin, -1).error().code, ErrorCode::invalid_input);
  auto rows = listed();
  ASSERT_TRUE(rows.ok());
  ASSERT_EQ(rows->size(), 2u);
  EXPECT_EQ((*rows)[0].expires->us, clock.now().us + 30 * kDay);
  EXPECT_FALSE((*rows)[0].last_used || (*rows)[0].revoked || (*rows)[1].expires);
  Browser program(*router);
  program.extra = {{"authorization", "Bearer " + *token}};
  clock.advance(2 * kHour);
  EXPECT_EQ(program.get("/api/v1/cases").status, 200);
  const Instant used = clock.now();
  clock.advance(2 * kHour);   // a client is never idle
  ASSERT_TRUE(identity->maintain().ok());
  EXPECT_EQ((*listed())[0].last_used->us, used.us);
  EXPECT_EQ(program.get("/api/v1/cases").status, 200);
  clock.advance(30 * kDay);
  EXPECT_EQ(program.get("/api/v1/cases").status, 401);
  // The name of a client that is over is free again, and the new one is somebody else.
  const std::string before = (*listed())[0].public_id;
  ASSERT_TRUE(identity->create_client("kumin-app", {"applications"}, admin, 30).ok());
  EXPECT_NE((*listed())[0].public_id, before);
  ASSERT_TRUE(identity->revoke_client("kumin-app", admin).ok());
  EXPECT_EQ((*listed())[0].revoked->us, clock.now().us);
  EXPECT_EQ(program.get("/api/v1/cases").status, 401);
}

MACHIYA_ON_BOTH_ENGINES(SessionTest);

}  // namespace
}  // namespace machiya::identity
