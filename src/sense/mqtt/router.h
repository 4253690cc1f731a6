// The broker without sockets, disk and time: packets go in, packets and journal entries come out. Not thread-safe.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/rng.h"
#include "base/time.h"
#include "sense/mqtt/session.h"

namespace machiya::sense::mqtt {

struct RouterOptions {
  std::size_t max_packet = std::size_t{1} << 20;
  std::uint16_t receive_maximum = 1'000;       ///< QoS 1 and 2 messages that one client may have unacknowledged
  std::uint16_t topic_alias_maximum = 32;      ///< that a client may define
  std::uint16_t window = 1'000;                ///< sent to one client without its acknowledgement, at most
  std::size_t max_queued = 1'000'000;          ///< messages that wait for one session
  std::size_t max_queued_bytes = std::size_t{256} << 20;   ///< of one session
  std::size_t max_queued_total = std::size_t{2} << 30;     ///< bytes of all sessions
  std::size_t max_backlog = std::size_t{256} << 10;   ///< bytes that a connection's reader may be behind
  std::size_t max_subscriptions = 1'000;       ///< of one session
  std::size_t max_retained = 1'000'000;
  std::size_t max_retained_bytes = std::size_t{1} << 30;
  std::size_t max_incoming = 10'000;           ///< QoS 2 messages of one client that it has not released
  std::size_t max_levels = 64;                 ///< of a topic or filter
  std::size_t max_filter = 4'096;              ///< bytes
  std::uint32_t max_session_expiry_s = 7 * 86'400;   ///< also that of version 3.1.1's persistent sessions
  std::uint16_t max_keep_alive_s = 0;          ///< 0: what the client wants
  bool pass_on_all = false;                    ///< Submission::messages is wanted
};

struct RouterStats {
  std::uint64_t received = 0, sent = 0;          ///< PUBLISH packets
  std::uint64_t dropped_qos0 = 0;                ///< for readers that are too slow
  std::uint64_t dropped_full = 0;                ///< a session's queue was full
  std::uint64_t expired = 0, refused = 0, too_large = 0;
  std::uint64_t connects = 0, faults = 0;
  std::size_t links = 0, sessions = 0, retained = 0;
};

class Router {
 public:
  Router(const RouterOptions& options, MqttGate& gate, Rng& rng);
  ~Router();
  Router(const Router&) = delete;
  Router& operator=(const Router&) = delete;

  /// A connection; its first packet has not come yet. The router keeps it until closed() and everything owed to it is over.
  Link& open(Instant now);
  /// A CONNECT that the gate has let in.
  void connect(Link& link, const Connect& packet, MqttPrincipal principal, Instant now);
  /// A CONNECT that it has not, or that cannot be read: CONNACK with the reason (translated for version 3.1.1) and the end.
  void refuse(Link& link, Version version, std::uint8_t reason);
  /// Every packet after CONNECT.
  void receive(Link& link, std::uint8_t head, std::string_view body, Instant now);
  /// The stream itself is broken.
  void fault(Link& link, const Fault& fault, Instant now);
  /// The network connection is no more.
  void closed(Link& link, Instant now);
  /// `out` and `unsent` of a starved link have got shorter.
  void drained(Link& link, Instant now);
  /// Keep alive, session expiry, wills: to be called about once a second.
  void tick(Instant now);
  /// Links whose `out` or `close` has changed since; valid until closed().
  std::vector<Link*> take_dirty();
  bool take_dirty_is_empty() const { return dirty_.empty(); }
  /// May more be read from it? No while too much waits for the disk.
  bool wants_more(const Link& link) const { return !link.close && link.owed < 2u * options_.receive_maximum; }

  /// What has happened since the last cut. `journal` must be on disk, and `messages` be taken, before completed() is called, in the order of cuts.
  struct Submission {
    std::uint64_t sequence = 0;
    std::string_view journal;   ///< may be empty; the view holds until completed()
    struct Passed {
      MessagePtr message;
      std::string principal, client_id;
    };
    const std::vector<Passed>* messages = nullptr;   ///< never null
  };
  /// Nothing when there is nothing to wait for (what was owed has then been given already).
  std::optional<Submission> cut(Instant now);
  void completed(std::uint64_t sequence, Instant now);
  /// The messages of this submission were not taken: their publishers are cut off without an answer, everything else goes on.
  void not_taken(std::uint64_t sequence, Instant now);
  /// All links are told and closed; nothing is acknowledged any more.
  void shut_down(std::uint8_t reason);

  /// Messages from the house itself.
  void publish(std::string_view topic, std::string_view payload, std::uint8_t qos, bool retain, Instant now);

  /// Journal entries of a former life, in their order; integrity_broken when they cannot be read.
  Result<void> replay(std::string_view journal, Instant now);
  /// After the last replay(): nobody is connected.
  void replayed(Instant now);
  /// Everything durable as journal entries of a fresh router; what cut() gave and completed() has not confirmed is not among it.
  std::string checkpoint() const;

  RouterStats stats() const;

 private:
  struct Owed {
    Link* link;
    Type type;
    std::uint16_t id;
    std::uint8_t reason;
    bool ends_message = false;   ///< counts down the link's unacknowledged ones
    std::string bytes;           ///< instead of type, id and reason
  };
  struct Target {
    Session* session;
    std::uint64_t number;
    std::uint8_t qos;
    bool retain;
    std::vector<std::uint32_t> identifiers;
  };
  struct Routed {
    MessagePtr message;
    std::size_t first_target, targets;
    bool store;   ///< becomes the retained message of its topic
  };
  struct Batch {
    std::uint64_t sequence = 0;
    std::string journal;
    std::vector<Owed> owed;
    std::vector<Routed> routed;
    std::vector<Target> targets;
    std::vector<Submission::Passed> passed;
    bool complete = false, failed = false;
    void clear();
  };
  struct Sender {
    Link* link = nullptr;
    Session* session = nullptr;
  };

  // router_connect.cpp
  Session& session_for(const Connect& packet, const std::string& client_id, const std::string& principal, bool& present, Instant now);
  Session& new_session(std::string client_id, std::string principal, Version version);
  void send_connack(Link& link, const Connect& packet, bool present, bool assigned);
  void take_over(Session& session, bool session_ends, Instant now);
  void resume(Session& session, Instant now);
  void on(Link& link, const Disconnect& packet, Instant now);
  void disconnect(Link& link, std::uint8_t reason, std::string_view text, Instant now);
  void detach(Link& link, bool with_will, Instant now);
  void end_session(Session& session, Instant now);
  void publish_will(Session& session, Instant now);
  void set_deadline(Session& session, std::int64_t& field, std::int64_t us);
  // router_publish.cpp
  void on(Link& link, Publish& packet, Instant now);
  bool resolve_alias(Link& link, Publish& packet, Instant now);
  void take(const Sender& from, MessagePtr message, std::uint16_t id, Instant now);
  void find_targets(const Message& message, const Session* from);
  void add_target(const Subscriber& subscriber, const Message& message);
  Session* pick(ShareGroup& group, std::size_t& at);
  void owe(Link& link, Type type, std::uint16_t id, std::uint8_t reason, bool ends_message);
  void on_pubrel(Link& link, const Ack& packet);
  // router_deliver.cpp
  std::uint64_t reserve(Session& session, std::size_t bytes);
  void deliver(const MessagePtr& message, Target& target, Instant now);
  void pump(Session& session, Instant now);
  bool send(Link& link, const Message& message, const Delivery& delivery, bool dup, Instant now);
  void on_receipt(Link& link, const Ack& packet, Instant now);
  void settle(Session& session, std::size_t index);
  void release_bytes(Session& session, const Delivery& delivery);
  std::size_t find_in_flight(const Session& session, std::uint16_t id) const;
  // router_subscribe.cpp
  void on(Link& link, const Subscribe& packet, Instant now);
  void on(Link& link, const Unsubscribe& packet, Instant now);
  std::uint8_t subscribe_one(Link& link, const Filter& filter, std::uint32_t identifier, Instant now);
  void owe_retained(Session& session, const Subscription& subscription, Instant now);
  void add_subscription(Session& session, std::string_view asked, const SubscriptionOptions& options);
  bool remove_subscription(Session& session, std::string_view asked);
  // router_journal.cpp
  bool apply(std::uint8_t op, class JournalReader& in, Instant now);
  bool apply_message(class JournalReader& in);
  bool apply_session(std::uint8_t op, class JournalReader& in, Instant now);
  // router.cpp
  void touch(Link& link) {
    if (link.dirty) return;
    link.dirty = true;
    dirty_.push_back(&link);
  }
  void on_packet(Link& link, Packet& packet, Instant now);
  void complete_front(Instant now);
  void complete_ready(Instant now);
  void bury(std::unique_ptr<Link> link);
  void bury(std::unique_ptr<Session> session);

  const RouterOptions options_;
  MqttGate& gate_;
  Rng& rng_;
  std::vector<std::unique_ptr<Link>> links_;
  std::unordered_map<std::uint32_t, std::unique_ptr<Session>> sessions_;
  TextMap<Session*> by_owner_;        // by principal and client identifier
  std::set<std::pair<std::int64_t, std::uint32_t>> deadlines_;
  std::uint32_t next_number_ = 1;
  SubscriptionTree subscriptions_;
  RetainedTree retained_;
  Batch batch_;                       // what happens now
  std::deque<std::unique_ptr<Batch>> submitted_;
  std::uint64_t sequence_ = 0;        // of the last cut
  std::vector<Link*> dirty_;
  // What a submitted batch may still point to is freed after it.
  std::deque<std::pair<std::uint64_t, std::unique_ptr<Link>>> buried_links_;
  std::deque<std::pair<std::uint64_t, std::unique_ptr<Session>>> buried_sessions_;
  std::size_t queued_total_ = 0;      // bytes of all queues, what is reserved included
  std::uint64_t matchings_ = 0;
  std::size_t first_found_ = 0;       // where the targets of this matching begin
  Publish publish_;                   // keeps its memory
  RouterStats stats_;
  bool replaying_ = false;
};

}  // namespace machiya::sense::mqtt
