// Exactly once, whatever crashes: publishers and subscribers of QoS 2 that keep their sessions, a house that dies at random moments.
#include <map>

#include "sense/mqtt/router_bench.h"

namespace machiya::sense::mqtt {
namespace {

constexpr int kMessages = 60;

/// A client of version 5 that does what the standard asks of it, and remembers through the crashes of the other side.
struct Publisher {
  std::string id;
  int next = 0;                 ///< message that is being sent
  bool released = false;        ///< PUBREC has come
  bool connected = false;
  RouterBench::Client* client = nullptr;
  std::uint16_t packet_id() const { return static_cast<std::uint16_t>(next % 3 + 1); }
};
struct Receiver {
  std::set<std::uint16_t> held;          ///< PUBREC given, PUBREL not seen
  std::map<std::string, int> got;
  RouterBench::Client* client = nullptr;
};

class CrashTest : public testing::TestWithParam<int> {
 protected:
  RouterBench::Client* connect(const std::string& id, bool first) {
    return &bench.connect(Connect{Version::v5, first, 0, id, {}, {}, {}, {{{Id::session_expiry, 10'000, {}, {}}}}});
  }
  void publisher_step(Publisher& p) {
    if (p.client == nullptr) {
      p.client = connect(p.id, !p.connected);
      return;
    }
    if (p.client->quiet() || p.next == kMessages) return;
    const Packet packet = p.client->next();
    if (std::holds_alternative<Connack>(packet)) {
      p.connected = true;
      if (p.released) bench.send(*p.client, Ack{Type::pubrel, p.packet_id()});
      else send_next(p, true);
    } else if (const auto* ack = std::get_if<Ack>(&packet); ack != nullptr && ack->id == p.packet_id()) {
      if (ack->type == Type::pubrec) {
        p.released = true;
        bench.send(*p.client, Ack{Type::pubrel, p.packet_id()});
      } else if (ack->type == Type::pubcomp && p.released) {
        p.released = false;
        if (++p.next < kMessages) send_next(p, false);
      }
    }
  }
  void send_next(Publisher& p, bool dup) {
    const std::string payload = p.id + std::to_string(p.next);
    bench.send(*p.client, Publish{dup, false, 2, p.packet_id(), "t", payload, {}});
  }
  void receiver_step(Receiver& r) {
    if (r.client == nullptr) {
      r.client = connect("receiver", false);
      return;
    }
    if (r.client->quiet()) return;
    const Packet packet = r.client->next();
    if (const auto* m = std::get_if<Publish>(&packet)) {
      if (r.held.insert(m->id).second) r.got[std::string(m->payload)] += 1;
      bench.send(*r.client, Ack{Type::pubrec, m->id});
    } else if (const auto* ack = std::get_if<Ack>(&packet)) {
      r.held.erase(ack->id);
      bench.send(*r.client, Ack{Type::pubcomp, ack->id});
    }
  }
  RouterBench bench;
};

TEST_P(CrashTest, DeliversEveryMessageOnce) {
  SeededRng rng(static_cast<std::uint64_t>(GetParam()) * 7919 + 1);
  Receiver receiver;
  receiver.client = connect("receiver", true);
  bench.subscribe((receiver.client->next_is<Connack>(), *receiver.client), "t", 2);
  std::vector<Publisher> publishers(3);
  for (std::size_t i = 0; i < 3; ++i) publishers[i].id = std::string(1, static_cast<char>('a' + i));
  int crashes = 0;
  for (int step = 0; step < 400'000; ++step) {
    const auto what = rng.below(300);
    if (what < 4) {
      bench.crash(rng.below(bench.unconfirmed() + 1));
      receiver.client = nullptr;
      for (auto& p : publishers) p.client = nullptr;
      ++crashes;
    } else if (what < 6) {
      bench.checkpoint();
    } else if (what < 60) {
      bench.slow_disk(true);
    } else if (what < 120) {
      bench.slow_disk(false);
    } else if (what < 123 && receiver.client != nullptr) {
      bench.drop(*receiver.client);
      receiver.client = nullptr;
    } else if (what < 126) {
      auto& p = publishers[rng.below(3)];
      if (p.client != nullptr) bench.drop(*p.client);
      p.client = nullptr;
    } else if (what < 200) {
      receiver_step(receiver);
    } else {
      publisher_step(publishers[rng.below(3)]);
    }
    if (receiver.got.size() == 3 * kMessages && receiver.held.empty()) break;
  }
  EXPECT_GT(crashes, 0);
  EXPECT_EQ(receiver.got.size(), 3u * kMessages) << crashes << " crashes";
  for (const auto& [payload, times] : receiver.got) EXPECT_EQ(times, 1) << payload << " after " << crashes << " crashes";
}
INSTANTIATE_TEST_SUITE_P(Seeds, CrashTest, testing::Range(0, 25));

}  // namespace
}  // namespace machiya::sense::mqtt
