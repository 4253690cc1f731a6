// A browser's new address in the place of its old one, on both databases.
#include "tell/citizen/testing.h"

namespace machiya::tell {
namespace {

struct PushRenewalTest : testing::CitizenTest {
  static std::string subscription(const std::string& name, const std::string& auth = "b", const std::string& host = "push.example") {
    return R"({"endpoint":"https://)" + host + "/" + name + R"(","expirationTime":null,"keys":{"p256dh":"a","auth":")" + auth + R"("}})";
  }
  http::Response renew(const std::string& before, const std::string& after) {
    http::Request r = http::testing::request(http::Method::post, "/channels/push/renewal");
    r.headers = {{"host", "city.example"}, {"content-type", "application/json"}};   // a service worker: no cookie, no token
    r.body = "{\"old\":" + before + ",\"new\":" + after + "}";
    return router->dispatch(r);
  }
  /// Endpoints by which this person is reached.
  std::vector<std::string> endpoints(const std::string& email) {
    std::vector<std::string> out;
    const int push = channel("push");
    auto found = store().read([&](store::ReadTx& tx) { return audiences->addresses(tx, push, {of_person(email).id}, clock.now()); });
    EXPECT_TRUE(found.ok());
    if (found.ok())
      for (const Reached& one : *found) out.push_back(json::parse(one.address)->text("endpoint"));
    return out;
  }
  /// The push service answers a message to it with 410.
  void dies(const std::string& email, const std::string& endpoint) {
    const int push = channel("push");
    const std::int64_t id = of_person(email).id;
    auto done = store().write([&](store::Tx& tx) -> Result<void> {
      MACHIYA_TRY(const auto reached, audiences->addresses(tx, push, {id}, clock.now()));
      for (const Reached& one : reached)
        if (json::parse(one.address)->text("endpoint") == endpoint) return audiences->failed(tx, id, push, one.id, false, "push-410");
      return Error(ErrorCode::not_found, "no such address in use");
    });
    EXPECT_TRUE(done.ok()) << done.error().to_string();
  }
  using List = std::vector<std::string>;
};
MACHIYA_ON_BOTH_ENGINES(PushRenewalTest);

TEST_P(PushRenewalTest, the_recipient_goes_on_hearing_with_the_same_choices) {
  auto hanako = citizen("hanako@example.jp");
  press(hanako, "/my/messages/push", {{"subscription", subscription("1")}});
  press(hanako, "/my/messages/mail", {});
  press(hanako, "/my/messages/topics", {{"channel", "push"}, {"topics", "jobs"}});
  const Recipient before = of_person("hanako@example.jp");
  EXPECT_EQ(renew(subscription("1"), subscription("2", "c")).status, 200);
  EXPECT_EQ(endpoints("hanako@example.jp"), List{"https://push.example/2"});
  const Recipient after = of_person("hanako@example.jp");
  EXPECT_EQ(after.id, before.id);
  EXPECT_EQ(after.channels.front().channel, channel("push")) << "its place in the order";
  EXPECT_EQ(topics_in(after, "push"), topic("jobs"));
  const auto page = hanako.get("/my/messages");
  EXPECT_TRUE(testing::has(page, "ブラウザーの宛先が新しくなりました"));
  EXPECT_TRUE(testing::has(page, "ブラウザー自身"));
  EXPECT_EQ(renew(subscription("2", "c"), subscription("3")).status, 200);
  EXPECT_EQ(endpoints("hanako@example.jp"), List{"https://push.example/3"});
}

TEST_P(PushRenewalTest, other_browsers_of_the_person_stay) {
  auto hanako = citizen("hanako@example.jp");
  press(hanako, "/my/messages/push", {{"subscription", subscription("1")}});
  press(hanako, "/my/messages/push", {{"subscription", subscription("other")}});
  renew(subscription("1"), subscription("2"));
  EXPECT_EQ(endpoints("hanako@example.jp"), (List{"https://push.example/other", "https://push.example/2"}));
  renew(subscription("2"), subscription("other"));
  EXPECT_EQ(endpoints("hanako@example.jp"), List{"https://push.example/other"}) << "the new one was told by the page already";
}

TEST_P(PushRenewalTest, who_does_not_know_the_whole_old_subscription_changes_nothing_and_learns_nothing) {
  auto hanako = citizen("hanako@example.jp");
  press(hanako, "/my/messages/push", {{"subscription", subscription("1")}});
  const auto right = renew(subscription("1"), subscription("2"));
  for (const std::string& before : {subscription("2", "guess"), subscription("nobody"), subscription("1"), std::string(R"({"endpoint":"https://push.example/2"})"), std::string("{}"), std::string("null")}) {
    const auto answer = renew(before, subscription("9"));
    EXPECT_EQ(answer.status, right.status) << before;
    EXPECT_EQ(answer.body, right.body) << before;
  }
  EXPECT_EQ(renew(subscription("1"), subscription("2")).status, 200) << "again";
  EXPECT_EQ(endpoints("hanako@example.jp"), List{"https://push.example/2"});
}

TEST_P(PushRenewalTest, only_listed_push_services_and_nobody_elses_browser) {
  auto hanako = citizen("hanako@example.jp"), taro = citizen("taro@example.jp");
  press(hanako, "/my/messages/push", {{"subscription", subscription("1")}});
  press(taro, "/my/messages/push", {{"subscription", subscription("t")}});
  const auto unlisted = renew(subscription("1"), subscription("2", "b", "evil.example")), unknown = renew(subscription("nobody"), subscription("2", "b", "evil.example"));
  EXPECT_EQ(unlisted.status, 403);
  EXPECT_EQ(unknown.status, unlisted.status) << "a refusal says nothing about the old one";
  EXPECT_EQ(unlisted.body.find("evil"), std::string::npos);
  EXPECT_EQ(renew(subscription("1"), subscription("t")).status, 200);
  EXPECT_EQ(endpoints("taro@example.jp"), List{"https://push.example/t"});
  EXPECT_EQ(endpoints("hanako@example.jp"), List{"https://push.example/1"});
  EXPECT_EQ(renew("1", "2").status, 403);
  EXPECT_EQ(renew("x", "{").status, 400);
}

TEST_P(PushRenewalTest, a_channel_that_was_stopped_does_not_come_back) {
  auto hanako = citizen("hanako@example.jp");
  press(hanako, "/my/messages/push", {{"subscription", subscription("1")}});
  press(hanako, "/my/messages/leave", {{"channel", "push"}});
  EXPECT_EQ(renew(subscription("1"), subscription("2")).status, 200);
  EXPECT_TRUE(of_person("hanako@example.jp").channels.empty());
  EXPECT_TRUE(endpoints("hanako@example.jp").empty());
}

TEST_P(PushRenewalTest, an_address_that_died_before_the_browser_said_so_gets_its_new_one_with_choices_and_place) {
  auto hanako = citizen("hanako@example.jp");
  press(hanako, "/my/messages/push", {{"subscription", subscription("1")}});
  press(hanako, "/my/messages/mail", {});
  press(hanako, "/my/messages/topics", {{"channel", "push"}, {"topics", "jobs"}});
  dies("hanako@example.jp", "https://push.example/1");
  EXPECT_EQ(topics_in(of_person("hanako@example.jp"), "push"), -1);
  EXPECT_EQ(renew(subscription("1", "guess"), subscription("9")).status, 200);
  EXPECT_TRUE(endpoints("hanako@example.jp").empty()) << "without the secret it is nobody's";
  EXPECT_EQ(renew(subscription("1"), subscription("2", "c")).status, 200);
  EXPECT_EQ(endpoints("hanako@example.jp"), List{"https://push.example/2"});
  const Recipient after = of_person("hanako@example.jp");
  EXPECT_EQ(topics_in(after, "push"), topic("jobs"));
  EXPECT_EQ(after.channels.front().channel, channel("push")) << "its place in the order";
  EXPECT_EQ(after.channels.size(), 2u);
  renew(subscription("1"), subscription("9"));
  EXPECT_EQ(endpoints("hanako@example.jp"), List{"https://push.example/2"}) << "a proof is good for one renewal";
  dies("hanako@example.jp", "https://push.example/2");
  renew(subscription("1"), subscription("9"));
  EXPECT_TRUE(endpoints("hanako@example.jp").empty());
  renew(subscription("2", "c"), subscription("3"));
  EXPECT_EQ(endpoints("hanako@example.jp"), List{"https://push.example/3"}) << "and it dies and comes back again";
}

TEST_P(PushRenewalTest, choices_that_changed_since_an_address_died_are_the_ones_that_count) {
  auto hanako = citizen("hanako@example.jp");
  press(hanako, "/my/messages/push", {{"subscription", subscription("1")}});
  press(hanako, "/my/messages/push", {{"subscription", subscription("other")}});
  dies("hanako@example.jp", "https://push.example/1");
  press(hanako, "/my/messages/topics", {{"channel", "push"}, {"topics", "jobs"}});
  renew(subscription("1"), subscription("2"));
  EXPECT_EQ(endpoints("hanako@example.jp"), (List{"https://push.example/other", "https://push.example/2"}));
  EXPECT_EQ(topics_in(of_person("hanako@example.jp"), "push"), topic("jobs"));
  dies("hanako@example.jp", "https://push.example/2");
  press(hanako, "/my/messages/topics", {{"channel", "push"}, {"topics", "fire"}});
  dies("hanako@example.jp", "https://push.example/other");
  renew(subscription("2"), subscription("3"));
  EXPECT_EQ(topics_in(of_person("hanako@example.jp"), "push"), topic("fire")) << "those of the channel when its last address died";
}

TEST_P(PushRenewalTest, a_dead_address_of_a_channel_that_was_left_or_of_a_browser_that_became_anothers_stays_dead) {
  auto hanako = citizen("hanako@example.jp"), taro = citizen("taro@example.jp");
  press(hanako, "/my/messages/push", {{"subscription", subscription("1")}});
  dies("hanako@example.jp", "https://push.example/1");
  press(hanako, "/my/messages/push", {{"subscription", subscription("other")}});
  press(hanako, "/my/messages/leave", {{"channel", "push"}});
  renew(subscription("1"), subscription("2"));
  EXPECT_TRUE(endpoints("hanako@example.jp").empty());
  press(hanako, "/my/messages/push", {{"subscription", subscription("shared")}});
  dies("hanako@example.jp", "https://push.example/shared");
  press(taro, "/my/messages/push", {{"subscription", subscription("shared")}});
  press(taro, "/my/messages/leave", {{"channel", "push"}});
  renew(subscription("shared"), subscription("3"));
  EXPECT_TRUE(endpoints("hanako@example.jp").empty());
  EXPECT_TRUE(endpoints("taro@example.jp").empty());
}

}  // namespace
}  // namespace machiya::tell
