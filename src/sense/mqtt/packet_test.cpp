#include "sense/mqtt/packet.h"

#include <gtest/gtest.h>

#include "sense/mqtt/packet_samples.h"

namespace machiya::sense::mqtt {
namespace {

struct Read {
  bool ok = false;
  Packet packet;
  Fault fault;
};
Read read(std::string_view bytes, Version version) {
  Read r;
  const Frame f = next_frame(bytes, 1 << 28);
  if (f.state == Frame::State::fault) r.fault = f.fault;
  else if (f.state == Frame::State::whole && f.size == bytes.size()) r.ok = decode(f.head, f.body, version, r.packet, r.fault);
  else r.fault.clause = "not one frame";
  return r;
}
std::string hex(std::string_view digits) {
  std::string out;
  for (std::size_t i = 0; i < digits.size();) {
    if (digits[i] == ' ') { ++i; continue; }
    out += static_cast<char>(std::stoi(std::string(digits.substr(i, 2)), nullptr, 16));
    i += 2;
  }
  return out;
}
std::string frame(std::string_view head, const std::string& body) {
  std::string out = hex(head);
  put_varint(out, static_cast<std::uint32_t>(body.size()));
  return out + body;
}

TEST(MqttPacket, WhatIsWrittenIsReadAgain) {
  for (const Version version : {Version::v3_1_1, Version::v5}) {
    PacketSamples samples(20261123, version);
    for (int i = 0; i < 20'000; ++i) {
      const Packet packet = samples.next();
      std::string bytes;
      encode(packet, version, bytes);
      const Read r = read(bytes, version);
      ASSERT_TRUE(r.ok) << i << ": type " << (static_cast<unsigned char>(bytes[0]) >> 4) << " " << r.fault.clause << " " << r.fault.text;
      ASSERT_TRUE(r.packet == packet) << i;
      std::string again;
      encode(r.packet, version, again);
      ASSERT_EQ(again, bytes);
    }
  }
}

TEST(MqttPacket, NoPrefixOfAPacketIsAPacket) {
  for (const Version version : {Version::v3_1_1, Version::v5}) {
    PacketSamples samples(7, version);
    for (int i = 0; i < 500; ++i) {
      std::string bytes;
      encode(samples.next(), version, bytes);
      for (std::size_t n = 0; n < bytes.size(); ++n) {
        const Frame f = next_frame(std::string_view(bytes).substr(0, n), 1 << 28);
        ASSERT_EQ(f.state, Frame::State::more) << i;
        ASSERT_TRUE(f.size == 0 || f.size == bytes.size());
      }
    }
  }
}

TEST(MqttPacket, ReadsTheExamplesOfTheStandard) {
  // Figure 3-3 and table 3-2 of version 5's CONNECT: user, password, will, QoS 1, keep alive 10, session expiry 10.
  const std::string bytes = hex("10 26 00 04 4D 51 54 54 05 CE 00 0A 05 11 00 00 00 0A 00 01 63 00 00 01 77 00 01 78 00 04 75 73 65 72 00 04 70 61 73 73");
  const Read r = read(bytes, Version::v5);
  ASSERT_TRUE(r.ok) << r.fault.text;
  const auto& p = std::get<Connect>(r.packet);
  EXPECT_TRUE(p.clean_start);
  EXPECT_EQ(p.keep_alive_s, 10);
  EXPECT_EQ(p.properties.number(Id::session_expiry, 0), 10u);
  EXPECT_EQ(p.will->qos, 1);
  EXPECT_EQ(p.will->topic, "w");
  EXPECT_EQ(*p.user, "user");
  EXPECT_EQ(*p.password, "pass");
}

struct Wrong {
  const char* clause;
  std::uint8_t reason;
  Version version;
  std::string bytes;
};
const Version k3 = Version::v3_1_1, k5 = Version::v5;
const std::string kName = std::string("\0\4MQTT", 6);

TEST(MqttPacket, NamesTheClauseThatAConnectBreaks) {
  const Wrong cases[] = {
      {"MQTT-3.1.2-1", kUnsupportedVersion, k5, frame("10", hex("00 06 4D 51 49 73 64 70 03 02 00 00 00 01 63"))},
      {"MQTT-3.1.2-2", kUnsupportedVersion, k5, frame("10", kName + hex("06 02 00 00 00 00 01 63"))},
      {"MQTT-3.1.2-3", kMalformedPacket, k5, frame("10", kName + hex("05 03 00 00 00 00 01 63"))},
      {"MQTT-3.1.2-11", kMalformedPacket, k5, frame("10", kName + hex("05 0A 00 00 00 00 01 63"))},
      {"MQTT-3.1.2-12", kMalformedPacket, k5, frame("10", kName + hex("05 1E 00 00 00 00 01 63 00 00 01 77 00 00"))},
      {"MQTT-3.1.2-13", kMalformedPacket, k5, frame("10", kName + hex("05 22 00 00 00 00 01 63"))},
      {"3.1.1 MQTT-3.1.2-22", kMalformedPacket, k3, frame("10", kName + hex("04 42 00 00 00 01 63 00 01 70"))},
      {"MQTT-1.5.4-1", kMalformedPacket, k5, frame("10", kName + hex("05 02 00 00 00 00 02 C0 80"))},
      {"MQTT-1.5.4-1", kMalformedPacket, k5, frame("10", kName + hex("05 02 00 00 00 00 01 00"))},
      {"MQTT-1.5.4-1", kMalformedPacket, k5, frame("10", kName + hex("05 02 00 00 00 00 03 ED A0 80"))},   // a surrogate
      {"MQTT-2.1.4", kMalformedPacket, k5, frame("10", kName + hex("05 82 00 00 00 00 01 63"))},
      {"MQTT-2.1.4", kMalformedPacket, k5, frame("10", kName + hex("05 02 00 00 00 00 01 63 00"))},
      {"MQTT-2.1.3-1", kMalformedPacket, k5, frame("11", kName + hex("05 02 00 00 00 00 01 63"))},
      {"MQTT-3.3.2-2", kTopicNameInvalid, k5, frame("10", kName + hex("05 06 00 00 00 00 01 63 00 00 01 23 00 00"))},
      {"MQTT5 §3.1.2.11", kProtocolError, k5, frame("10", kName + hex("05 02 00 00 03 21 00 00 00 01 63"))},
      {"MQTT5 §3.1.2.11.10", kProtocolError, k5, frame("10", kName + hex("05 02 00 00 04 16 00 01 78 00 01 63"))},
  };
  for (const auto& w : cases) {
    const Read r = read(w.bytes, w.version);
    EXPECT_FALSE(r.ok) << w.clause;
    EXPECT_EQ(r.fault.clause, w.clause) << r.fault.text;
    EXPECT_EQ(r.fault.reason, w.reason) << w.clause;
  }
}

TEST(MqttPacket, NamesTheClauseThatAnotherPacketBreaks) {
  const Wrong cases[] = {
      {"MQTT5 §2.1.2", kMalformedPacket, k5, hex("00 00")},
      {"MQTT5 §2.1.2", kMalformedPacket, k3, hex("F0 00")},
      {"MQTT-3.3.1-4", kMalformedPacket, k5, frame("36", hex("00 01 61 00 01 00"))},
      {"MQTT-3.3.1-2", kMalformedPacket, k5, frame("38", hex("00 01 61 00"))},
      {"MQTT-2.2.1-3", kMalformedPacket, k5, frame("32", hex("00 01 61 00 00 00"))},
      {"MQTT-3.3.2-2", kTopicNameInvalid, k3, frame("30", hex("00 03 61 2F 2B"))},
      {"MQTT-4.7.3-1", kTopicNameInvalid, k3, frame("30", hex("00 00"))},
      {"MQTT5 §3.3.2.1", kProtocolError, k5, frame("30", hex("00 00 00"))},
      {"MQTT-3.3.2-8", kTopicAliasInvalid, k5, frame("30", hex("00 01 61 03 23 00 00"))},
      {"MQTT-3.3.2-14", kProtocolError, k5, frame("30", hex("00 01 61 04 08 00 01 23"))},
      {"MQTT5 §2.2.2.2", kProtocolError, k5, frame("30", hex("00 01 61 04 01 00 01 00"))},     // twice
      {"MQTT5 §2.2.2.2", kProtocolError, k5, frame("30", hex("00 01 61 02 01 02"))},           // neither 0 nor 1
      {"MQTT5 §2.2.2.2", kMalformedPacket, k5, frame("30", hex("00 01 61 05 11 00 00 00 01"))},   // a session's expiry in a message
      {"MQTT5 §2.2.2.2", kMalformedPacket, k5, frame("30", hex("00 01 61 02 7F 00"))},
      {"MQTT5 §3.8.2.1.2", kProtocolError, k5, frame("82", hex("00 01 02 0B 00 00 01 61 00"))},
      {"MQTT-3.8.3-2", kProtocolError, k5, frame("82", hex("00 01 00"))},
      {"MQTT-3.8.3-4", kProtocolError, k5, frame("82", hex("00 01 00 00 0A 24 73 68 61 72 65 2F 67 2F 61 05"))},
      {"MQTT-3.8.3-5", kMalformedPacket, k5, frame("82", hex("00 01 00 00 01 61 40"))},
      {"3.1.1 MQTT-3-8.3-4", kMalformedPacket, k3, frame("82", hex("00 01 00 01 61 04"))},
      {"MQTT5 §3.8.3.1", kMalformedPacket, k3, frame("82", hex("00 01 00 01 61 03"))},
      {"MQTT-2.1.3-1", kMalformedPacket, k5, frame("80", hex("00 01 00 00 01 61 00"))},
      {"MQTT-3.10.3-2", kProtocolError, k3, frame("A2", hex("00 01"))},
      {"MQTT-2.2.1-5", kMalformedPacket, k3, frame("40", hex("00 00"))},
      {"MQTT-2.1.3-1", kMalformedPacket, k3, frame("60", hex("00 01"))},
      {"MQTT-2.1.4", kMalformedPacket, k3, frame("40", hex("00 01 00"))},
      {"MQTT5 §2.4", kMalformedPacket, k5, frame("40", hex("00 01 01"))},
      {"MQTT-2.1.4", kMalformedPacket, k3, frame("C0", hex("00"))},
      {"MQTT-2.1.4", kMalformedPacket, k3, frame("E0", hex("00"))},
      {"MQTT-1.5.5-1", kMalformedPacket, k5, hex("30 80 00")},
      {"MQTT-1.5.5-1", kMalformedPacket, k5, hex("30 FF FF FF FF 01")},
      {"MQTT-1.5.5-1", kMalformedPacket, k5, frame("30", hex("00 01 61 80 00"))},
  };
  for (const auto& w : cases) {
    const Read r = read(w.bytes, w.version);
    EXPECT_FALSE(r.ok) << w.clause;
    EXPECT_EQ(r.fault.clause, w.clause) << r.fault.text;
    EXPECT_EQ(r.fault.reason, w.reason) << w.clause << " " << r.fault.text;
  }
}

TEST(MqttPacket, RefusesALengthAsSoonAsItIsKnown) {
  const Frame f = next_frame(hex("30 80 80 01"), 16'000);
  EXPECT_EQ(f.state, Frame::State::fault);
  EXPECT_EQ(f.fault.reason, kPacketTooLarge);
  EXPECT_EQ(next_frame(hex("30 80 80 01"), 17'000).size, 4u + 16'384);
}

TEST(MqttPacket, KeepsAByteOrderMark) {
  const std::string bytes = frame("30", hex("00 03 EF BB BF"));
  const Read r = read(bytes, k3);   // [MQTT-1.5.4-3]
  ASSERT_TRUE(r.ok);
  EXPECT_EQ(std::get<Publish>(r.packet).topic, "\xEF\xBB\xBF");
}

TEST(MqttTopics, FollowTheirRules) {
  for (const char* good : {"a", "/", "a/b", " ", "$SYS/x", "町/温度"}) EXPECT_EQ(fault_of_topic(good), nullptr) << good;
  EXPECT_EQ(fault_of_topic("")->clause, "MQTT-4.7.3-1");
  EXPECT_EQ(fault_of_topic("a/#")->clause, "MQTT-3.3.2-2");
  EXPECT_EQ(fault_of_topic(std::string(65'536, 'a'))->clause, "MQTT-4.7.3-3");
  for (const char* good : {"#", "+", "a/#", "+/b/+", "/+", "a", "+/", "$share/g/#", "$share", "$shared/x"}) EXPECT_EQ(fault_of_filter(good), nullptr) << good;
  for (const char* bad : {"a#", "#/a", "a/#/b"}) EXPECT_EQ(fault_of_filter(bad)->clause, "MQTT-4.7.1-1") << bad;
  for (const char* bad : {"a+", "+a", "a/+b/c"}) EXPECT_EQ(fault_of_filter(bad)->clause, "MQTT-4.7.1-2") << bad;
  for (const char* bad : {"$share//a", "$share/+/a", "$share/a#/b"}) EXPECT_EQ(fault_of_filter(bad)->clause, "MQTT-4.8.2-1") << bad;
  for (const char* bad : {"$share/g", "$share/g/"}) EXPECT_EQ(fault_of_filter(bad)->clause, "MQTT-4.8.2-2") << bad;
}

}  // namespace
}  // namespace machiya::sense::mqtt
