// Answers that wait for something else than a thread, over loopback sockets.
#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "platform/http/testing.h"

namespace machiya::http {
namespace {
using testing::Client;
using testing::TestServer;

/// Lets answers go when the test says so.
class Gatekeeper {
 public:
  class Wait final : public Waits {
   public:
    Wait(Gatekeeper& keeper, bool refuse) : keeper_(keeper), refuse_(refuse) {}
    void when_ready(std::function<void()> go) override { keeper_.keep(std::move(go)); }
    std::optional<Response> instead() override {
      ++keeper_.asked_;
      if (!refuse_) return std::nullopt;
      return text("refused", "text/plain", 507);
    }

   private:
    Gatekeeper& keeper_;
    const bool refuse_;
  };
  void keep(std::function<void()> go) {
    {
      std::lock_guard hold(mutex_);
      if (!open_) {
        waiting_.push_back(std::move(go));
        changed_.notify_all();
        return;
      }
    }
    go();
  }
  void wait_for(std::size_t count) {
    std::unique_lock hold(mutex_);
    changed_.wait(hold, [&] { return waiting_.size() >= count; });
  }
  int asked() const { return asked_; }
  /// Those that wait, on this thread; later ones do not wait.
  void open() {
    std::vector<std::function<void()>> all;
    {
      std::lock_guard hold(mutex_);
      open_ = true, all.swap(waiting_);
    }
    for (const auto& go : all) go();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::function<void()>> waiting_;
  bool open_ = false;
  std::atomic<int> asked_{0};
};

struct WaitingAnswers : ::testing::Test {
  Gatekeeper keeper;
  TestServer s;
  static constexpr const char* kWait = "GET /wait HTTP/1.1\r\nHost: t\r\n\r\n";
  void SetUp() override {
    RouteOptions open_to_all;
    open_to_all.permission = "public";
    s.options.workers = 2;
    const auto waiting = [this](Request& request, bool refuse) {
      EXPECT_TRUE(request.answer_may_wait);
      Response out = text("waited");
      out.waits = std::make_shared<Gatekeeper::Wait>(keeper, refuse);
      return out;
    };
    s.router.get("/wait", open_to_all, [waiting](Request& request) { return waiting(request, false); });
    s.router.get("/refused", open_to_all, [waiting](Request& request) { return waiting(request, true); });
    s.router.get("/hello", open_to_all, [](Request&) { return text("hello"); });
    s.router.finisher([](const Request&, Response& response) { response.header("X-Finished", "1"); });
    s.start();
  }
};

TEST_F(WaitingAnswers, HoldNoThread) {
  std::vector<std::unique_ptr<Client>> clients;
  for (int i = 0; i < 40; ++i) {   // far more than there are workers
    clients.push_back(std::make_unique<Client>(s.address()));
    clients.back()->send(kWait);
  }
  keeper.wait_for(40);
  EXPECT_EQ(Client(s.address()).get("/hello").body, "hello");
  keeper.open();
  for (auto& c : clients) EXPECT_EQ(c->read().body, "waited");
  for (auto& c : clients) EXPECT_EQ(c->get("/wait").body, "waited") << "what is known already does not wait";
}

TEST_F(WaitingAnswers, KeepTheOrderOfPipelinedRequests) {
  Client c(s.address());
  c.send(std::string(kWait) + "GET /hello HTTP/1.1\r\nHost: t\r\n\r\n" + kWait);
  keeper.wait_for(1);
  keeper.open();
  EXPECT_EQ(c.read().body, "waited");
  EXPECT_EQ(c.read().body, "hello");
  EXPECT_EQ(c.read().body, "waited");
}

TEST_F(WaitingAnswers, MayBecomeAnother) {
  Client c(s.address());
  c.send("GET /refused HTTP/1.1\r\nHost: t\r\n\r\n");
  keeper.wait_for(1);
  keeper.open();
  const testing::Reply reply = c.read();
  EXPECT_EQ(reply.status, 507);
  EXPECT_EQ(reply.body, "refused");
  EXPECT_EQ(reply.header("x-finished"), "1") << "as every answer is";
}

TEST_F(WaitingAnswers, WhoHasGoneIsNotMissed) {
  {
    Client c(s.address());
    c.send(kWait);
    keeper.wait_for(1);
  }
  keeper.open();
  EXPECT_EQ(Client(s.address()).get("/hello").body, "hello");
}

TEST_F(WaitingAnswers, AreSentBeforeTheServerStops) {
  Client c(s.address());
  c.send(kWait);
  keeper.wait_for(1);
  std::thread stopping([&] { s.server->stop(); });
  keeper.open();
  EXPECT_EQ(c.read().body, "waited");
  stopping.join();
}

TEST_F(WaitingAnswers, AreWaitedForByAServerWhoseDrainIsOver) {
  TestServer impatient;
  RouteOptions open_to_all;
  open_to_all.permission = "public";
  impatient.options.drain_timeout_s = 0;
  impatient.router.get("/wait", open_to_all, [&](Request&) {
    Response out = text("waited");
    out.waits = std::make_shared<Gatekeeper::Wait>(keeper, false);
    return out;
  });
  impatient.start();
  Client c(impatient.address());
  c.send(kWait);
  keeper.wait_for(1);
  std::thread stopping([&] { impatient.server->stop(); });
  EXPECT_FALSE(c.read().complete) << "it was cut";
  keeper.open();
  stopping.join();
  EXPECT_EQ(keeper.asked(), 1) << "its end came before the server's";
}

}  // namespace
}  // namespace machiya::http
