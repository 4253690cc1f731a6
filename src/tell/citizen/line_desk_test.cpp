// What people do in LINE: becoming a friend, going, tapping topics, tying their account; each event once.
#include "platform/jose/keys.h"
#include "platform/vault/vault.h"
#include "tell/citizen/testing.h"

namespace machiya::tell {
namespace {

constexpr const char* kUser = "U4af4980629abcdef0123456789abcdef";

struct LineDeskTest : testing::CitizenTest {
  int events = 0;

  http::Response post(const std::string& body, const std::string& signature) {
    http::Request r = http::testing::request(http::Method::post, "/channels/line/webhook");
    r.body = body;
    r.headers = {{"host", "city.example"}, {"content-type", "application/json"}, {"x-line-signature", signature}};
    return router->dispatch(r);
  }
  http::Response post(const std::string& body) { return post(body, vault::base64(hmac(body))); }
  static std::string hmac(const std::string& body);
  static std::string event(const std::string& type, const std::string& more, const std::string& id, std::int64_t at) {
    return R"({"destination":"Ucity","events":[{"type":")" + type + R"(","mode":"active","timestamp":)" + std::to_string(at) + R"(,"source":{"type":"user","userId":")" + kUser + R"("},"webhookEventId":")" + id +
           R"(","deliveryContext":{"isRedelivery":false},"replyToken":"token")" + more + "}]}";
  }
  void happens(const std::string& type, const std::string& more = "") {
    const auto answer = post(event(type, more, "E" + std::to_string(++events), clock.now().us / 1000 + events));
    EXPECT_EQ(answer.status, 200) << answer.body;
  }
  void says(const std::string& text) { happens("message", R"(,"message":{"type":"text","id":"1","text":")" + text + R"("})"); }
  void taps(const std::string& data) { happens("postback", R"(,"postback":{"data":")" + data + R"("})"); }
  Recipient me() { return of_address("line", kUser); }
  const json::Value& buttons() { return replies.back()[std::size_t{0}]["quickReply"]["items"]; }
};
MACHIYA_ON_BOTH_ENGINES(LineDeskTest);

/// RFC 2104 with SHA-256, written out: what verifies is not what signs.
std::string LineDeskTest::hmac(const std::string& body) {
  std::string inner(64, '\0'), outer;
  const std::string secret = "line-secret";
  inner.replace(0, secret.size(), secret);
  outer = inner;
  for (char& c : inner) c = static_cast<char>(c ^ 0x36);
  for (char& c : outer) c = static_cast<char>(c ^ 0x5c);
  return jose::sha256(outer + jose::sha256(inner + body));
}

TEST_P(LineDeskTest, a_friend_is_a_recipient_without_topics_until_they_go) {
  happens("follow", R"(,"follow":{"isUnblocked":false})");
  EXPECT_EQ(topics_in(me(), "line"), 0);
  happens("unfollow");
  EXPECT_EQ(me().id, 0);
}

TEST_P(LineDeskTest, only_what_line_signed_is_believed) {
  const std::string body = event("follow", "", "E1", 1);
  EXPECT_EQ(post(body, "").status, 400);
  EXPECT_EQ(post(body + " ", vault::base64(hmac(body))).status, 400);
  EXPECT_EQ(me().id, 0);
  EXPECT_EQ(post("{}").status, 400);
  EXPECT_EQ(post(R"({"destination":"Ucity","events":[]})").status, 200) << "LINE tries whether we are there";
}

TEST_P(LineDeskTest, an_event_that_comes_twice_does_nothing_the_second_time) {
  happens("follow");
  const std::string on = event("postback", R"(,"postback":{"data":"topic:fire:on:1"})", "E-on", clock.now().us / 1000 + 10);
  EXPECT_EQ(post(on).status, 200);
  taps("topic:fire:off:1");
  EXPECT_EQ(post(on).status, 200);
  EXPECT_EQ(topics_in(me(), "line"), 0);
  EXPECT_EQ(replies.size(), 2u);
  clock.advance((LineDesk::kDaysKept + 1) * kDay);
  happens("unfollow");
  EXPECT_EQ(post(on).status, 200);
  EXPECT_EQ(topics_in(me(), "line"), topic("fire")) << "after a week the id is forgotten";
}

TEST_P(LineDeskTest, an_old_follow_that_comes_late_does_not_undo_a_going) {
  const std::int64_t at = clock.now().us / 1000;
  EXPECT_EQ(post(event("unfollow", "", "E2", at + 1000)).status, 200);
  EXPECT_EQ(post(event("follow", "", "E1", at)).status, 200);
  EXPECT_EQ(me().id, 0);
  EXPECT_EQ(post(event("follow", "", "E3", at + 2000)).status, 200);
  EXPECT_NE(me().id, 0);
}

TEST_P(LineDeskTest, topics_are_tapped_on_two_pages_of_thirteen_at_most) {
  happens("follow");
  says("こんにちは");
  EXPECT_TRUE(replies.empty()) << "anything else is for people";
  says("お知らせ");
  ASSERT_EQ(replies.size(), 1u);
  EXPECT_EQ(buttons().size(), LineDesk::kPerPage + 1);
  taps("topics:2");
  EXPECT_EQ(buttons().size(), 15 - LineDesk::kPerPage + 1);
  taps("topic:disaster:on:1");
  taps("topic:jobs:on:2");
  EXPECT_EQ(topics_in(me(), "line"), topic("disaster") | topic("jobs"));
  EXPECT_NE(replies.back()[std::size_t{0}].text("text").find("✓ 防災\n✓ 職員採用"), std::string::npos);
  for (const json::Value& item : buttons().items()) EXPECT_LE(count_code_points(item["action"].text("label")), 20u);
  taps("topic:disaster:off:1");
  taps("topic:nosuch:on:1");
  taps("something else");
  EXPECT_EQ(topics_in(me(), "line"), topic("jobs"));
  EXPECT_EQ(replies.size(), 6u);
}

TEST_P(LineDeskTest, who_asks_in_a_language_is_answered_in_it) {
  says("Topics");
  EXPECT_NE(replies.back()[std::size_t{0}].text("text").find("Choose topics below"), std::string::npos) << "also when the follow was lost";
  EXPECT_EQ(me().lang, 2);
}

TEST_P(LineDeskTest, a_code_from_the_page_ties_the_account) {
  happens("follow");
  taps("topic:fire:on:1");
  auto hanako = citizen("hanako@example.jp");
  hanako.get("/my/messages");
  const auto shown = hanako.post("/my/messages/line", {});
  const auto at = shown.body.find("class=\"code\">");
  ASSERT_NE(at, std::string::npos) << shown.body;
  const std::string code = shown.body.substr(at + 13, 9);
  says("ABCD-2345");
  EXPECT_NE(replies.back()[std::size_t{0}].text("text").find("コードが違うか"), std::string::npos);
  says(lower_ascii(code));
  EXPECT_NE(replies.back()[std::size_t{0}].text("text").find("つながりました"), std::string::npos);
  EXPECT_EQ(me().id, of_person("hanako@example.jp").id);
  EXPECT_EQ(topics_in(me(), "line"), topic("fire")) << "what was chosen in LINE stays";
  says(code);
  EXPECT_NE(replies.back()[std::size_t{0}].text("text").find("コードが違うか"), std::string::npos) << "it serves once";
}

TEST_P(LineDeskTest, a_code_is_good_for_ten_minutes_and_the_last_one_counts) {
  auto made = [&] { return *store().write([&](store::Tx& tx) { return LineDesk({store(), *vault, *audiences, *texts, clock, rng, [this] { return city->current(); }, nullptr}).new_code(tx, 7); }); };
  const std::string old = made(), last = made();
  says(old);
  EXPECT_EQ(me().person, 0);
  clock.advance(LineDesk::kCodeMinutes * kMinute + kSecond);
  says(last);
  EXPECT_EQ(me().person, 0);
  const std::string fresh = made();
  says(fresh);
  EXPECT_EQ(me().person, 7);
}

TEST(LineCode, IsReadAsPeopleTypeIt) {
  EXPECT_EQ(code_in("abcd-2345"), "ABCD2345");
  EXPECT_EQ(code_in("ＡＢＣＤ－２３４５"), "ABCD2345");
  EXPECT_EQ(code_in("ABCD 2345"), "ABCD2345");
  for (const char* other : {"", "ABCD-234", "ABCD-23456", "ABCD-234O", "防災防災", "ABCD_2345"}) EXPECT_EQ(code_in(other), "") << other;
}

}  // namespace
}  // namespace machiya::tell
