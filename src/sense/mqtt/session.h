// What the router knows of a connection (Link) and of a client (Session).
#pragma once
#include <deque>
#include <map>
#include <unordered_set>
#include <vector>

#include "sense/mqtt/ports.h"
#include "sense/mqtt/trees.h"

namespace machiya::sense::mqtt {

/// One connection. `out` is what the listener sends; everything here belongs to the router's lock.
struct Link {
  std::string out;
  std::size_t unsent = 0;      ///< bytes that the listener took out and the socket has not taken yet
  bool dirty = false;          ///< in Router::take_dirty()'s list
  bool close = false;          ///< the listener closes it when `out` is sent; nothing is received any more
  bool starved = false;        ///< something waits for room: Router::drained() when there is
  bool gone = false;           ///< the listener has closed it
  void* owner = nullptr;       ///< the listener's
  Version version = Version::v3_1_1;
  Session* session = nullptr;  ///< while connected
  MqttPrincipal principal;
  std::int64_t last_heard_us = 0;
  std::int64_t silence_us = 0;   ///< one and a half of keep alive; 0: for ever
  std::uint32_t max_packet = 0;  ///< that the client takes; 0: any
  std::uint16_t window = 0;      ///< QoS 1 and 2 messages that the client takes at once
  bool problem_info = true;
  std::uint32_t unacknowledged = 0;  ///< of its own messages: what its receive maximum counts
  std::uint32_t owed = 0;            ///< answers that wait for the disk
  std::vector<std::string> aliases_in;
  TextMap<std::uint16_t> aliases_out;
  std::uint16_t aliases_out_max = 0;
  std::size_t place = 0;       ///< among the router's links
};

/// A message of QoS 1 or 2 on its way to one session.
struct Delivery {
  MessagePtr message;   ///< null from PUBREC on
  std::uint64_t number = 0;   ///< of this session's deliveries, rising; its packet identifier comes of it, so that a replay need not guess
  std::uint8_t qos = 1;
  bool retain = false;
  bool received = false;   ///< PUBREC has come: only PUBREL and PUBCOMP are left
  bool sent_before = false;
  std::vector<std::uint32_t> identifiers;   ///< of the subscriptions that asked for it
  std::uint16_t packet_id() const { return static_cast<std::uint16_t>(number % 65'535 + 1); }
};

struct StoredWill {
  MessagePtr message;
  std::uint32_t delay_s = 0;
};

struct Subscription {
  std::string filter, share;   ///< `filter` without $share/NAME/
  SubscriptionOptions options;
};

struct Session {
  std::uint32_t number = 0;
  std::string client_id, principal;
  Version version = Version::v3_1_1;
  bool persistent = false;
  bool ended = false;
  std::uint32_t expiry_s = 0;       ///< 0xFFFFFFFF: never
  std::int64_t expires_us = 0;      ///< when nobody is connected; 0: connected or never
  std::int64_t will_due_us = 0;     ///< 0: none is waiting
  Link* link = nullptr;
  std::map<std::string, Subscription, std::less<>> subscriptions;   ///< by the filter as it was asked for
  std::deque<Delivery> queue;       ///< in the order of routing
  std::size_t in_flight = 0;        ///< how many at the front have been sent on this connection
  std::size_t reserved = 0;         ///< numbers given to messages that are not on disk yet
  std::uint64_t last_number = 0;
  std::size_t queued_bytes = 0;
  std::unordered_set<std::uint16_t> incoming;   ///< QoS 2 messages of the client that it has not released yet
  std::optional<StoredWill> will;
  std::uint64_t found_by = 0;       ///< the last matching that found it
  std::size_t found_at = 0;
};

}  // namespace machiya::sense::mqtt
