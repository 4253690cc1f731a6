#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <set>

#include "platform/http/testing.h"
#include "tests/load/reply.h"
#include "tests/load/run.h"

namespace machiya::load {
namespace {
TEST(Place, OnlyLoopback) {
  EXPECT_EQ(parse_place("http://127.0.0.1:8080/a?b")->path, "/a?b");
  EXPECT_EQ(parse_place("http://localhost")->port, 80);
  EXPECT_EQ(parse_place("http://[::1]:81/")->host, "::1");
  EXPECT_EQ(parse_place("http://127.9.9.9:1")->path, "/");
  for (const char* bad : {"https://127.0.0.1/", "http://192.0.2.1/", "http://example.jp/", "http://[2001:db8::1]/", "http://127.0.0.1.example.jp/", "http://127.0.0.1:x/", "http://0.0.0.0/", ""})
    EXPECT_FALSE(parse_place(bad).ok()) << bad;
}

TEST(Histogram, QuantilesWithinTwoPercent) {
  Histogram h;
  for (int i = 1; i <= 10'000; ++i) h.add(i);
  EXPECT_NEAR(static_cast<double>(h.quantile(0.5)), 5'000, 100);
  EXPECT_NEAR(static_cast<double>(h.quantile(0.99)), 9'900, 198);
  EXPECT_EQ(h.quantile(1), 10'000);
  EXPECT_EQ(Histogram().quantile(0.5), 0);
}

TEST(Script, Parses) {
  auto s = parse_script("# log in\nPOST /login\nbody: a={client}\nexpect: 303\ncapture: next header Location\nloop:\nGET {next}?n={n:url}{{x}\n  header: X-A: b\n capture: t between value=\" … \"\n");
  ASSERT_TRUE(s.ok()) << s.error().to_string();
  ASSERT_EQ(s->first.size(), 1u);
  ASSERT_EQ(s->loop.size(), 1u);
  std::string out;
  s->loop[0].target.render({{"next", "/p"}, {"n", "a b"}}, out);
  EXPECT_EQ(out, "/p?n=a%20b{x}");
  EXPECT_EQ(s->loop[0].captures[0].after, "value=\"");
  EXPECT_EQ(s->loop[0].captures[0].until, "\"");
  for (const char* bad : {"", "loop:\n", "body: x\nGET /", "GET /\nexpect: 3x3", "GET /{x", "GET /\nwhat: x", "GET /\ncapture: x", "GET /\nhello"})
    EXPECT_FALSE(parse_script(bad).ok()) << bad;
  EXPECT_EQ(parse_script("GET /\nGET /\nexpect: x").error().where, "line 3");
}

TEST(ReplyReader, LengthsChunksAndEnds) {
  const std::string two = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabcHTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1;x\r\nc\r\n0\r\nT: 1\r\n\r\n";
  for (std::size_t piece = 1; piece < two.size(); ++piece) {
    ReplyReader r;
    std::vector<std::pair<int, std::string>> seen;
    r.begin(false, true);
    for (std::size_t at = 0; at < two.size(); at += piece) {
      std::string_view data = std::string_view(two).substr(at, piece);
      while (!data.empty()) {
        data.remove_prefix(r.feed(data));
        if (r.state() != ReplyReader::State::done) continue;
        seen.emplace_back(r.status(), r.body());
        r.begin(false, true);
      }
    }
    EXPECT_EQ(seen, (std::vector<std::pair<int, std::string>>{{200, "abc"}, {201, "abc"}})) << piece;
  }
  ReplyReader r;
  r.begin(false, true);
  r.feed("HTTP/1.0 200 OK\r\n\r\nall");
  EXPECT_TRUE(r.end());
  EXPECT_EQ(r.body(), "all");
  EXPECT_FALSE(r.keeps_connection());
}

TEST(Run, ScriptsWithSessionsAgainstAServer) {
  http::testing::TestServer s;
  std::mutex mutex;
  std::set<std::string> passes, sessions, at_work;
  s.router.post("/login", {}, [&](http::Request& r) {
    const std::string session = "s" + std::string(*r.form("client"));
    {
      std::lock_guard lock(mutex);
      sessions.insert(session);
    }
    http::Response out = http::see_other("/home");
    out.cookie("sid", session, 60);
    return out;
  });
  s.router.get("/home", {}, [&](http::Request& r) { return http::html("<input name=csrf value=\"t-" + std::string(r.cookie("sid")) + "\">"); });
  s.router.post("/do", {}, [&](http::Request& r) {
    std::lock_guard lock(mutex);
    if (*r.form("token") != "t-" + std::string(r.cookie("sid"))) return http::text("bad", "text/plain", 403);
    at_work.insert(std::string(r.cookie("sid")));
    passes.insert(std::string(*r.form("n")));
    return http::text("ok");
  });
  s.start();
  Options o;
  o.place = *parse_place("http://" + s.address() + "/");
  o.script = *parse_script(
      "POST /login\nbody: client={client}\nexpect: 303\ncapture: next header location\nloop:\nGET {next}\ncapture: token between value=\" … \"\nPOST /do\nbody: token={token:url}&n={n}\nexpect: 200\n");
  o.connections = 5;
  o.threads = 2;
  o.passes = 100;
  const auto report = run(o);
  ASSERT_TRUE(report.ok());
  EXPECT_EQ(report->passes, 100);
  EXPECT_EQ(report->requests, 200);
  EXPECT_EQ(report->errors + report->unexpected, 0) << json::to_text(report->to_json(o));
  EXPECT_EQ(report->statuses.at(200), 200);
  EXPECT_EQ(passes.size(), 100u);
  // Every client logs in for itself. How the passes fall to them is the scheduler's matter: a quick thread may take all of them.
  EXPECT_EQ(sessions, (std::set<std::string>{"s0", "s1", "s2", "s3", "s4"}));
  EXPECT_FALSE(at_work.empty());
  EXPECT_TRUE(std::includes(sessions.begin(), sessions.end(), at_work.begin(), at_work.end()));
}

TEST(Run, NeedsABoundAndAServer) {
  Options o;
  o.place = *parse_place("http://127.0.0.1:1/");
  o.script = *parse_script("GET /");
  EXPECT_EQ(run(o).error().code, ErrorCode::invalid_input);
  o.passes = 1;
  EXPECT_EQ(run(o).error().code, ErrorCode::unavailable);
}
}  // namespace
}  // namespace machiya::load
