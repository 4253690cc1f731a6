// Preferences, subscribing and leaving, on both databases.
#include "tell/citizen/testing.h"

namespace machiya::tell {
namespace {
using testing::has;

struct CitizenPagesTest : testing::CitizenTest {};
MACHIYA_ON_BOTH_ENGINES(CitizenPagesTest);

http::Response one_click(http::Router& router, const std::string& path, http::Pairs form = {{"List-Unsubscribe", "One-Click"}}) {
  http::Request r = http::testing::request(http::Method::post, path);
  r.form_pairs = std::move(form);
  r.headers = {{"host", "city.example"}};   // a mail provider's program: no cookie, no token
  return router.dispatch(r);
}

TEST_P(CitizenPagesTest, one_adds_the_mailbox_of_the_log_in_and_chooses_topics) {
  auto hanako = citizen("hanako@example.jp");
  const auto before = hanako.get("/my/messages");
  EXPECT_EQ(before.status, 200);
  EXPECT_TRUE(has(before, "hanako@example.jp"));
  EXPECT_TRUE(has(before, "まだ登録がありません"));
  EXPECT_EQ(of_person("hanako@example.jp").id, 0) << "reading makes no recipient";
  press(hanako, "/my/messages/mail", {});
  EXPECT_EQ(of_address("mail", "hanako@example.jp").id, of_person("hanako@example.jp").id);
  const auto after = press(hanako, "/my/messages/topics", {{"channel", "mail"}, {"topics", "disaster"}, {"topics", "sports"}, {"topics", "nosuch"}});
  EXPECT_EQ(topics_in(of_person("hanako@example.jp"), "mail"), topic("disaster") | topic("sports"));
  EXPECT_TRUE(has(after, "15分野のうち2分野"));
  press(hanako, "/my/messages/mail", {});
  EXPECT_EQ(topics_in(of_person("hanako@example.jp"), "mail"), topic("disaster") | topic("sports")) << "pressed twice";
  EXPECT_EQ(hanako.post("/my/messages/topics", {{"channel", "line"}, {"topics", "sports"}}).status, 409);
  EXPECT_EQ(hanako.post("/my/messages/topics", {{"channel", "pigeon"}}).status, 422);
  press(hanako, "/my/messages/leave", {{"channel", "mail"}});
  EXPECT_TRUE(of_person("hanako@example.jp").channels.empty());
}

TEST_P(CitizenPagesTest, nobody_changes_anything_without_the_session_or_its_token) {
  auto hanako = citizen("hanako@example.jp");
  press(hanako, "/my/messages/mail", {});
  EXPECT_EQ(hanako.post("/my/messages/leave", {{"channel", "mail"}}, false).status, 403);
  identity::Browser visitor(*router);
  visitor.get("/subscribe");
  visitor.post("/my/messages/leave", {{"channel", "mail"}});
  EXPECT_EQ(of_person("hanako@example.jp").channels.size(), 1u);
}

TEST_P(CitizenPagesTest, channels_have_an_order_and_browsers_may_be_several) {
  auto hanako = citizen("hanako@example.jp");
  press(hanako, "/my/messages/mail", {});
  press(hanako, "/my/messages/topics", {{"channel", "mail"}, {"topics", "fire"}});
  const auto subscription = [](const std::string& name) { return R"({"endpoint":"https://push.example/)" + name + R"(","expirationTime":null,"keys":{"p256dh":"a","auth":"b"}})"; };
  press(hanako, "/my/messages/push", {{"subscription", subscription("1")}});
  EXPECT_EQ(topics_in(of_person("hanako@example.jp"), "push"), topic("fire")) << "a new channel begins with the topics of the first";
  press(hanako, "/my/messages/topics", {{"channel", "push"}, {"topics", "jobs"}});
  press(hanako, "/my/messages/push", {{"subscription", subscription("2")}});
  EXPECT_EQ(topics_in(of_person("hanako@example.jp"), "push"), topic("jobs"));
  const auto me = of_person("hanako@example.jp").id;
  const int push = channel("push");
  auto addresses = store().read([&](store::ReadTx& tx) { return audiences->addresses(tx, push, {me}, clock.now()); });
  ASSERT_TRUE(addresses.ok());
  EXPECT_EQ(addresses->size(), 2u);
  const auto refused = hanako.post("/my/messages/push", {{"subscription", R"({"endpoint":"https://evil.example/1","keys":{"p256dh":"a","auth":"b"}})"}});
  EXPECT_EQ(refused.status, 422);
  EXPECT_TRUE(has(refused, "通知サービスには送れません"));
  EXPECT_EQ(hanako.post("/my/messages/push", {{"subscription", "nonsense"}}).status, 422);
  EXPECT_EQ(of_person("hanako@example.jp").channels.front().channel, channel("mail"));
  press(hanako, "/my/messages/order", {{"channel", "push"}});
  EXPECT_EQ(of_person("hanako@example.jp").channels.front().channel, channel("push"));
}

TEST_P(CitizenPagesTest, what_one_tells_about_oneself_is_kept_only_until_it_is_taken_back) {
  auto hanako = citizen("hanako@example.jp");
  press(hanako, "/my/messages/about", {{"ward", "kita"}, {"age", "30s"}, {"events", "birth"}});
  EXPECT_EQ(json::to_canonical(of_person("hanako@example.jp").attributes), R"({"age":"30s","events":["birth"],"ward":"kita"})");
  EXPECT_EQ(hanako.post("/my/messages/about", {{"ward", "kita"}, {"age", "17"}}).status, 422);
  EXPECT_EQ(hanako.post("/my/messages/about", {{"events", "<b>"}}).status, 422);
  const auto page = hanako.get("/my/messages");
  EXPECT_TRUE(has(page, "<option value=\"kita\" selected>"));
  EXPECT_TRUE(has(page, "自分について教え、同意しました"));
  press(hanako, "/my/messages/about/withdraw", {});
  EXPECT_EQ(of_person("hanako@example.jp").attributes.size(), 0u);
  press(hanako, "/my/messages/language", {{"language", "vi"}});
  EXPECT_EQ(of_person("hanako@example.jp").lang, 5);
  EXPECT_EQ(hanako.post("/my/messages/language", {{"language", "xx"}}).status, 422);
}

TEST_P(CitizenPagesTest, what_was_sent_lately_is_shown_with_what_became_of_it) {
  auto hanako = citizen("hanako@example.jp");
  press(hanako, "/my/messages/mail", {});
  press(hanako, "/my/messages/topics", {{"channel", "mail"}, {"topics", "disaster"}});
  const std::string id = release(draft("防災訓練のお知らせ"));
  const auto lease = store().write([&](store::Tx& tx) { return store::take_lease(tx, clock, "tell-expander", "me", 10 * kSecond); });
  ASSERT_TRUE(lease.ok() && *lease);
  for (auto step = ledger->expand(**lease); step.ok() && *step; step = ledger->expand(**lease)) {}
  const auto page = hanako.get("/my/messages");
  EXPECT_TRUE(has(page, "href=\"/messages/" + id + "\">防災訓練のお知らせ</a>")) << page.body;
  EXPECT_TRUE(has(page, "送る順番を待っています"));
}

TEST_P(CitizenPagesTest, a_link_in_a_mail_is_opened_by_scanners_and_only_the_button_subscribes) {
  identity::Browser visitor(*router);
  visitor.get("/subscribe");
  const auto asked = visitor.post("/subscribe", {{"email", " Taro@Example.JP "}, {"topics", "disaster"}, {"topics", "health"}, {"language", "en"}});
  EXPECT_EQ(asked.status, 200);
  ASSERT_EQ(mails.size(), 1u);
  EXPECT_EQ(mails[0].to, "taro@example.jp");
  EXPECT_EQ(mails[0].lang, "en");
  const auto at = mails[0].body.find("https://city.example/subscribe/confirm/");
  ASSERT_NE(at, std::string::npos);
  const std::string path = mails[0].body.substr(at + 20, 19 + 26);
  EXPECT_FALSE(has(asked, path)) << "outside of the demonstration the page does not show it";
  EXPECT_EQ(visitor.get(path).status, 200);
  EXPECT_EQ(visitor.get(path).status, 200);
  EXPECT_EQ(of_address("mail", "taro@example.jp").id, 0);
  const auto done = visitor.post(path, {});
  EXPECT_EQ(done.status, 200);
  const Recipient taro = of_address("mail", "taro@example.jp");
  EXPECT_EQ(topics_in(taro, "mail"), topic("disaster") | topic("health"));
  EXPECT_EQ(taro.lang, 2);
  EXPECT_TRUE(has(done, "/leave/" + taro.leave_id + "/mail"));
  EXPECT_EQ(visitor.post(path, {}).status, 410);
}

TEST_P(CitizenPagesTest, the_answer_is_the_same_for_known_addresses_and_no_mailbox_is_filled) {
  subscribe("mail", "known@example.jp", topic("sports"));
  identity::Browser visitor(*router);
  visitor.get("/subscribe");
  const http::Pairs rest = {{"topics", "fire"}, {"language", "ja"}};
  const auto ask = [&](const std::string& address) {
    http::Pairs form = rest;
    form.emplace_back("email", address);
    return visitor.post("/subscribe", form);
  };
  const std::string first = ask("known@example.jp").body;
  EXPECT_EQ(ask("unknown@example.jp").body, first);
  EXPECT_EQ(topics_in(of_address("mail", "known@example.jp"), "mail"), topic("sports")) << "who only knows the address changes nothing";
  for (int i = 0; i < 5; ++i) EXPECT_EQ(ask("unknown@example.jp").body, first);
  EXPECT_EQ(mails.size(), 1u + Citizen::kMailsPerHour);
  clock.advance(kHour + kSecond);
  ask("unknown@example.jp");
  EXPECT_EQ(mails.size(), 2u + Citizen::kMailsPerHour);
  EXPECT_EQ(visitor.post("/subscribe", {{"email", "no address"}, {"topics", "fire"}}).status, 422);
  EXPECT_EQ(visitor.post("/subscribe", {{"email", "a@example.jp"}}).status, 422);
}

TEST_P(CitizenPagesTest, one_click_leaves_without_cookie_and_never_on_get) {
  const auto taro = subscribe("mail", "taro@example.jp", topic("sports") | topic("fire"));
  subscribe("line", "Utaro", topic("sports"), taro);
  const std::string path = "/leave/" + recipient(taro).leave_id + "/mail";
  identity::Browser visitor(*router);
  const auto page = visitor.get(path);
  EXPECT_TRUE(has(page, "スポーツ")) << page.body;
  EXPECT_TRUE(has(page, "本人(ログイン)"));
  EXPECT_TRUE(visitor.cookies.empty());
  EXPECT_EQ(recipient(taro).channels.size(), 2u);
  EXPECT_EQ(one_click(*router, path, {}).status, 400);
  EXPECT_EQ(one_click(*router, path, {{"topic", "sports"}}).status, 303);
  EXPECT_EQ(topics_in(recipient(taro), "mail"), topic("fire"));
  const auto left = one_click(*router, path);
  EXPECT_EQ(left.status, 200);
  EXPECT_EQ(topics_in(recipient(taro), "mail"), -1);
  EXPECT_EQ(topics_in(recipient(taro), "line"), topic("sports")) << "only the channel whose link it was";
}

TEST_P(CitizenPagesTest, links_tell_nothing_about_who_is_a_recipient) {
  const auto taro = subscribe("mail", "taro@example.jp", topic("fire"));
  const std::string left = "/leave/" + recipient(taro).leave_id + "/mail", never = "/leave/00000000000000000000000000/mail", nowhere = "/leave/" + recipient(taro).leave_id + "/pigeon";
  one_click(*router, left);
  identity::Browser visitor(*router);
  const std::string gone = visitor.get(left).body;
  EXPECT_EQ(visitor.get(never).body, gone);
  EXPECT_EQ(visitor.get(nowhere).body, gone);
  const std::string again = one_click(*router, left).body;
  EXPECT_EQ(one_click(*router, never).body, again);
  EXPECT_EQ(one_click(*router, never, {{"topic", "fire"}}).status, one_click(*router, left, {{"topic", "fire"}}).status);
}

}  // namespace
}  // namespace machiya::tell
