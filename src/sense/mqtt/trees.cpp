#include "sense/mqtt/trees.h"

#include <algorithm>

namespace machiya::sense::mqtt {
namespace {

constexpr std::size_t kEnd = std::string_view::npos;

/// The level that begins at `at`; `at` moves to the next one, or to kEnd.
std::string_view take_level(std::string_view topic, std::size_t& at) {
  const auto slash = topic.find('/', at);
  const std::string_view level = topic.substr(at, slash == kEnd ? kEnd : slash - at);
  at = slash == kEnd ? kEnd : slash + 1;
  return level;
}

bool add_to(std::vector<Subscriber>& list, const Subscriber& subscriber) {
  for (auto& s : list)
    if (s.session == subscriber.session) {
      s.options = subscriber.options;
      return true;
    }
  list.push_back(subscriber);
  return false;
}
bool remove_from(std::vector<Subscriber>& list, const Session* session) {
  const auto it = std::find_if(list.begin(), list.end(), [session](const Subscriber& s) { return s.session == session; });
  if (it == list.end()) return false;
  list.erase(it);
  return true;
}

}  // namespace

std::size_t levels_of(std::string_view topic) { return 1 + static_cast<std::size_t>(std::count(topic.begin(), topic.end(), '/')); }

SubscriptionTree::SubscriptionTree() : root_(std::make_unique<Node>()) {}
SubscriptionTree::~SubscriptionTree() = default;

bool SubscriptionTree::add(std::string_view filter, std::string_view share, const Subscriber& subscriber) {
  Node* node = root_.get();
  Ends* ends = nullptr;
  for (std::size_t at = 0; at != kEnd;) {
    const std::string_view level = take_level(filter, at);
    if (level == "#") {
      ends = &node->all_below;
      break;
    }
    auto it = node->children.find(level);
    if (it == node->children.end()) it = node->children.emplace(std::string(level), std::make_unique<Node>()).first;
    if (level == "+") node->plus = it->second.get();
    node = it->second.get();
  }
  if (ends == nullptr) ends = &node->here;
  if (share.empty()) return add_to(ends->subscribers, subscriber);
  auto group = std::find_if(ends->groups.begin(), ends->groups.end(), [share](const ShareGroup& g) { return g.name == share; });
  if (group == ends->groups.end()) group = ends->groups.insert(group, {std::string(share), {}, 0});
  return add_to(group->members, subscriber);
}

bool SubscriptionTree::remove(std::string_view filter, std::string_view share, const Session* session) { return remove_below(*root_, filter, 0, share, session); }

/// Nodes that hold nothing any more go.
bool SubscriptionTree::remove_below(Node& node, std::string_view filter, std::size_t at, std::string_view share, const Session* session) {
  const std::string_view level = at == kEnd ? std::string_view() : take_level(filter, at);
  const bool ends_here = at == kEnd && (level.data() == nullptr || level == "#");
  if (ends_here) {
    Ends& ends = level == "#" ? node.all_below : node.here;
    if (share.empty()) return remove_from(ends.subscribers, session);
    const auto group = std::find_if(ends.groups.begin(), ends.groups.end(), [share](const ShareGroup& g) { return g.name == share; });
    if (group == ends.groups.end()) return false;
    const bool removed = remove_from(group->members, session);
    if (group->members.empty()) ends.groups.erase(group);
    return removed;
  }
  const auto it = node.children.find(level);
  if (it == node.children.end()) return false;
  const bool removed = remove_below(*it->second, filter, at, share, session);
  if (it->second->empty()) {
    if (level == "+") node.plus = nullptr;
    node.children.erase(it);
  }
  return removed;
}

void SubscriptionTree::collect(Node& node, std::string_view topic, std::size_t at, bool hidden) {
  if (!hidden) found(node.all_below);   // "a/#" is also "a" (§4.7.1.2); [MQTT-4.7.2-1] at the first level
  if (at == kEnd) return found(node.here);
  const std::string_view level = take_level(topic, at);
  if (const auto it = node.children.find(level); it != node.children.end()) collect(*it->second, topic, at, false);
  if (node.plus != nullptr && !hidden) collect(*node.plus, topic, at, false);
}

RetainedTree::RetainedTree() : root_(std::make_unique<Node>()) {}
RetainedTree::~RetainedTree() = default;

void RetainedTree::set(std::string_view topic, MessagePtr message) { (void)set_below(*root_, topic, 0, message); }

/// True when the node holds nothing any more.
bool RetainedTree::set_below(Node& node, std::string_view topic, std::size_t at, MessagePtr& message) {
  if (at == kEnd) {
    if (node.message) {
      count_ -= 1;
      bytes_ -= node.message->bytes.size();
    }
    node.message = std::move(message);
    if (node.message) {
      count_ += 1;
      bytes_ += node.message->bytes.size();
    }
    return !node.message && node.children.empty();
  }
  const std::string_view level = take_level(topic, at);
  auto it = node.children.find(level);
  if (it == node.children.end()) {
    if (!message) return false;
    it = node.children.emplace(std::string(level), std::make_unique<Node>()).first;
  }
  if (set_below(*it->second, topic, at, message)) node.children.erase(it);
  return !node.message && node.children.empty();
}

void RetainedTree::match(std::string_view filter, const std::function<void(const MessagePtr&)>& visit) const { match_below(*root_, filter, 0, true, visit); }

void RetainedTree::all_of(const Node& node, const std::function<void(const MessagePtr&)>& visit) {
  if (node.message) visit(node.message);
  for (const auto& [level, child] : node.children) all_of(*child, visit);
}

void RetainedTree::match_below(const Node& node, std::string_view filter, std::size_t at, bool first, const std::function<void(const MessagePtr&)>& visit) {
  if (at == kEnd) {
    if (node.message) visit(node.message);
    return;
  }
  const std::string_view level = take_level(filter, at);
  if (level == "#" || level == "+") {
    if (level == "#" && node.message) visit(node.message);
    for (const auto& [name, child] : node.children) {
      if (first && name.starts_with('$')) continue;
      if (level == "#") all_of(*child, visit);
      else match_below(*child, filter, at, false, visit);
    }
    return;
  }
  if (const auto it = node.children.find(level); it != node.children.end()) match_below(*it->second, filter, at, false, visit);
}

}  // namespace machiya::sense::mqtt
