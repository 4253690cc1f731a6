// Stopping: open requests finish, resting connections may send a last one and then close, streams end, nothing is cut that could finish in time.
#include <gtest/gtest.h>

#include <future>
#include <thread>

#include "platform/http/hub.h"
#include "platform/http/testing.h"

namespace machiya::http {
namespace {
using testing::Client;
using testing::Reply;
using testing::TestServer;

TEST(Drain, OpenRequestsFinishAndNamedClose) {
  TestServer s;
  std::promise<void> entered, gate;
  s.router.get("/work", {}, [&](Request&) {
    entered.set_value();
    gate.get_future().wait();
    return text("done");
  });
  s.router.get("/hello", {}, [](Request&) { return text("hello"); });
  s.start();
  const std::string address = s.address();
  Client resting(address), working(address);
  EXPECT_EQ(resting.get("/hello").status, 200);
  working.send("GET /work HTTP/1.1\r\nHost: t\r\n\r\n");
  entered.get_future().wait();
  std::thread stopper([&] { s.server->stop(); });
  EXPECT_EQ(resting.until_end(), "");  // closed while the other one still works
  EXPECT_FALSE(Client(address).connected());
  gate.set_value();
  const Reply r = working.read();
  EXPECT_EQ(r.body, "done");
  EXPECT_EQ(r.header("connection"), "close");
  EXPECT_EQ(working.until_end(), "");
  stopper.join();
  s.server->stop();  // a second time does nothing
}

/// A client may be sending when the server decides to stop: whoever is connected already gets one more answer.
TEST(Drain, ConnectionsAtRestMaySendOneMore) {
  TestServer s;
  Hub hub;
  s.router.get("/hello", {}, [](Request&) { return text("hello"); });
  s.router.get("/events", {}, [&](Request&) {
    Response r;
    r.events = hub.subscribe({"a"});
    return r;
  });
  s.options.last_request_ms = 60'000;  // ends when the last one has been answered, not by time
  s.start();
  Client stream(s.address());  // accepted first, so looked at last when the drain begins
  stream.send("GET /events HTTP/1.1\r\nHost: t\r\n\r\n");
  EXPECT_NE(stream.until("\r\n\r\n"), "");
  Client fresh(s.address()), kept(s.address());
  EXPECT_EQ(kept.get("/hello").header("connection"), "");
  std::thread stopper([&] { s.server->stop(); });
  EXPECT_EQ(stream.until_end(), "");  // the drain has begun
  for (Client* c : {&fresh, &kept}) {
    const Reply r = c->get("/hello");
    EXPECT_EQ(r.body, "hello");
    EXPECT_EQ(r.header("connection"), "close");
    EXPECT_EQ(c->until_end(), "");
  }
  stopper.join();
}

TEST(Drain, HalfSentRequestsMayFinish) {
  TestServer s;
  s.router.post("/body", {}, [](Request& r) { return text(r.body); });
  s.router.get("/hello", {}, [](Request&) { return text("hello"); });
  s.start();
  Client c(s.address()), resting(s.address());
  c.send("POST /body HTTP/1.1\r\nHost: t\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\nhe");
  EXPECT_EQ(c.read().status, 100);
  EXPECT_EQ(resting.get("/hello").status, 200);
  std::thread stopper([&] { s.server->stop(); });
  EXPECT_EQ(resting.until_end(), "");  // the drain has begun
  c.send("llo");
  EXPECT_EQ(c.read().body, "hello");
  stopper.join();
}

TEST(Drain, StuckRequestsAreCutAfterTheDrainTime) {
  TestServer s;
  s.options.drain_timeout_s = 1;
  s.router.post("/body", {}, [](Request& r) { return text(r.body); });
  s.start();
  Client c(s.address());
  c.send("POST /body HTTP/1.1\r\nHost: t\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\nhe");
  EXPECT_EQ(c.read().status, 100);
  s.server->stop();
  EXPECT_EQ(c.until_end(), "");
}

TEST(Drain, StreamsEnd) {
  TestServer s;
  Hub hub;
  s.router.get("/events", {}, [&](Request&) {
    Response r;
    r.events = hub.subscribe({"a"});
    return r;
  });
  s.start();
  Client c(s.address());
  c.send("GET /events HTTP/1.1\r\nHost: t\r\n\r\n");
  EXPECT_NE(c.until("\r\n\r\n"), "");
  s.server->stop();
  EXPECT_EQ(c.until_end(), "");
  EXPECT_EQ(hub.subscribers(), 0u);
}

TEST(Drain, AServerThatNeverStartedStops) {
  TestServer s;
  s.server = std::move(*Server::create(s.options, s.router, s.clock, s.metrics));
  s.server->stop();
}
}  // namespace
}  // namespace machiya::http
