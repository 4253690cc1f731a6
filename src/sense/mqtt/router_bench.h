// For tests: a router with clients that speak bytes, a clock, and a disk that can be slow or lost.
#pragma once
#include <gtest/gtest.h>

#include <deque>
#include <set>

#include "sense/mqtt/router.h"

namespace machiya::sense::mqtt {

class TestGate final : public MqttGate {
 public:
  void authenticate(const MqttLogin& login, std::function<void(Result<MqttPrincipal>)> done) override { done(MqttPrincipal{login.user.value_or("")}); }
  bool may_publish(const MqttPrincipal&, std::string_view topic) override { return !topic.starts_with("secret/"); }
  bool may_subscribe(const MqttPrincipal&, std::string_view filter) override { return !filter.starts_with("secret/"); }
};

class RouterBench {
 public:
  struct Client {
    Link* link = nullptr;
    Version version = Version::v5;
    std::string unread;                 ///< bytes that came
    std::deque<std::string> kept;       ///< what packets below point into
    /// Takes the next packet that came; a test failure when there is none.
    Packet next() {
      const Frame f = next_frame(unread, 1 << 28);
      if (f.state != Frame::State::whole) {
        ADD_FAILURE() << "no packet came";
        return Ping{};
      }
      kept.push_back(unread.substr(0, f.size));
      unread.erase(0, f.size);
      const Frame copy = next_frame(kept.back(), 1 << 28);
      Packet packet;
      Fault fault;
      EXPECT_TRUE(decode(copy.head, copy.body, version, packet, fault)) << fault.text;
      return packet;
    }
    template <class T>
    T next_is() {
      Packet p = next();
      if (const T* t = std::get_if<T>(&p)) return *t;
      ADD_FAILURE() << "another packet came, type " << p.index();
      return {};
    }
    bool quiet() const { return unread.empty(); }
    bool closed() const { return link == nullptr || link->close; }
  };

  explicit RouterBench(RouterOptions options = {}) : options_(options), router_(std::make_unique<Router>(options_, gate_, rng_)) {}

  Router& router() { return *router_; }
  FakeClock& clock() { return clock_; }
  Instant now() const { return clock_.now(); }

  Client& connect(Connect packet, const std::string& principal = "p") {
    Client& c = clients_.emplace_back();
    c.version = packet.version;
    c.link = &router_->open(now());
    c.link->owner = &c;
    router_->connect(*c.link, packet, {principal}, now());
    run();
    return c;
  }
  /// A client with a session that stays, or not.
  Client& connect(std::string_view id, bool clean, std::uint32_t expiry_s = 3'600, Version version = Version::v5) {
    Connect p;
    p.version = version;
    p.client_id = id;
    p.clean_start = clean;
    if (version == Version::v5 && expiry_s > 0) p.properties.add(Id::session_expiry, expiry_s);
    Client& c = connect(p);
    EXPECT_EQ(c.next_is<Connack>().reason, 0);
    return c;
  }
  void send(Client& c, const Packet& packet) {
    std::string bytes;
    encode(packet, c.version, bytes);
    const Frame f = next_frame(bytes, 1 << 28);
    router_->receive(*c.link, f.head, f.body, now());
    run();
  }
  void subscribe(Client& c, std::string_view filter, std::uint8_t qos) {
    send(c, Subscribe{1, {{filter, qos}}, {}});
    EXPECT_EQ(c.next_is<Granted>().reasons.at(0), qos);
  }
  void publish(Client& c, std::string_view topic, std::string_view payload, std::uint8_t qos = 0, bool retain = false, std::uint16_t id = 1) {
    send(c, Publish{false, retain, qos, qos > 0 ? id : std::uint16_t{0}, topic, payload, {}});
  }
  void drop(Client& c) {
    if (c.link == nullptr) return;
    router_->closed(*c.link, now());
    c.link = nullptr;
    run();
  }
  void tick(std::int64_t us) {
    clock_.advance(us);
    router_->tick(now());
    run();
  }

  /// While the disk is slow nothing is confirmed.
  void slow_disk(bool slow) {
    slow_ = slow;
    run();
  }
  std::size_t unconfirmed() const { return waiting_.size(); }
  /// The house dies: journals that were not confirmed are lost from `lost` on; everybody is disconnected.
  void crash(std::size_t kept_of_unconfirmed = 0) {
    while (kept_of_unconfirmed-- > 0 && !waiting_.empty()) {
      disk_.push_back(waiting_.front().second);
      waiting_.pop_front();
    }
    waiting_.clear();
    for (auto& c : clients_) c.link = nullptr;
    router_ = std::make_unique<Router>(options_, gate_, rng_);
    for (const auto& journal : disk_) EXPECT_TRUE(router_->replay(journal, now()).ok());
    router_->replayed(now());
    run();
  }
  /// What is on disk becomes one checkpoint.
  void checkpoint() {
    if (!waiting_.empty()) return;
    disk_ = {router_->checkpoint()};
  }
  void run() {
    for (;;) {
      for (Link* link : router_->take_dirty()) {
        auto* c = static_cast<Client*>(link->owner);
        if (c != nullptr) c->unread += link->out;
        link->out.clear();
        if (link->unsent < options_.max_backlog) router_->drained(*link, now());
      }
      if (const auto cut = router_->cut(now())) {
        waiting_.emplace_back(cut->sequence, std::string(cut->journal));
        continue;
      }
      if (slow_ || waiting_.empty()) {
        if (router_->take_dirty_is_empty()) return;
        continue;
      }
      const auto [sequence, journal] = waiting_.front();
      waiting_.pop_front();
      disk_.push_back(journal);
      router_->completed(sequence, now());
    }
  }

 private:
  TestGate gate_;
  SeededRng rng_{1};
  FakeClock clock_{Instant{1'700'000'000'000'000}};
  RouterOptions options_;
  std::deque<Client> clients_;
  bool slow_ = false;
  std::deque<std::pair<std::uint64_t, std::string>> waiting_;
  std::vector<std::string> disk_;
  std::unique_ptr<Router> router_;
};

}  // namespace machiya::sense::mqtt
