// The pure parts: names and numbers in, decisions out.
#include <gtest/gtest.h>

#include "platform/http/compress.h"
#include "platform/http/conditional.h"
#include "platform/http/host_cookie.h"
#include "platform/http/http.h"
#include "platform/http/message_parser.h"
#include "platform/http/rate_limit.h"
#include "platform/http/target.h"
#include "platform/http/worker_pool.h"

#include <atomic>
#include <future>
#include <latch>
#include <thread>

namespace machiya::http {
namespace {
TEST(Query, PairsInOrderAndBrokenEscapesAsTheyStand) {
  EXPECT_EQ(parse_query("a=1&b=%E7%8C%AB&a=&c&&=x&d=%zz%4&e=1=2&f=a+b%2B"),
            (Pairs{{"a", "1"}, {"b", "猫"}, {"a", ""}, {"c", ""}, {"", "x"}, {"d", "%zz%4"}, {"e", "1=2"}, {"f", "a b+"}}));
  EXPECT_EQ(parse_query(""), Pairs{});
}

TEST(Query, EncodingAndDecodingAreInverse) {
  std::string all;
  for (int i = 0; i < 256; ++i) all += static_cast<char>(i);
  EXPECT_EQ(url_decode(url_encode(all)), all);
  EXPECT_EQ(url_encode("a b/猫~"), "a%20b%2F%E7%8C%AB~");
}

TEST(Cookies, OverTlsTheNameBindsThemToTheHost) {
  EXPECT_EQ(host_cookie(true, "a"), "__Host-a");
  EXPECT_EQ(host_cookie(false, "a"), "a");
  Response r;
  r.cookie(host_cookie(true, "a"), "1", 60).cookie(host_cookie(false, "b"), "1", 60);
  EXPECT_NE(r.headers[0].second.find("; Secure"), std::string::npos);   // else browsers refuse it
  EXPECT_EQ(r.headers[1].second.find("; Secure"), std::string::npos);
}

TEST(Request, CookiesHeadersAndPreferences) {
  Request r;
  r.headers = {{"cookie", "a=1; session=\"x=y\"; b=2"}, {"accept", "text/html;q=0.9, application/json"}, {"x-fragment", "1"}};
  EXPECT_EQ(r.cookie("session"), "x=y");
  EXPECT_EQ(r.cookie("b"), "2");
  EXPECT_EQ(r.cookie("c"), "");
  EXPECT_TRUE(r.wants_json());
  EXPECT_TRUE(r.wants_fragment());
  r.headers = {{"accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}};
  EXPECT_FALSE(r.wants_json());
  r.headers = {{"accept", "*/*"}};
  EXPECT_FALSE(r.wants_json());
  r.headers = {{"accept", "application/*, text/html;q=0.5"}};
  EXPECT_TRUE(r.wants_json());
}

TEST(Response, ProblemsFollowTheErrorTable) {
  Request r;
  r.id = "abc";
  r.lang = "en";
  const Response p = problem(Error(ErrorCode::not_found, "no such case", "/number"), r);
  EXPECT_EQ(p.status, 404);
  const auto body = *json::parse(p.body);
  EXPECT_EQ(body.text("type"), "urn:machiya:error:not-found");
  EXPECT_EQ(body.text("title"), "Not found");
  EXPECT_EQ(body["status"].as_int(), 404);
  EXPECT_EQ(body.text("detail"), "no such case");
  EXPECT_EQ(body.text("pointer"), "/number");
  EXPECT_EQ(body.text("instance"), "urn:machiya:request:abc");
}

TEST(Target, DecodesButKeepsSegmentBorders) {
  const auto t = *normalise_target("/a%2fb/%e7%8c%ab%25?x=%2F&y");
  EXPECT_EQ(t.path, "/a%2Fb/猫%25");
  EXPECT_EQ(t.query, "x=%2F&y");
  EXPECT_EQ(normalise_target("http://h")->path, "/");
  EXPECT_EQ(normalise_target("HTTPS://h?q")->query, "q");
  EXPECT_EQ(normalise_target("/a?b?c")->query, "b?c");
  EXPECT_EQ(normalise_target("/...")->path, "/...");
}

TEST(Target, RefusesWhatNoHonestClientSends) {
  for (std::string bad : {"a", "/.", "/..", "/a/./b", "/a/%2E%2e/b", "/%", "/%4", "/%0a", "/%7f", "/%00", "/\x80", "/%c0%af", "/a b", "/a#b", "http:///x", "/a\\..", "/%5c", "gopher://h/"})
    EXPECT_FALSE(normalise_target(bad).ok()) << bad;
  EXPECT_FALSE(normalise_target("/" + std::string(kMaxTarget, 'a')).ok());
}

TEST(MessageParser, AnyCutGivesTheSame) {
  const std::string text = "POST /x HTTP/1.1\r\nHost: h\r\nX-A: 1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n";
  for (std::size_t cut = 0; cut <= text.size(); ++cut) {
    MessageParser p(8192);
    std::string buffer;
    for (std::string_view piece : {std::string_view(text).substr(0, cut), std::string_view(text).substr(cut)}) {
      buffer += piece;
      for (;;) {
        auto n = p.feed(buffer);
        ASSERT_TRUE(n.ok()) << cut << ' ' << n.error().to_string();
        buffer.erase(0, *n);
        if (*n == 0 || buffer.empty()) break;
      }
    }
    ASSERT_EQ(p.state(), MessageParser::State::done) << cut;
    EXPECT_EQ(p.body(), "abc");
    EXPECT_EQ(p.head().header("x-a"), "1");
    EXPECT_EQ(buffer, "");
  }
}

TEST(Conditional, Dates) {
  EXPECT_EQ(parse_http_date("Thu, 01 Jan 1970 00:00:01 GMT")->us, kSecond);
  EXPECT_EQ(to_http_date(*parse_http_date("Sun, 22 Nov 2026 15:21:33 GMT")), "Sun, 22 Nov 2026 15:21:33 GMT");
  for (const char* bad : {"", "Sun, 22 Nov 2026 15:21:33 UTC", "Sunday, 22-Nov-26 15:21:33 GMT", "Sun, 30 Feb 2026 15:21:33 GMT", "Sun, 22 Xxx 2026 15:21:33 GMT", "Sun, 22 Nov 2026 24:21:33 GMT"})
    EXPECT_FALSE(parse_http_date(bad)) << bad;
}

TEST(Conditional, TagLists) {
  EXPECT_TRUE(etag_listed("\"a,b\", W/\"c\"", "\"c\""));
  EXPECT_TRUE(etag_listed("\"a,b\"", "W/\"a,b\""));
  EXPECT_TRUE(etag_listed("*", "\"x\""));
  EXPECT_FALSE(etag_listed("\"a\", \"b", "\"b\""));
  EXPECT_FALSE(etag_listed("*", ""));
}

TEST(Compress, Choice) {
  EXPECT_EQ(choose_coding(""), Coding::identity);
  EXPECT_EQ(choose_coding("gzip, br"), Coding::brotli);
  EXPECT_EQ(choose_coding("gzip;q=1.0, br;q=0.9"), Coding::gzip);
  EXPECT_EQ(choose_coding("*"), Coding::brotli);
  EXPECT_EQ(choose_coding("*;q=0"), Coding::identity);
  EXPECT_EQ(choose_coding("deflate"), Coding::identity);
  EXPECT_EQ(choose_coding("BR ; Q=0.001"), Coding::brotli);
  EXPECT_TRUE(is_compressible("text/html; charset=utf-8"));
  EXPECT_TRUE(is_compressible("application/problem+json"));
  EXPECT_FALSE(is_compressible("text/event-stream"));
  EXPECT_FALSE(is_compressible("image/png"));
  EXPECT_FALSE(compress(Coding::gzip, "short"));
}

TEST(RateLimit, FillsEvenly) {
  RateLimiter limiter(64);
  Instant t{1'000'000'000};
  for (int i = 0; i < 6; ++i) EXPECT_EQ(limiter.take("192.0.2.1", 1, 6, t), 0);
  EXPECT_EQ(limiter.take("192.0.2.1", 1, 6, t), 10);
  EXPECT_EQ(limiter.take("192.0.2.1", 2, 6, t), 0);
  EXPECT_EQ(limiter.take("192.0.2.2", 1, 6, t), 0);
  t.us += 4 * kSecond;
  EXPECT_EQ(limiter.take("192.0.2.1", 1, 6, t), 6);
  t.us += 6 * kSecond;
  EXPECT_EQ(limiter.take("192.0.2.1", 1, 6, t), 0);
  EXPECT_GT(limiter.take("192.0.2.1", 1, 6, t), 0);
  EXPECT_EQ(limiter.take("192.0.2.1", 3, 0, t), 0);
}

TEST(RateLimit, CountsIpv6ByNetworkAndStaysBounded) {
  RateLimiter limiter(8);  // one set
  const Instant t{1'000'000'000};
  EXPECT_EQ(limiter.take("2001:db8:0:1::1", 1, 1, t), 0);
  EXPECT_GT(limiter.take("2001:db8:0:1::2", 1, 1, t), 0);
  EXPECT_EQ(limiter.take("2001:db8:0:2::1", 1, 1, t), 0);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(limiter.take("198.51.100." + std::to_string(i), 1, 1, Instant{t.us + i + 1}), 0);
  EXPECT_EQ(limiter.take("2001:db8:0:1::1", 1, 1, Instant{t.us + 200}), 0);  // forgotten: lenient, not larger
}

struct Job final : Work {
  std::function<void()> body;
  bool quick;
  Job(std::function<void()> b, bool q) : body(std::move(b)), quick(q) {}
  void run() override { body(); }
  std::int64_t expected_ns() const override { return quick ? 1'000 : 1'000'000; }
};

TEST(WorkerPool, JobsThatWaitForEachOtherAllRun) {
  for (bool quick : {false, true}) {  // "quick" is a lie here: the watchdog has to find out
    WorkerPool pool(16);
    std::latch all(16);
    std::atomic<int> ran{0};
    std::vector<std::shared_ptr<Work>> batch;
    for (int i = 0; i < 16; ++i)
      batch.push_back(std::make_shared<Job>([&] { all.arrive_and_wait(); ++ran; }, quick));
    pool.push(batch);
    EXPECT_TRUE(batch.empty());
    all.wait();
    pool.stop();
    EXPECT_EQ(ran, 16);
  }
}

TEST(WorkerPool, StopRunsWhatIsQueued) {
  std::atomic<int> ran{0};
  WorkerPool pool(2);
  for (int round = 0; round < 100; ++round) {
    std::vector<std::shared_ptr<Work>> batch;
    for (int i = 0; i < 10; ++i) batch.push_back(std::make_shared<Job>([&] { ++ran; }, round % 2 == 0));
    pool.push(batch);
  }
  pool.stop();
  EXPECT_EQ(ran, 1000);
  std::vector<std::shared_ptr<Work>> late = {std::make_shared<Job>([&] { ++ran; }, true)};
  pool.push(late);
  EXPECT_EQ(ran, 1001);
}

// Seen to fail when stop() does not wait: the threads had ended, and what came was put into a queue that nobody served.
TEST(WorkerPool, StopWaitsForWhatWasAnnounced) {
  WorkerPool pool(2);
  pool.expect();
  std::thread stopping([&] { pool.stop(); });
  const auto here = std::this_thread::get_id();
  for (int i = 0; i < 2000; ++i) {   // a pool that has stopped runs work on the thread that brings it
    std::promise<std::thread::id> where;
    std::vector<std::shared_ptr<Work>> batch{std::make_shared<Job>([&] { where.set_value(std::this_thread::get_id()); }, true)};
    pool.push(batch);
    EXPECT_NE(where.get_future().get(), here) << "it has stopped";
  }
  bool ran = false;
  pool.push_expected(std::make_shared<Job>([&] { ran = true; }, true));
  stopping.join();
  EXPECT_TRUE(ran);
}
}  // namespace
}  // namespace machiya::http
