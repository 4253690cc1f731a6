// For tests: what a subscriber is sent, compared with the given payloads.
#pragma once
#include <algorithm>

#include "sense/ngsild/subscription_fixture.h"

namespace machiya::sense::ngsild {
using tree::Member;
using tree::Value;

inline constexpr const char* kId = "urn:ngsi-ld:Building:b1";

class NotificationFixture : public SubscriptionFixture {
 protected:
  /// The same but for the order of lists and for what times say.
  static bool same(const Value& a, const Value& b, std::string_view key = {}) {
    if (key == "createdAt" || key == "modifiedAt" || key == "deletedAt") return a.is_string() && b.is_string();
    if (a.is_array() && b.is_array() && key != "coordinates")
      return a.count == b.count && std::ranges::all_of(a.items(), [&](const Value& x) { return std::ranges::any_of(b.items(), [&](const Value& y) { return same(x, y); }); });
    if (a.is_object() && b.is_object())
      return a.count == b.count && std::ranges::all_of(a.members(), [&](const Member& m) { return b.has(m.key) && same(m.value, b[m.key], m.key); });
    return tree::equal(a, b);
  }
  // The given subscription, with an id of its own.
  std::string given(const std::string& name) {
    std::string text = payload("subscriptions/" + name);
    const std::size_t at = text.find("urn:ngsi-ld:Subscription:randomUUID");
    if (at != std::string::npos) text.replace(at, 35, "urn:ngsi-ld:Subscription:s" + std::to_string(++made_));
    return subscribe(text);
  }
  void make(const std::string& name, const std::string& id = kId) { EXPECT_EQ(post("/entities", payload("entities/" + name, id)).status, 201); }
  void write(http::Method method, const std::string& target, const std::string& body) {
    const auto answer = method == http::Method::del ? del(target) : method == http::Method::patch ? patch(target, body) : post(target, body);
    EXPECT_TRUE(answer.status == 204 || answer.status == 201 || answer.status == 207) << answer.status << answer.body;
  }
  static std::string attrs(const std::string& id = kId) { return "/entities/" + id + "/attrs"; }
  /// One notification has come, with what the given file says, for another id.
  void expect_given(const std::string& file, std::string said = "") {
    const auto came = news();
    ASSERT_EQ(came.size(), 1u) << file;
    std::string text = payload("subscriptions/expectations/" + file, kId);
    // What was encoded twice in the file.
    const std::string twice = R"(\u00c3\u00ad)";
    for (std::size_t at; (at = text.find(twice)) != std::string::npos;) text.replace(at, twice.size(), "\xC3\xAD");
    if (!said.empty())
      for (std::size_t at; (at = text.find(said)) != std::string::npos;) text.replace(at, said.size(), kId);
    Value expected = json(text);
    if (expected.is_object()) expected = arena.array({expected});
    EXPECT_TRUE(same(data(came[0]), expected)) << file << "\n" << tree::to_text(data(came[0])) << "\n" << tree::to_text(expected);
  }
  bool skip() const { return !has_payloads(); }

 private:
  int made_ = 0;
};
#define NEEDS_PAYLOADS \
  if (skip()) GTEST_SKIP() << "skipped: shared data absent"

}  // namespace machiya::sense::ngsild
