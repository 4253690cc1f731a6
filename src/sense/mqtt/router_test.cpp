#include "sense/mqtt/router_bench.h"

namespace machiya::sense::mqtt {
namespace {

using Client = RouterBench::Client;

Publish message(Client& c) { return c.next_is<Publish>(); }

TEST(MqttRouter, DeliversByFilterAndQos) {
  RouterBench b;
  Client& s = b.connect("s", true);
  b.subscribe(s, "a/+/c", 1);
  Client& p = b.connect("p", true);
  b.publish(p, "a/b/c", "one");
  EXPECT_EQ(message(s).payload, "one");
  b.publish(p, "a/b/d", "no");
  EXPECT_TRUE(s.quiet());
  b.publish(p, "a/b/c", "two", 2, false, 7);
  EXPECT_EQ(p.next_is<Ack>(), (Ack{Type::pubrec, 7}));
  const Publish got = message(s);
  EXPECT_EQ(got.qos, 1);   // as it was subscribed
  b.send(s, Ack{Type::puback, got.id});
  b.send(p, Ack{Type::pubrel, 7});
  EXPECT_EQ(p.next_is<Ack>(), (Ack{Type::pubcomp, 7}));
}

TEST(MqttRouter, AcknowledgesNothingBeforeItIsOnDisk) {
  RouterBench b;
  Client& s = b.connect("s", true);
  b.subscribe(s, "#", 2);
  Client& p = b.connect("p", true);
  b.slow_disk(true);
  b.publish(p, "t", "1", 1, false, 1);
  b.publish(p, "t", "2", 2, false, 2);
  b.publish(p, "t", "0");
  EXPECT_TRUE(p.quiet());
  EXPECT_EQ(message(s).payload, "0");   // QoS 0 promises nothing
  EXPECT_TRUE(s.quiet());
  b.slow_disk(false);
  EXPECT_EQ(p.next_is<Ack>().type, Type::puback);
  EXPECT_EQ(p.next_is<Ack>().type, Type::pubrec);
  EXPECT_EQ(message(s).payload, "1");
  const Publish second = message(s);
  b.slow_disk(true);
  b.send(s, Ack{Type::pubrec, second.id});
  b.send(p, Ack{Type::pubrel, 2});
  EXPECT_TRUE(s.quiet());   // PUBREL: [MQTT-4.3.3-5] must hold after a crash, too
  EXPECT_TRUE(p.quiet());
  b.slow_disk(false);
  EXPECT_EQ(s.next_is<Ack>().type, Type::pubrel);
  EXPECT_EQ(p.next_is<Ack>().type, Type::pubcomp);
}

TEST(MqttRouter, KeepsSessionsMessagesAndRetainedOnesThroughACrash) {
  RouterBench b;
  Client& s = b.connect("s", true);
  b.subscribe(s, "q/#", 2);
  Client& p = b.connect("p", true);
  b.publish(p, "q/kept", "retained", 1, true);
  const Publish first = message(s);
  b.send(s, Ack{Type::puback, first.id});
  b.publish(p, "q/x", "unacknowledged", 1);
  const Publish second = message(s);
  b.crash();
  Client& again = b.connect(Connect{Version::v5, false, 0, "s", {}, {}, {}, {{{Id::session_expiry, 60, {}, {}}}}});
  EXPECT_TRUE(again.next_is<Connack>().session_present);
  const Publish repeated = message(again);
  EXPECT_EQ(repeated.payload, "unacknowledged");
  EXPECT_EQ(repeated.id, second.id);   // [MQTT-4.4.0-1]: under its identifier
  EXPECT_TRUE(repeated.dup);
  EXPECT_TRUE(again.quiet());
  Client& fresh = b.connect("f", true);
  b.subscribe(fresh, "q/kept", 0);
  const Publish kept = message(fresh);
  EXPECT_EQ(kept.payload, "retained");
  EXPECT_TRUE(kept.retain);
}

TEST(MqttRouter, ForgetsWhatWasNotConfirmed) {
  RouterBench b;
  Client& s = b.connect("s", true);
  b.subscribe(s, "#", 1);
  b.drop(s);
  Client& p = b.connect("p", true);
  b.slow_disk(true);
  b.publish(p, "t", "lost", 1);
  EXPECT_TRUE(p.quiet());
  b.crash();
  b.slow_disk(false);
  Client& again = b.connect("s", false);
  EXPECT_TRUE(again.quiet());
}

TEST(MqttRouter, EndsSessionsInTime) {
  RouterBench b;
  Client& s = b.connect("s", true, 100);
  b.subscribe(s, "#", 1);
  b.drop(s);
  b.tick(99 * kSecond);
  Client& back = b.connect(Connect{Version::v5, false, 0, "s", {}, {}, {}, {{{Id::session_expiry, 100, {}, {}}}}});
  EXPECT_TRUE(back.next_is<Connack>().session_present);
  b.drop(back);
  b.tick(101 * kSecond);
  Client& late = b.connect(Connect{Version::v5, false, 0, "s", {}, {}, {}, {}});
  EXPECT_FALSE(late.next_is<Connack>().session_present);
  EXPECT_EQ(b.router().stats().sessions, 1u);
}

TEST(MqttRouter, TakesASessionOver) {
  RouterBench b;
  Client& first = b.connect("c", true);
  Client& second = b.connect("c", false);
  EXPECT_EQ(first.next_is<Disconnect>().reason, kSessionTakenOver);
  EXPECT_TRUE(first.closed());
  EXPECT_FALSE(second.closed());
  // Not by somebody else, who may call a session of his own so.
  b.subscribe(second, "mine", 1);
  b.drop(second);
  Client& other = b.connect(Connect{Version::v5, false, 0, "c", {}, {}, {}, {}}, "another");
  EXPECT_FALSE(other.next_is<Connack>().session_present);
  b.publish(other, "mine", "for the first", 1);
  EXPECT_EQ(other.next_is<Ack>().type, Type::puback);
  EXPECT_TRUE(other.quiet());
  EXPECT_EQ(message(b.connect("c", false)).payload, "for the first");
}

TEST(MqttRouter, PublishesWillsInTime) {
  RouterBench b;
  Client& s = b.connect("s", true);
  b.subscribe(s, "will/#", 1);
  auto with_will = [&](std::string_view id, std::uint32_t delay) -> Client& {
    Connect p{Version::v5, true, 0, id, Will{1, false, "will/t", "gone", {}}, {}, {}, {}};
    p.properties.add(Id::session_expiry, 1'000);
    if (delay > 0) p.will->properties.add(Id::will_delay, delay);
    Client& c = b.connect(p);
    EXPECT_EQ(c.next_is<Connack>().reason, 0);
    return c;
  };
  b.drop(with_will("a", 0));
  EXPECT_EQ(message(s).payload, "gone");
  Client& polite = with_will("b", 0);
  b.send(polite, Disconnect{});
  b.drop(polite);
  EXPECT_TRUE(s.quiet());
  Client& angry = with_will("c", 0);
  b.send(angry, Disconnect{kDisconnectWithWill, {}});
  EXPECT_EQ(message(s).payload, "gone");
  b.drop(with_will("d", 10));
  b.tick(9 * kSecond);
  EXPECT_TRUE(s.quiet());
  (void)b.connect("d", false);   // back in time
  b.tick(5 * kSecond);
  EXPECT_TRUE(s.quiet());
  b.drop(with_will("e", 10));
  b.tick(11 * kSecond);
  EXPECT_EQ(message(s).payload, "gone");
  b.drop(with_will("f", 10));
  (void)b.connect("f", true);   // a clean start ends the session, and the delay with it
  EXPECT_EQ(message(s).payload, "gone");
}

TEST(MqttRouter, ServesSharedSubscriptionsInTurn) {
  RouterBench b;
  Client& one = b.connect("1", true);
  Client& two = b.connect("2", true);
  b.subscribe(one, "$share/g/t/#", 1);
  b.subscribe(two, "$share/g/t/#", 1);
  Client& p = b.connect("p", true);
  for (int i = 0; i < 10; ++i) b.publish(p, "t/x", std::to_string(i), 1, false, static_cast<std::uint16_t>(i + 1));
  int ones = 0, twos = 0;
  while (!one.quiet()) (void)message(one), ++ones;
  while (!two.quiet()) (void)message(two), ++twos;
  EXPECT_EQ(ones, 5);
  EXPECT_EQ(twos, 5);
  b.drop(two);
  b.publish(p, "t/x", "who is here", 1, false, 11);
  EXPECT_EQ(message(one).payload, "who is here");
}

TEST(MqttRouter, KeepsTheOptionsOfSubscriptions) {
  RouterBench b;
  Client& c = b.connect("c", true);
  Subscribe no_local{1, {{"n", 0, true, false, 0}}, {}};
  no_local.properties.add(Id::subscription_id, 7);
  b.send(c, no_local);
  (void)c.next_is<Granted>();
  b.publish(c, "n", "mine");
  EXPECT_TRUE(c.quiet());
  Client& p = b.connect("p", true);
  b.publish(p, "n", "kept", 0, true);
  const Publish got = message(c);
  EXPECT_FALSE(got.retain);   // [MQTT-3.3.1-12]
  EXPECT_EQ(got.properties.number(Id::subscription_id, 0), 7u);
  b.send(c, Subscribe{2, {{"n", 0, false, true, 1}}, {}});   // known: no retained message [MQTT-3.3.1-10]
  (void)c.next_is<Granted>();
  EXPECT_TRUE(c.quiet());
  b.publish(p, "n", "kept", 0, true);
  EXPECT_TRUE(message(c).retain);   // as published [MQTT-3.3.1-13]
  b.send(c, Subscribe{3, {{"#", 0, false, false, 2}}, {}});
  (void)c.next_is<Granted>();
  EXPECT_TRUE(c.quiet());
  b.publish(p, "n", "once");
  EXPECT_EQ(message(c).payload, "once");   // two filters, one copy
  EXPECT_TRUE(c.quiet());
  b.publish(p, "n", "", 0, true);
  (void)message(c);
  Client& late = b.connect("l", true);
  b.subscribe(late, "n", 0);
  EXPECT_TRUE(late.quiet());   // [MQTT-3.3.1-6]
}

TEST(MqttRouter, HoldsToReceiveMaximumPacketSizeAndAliases) {
  RouterBench b({.receive_maximum = 2});
  Connect p{Version::v5, true, 0, "s", {}, {}, {}, {}};
  p.properties.add(Id::receive_maximum, 2);
  p.properties.add(Id::maximum_packet_size, 40);
  p.properties.add(Id::topic_alias_maximum, 1);
  Client& s = b.connect(p);
  (void)s.next_is<Connack>();
  b.subscribe(s, "#", 1);
  Client& q = b.connect("q", true);
  for (int i = 0; i < 4; ++i) b.publish(q, "topic", std::to_string(i), 1);
  const Publish first = message(s), second = message(s);
  EXPECT_EQ(first.topic, "topic");
  EXPECT_EQ(second.topic, "");   // its alias
  EXPECT_EQ(second.properties.number(Id::topic_alias, 0), 1u);
  EXPECT_TRUE(s.quiet());
  b.send(s, Ack{Type::puback, first.id});
  const Publish third = message(s);
  EXPECT_EQ(third.payload, "2");
  b.send(s, Ack{Type::puback, second.id});
  b.send(s, Ack{Type::puback, third.id});
  b.send(s, Ack{Type::puback, message(s).id});
  b.publish(q, "topic", std::string(60, 'x'), 1);
  EXPECT_TRUE(s.quiet());   // [MQTT-3.1.2-24]
  b.publish(q, "topic", "short", 1);
  EXPECT_EQ(message(s).payload, "short");
  b.slow_disk(true);
  for (std::uint16_t i = 1; i <= 3; ++i) b.publish(q, "t", "x", 1, false, i);
  while (!q.closed() || !q.quiet())
    if (const Packet last = q.next(); std::holds_alternative<Disconnect>(last)) {
      EXPECT_EQ(std::get<Disconnect>(last).reason, kReceiveMaximumExceeded);
      break;
    }
}

TEST(MqttRouter, HoldsBackFromASlowReaderAndBoundsItsQueue) {
  RouterBench b({.max_queued = 3});
  Client& s = b.connect("s", true);
  b.subscribe(s, "#", 1);
  Client& p = b.connect("p", true);
  s.link->unsent = std::size_t{1} << 20;   // it does not read
  b.publish(p, "t", "nobody waits for this", 0);
  for (std::uint16_t i = 1; i <= 5; ++i) {
    b.publish(p, "t", std::to_string(i), 1, false, i);
    EXPECT_EQ(p.next_is<Ack>().reason, kSuccess);
  }
  EXPECT_TRUE(s.quiet());
  EXPECT_EQ(b.router().stats().dropped_qos0, 1u);
  EXPECT_EQ(b.router().stats().dropped_full, 2u);
  s.link->unsent = 0;
  b.router().drained(*s.link, b.now());
  b.run();
  for (const char* wanted : {"1", "2", "3"}) {
    const Publish got = message(s);
    EXPECT_EQ(got.payload, wanted);
    b.send(s, Ack{Type::puback, got.id});
  }
  b.publish(p, "t", "room again", 1);
  EXPECT_EQ(message(s).payload, "room again");
}

TEST(MqttRouter, ExpiresMessagesAndTellsTheRest) {
  RouterBench b;
  Client& s = b.connect("s", true);
  b.subscribe(s, "#", 1);
  b.drop(s);
  Client& p = b.connect("p", true);
  Publish m{false, false, 1, 1, "t", "short-lived", {}};
  m.properties.add(Id::message_expiry, 10);
  b.send(p, m);
  m.payload = "long-lived";
  m.properties.list[0].number = 100;
  b.send(p, m);
  b.tick(20 * kSecond);
  Client& again = b.connect("s", false);
  const Publish got = message(again);
  EXPECT_EQ(got.payload, "long-lived");
  EXPECT_EQ(got.properties.number(Id::message_expiry, 0), 80u);
  EXPECT_TRUE(again.quiet());
}

TEST(MqttRouter, RefusesWhatTheGateRefuses) {
  RouterBench b;
  Client& c = b.connect("c", true);
  b.publish(c, "secret/x", "?", 1);
  EXPECT_EQ(c.next_is<Ack>().reason, kNotAuthorized);
  b.publish(c, "$SYS/x", "?", 1);
  EXPECT_EQ(c.next_is<Ack>().reason, kTopicNameInvalid);
  b.send(c, Subscribe{1, {{"secret/#", 1}, {"fine", 1}}, {}});
  EXPECT_EQ(c.next_is<Granted>().reasons, (std::vector<std::uint8_t>{kNotAuthorized, 1}));
  Client& old = b.connect("o", true, 0, Version::v3_1_1);
  b.publish(old, "secret/x", "?", 1);
  EXPECT_TRUE(old.closed());   // version 3.1.1 has no other way to say so
}

TEST(MqttRouter, ClosesOnWhatBreaksTheProtocol) {
  RouterBench b;
  Client& twice = b.connect("c", true);
  b.send(twice, Connect{});
  EXPECT_EQ(twice.next_is<Disconnect>().reason, kProtocolError);
  Client& silent = b.connect(Connect{Version::v5, true, 10, "k", {}, {}, {}, {}});
  (void)silent.next_is<Connack>();
  b.tick(14 * kSecond);
  EXPECT_FALSE(silent.closed());
  b.send(silent, Ping{});
  EXPECT_EQ(silent.next_is<Ping>().type, Type::pingresp);
  b.tick(16 * kSecond);
  EXPECT_EQ(silent.next_is<Disconnect>().reason, kKeepAliveTimeout);
  Client& method = b.connect(Connect{Version::v5, true, 0, "m", {}, {}, {}, {{{Id::auth_method, 0, "SCRAM", {}}}}});
  EXPECT_EQ(method.next_is<Connack>().reason, kBadAuthenticationMethod);
  Client& nameless = b.connect(Connect{Version::v3_1_1, false, 0, "", {}, {}, {}, {}});
  EXPECT_EQ(nameless.next_is<Connack>().reason, 2);
  Client& named = b.connect(Connect{Version::v5, true, 0, "", {}, {}, {}, {}});
  EXPECT_FALSE(named.next_is<Connack>().properties.text(Id::assigned_client_id).empty());
}

}  // namespace
}  // namespace machiya::sense::mqtt
