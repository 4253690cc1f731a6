// For tests and the fuzz target: packets made from a seed, as different as they may be, and their owner.
#pragma once
#include <deque>
#include <string>

#include "base/rng.h"
#include "sense/mqtt/packet.h"

namespace machiya::sense::mqtt {

/// Makes valid packets of one version; their texts live as long as it does.
class PacketSamples {
 public:
  PacketSamples(std::uint64_t seed, Version version) : rng_(seed), version_(version) {}

  Packet next() {
    switch (rng_.below(version_ == Version::v5 ? 12 : 11)) {
      case 0: return connect();
      case 1: return connack();
      case 2: return publish();
      case 3: return ack();
      case 4: return subscribe();
      case 5: return granted();
      case 6: return unsubscribe();
      case 7: return Ping{coin() ? Type::pingreq : Type::pingresp};
      case 8: return disconnect();
      case 9: case 10: return publish();
      default: return Auth{static_cast<std::uint8_t>(0x18 + below(2)), with({Id::auth_method, Id::auth_data, Id::user})};
    }
  }

 private:
  bool coin() { return rng_.below(2) == 0; }
  std::uint64_t below(std::uint64_t bound) { return rng_.below(bound); }
  bool v5() const { return version_ == Version::v5; }
  std::uint16_t id() { return static_cast<std::uint16_t>(1 + below(65'535)); }

  std::string_view text(std::size_t least = 0) {
    static constexpr const char* kParts[] = {"a", "/", "温度", "sensor", "\x7f", " ", "$", "𠮷", "9"};
    std::string& t = kept_.emplace_back();
    for (std::size_t n = least + below(5); n > 0; --n) t += kParts[below(9)];
    return t;
  }
  std::string_view data() {
    std::string& t = kept_.emplace_back(below(300), '\0');
    if (!t.empty()) rng_.fill(t.data(), t.size());
    return t;
  }
  std::string_view filter() {
    static constexpr const char* kFilters[] = {"#", "+", "/", "a/+/b", "+/+/#", "$share/g/a/#", "$SYS/#", "a//b", "町/+", "$share/群/+"};
    return kFilters[below(10)];
  }
  std::uint32_t number(Id id) {
    switch (id) {
      case Id::payload_format: case Id::request_problem: case Id::request_response: case Id::maximum_qos: case Id::retain_available:
      case Id::wildcards_available: case Id::subscription_ids_available: case Id::shared_available: return static_cast<std::uint32_t>(below(2));
      case Id::receive_maximum: case Id::topic_alias_maximum: case Id::topic_alias: case Id::server_keep_alive: return 1 + static_cast<std::uint32_t>(below(65'535));
      case Id::subscription_id: return 1 + static_cast<std::uint32_t>(below(268'435'455));
      default: return 1 + static_cast<std::uint32_t>(below(0xFFFFFFFF));
    }
  }
  Properties with(std::initializer_list<Id> ids) {
    Properties p;
    if (!v5()) return p;
    bool method = false;
    for (const Id id : ids) {
      if (!coin() || (id == Id::auth_data && !method)) continue;
      method |= id == Id::auth_method;
      switch (id) {
        case Id::user: p.add(id, text(), text()); p.add(id, text(), text()); break;
        case Id::correlation_data: case Id::auth_data: p.add(id, data()); break;
        case Id::content_type: case Id::response_topic: case Id::assigned_client_id: case Id::auth_method: case Id::response_information:
        case Id::server_reference: case Id::reason_string: p.add(id, text(1)); break;
        default: p.add(id, number(id));
      }
    }
    return p;
  }
  Packet connect() {
    Connect p;
    p.version = version_;
    p.clean_start = coin();
    p.keep_alive_s = static_cast<std::uint16_t>(below(65'536));
    p.client_id = text();
    p.properties = with({Id::session_expiry, Id::receive_maximum, Id::maximum_packet_size, Id::topic_alias_maximum, Id::request_response, Id::request_problem, Id::user, Id::auth_method, Id::auth_data});
    if (coin())
      p.will = Will{static_cast<std::uint8_t>(below(3)), coin(), text(1), data(),
                    with({Id::will_delay, Id::payload_format, Id::message_expiry, Id::content_type, Id::response_topic, Id::correlation_data, Id::user})};
    if (coin()) p.user = text();
    if (coin() && (v5() || p.user)) p.password = data();
    return p;
  }
  Packet connack() {
    const bool present = coin();
    return Connack{present, static_cast<std::uint8_t>(present ? 0 : v5() ? 0x87 : below(6)),
                   with({Id::session_expiry, Id::receive_maximum, Id::maximum_qos, Id::retain_available, Id::maximum_packet_size, Id::assigned_client_id, Id::topic_alias_maximum,
                         Id::reason_string, Id::user, Id::wildcards_available, Id::subscription_ids_available, Id::shared_available, Id::server_keep_alive,
                         Id::response_information, Id::server_reference, Id::auth_method, Id::auth_data})};
  }
  Packet publish() {
    Publish p;
    p.qos = static_cast<std::uint8_t>(below(3));
    p.dup = p.qos > 0 && coin();
    p.retain = coin();
    p.id = p.qos > 0 ? id() : std::uint16_t{0};
    p.topic = text(1);
    p.payload = data();
    p.properties = with({Id::payload_format, Id::message_expiry, Id::topic_alias, Id::response_topic, Id::correlation_data, Id::user, Id::subscription_id, Id::content_type});
    return p;
  }
  Packet ack() {
    const Type type = static_cast<Type>(4 + below(4));
    const bool early = type == Type::puback || type == Type::pubrec;
    return Ack{type, id(), static_cast<std::uint8_t>(!v5() || coin() ? 0 : early ? 0x97 : 0x92), with({Id::reason_string, Id::user})};
  }
  Packet subscribe() {
    Subscribe p{id(), {}, with({Id::subscription_id, Id::user})};
    for (std::size_t n = 1 + below(4); n > 0; --n) {
      Filter f{filter(), static_cast<std::uint8_t>(below(3))};
      if (v5()) f = {f.filter, f.qos, coin() && !f.filter.starts_with("$share"), coin(), static_cast<std::uint8_t>(below(3))};
      p.filters.push_back(f);
    }
    return p;
  }
  Packet granted() {
    Granted p{coin() ? Type::suback : Type::unsuback, id(), {}, with({Id::reason_string, Id::user})};
    if (v5() || p.type == Type::suback)
      for (std::size_t n = 1 + below(4); n > 0; --n) p.reasons.push_back(coin() ? 0x80 : 0x00);
    return p;
  }
  Packet unsubscribe() {
    Unsubscribe p{id(), {}, with({Id::user})};
    for (std::size_t n = 1 + below(3); n > 0; --n) p.filters.push_back(filter());
    return p;
  }
  Packet disconnect() { return Disconnect{static_cast<std::uint8_t>(v5() && coin() ? 0x04 : 0x00), with({Id::session_expiry, Id::reason_string, Id::user, Id::server_reference})}; }

  SeededRng rng_;
  Version version_;
  std::deque<std::string> kept_;
};

}  // namespace machiya::sense::mqtt
