// Subscriptions by their filters, and retained messages by their topics: trees of topic levels (§4.7). Not thread-safe.
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "sense/mqtt/message.h"

namespace machiya::sense::mqtt {

struct Session;

struct TextHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view s) const { return std::hash<std::string_view>{}(s); }
};
template <class T>
using TextMap = std::unordered_map<std::string, T, TextHash, std::equal_to<>>;

struct SubscriptionOptions {
  std::uint8_t qos = 0;
  bool no_local = false, retain_as_published = false;
  std::uint32_t identifier = 0;   ///< 0: none
};
struct Subscriber {
  Session* session = nullptr;
  SubscriptionOptions options;
};
/// The members of one shared subscription ($share/NAME/FILTER), served in turn.
struct ShareGroup {
  std::string name;
  std::vector<Subscriber> members;
  std::size_t next = 0;
};

/// Levels of a topic or filter, wildcards included.
std::size_t levels_of(std::string_view topic);

class SubscriptionTree {
 public:
  SubscriptionTree();
  ~SubscriptionTree();
  /// `filter` without $share/NAME/; `share` is NAME or "". Gives true when it replaced one of this session.
  bool add(std::string_view filter, std::string_view share, const Subscriber& subscriber);
  bool remove(std::string_view filter, std::string_view share, const Session* session);
  /// Everybody whose filter matches; somebody may come several times. Groups come once for each of their filters.
  template <class OnSubscriber, class OnGroup>
  void match(std::string_view topic, OnSubscriber&& on_subscriber, OnGroup&& on_group) {
    found_.clear();
    collect(*root_, topic, 0, topic.starts_with('$'));
    for (Ends* ends : found_) {
      for (auto& s : ends->subscribers) on_subscriber(s);
      for (auto& g : ends->groups) on_group(g);
    }
  }

 private:
  /// What ends at a node.
  struct Ends {
    std::vector<Subscriber> subscribers;
    std::vector<ShareGroup> groups;
    bool empty() const { return subscribers.empty() && groups.empty(); }
  };
  struct Node {
    TextMap<std::unique_ptr<Node>> children;   // "+" is one of them
    Node* plus = nullptr;
    Ends here, all_below;   // of "…/level" and "…/level/#"
    bool empty() const { return children.empty() && here.empty() && all_below.empty(); }
  };
  void collect(Node& node, std::string_view topic, std::size_t at, bool hidden);
  void found(Ends& ends) { if (!ends.empty()) found_.push_back(&ends); }
  bool remove_below(Node& node, std::string_view filter, std::size_t at, std::string_view share, const Session* session);

  std::unique_ptr<Node> root_;
  std::vector<Ends*> found_;
};

class RetainedTree {
 public:
  RetainedTree();
  ~RetainedTree();
  /// Takes the place of the topic's message; null removes it.
  void set(std::string_view topic, MessagePtr message);
  /// In no order. Topics that begin with $ are not found by a filter that begins with a wildcard [MQTT-4.7.2-1].
  void match(std::string_view filter, const std::function<void(const MessagePtr&)>& visit) const;
  std::size_t count() const { return count_; }
  std::size_t bytes() const { return bytes_; }

 private:
  struct Node {
    TextMap<std::unique_ptr<Node>> children;
    MessagePtr message;
  };
  bool set_below(Node& node, std::string_view topic, std::size_t at, MessagePtr& message);
  static void all_of(const Node& node, const std::function<void(const MessagePtr&)>& visit);
  static void match_below(const Node& node, std::string_view filter, std::size_t at, bool first, const std::function<void(const MessagePtr&)>& visit);

  std::unique_ptr<Node> root_;
  std::size_t count_ = 0, bytes_ = 0;
};

}  // namespace machiya::sense::mqtt
