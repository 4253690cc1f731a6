// Server-sent events: the hub alone, and over sockets.
#include <gtest/gtest.h>

#include <sys/resource.h>

#include <atomic>
#include <fstream>

#include "platform/http/event_stream.h"
#include "platform/http/testing.h"

namespace machiya::http {
namespace {
using testing::Client;
using testing::TestServer;

std::string taken(EventStream& stream) {
  std::string out;
  stream.take(out);
  return out;
}

TEST(Hub, DeliversByTopic) {
  Hub hub;
  auto a = hub.subscribe({"case/1", "inbox"});
  auto b = hub.subscribe({"case/2", "case/2"});
  EXPECT_EQ(hub.subscribers(), 2u);
  hub.publish("case/1", "changed", "{\"n\":1}");
  hub.publish("case/2", "changed", "two\nlines");
  hub.publish("case/3", "changed", "nobody");
  EXPECT_EQ(taken(*a), "event: changed\ndata: {\"n\":1}\n\n");
  EXPECT_EQ(taken(*b), "event: changed\ndata: two\ndata: lines\n\n");
  EXPECT_EQ(taken(*a), "");
  a.reset();
  EXPECT_EQ(hub.subscribers(), 1u);
  hub.publish("case/1", "changed", "nobody is left");
}

TEST(Hub, SlowReadersLoseTheOldestAndAreTold) {
  Hub hub;
  auto s = hub.subscribe({"t"});
  for (std::size_t i = 0; i < EventStream::kDepth + 5; ++i) hub.publish("t", "e", std::to_string(i));
  const std::string out = taken(*s);
  EXPECT_EQ(out.substr(0, 44), "event: resync\ndata: {}\n\nevent: e\ndata: 5\n\nev");
  EXPECT_EQ(taken(*s), "");
}

TEST(Hub, WakesOnceUntilTaken) {
  Hub hub;
  auto s = hub.subscribe({"t"});
  hub.publish("t", "e", "before");
  int woken = 0;
  s->attach([&] { ++woken; });
  EXPECT_EQ(woken, 1);
  hub.publish("t", "e", "1");
  EXPECT_EQ(woken, 1);
  taken(*s);
  hub.publish("t", "e", "2");
  EXPECT_EQ(woken, 2);
  s->attach(nullptr);
  taken(*s);
  hub.publish("t", "e", "3");
  EXPECT_EQ(woken, 2);
}

TEST(Hub, EventNamesCannotBreakTheFormat) { EXPECT_EQ(format_event("a\nb\r", "x\r\ny\rz"), "event: ab\ndata: x\ndata: y\ndata: z\n\n"); }

struct Streams : ::testing::Test {
  TestServer s;
  Hub hub;
  void SetUp() override {
    s.router.get("/events", {}, [this](Request&) {
      Response r;
      r.events = hub.subscribe({"t"});
      return r;
    });
    s.router.get("/hello", {}, [](Request&) { return text("hello"); });
  }
  std::unique_ptr<Client> open(int receive_buffer = 0) {
    auto c = std::make_unique<Client>(s.address(), receive_buffer);
    c->send("GET /events HTTP/1.1\r\nHost: t\r\nAccept-Encoding: gzip\r\n\r\n");
    return c;
  }
};

TEST_F(Streams, EventsReachTheClientUncompressed) {
  s.start();
  auto c = open();
  const std::string head = c->until("\r\n\r\n");
  EXPECT_NE(head.find("Content-Type: text/event-stream\r\n"), std::string::npos);
  EXPECT_EQ(head.find("Content-Encoding"), std::string::npos);
  EXPECT_EQ(head.find("Content-Length"), std::string::npos);
  hub.publish("t", "one", "1");
  EXPECT_EQ(c->until("\n\n"), "event: one\ndata: 1\n\n");
  hub.publish("t", "two", "2");
  EXPECT_EQ(c->until("\n\n"), "event: two\ndata: 2\n\n");
}

TEST_F(Streams, AClientThatLeavesIsForgotten) {
  s.start();
  auto c = open();
  c->until("\r\n\r\n");
  EXPECT_EQ(hub.subscribers(), 1u);
  c->close();
  while (hub.subscribers() > 0) hub.publish("t", "e", "x");
  EXPECT_EQ(hub.subscribers(), 0u);
}

TEST_F(Streams, ASlowReaderHoldsABoundedAmount) {
  s.start();
  auto c = open(16 * 1024);
  c->until("\r\n\r\n");
  const std::string large(4 * 1024, 'x');
  for (int i = 0; i < 3000; ++i) hub.publish("t", "large", large);  // 12 MB into a socket that nobody reads
  hub.publish("t", "last", "end");
  EXPECT_NE(c->until("event: resync\ndata: {}\n\n"), "");
  EXPECT_NE(c->until("event: last\ndata: end\n\n"), "");
}

long resident_kb() {
  std::ifstream in("/proc/self/statm");
  long total = 0, resident = 0;
  in >> total >> resident;
  return resident * ::sysconf(_SC_PAGESIZE) / 1024;
}

TEST_F(Streams, ManyIdleStreamsAreCheap) {
  constexpr rlim_t kStreams = 2'000;
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  if (limit.rlim_max < 2 * kStreams + 100) GTEST_SKIP() << "too few descriptors allowed";
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
  s.start();
  { open()->until("\r\n\r\n"); }
  const long before = resident_kb();
  std::vector<std::unique_ptr<Client>> clients;
  for (rlim_t i = 0; i < kStreams; ++i) {
    clients.push_back(open());
    clients.back()->until("\r\n\r\n");
  }
  const long each = (resident_kb() - before) * 1024 / static_cast<long>(kStreams);
  RecordProperty("bytes_a_stream", static_cast<int>(each));
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
  EXPECT_LT(each, 8'000);  // client side of the test included
#endif
  hub.publish("t", "all", "x");
  for (auto& c : clients) ASSERT_EQ(c->until("\n\n"), "event: all\ndata: x\n\n");
  EXPECT_EQ(Client(s.address()).get("/hello").body, "hello");
}
}  // namespace
}  // namespace machiya::http
