#include "sense/mqtt/trees.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "base/rng.h"
#include "base/text.h"
#include "sense/mqtt/session.h"

namespace machiya::sense::mqtt {
namespace {

/// §4.7 word for word, level by level.
bool matches(std::string_view filter, std::string_view topic) {
  const auto f = split(filter, '/'), t = split(topic, '/');
  if (topic.starts_with('$') && (f[0] == "+" || f[0] == "#")) return false;
  for (std::size_t i = 0; i < f.size(); ++i) {
    if (f[i] == "#") return true;
    if (i >= t.size() || (f[i] != "+" && f[i] != t[i])) return false;
    if (i + 2 == f.size() && f[i + 1] == "#" && t.size() == i + 1) return true;   // "a/#" is also "a"
  }
  return f.size() == t.size();
}

std::string some_levels(SeededRng& rng, bool filter) {
  static constexpr const char* kLevels[] = {"a", "b", "", "$x", "町"};
  std::string out;
  const auto n = 1 + rng.below(4);
  for (std::uint64_t i = 0; i < n; ++i) {
    if (i > 0) out += '/';
    const auto kind = filter ? rng.below(10) : 9;
    if (kind == 0 && (i > 0 || n == 1 || rng.below(2) == 0)) return out + "#";
    out += kind < 3 ? "+" : kLevels[rng.below(5)];
  }
  return out.empty() ? "a" : out;
}

TEST(MqttTrees, FindsWhatTheRulesFind) {
  SeededRng rng(11);
  std::vector<Session> sessions(10);
  SubscriptionTree tree;
  std::map<std::size_t, std::set<std::string>> truth;
  for (int step = 0; step < 3'000; ++step) {
    const std::size_t who = rng.below(sessions.size());
    const std::string filter = some_levels(rng, true);
    if (rng.below(3) != 0) {
      EXPECT_EQ(tree.add(filter, "", {&sessions[who], {}}), !truth[who].insert(filter).second) << filter;
    } else {
      EXPECT_EQ(tree.remove(filter, "", &sessions[who]), truth[who].erase(filter) > 0) << filter;
    }
    const std::string topic = some_levels(rng, false);
    std::multiset<std::size_t> found, wanted;
    tree.match(topic, [&](const Subscriber& s) { found.insert(static_cast<std::size_t>(s.session - sessions.data())); }, [](ShareGroup&) {});
    for (const auto& [session, filters] : truth)
      for (const auto& f : filters)
        if (matches(f, topic)) wanted.insert(session);
    ASSERT_EQ(found, wanted) << topic;
  }
}

TEST(MqttTrees, FindsRetainedMessagesByTheSameRules) {
  SeededRng rng(12);
  RetainedTree tree;
  std::set<std::string> truth;
  for (int step = 0; step < 2'000; ++step) {
    const std::string topic = some_levels(rng, false);
    const bool keep = rng.below(3) != 0;
    tree.set(topic, keep ? make_message(topic, "x", {}, 1, true, 0) : nullptr);
    if (keep) truth.insert(topic);
    else truth.erase(topic);
    EXPECT_EQ(tree.count(), truth.size());
    const std::string filter = some_levels(rng, true);
    std::multiset<std::string> found, wanted;
    tree.match(filter, [&](const MessagePtr& m) { found.emplace(m->topic()); });
    for (const auto& t : truth)
      if (matches(filter, t)) wanted.insert(t);
    ASSERT_EQ(found, wanted) << filter;
  }
  for (const auto& t : std::set<std::string>(truth)) tree.set(t, nullptr);
  EXPECT_EQ(tree.count(), 0u);
  EXPECT_EQ(tree.bytes(), 0u);
}

}  // namespace
}  // namespace machiya::sense::mqtt
