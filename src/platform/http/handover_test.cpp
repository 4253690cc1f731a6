// Rolling restarts with real processes: the listening socket passes from each to the next under a busy client.
#include <poll.h>
#include <sys/wait.h>

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <fstream>
#include <future>
#include <memory>
#include <thread>

#include "platform/http/testing.h"

namespace machiya::http {
namespace {
using testing::Client;
using testing::Reply;
using testing::TempFolder;
using testing::TestServer;

struct Pipe {
  int ends[2] = {-1, -1};
  Pipe() { MACHIYA_ASSERT(::pipe(ends) == 0); }
  ~Pipe() {
    for (int fd : ends)
      if (fd >= 0) ::close(fd);
  }
  void put(std::string_view text) { MACHIYA_ASSERT(::write(ends[1], text.data(), text.size()) == static_cast<ssize_t>(text.size())); }
  std::string line() {
    std::string out;
    for (char c = 0; ::read(ends[0], &c, 1) == 1 && c != '\n';) out += c;
    return out;
  }
  void close_end(int which) {
    ::close(ends[which]);
    ends[which] = -1;
  }
};

/// One process of the service: yields a "writer lock" (a file) when the next one asks, and exits when it has handed over.
[[noreturn]] void serve(const std::string& folder, const std::string& listen, Pipe& ready) {
  const std::string lock = folder + "/writer.lock";
  {
    TestServer s;
    RouteOptions open;
    open.permission = "public";
    s.router.get("/pid", open, [](Request&) { return text(std::to_string(::getpid())); });
    s.router.post("/add", open, [&](Request& r) { return text(std::filesystem::exists(lock) ? r.body : "no lock", "text/plain", std::filesystem::exists(lock) ? 200 : 500); });
    s.options.listen = listen;
    s.options.handover_socket = folder + "/handover";
    auto passed = take_over(s.options.handover_socket);
    if (!passed.ok()) ::_exit(3);
    if (std::filesystem::exists(lock)) ::_exit(4);  // the old process must have yielded
    std::ofstream(lock) << "mine";
    s.options.inherited = *passed;
    s.server = std::move(*Server::create(s.options, s.router, s.clock, s.metrics));
    s.server->on_handover([&] { std::filesystem::remove(lock); });
    if (auto started = s.server->start(); !started.ok()) ::_exit(5);
    ready.put(s.address() + "\n");
    s.server->wait();
  }
  ::_exit(0);
}

/// Walks on one kept connection and never sends anything twice: whatever ends it is a failure.
struct StrictClient {
  std::string address;
  std::unique_ptr<Client> connection;
  int requests = 0, failed = 0;

  void one() {
    if (!connection) connection = std::make_unique<Client>(address);
    const Reply r = ++requests % 3 ? connection->get("/pid") : connection->post("/add", "text/plain", "some body");
    if (r.status == 200 && r.header("connection") != "close") return;
    ++failed;
    connection.reset();
  }
};

[[noreturn]] void run_client(const std::string& address, Pipe& stop, Pipe& result) {
  stop.close_end(1);
  StrictClient client{address, nullptr};
  for (pollfd ended{stop.ends[0], POLLIN, 0}; ::poll(&ended, 1, 0) == 0;)
    for (int i = 0; i < 20; ++i) client.one();
  result.put(std::to_string(client.requests) + ' ' + std::to_string(client.failed) + '\n');
  ::_exit(0);
}

TEST(Handover, TwentyRollingRestartsLoseNoRequest) {
  TempFolder folder;
  Pipe stop, result;
  pid_t server = 0, client = 0;
  std::string address = "127.0.0.1:0";
  std::vector<std::string> seen;
  for (int i = 0; i <= 20; ++i) {
    Pipe ready;
    const pid_t next = ::fork();
    if (next == 0) {
      stop.close_end(1);
      serve(folder.path(), address, ready);
    }
    ready.close_end(1);
    const std::string now = ready.line();
    ASSERT_NE(now, "") << "process " << i << " did not start";
    if (i > 0) {
      EXPECT_EQ(now, address);
      int status = -1;
      ASSERT_EQ(::waitpid(server, &status, 0), server);
      EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
    }
    address = now;
    server = next;
    seen.push_back(Client(address).get("/pid").body);
    if (i == 0) {
      client = ::fork();
      if (client == 0) run_client(address, stop, result);
      stop.close_end(0);
    }
  }
  stop.close_end(1);
  int requests = 0, failed = -1;
  ASSERT_EQ(std::sscanf(result.line().c_str(), "%d %d", &requests, &failed), 2);
  EXPECT_EQ(failed, 0);
  EXPECT_GE(requests, 20);
  RecordProperty("requests", requests);
  std::sort(seen.begin(), seen.end());
  EXPECT_EQ(std::unique(seen.begin(), seen.end()), seen.end()) << "each process answered";
  ::waitpid(client, nullptr, 0);
  ::kill(server, SIGKILL);
  ::waitpid(server, nullptr, 0);
}

TEST(Handover, NobodyThereMeansOpeningTheSocketOneself) {
  TempFolder folder;
  EXPECT_EQ(take_over(folder.path() + "/none")->listener, -1);
  EXPECT_EQ(take_over("")->listener, -1);
  EXPECT_FALSE(take_over(std::string(200, 'x')).ok());
}

TEST(Handover, OpenRequestsFinishBeforeTheWriterIsYielded) {
  TempFolder folder;
  TestServer s;
  RouteOptions open;
  std::atomic<bool> yielded{false}, entered{false}, late{false};
  s.router.get("/work", open, [&](Request&) {
    entered = true;
    entered.notify_all();
    late = yielded.load();
    return text("done");
  });
  s.options.handover_socket = folder.path() + "/handover";
  s.server = std::move(*Server::create(s.options, s.router, s.clock, s.metrics));
  s.server->on_handover([&] { yielded = true; });
  ASSERT_TRUE(s.server->start().ok());
  Client c(s.address());
  c.send("GET /work HTTP/1.1\r\nHost: t\r\n\r\n");
  entered.wait(false);
  auto passed = take_over(s.options.handover_socket);
  ASSERT_TRUE(passed.ok());
  ASSERT_GE(passed->listener, 0);
  EXPECT_TRUE(yielded);
  EXPECT_FALSE(late);
  EXPECT_EQ(c.read().body, "done");
  s.server->wait();
  // A client that came while nobody accepted: it waited in the queue and is served by the new owner.
  Client waiting(s.address());
  ASSERT_TRUE(waiting.connected());
  waiting.send("GET /work HTTP/1.1\r\nHost: t\r\n\r\n");
  TestServer next;
  next.router.get("/work", open, [](Request&) { return text("new owner"); });
  next.options.inherited = *passed;
  next.start();
  EXPECT_EQ(waiting.read().body, "new owner");
  EXPECT_EQ(c.get("/work").body, "new owner");  // the connection that was busy passed on behind its answer
}

/// The race of a rolling restart, in order: connections that have not sent yet, or whose request arrives when the old process
/// reads no more. None of them may be closed.
TEST(Handover, KeptAndFreshConnectionsPassToTheNextProcess) {
  TempFolder folder;
  TestServer old, next;
  for (TestServer* s : {&old, &next}) {
    s->router.get("/who", {}, [s, &old](Request&) { return text(s == &old ? "old" : "next"); });
    s->options.handover_socket = folder.path() + "/handover";
  }
  old.options.io_threads = 2;
  old.start();
  Client fresh(old.address()), early(old.address());
  std::vector<std::unique_ptr<Client>> kept;
  for (int i = 0; i < 300; ++i) kept.push_back(std::make_unique<Client>(old.address()));  // more than fit one message
  for (auto& c : kept) ASSERT_EQ(c->get("/who").body, "old");  // behind `fresh` in the queue: it is accepted as well
  auto passed = take_over(old.options.handover_socket);
  ASSERT_TRUE(passed.ok());
  EXPECT_EQ(passed->connections.size(), 302u);
  EXPECT_TRUE(early.send("GET /who HTTP/1.1\r\nHost: t\r\n\r\n"));  // while nobody listens to it
  old.server->wait();
  next.options.inherited = *passed;
  next.start();
  EXPECT_EQ(early.read().body, "next");
  EXPECT_EQ(fresh.get("/who").body, "next");
  for (auto& c : kept) ASSERT_EQ(c->get("/who").body, "next");
}

TEST(Handover, AProcessThatStopsPassesNothing) {
  TempFolder folder;
  TestServer s;
  std::promise<void> entered, gate;
  s.router.get("/work", {}, [&](Request&) {
    entered.set_value();
    gate.get_future().wait();
    return text("done");
  });
  s.options.handover_socket = folder.path() + "/handover";
  s.start();
  Client c(s.address());
  c.send("GET /work HTTP/1.1\r\nHost: t\r\n\r\n");
  entered.get_future().wait();
  std::thread stopper([&] { s.server->stop(); });
  while (Client(s.address()).connected()) {}  // until it has begun
  EXPECT_FALSE(take_over(s.options.handover_socket).ok());
  gate.set_value();
  EXPECT_EQ(c.read().body, "done");
  stopper.join();
}
}  // namespace
}  // namespace machiya::http
