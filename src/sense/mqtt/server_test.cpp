// The listener and the client together, over real sockets.
#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <future>

#include "base/log.h"
#include "base/temporary_folder.h"
#include "platform/outbound/stream.h"
#include "sense/mqtt/client.h"
#include "sense/mqtt/mqtt.h"

namespace machiya::sense {
namespace {

class Gate final : public MqttGate {
 public:
  void authenticate(const MqttLogin& login, std::function<void(Result<MqttPrincipal>)> done) override {
    if (login.user && *login.user == "slow") return late_.push_back(std::move(done));
    if (login.user && (*login.user != "meter" || login.password.value_or("") != "key")) return done(Error(ErrorCode::unauthenticated, "wrong key"));
    done(MqttPrincipal{login.user.value_or("guest")});
  }
  bool may_publish(const MqttPrincipal& who, std::string_view topic) override { return who.name == "meter" || !topic.starts_with("meters/"); }
  bool may_subscribe(const MqttPrincipal&, std::string_view) override { return true; }
  std::vector<std::function<void(Result<MqttPrincipal>)>> late_;
};

/// Keeps what it is given; refuses what says so.
class Ingest final : public MqttIngest {
 public:
  void publish(std::span<const MqttMessage> batch, std::function<void(Result<void>)> done) override {
    bool refuse = false;
    {
      std::lock_guard guard(mutex_);
      for (const auto& m : batch) {
        refuse |= m.payload == "refuse" && refusals_++ == 0;
        seen_.push_back(std::string(m.principal) + " " + std::string(m.topic) + " " + std::string(m.payload) + " " + std::string(m.content_type));
      }
    }
    changed_.notify_all();
    done(refuse ? Result<void>(ErrorCode::storage_full) : Result<void>());
  }
  bool wait_for(std::size_t n) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(20), [&] { return seen_.size() >= n; });
  }
  std::vector<std::string> seen() {
    std::lock_guard guard(mutex_);
    return seen_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> seen_;
  int refusals_ = 0;
};

class MqttServerTest : public testing::Test {
 protected:
  MqttServerTest() {
    set_log_level(LogLevel::error);
    start(0);
    outbound::StreamOptions options{.rules = {{url(), true}}, .plain_inside = true, .ca_file = {}, .resolve = {}};
    door_ = std::move(*outbound::Streams::create(options));
  }
  void start(std::uint16_t port, int threads = 2) {
    MqttServerOptions options;
    options.listen = {{"127.0.0.1", port, nullptr}};
    options.folder = folder_.path() + "/mqtt";
    options.threads = threads;
    auto made = MqttServer::start(options, gate_, &ingest_, clock_, rng_);
    ASSERT_TRUE(made.ok()) << made.error().to_string();
    server_ = std::move(*made);
    port_ = server_->port();
  }
  std::string url() const { return "mqtt://127.0.0.1:" + std::to_string(port_); }
  MqttClientOptions options(bool v5 = true) const {
    MqttClientOptions o;
    o.url = url();
    o.version5 = v5;
    o.user = "meter";
    o.password = "key";
    o.first_pause_ms = 5;
    return o;
  }
  static Result<void> publish(MqttClient& client, MqttNotice notice) {
    std::promise<Result<void>> promise;
    client.publish(std::move(notice), [&promise](Result<void> r) { promise.set_value(std::move(r)); });
    return promise.get_future().get();
  }

  TemporaryFolder folder_{"mqtt-server"};
  Gate gate_;
  Ingest ingest_;
  SystemClock clock_;
  SeededRng rng_{3};
  std::unique_ptr<MqttServer> server_;
  std::uint16_t port_ = 0;
  std::unique_ptr<outbound::Streams> door_;
};

TEST_F(MqttServerTest, TakesWhatClientsPublish) {
  for (const bool v5 : {false, true}) {
    MqttClient client(*door_, options(v5));
    EXPECT_TRUE(publish(client, {"meters/1", "12.5", 1, false, "text/plain", {{"unit", "m3"}}}).ok());
    EXPECT_TRUE(publish(client, {"meters/1", "0", 0, false, "", {}}).ok());
  }
  ASSERT_TRUE(ingest_.wait_for(4));
  EXPECT_EQ(ingest_.seen(), (std::vector<std::string>{"meter meters/1 12.5 ", "meter meters/1 0 ", "meter meters/1 12.5 text/plain", "meter meters/1 0 "}));
}

TEST_F(MqttServerTest, TellsWhatWasRefused) {
  MqttClientOptions guest = options();
  guest.user = guest.password = "";
  MqttClient client(*door_, guest);
  EXPECT_EQ(publish(client, {"meters/1", "1", 1, false, "", {}}).error().code, ErrorCode::forbidden);
  EXPECT_EQ(publish(client, {"meters/#", "1", 1, false, "", {}}).error().code, ErrorCode::invalid_input);
  EXPECT_EQ(publish(client, {"free", std::string(2 << 20, 'x'), 1, false, "", {}}).error().code, ErrorCode::too_large);
  EXPECT_TRUE(publish(client, {"free", "1", 1, false, "", {}}).ok());
  MqttClientOptions wrong = options();
  wrong.password = "guessed";
  wrong.attempts = 2;
  MqttClient stranger(*door_, wrong);
  EXPECT_EQ(publish(stranger, {"free", "1", 1, false, "", {}}).error().code, ErrorCode::unavailable);
}

TEST_F(MqttServerTest, SendsAgainWhatTheHouseDidNotTake) {
  MqttClient client(*door_, options());
  EXPECT_TRUE(publish(client, {"free", "refuse", 1, false, "", {}}).ok());   // the second time
  EXPECT_EQ(ingest_.seen(), (std::vector<std::string>{"meter free refuse ", "meter free refuse "}));
  EXPECT_EQ(client.figures().connections, 2u);
}

TEST_F(MqttServerTest, AClientOutlivesItsBroker) {
  MqttClient client(*door_, options());
  EXPECT_TRUE(publish(client, {"free", "before", 1, false, "", {}}).ok());
  server_.reset();
  std::vector<std::promise<Result<void>>> promises(50);
  for (std::size_t i = 0; i < promises.size(); ++i)
    client.publish({"free", std::to_string(i), 1, false, "", {}}, [&promise = promises[i]](Result<void> r) { promise.set_value(std::move(r)); });
  start(port_);
  for (auto& p : promises) EXPECT_TRUE(p.get_future().get().ok());
  const auto seen = ingest_.seen();
  ASSERT_GE(seen.size(), 51u);
  std::vector<std::string> firsts;
  for (const auto& s : seen)
    if (std::find(firsts.begin(), firsts.end(), s) == firsts.end()) firsts.push_back(s);
  for (std::size_t i = 0; i < 50; ++i) EXPECT_EQ(firsts[i + 1], "meter free " + std::to_string(i) + " ");
}

TEST_F(MqttServerTest, ManyClientsOnSeveralThreads) {
  std::vector<std::unique_ptr<MqttClient>> clients;
  std::atomic<int> done{0};
  std::promise<void> all;
  for (int c = 0; c < 20; ++c) clients.push_back(std::make_unique<MqttClient>(*door_, options(c % 2 == 0)));
  for (int i = 0; i < 50; ++i)
    for (auto& c : clients)
      c->publish({"free", "x", 1, false, "", {}}, [&](Result<void> r) {
        EXPECT_TRUE(r.ok());
        if (++done == 1'000) all.set_value();
      });
  all.get_future().wait();
  EXPECT_EQ(ingest_.seen().size(), 1'000u);
  const auto f = server_->figures();
  EXPECT_EQ(f.received, 1'000u);
  EXPECT_LT(f.syncs, 1'000u);   // groups
  EXPECT_EQ(f.connections, 20u);
}

}  // namespace
}  // namespace machiya::sense
