// The server over loopback sockets: framing, order, limits, refusals.
#include "platform/http/server.h"

#include <gtest/gtest.h>

#include <future>
#include <stdexcept>

#include "platform/http/testing.h"

namespace machiya::http {
namespace {
using testing::Client;
using testing::Reply;
using testing::TestServer;

RouteOptions open_to_all() {
  RouteOptions o;
  o.permission = "public";
  return o;
}

struct ServerTest : ::testing::Test {
  TestServer s;
  void SetUp() override {
    s.router.get("/hello", open_to_all(), [](Request&) { return text("hello"); });
    s.router.get("/echo/{word}", open_to_all(), [](Request& r) { return text(std::string(r.param("word"))); });
    s.router.get("/remote", open_to_all(), [](Request& r) { return text(r.remote + (r.secure ? " secure" : "")); });
    s.router.get("/throw", open_to_all(), [](Request&) -> Response { throw std::runtime_error("secret detail"); });
    s.router.get("/split", open_to_all(), [](Request& r) { return see_other("/x" + std::string(*r.query("to"))); });
    s.router.post("/form", open_to_all(), [](Request& r) {
      std::string out;
      for (const auto& [k, v] : r.form_pairs) out += k + '=' + v + ';';
      return text(out);
    });
    s.router.post("/body", open_to_all(), [](Request& r) { return text(std::to_string(r.body.size()) + ':' + r.body.substr(0, 20)); });
  }
};

TEST_F(ServerTest, AnswersAndKeepsTheConnection) {
  s.start();
  Client c(s.address());
  for (int i = 0; i < 3; ++i) {
    const Reply r = c.get("/hello");
    EXPECT_EQ(r.status, 200);
    EXPECT_EQ(r.body, "hello");
    EXPECT_EQ(r.header("connection"), "");
    EXPECT_EQ(r.header("x-request-id").size(), 26u);
    EXPECT_NE(r.header("date"), "");
  }
}

TEST_F(ServerTest, PipelinedRequestsAreAnsweredInOrder) {
  s.start();
  Client c(s.address());
  std::string all;
  for (int i = 0; i < 200; ++i) all += "GET /echo/" + std::to_string(i) + " HTTP/1.1\r\nHost: t\r\n\r\n";
  c.send(all);
  for (int i = 0; i < 200; ++i) ASSERT_EQ(c.read().body, std::to_string(i));
}

TEST_F(ServerTest, ReadsByteByByte) {
  s.start();
  Client c(s.address());
  const std::string request = "POST /form HTTP/1.1\r\nHost: t\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 21\r\n\r\na=1&b=%E7%8C%AB&c=+x+GET /hello HTTP/1.1\r\nHost: t\r\n\r\n";
  for (char byte : request) ASSERT_TRUE(c.send(std::string_view(&byte, 1)));
  EXPECT_EQ(c.read().body, "a=1;b=猫;c= x ;");
  EXPECT_EQ(c.read().body, "hello");
}

TEST_F(ServerTest, ChunkedBodies) {
  s.start();
  Client c(s.address());
  c.send("POST /body HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n5;x=y\r\nhello\r\n6\r\n world\r\n0\r\nX-Trailer: 1\r\n\r\n");
  EXPECT_EQ(c.read().body, "11:hello world");
  EXPECT_EQ(c.get("/hello").status, 200);
}

TEST_F(ServerTest, RefusesAmbiguousFraming) {
  s.start();
  for (const char* head : {
           "POST /body HTTP/1.1\r\nHost: t\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
           "POST /body HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
           "POST /body HTTP/1.1\r\nHost: t\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!",
           "POST /body HTTP/1.1\r\nHost: t\r\nContent-Length: 5, 5\r\n\r\nhello",
           "POST /body HTTP/1.1\r\nHost: t\r\nContent-Length: +5\r\n\r\nhello",
           "POST /body HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
           "POST /body HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: identity\r\nContent-Length: 5\r\n\r\nhello",
           "POST /body HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nhello\r\n",
           "POST /body HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhelloXX0\r\n\r\n",
           "POST /body HTTP/1.0\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
           "GET /hello HTTP/1.1\r\n\r\n",
           "GET /hello HTTP/1.1\r\nHost: t\r\nHost: u\r\n\r\n",
           "GET /hello HTTP/1.1\r\nHost : t\r\n\r\n",
           "GET /hello HTTP/1.1\r\nHost: t\r\nX: a\x01z\r\n\r\n",
           "GET /hello HTTP/3.7\r\nHost: t\r\n\r\n",
           "GET  /hello HTTP/1.1\r\nHost: t\r\n\r\n",
           "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 tls\r\n\r\n",
       }) {
    Client c(s.address());
    c.send(head);
    const Reply r = c.read();
    EXPECT_EQ(r.status, 400) << head;
    EXPECT_EQ(r.header("connection"), "close") << head;
    EXPECT_EQ(c.until_end(), "") << head;
  }
}

TEST_F(ServerTest, RefusesBadTargets) {
  s.start();
  for (const char* target : {"/a/../hello", "/%2e%2e/etc", "/a%00b", "/a%0d%0ab", "/%ff", "/%zz", "/hello?x=%ff", "/a\\b", "ftp://x/"}) {
    Client c(s.address());
    EXPECT_EQ(c.get(target).status, 400) << target;
  }
  Client c(s.address());
  EXPECT_EQ(c.get("/echo/" + std::string(9000, 'a')).status, 400);
}

TEST_F(ServerTest, ParametersAreDecodedBehindTheRouting) {
  s.start();
  Client c(s.address());
  EXPECT_EQ(c.get("/echo/%E7%8C%AB%2F%2525").body, "猫/%25");
  EXPECT_EQ(c.get("http://city.example/echo/abs").body, "abs");
}

TEST_F(ServerTest, HeadComesFromGetWithoutABody) {
  s.start();
  Client c(s.address());
  c.send("HEAD /hello HTTP/1.1\r\nHost: t\r\n\r\n");
  const Reply r = c.read(false);
  EXPECT_EQ(r.status, 200);
  EXPECT_EQ(r.header("content-length"), "5");
  EXPECT_EQ(c.get("/hello").body, "hello");
}

TEST_F(ServerTest, OptionsAndWrongMethodsNameWhatIsAllowed) {
  s.start();
  Client c(s.address());
  c.send("OPTIONS /hello HTTP/1.1\r\nHost: t\r\n\r\n");
  Reply r = c.read();
  EXPECT_EQ(r.status, 204);
  EXPECT_EQ(r.header("allow"), "OPTIONS, GET, HEAD");
  r = c.post("/hello", "text/plain", "");
  EXPECT_EQ(r.status, 405);
  EXPECT_EQ(r.header("allow"), "OPTIONS, GET, HEAD");
  EXPECT_EQ(r.header("content-type"), "application/problem+json");
  c.send("BREW /hello HTTP/1.1\r\nHost: t\r\n\r\n");
  EXPECT_EQ(c.read().status, 405);
}

TEST_F(ServerTest, BodyLimitIsAppliedBeforeTheBody) {
  RouteOptions tiny = open_to_all();
  tiny.body_limit = 10;
  s.router.post("/tiny", tiny, [](Request& r) { return text(r.body); });
  s.start();
  {
    Client c(s.address());
    c.send("POST /tiny HTTP/1.1\r\nHost: t\r\nContent-Length: 11\r\n\r\n");  // no byte of the body is sent
    const Reply r = c.read();
    EXPECT_EQ(r.status, 413);
    EXPECT_EQ(r.header("connection"), "close");
  }
  {
    Client c(s.address());
    c.send("POST /tiny HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\nb\r\nhello world\r\n");
    EXPECT_EQ(c.read().status, 413);
  }
  Client c(s.address());
  EXPECT_EQ(c.post("/tiny", "text/plain", "0123456789").body, "0123456789");
}

TEST_F(ServerTest, HeadLimit) {
  s.start();
  Client c(s.address());
  c.send("GET /hello HTTP/1.1\r\nHost: t\r\nX-Long: " + std::string(20'000, 'a'));
  EXPECT_EQ(c.read().status, 431);
}

TEST_F(ServerTest, ExpectContinueIsAnsweredBeforeTheBody) {
  s.start();
  Client c(s.address());
  c.send("POST /body HTTP/1.1\r\nHost: t\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n");
  EXPECT_EQ(c.read().status, 100);
  c.send("hello");
  EXPECT_EQ(c.read().body, "5:hello");
}

TEST_F(ServerTest, SlowHeadsAreEnded) {
  s.options.head_timeout_s = 1;
  s.start();
  Client c(s.address());
  c.send("GET /hello HTTP/1.1\r\nHos");
  const Reply r = c.read();
  EXPECT_EQ(r.status, 408);
  EXPECT_EQ(c.until_end(), "");
}

TEST_F(ServerTest, SlowBodiesAreEnded) {
  RouteOptions quick = open_to_all();
  quick.timeout_s = 1;
  s.router.post("/slow", quick, [](Request& r) { return text(r.body); });
  s.start();
  Client c(s.address());
  c.send("POST /slow HTTP/1.1\r\nHost: t\r\nContent-Length: 10\r\n\r\nabc");
  EXPECT_EQ(c.read().status, 408);
}

TEST_F(ServerTest, IdleConnectionsAreClosedInSilence) {
  s.options.idle_timeout_s = 1;
  s.start();
  Client c(s.address());
  EXPECT_EQ(c.get("/hello").status, 200);
  EXPECT_EQ(c.until_end(), "");
}

TEST_F(ServerTest, OldClients) {
  s.start();
  {
    Client c(s.address());
    c.send("GET /hello HTTP/1.0\r\n\r\n");
    const Reply r = c.read();
    EXPECT_EQ(r.header("connection"), "close");
    EXPECT_EQ(r.body + c.until_end(), "hello");
  }
  Client c(s.address());
  c.send("GET /hello HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_EQ(c.read().header("connection"), "keep-alive");
  EXPECT_EQ(c.get("/hello", "Connection: close\r\n").header("connection"), "close");
  EXPECT_EQ(c.until_end(), "");
}

TEST_F(ServerTest, HalfClosedClientsGetTheirAnswer) {
  s.start();
  Client c(s.address());
  c.send("GET /hello HTTP/1.1\r\nHost: t\r\n\r\n");
  c.finish_sending();
  EXPECT_EQ(c.read().body, "hello");
  EXPECT_EQ(c.until_end(), "");
}

TEST_F(ServerTest, ExceptionsBecomeIncidentsWithoutDetails) {
  s.start();
  Client c(s.address());
  const Reply r = c.get("/throw");
  EXPECT_EQ(r.status, 500);
  EXPECT_EQ(r.header("x-incident-id"), r.header("x-request-id"));
  EXPECT_EQ(r.body.find("secret"), std::string::npos);
  EXPECT_EQ(c.get("/hello").status, 200);
}

TEST_F(ServerTest, HeadersCannotBeSplit) {
  s.start();
  Client c(s.address());
  const Reply r = c.get("/split?to=%0d%0aSet-Cookie:%20a=b");
  EXPECT_EQ(r.status, 500);
  EXPECT_EQ(r.header("set-cookie"), "");
}

TEST_F(ServerTest, RequestIdsFromOutsideOnlyFromAProxyOfOursAndWhenWellFormed) {
  {
    s.start();
    Client stranger(s.address());
    EXPECT_EQ(stranger.get("/hello", "X-Request-Id: trace-0123456789\r\n").header("x-request-id").size(), 26u);
    s.server->stop();
  }
  s.options.trusted_proxy_hops = 1;
  s.start();
  Client c(s.address());
  EXPECT_EQ(c.get("/hello", "X-Request-Id: trace-0123456789\r\n").header("x-request-id"), "trace-0123456789");
  EXPECT_EQ(c.get("/hello", "X-Request-Id: a b\r\n").header("x-request-id").size(), 26u);
}

TEST_F(ServerTest, ForwardedForCountsOnlyBehindTrustedProxies) {
  s.start();
  {
    Client c(s.address());
    EXPECT_EQ(c.get("/remote", "X-Forwarded-For: 203.0.113.9\r\nX-Forwarded-Proto: https\r\n").body, "127.0.0.1");
  }
  s.server->stop();
  s.options.trusted_proxy_hops = 1;
  s.start();
  Client c(s.address());
  EXPECT_EQ(c.get("/remote", "X-Forwarded-For: 198.51.100.1, 203.0.113.9\r\nX-Forwarded-Proto: https\r\n").body, "203.0.113.9 secure");
  EXPECT_EQ(c.get("/remote", "X-Forwarded-For: nonsense\r\n").body, "127.0.0.1");
}

TEST_F(ServerTest, RateLimitAnswers429WithTheTimeToWait) {
  s.options.rate_scale = 1;
  RouteOptions rare = open_to_all();
  rare.rate_per_minute = 3;
  s.router.get("/rare", rare, [](Request&) { return text("ok"); });
  s.start();
  Client c(s.address());
  for (int i = 0; i < 3; ++i) EXPECT_EQ(c.get("/rare").status, 200);
  const Reply r = c.get("/rare");
  EXPECT_EQ(r.status, 429);
  EXPECT_GE(std::stoi(r.header("retry-after")), 1);
  EXPECT_EQ(c.get("/hello").status, 200);  // another route, the same connection
}

TEST_F(ServerTest, ConnectionLimitAnswers503) {
  s.options.max_connections = 2;
  s.start();
  Client a(s.address()), b(s.address());
  EXPECT_EQ(a.get("/hello").status, 200);
  EXPECT_EQ(b.get("/hello").status, 200);
  Client c(s.address());
  EXPECT_EQ(c.read().status, 503);
  EXPECT_EQ(a.get("/hello").status, 200);
}

TEST_F(ServerTest, BlockingHandlersDoNotHoldUpOthers) {
  std::promise<void> gate;
  std::shared_future<void> opened = gate.get_future().share();
  s.router.get("/block", open_to_all(), [opened](Request&) {
    opened.wait();
    return text("late");
  });
  s.start();
  std::vector<std::unique_ptr<Client>> blocked;
  for (int i = 0; i < 7; ++i) {  // of 8 workers
    blocked.push_back(std::make_unique<Client>(s.address()));
    blocked.back()->send("GET /block HTTP/1.1\r\nHost: t\r\n\r\n");
  }
  Client c(s.address());
  for (int i = 0; i < 20; ++i) EXPECT_EQ(c.get("/hello").status, 200);
  gate.set_value();
  for (auto& b : blocked) EXPECT_EQ(b->read().body, "late");
}

TEST_F(ServerTest, MetricsNameRoutePatterns) {
  s.start();
  Client c(s.address());
  c.get("/echo/secret-name");
  c.get("/nowhere");
  const std::string text = s.metrics.exposition();
  EXPECT_NE(text.find("machiya_http_requests_total{route=\"/echo/{word}\",method=\"GET\",code=\"2xx\"} 1\n"), std::string::npos) << text;
  EXPECT_NE(text.find("machiya_http_requests_total{route=\"none\",method=\"any\",code=\"4xx\"} 1\n"), std::string::npos);
  EXPECT_NE(text.find("machiya_http_connections_open 1\n"), std::string::npos);
  EXPECT_EQ(text.find("secret-name"), std::string::npos);
}

TEST_F(ServerTest, LargeAnswersToSlowReaders) {
  const std::string large(8'000'000, 'x');
  s.router.get("/large", open_to_all(), [&](Request&) { return text(large, "application/octet-stream"); });
  s.start();
  Client c(s.address());
  c.send("GET /large HTTP/1.1\r\nHost: t\r\n\r\nGET /hello HTTP/1.1\r\nHost: t\r\n\r\n");
  EXPECT_EQ(c.read().body.size(), large.size());
  EXPECT_EQ(c.read().body, "hello");
}
}  // namespace
}  // namespace machiya::http
