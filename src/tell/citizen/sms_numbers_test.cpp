// Telephone numbers of people who are logged in, on both databases.
#include "tell/citizen/testing.h"

namespace machiya::tell {
namespace {
using testing::has;

struct SmsNumberTest : testing::CitizenTest {
  const std::string path = "/my/messages/sms";
  http::Response ask(identity::Browser& browser, const std::string& number) { return browser.post(path, {{"number", number}}); }
  http::Response type(identity::Browser& browser, const std::string& code) { return browser.post(path + "/code", {{"code", code}}); }
  /// What the last SMS begins with.
  std::string last_code() { return codes.empty() ? "" : codes.back().second.substr(0, 6); }
  std::string another_code() { return last_code() == "000000" ? "000001" : "000000"; }
  /// A number from the form to the channel.
  void give(identity::Browser& browser, const std::string& number) {
    EXPECT_EQ(ask(browser, number).status, 303);
    EXPECT_EQ(type(browser, last_code()).status, 303);
  }
  std::vector<std::string> numbers_of(const std::string& email) {
    std::vector<std::string> out;
    const int sms = channel("sms");
    auto found = store().read([&](store::ReadTx& tx) { return audiences->addresses(tx, sms, {of_person(email).id}, clock.now()); });
    EXPECT_TRUE(found.ok());
    if (found.ok())
      for (const Reached& one : *found) out.push_back(one.address);
    return out;
  }
  std::int64_t count(const std::string& sql) {
    auto row = store().read([&](store::ReadTx& tx) { return tx.query_one(sql, {}); });
    EXPECT_TRUE(row.ok()) << row.error().to_string();
    return row.ok() && *row ? (*row)->integer(0) : -1;
  }
  http::Response mine(identity::Browser& browser) { return browser.get("/my/messages"); }
};
MACHIYA_ON_BOTH_ENGINES(SmsNumberTest);

TEST_P(SmsNumberTest, a_code_that_came_back_makes_the_number_theirs) {
  auto hanako = citizen("hanako@example.jp");
  press(hanako, "/my/messages/mail", {});
  press(hanako, "/my/messages/topics", {{"channel", "mail"}, {"topics", "fire"}});
  const auto asked = ask(hanako, "０９０‐２３４５‐６７８９");
  EXPECT_EQ(asked.status, 303);
  EXPECT_EQ(identity::header_of(asked, "location").find("90"), std::string::npos) << "no number in an address";
  ASSERT_EQ(codes.size(), 1u);
  EXPECT_EQ(codes[0].first, "+819023456789");
  EXPECT_EQ(codes[0].second.find(last_code() + " はX"), 0u) << codes[0].second;
  EXPECT_EQ(codes[0].second.find("http"), std::string::npos) << "no link: nobody shall learn to tap links of codes";
  EXPECT_TRUE(numbers_of("hanako@example.jp").empty()) << "before the code nothing is sent there";
  const auto waiting = mine(hanako);
  EXPECT_TRUE(has(waiting, "090-2345-6789")) << waiting.body;
  EXPECT_TRUE(has(waiting, "one-time-code"));
  const auto wrong = type(hanako, another_code());
  EXPECT_EQ(wrong.status, 422);
  EXPECT_TRUE(has(wrong, "確認番号が違います"));
  EXPECT_EQ(type(hanako, " " + last_code().substr(0, 3) + " " + last_code().substr(3)).status, 303);
  EXPECT_EQ(numbers_of("hanako@example.jp"), std::vector<std::string>{"+819023456789"});
  EXPECT_EQ(topics_in(of_person("hanako@example.jp"), "sms"), topic("fire")) << "a new channel begins with the topics of the first";
  const auto after = mine(hanako);
  EXPECT_TRUE(has(after, "SMSで届いた番号の入力")) << "the record of consent";
  EXPECT_FALSE(has(after, "090-2345-6789"));
  EXPECT_EQ(type(hanako, last_code()).status, 422) << "used up";
  EXPECT_EQ(count("SELECT count(*) FROM tell_sms_code"), 0);
}

TEST_P(SmsNumberTest, what_no_sms_reaches_is_refused_with_its_reason_and_nothing_is_sent) {
  auto hanako = citizen("hanako@example.jp");
  for (const auto& [number, words] : std::vector<std::pair<std::string, std::string>>{{"06-6208-8181", "固定電話"}, {"050-1234-5678", "IP電話"}, {"0120-123-456", "フリーダイヤル"}, {"0800-123-4567", "フリーダイヤル"}, {"+1 900 555 0100", "外国の番号"}, {"x", "11けた"}}) {
    const auto refused = ask(hanako, number);
    EXPECT_EQ(refused.status, 422) << number;
    EXPECT_TRUE(has(refused, words)) << number;
    EXPECT_TRUE(has(refused, "value=\"" + number + "\"")) << "what was typed stays";
  }
  EXPECT_TRUE(codes.empty());
  EXPECT_EQ(count("SELECT count(*) FROM tell_sms_asked"), 0);
}

TEST_P(SmsNumberTest, a_code_has_ten_minutes_and_five_tries) {
  auto hanako = citizen("hanako@example.jp");
  ask(hanako, "09012345678");
  clock.advance(10 * kMinute);
  EXPECT_EQ(type(hanako, last_code()).status, 422);
  EXPECT_FALSE(has(mine(hanako), "one-time-code"));
  ask(hanako, "09012345678");
  clock.advance(10 * kMinute - kSecond);
  for (int i = 0; i < SmsDesk::kTries - 1; ++i) EXPECT_TRUE(has(type(hanako, another_code()), "確認番号が違います")) << i;
  EXPECT_TRUE(has(type(hanako, another_code()), "もう使えません")) << "the fifth";
  EXPECT_EQ(type(hanako, last_code()).status, 422) << "even the right one";
  EXPECT_TRUE(numbers_of("hanako@example.jp").empty());
}

TEST_P(SmsNumberTest, three_codes_an_hour_for_an_account_and_to_a_number_and_the_second_is_not_told) {
  auto hanako = citizen("hanako@example.jp"), taro = citizen("taro@example.jp");
  for (int i = 0; i < 3; ++i) EXPECT_EQ(ask(hanako, "0901234000" + std::to_string(i)).status, 303);
  EXPECT_EQ(ask(hanako, "09012340009").status, 429) << "for one account";
  EXPECT_EQ(codes.size(), 3u);
  auto jiro = citizen("jiro@example.jp");
  ask(taro, "09012340000"), ask(jiro, "09012340000");
  EXPECT_EQ(codes.size(), 5u);
  const auto fourth = ask(taro, "09012340000"), other = ask(jiro, "09012340009");
  EXPECT_EQ(codes.size(), 6u) << "to one number three";
  EXPECT_EQ(fourth.status, other.status);
  EXPECT_EQ(identity::header_of(fourth, "location"), identity::header_of(other, "location"));
  EXPECT_TRUE(has(mine(taro), "one-time-code")) << "the page looks the same";
  clock.advance(kHour + kSecond);
  auto later = citizen("hanako@example.jp");   // the session is over by now
  ask(later, "09012340000");
  EXPECT_EQ(codes.size(), 7u);
}

TEST_P(SmsNumberTest, the_whole_house_sends_no_more_than_its_bound) {
  for (int i = 0; i < 8; ++i) {
    auto one = citizen("p" + std::to_string(i) + "@example.jp");
    EXPECT_EQ(ask(one, "0901234000" + std::to_string(i)).status, 303);
  }
  auto last = citizen("last@example.jp");
  EXPECT_EQ(ask(last, "09012340009").status, 429);
  EXPECT_EQ(codes.size(), 8u);
  clock.advance(kHour + kSecond);
  auto later = citizen("last@example.jp");
  ask(later, "09012340009");
  EXPECT_EQ(codes.size(), 9u);
}

TEST_P(SmsNumberTest, a_number_of_somebody_else_is_answered_the_same_and_moves_with_the_code_only) {
  auto hanako = citizen("hanako@example.jp"), taro = citizen("taro@example.jp");
  give(hanako, "09012345678");
  const auto known = ask(taro, "09012345678");
  const std::string page_known = mine(taro).body;
  EXPECT_EQ(numbers_of("hanako@example.jp").size(), 1u);
  auto jiro = citizen("jiro@example.jp");
  const auto unknown = ask(jiro, "09087654321");
  EXPECT_EQ(known.status, unknown.status);
  EXPECT_EQ(identity::header_of(known, "location"), identity::header_of(unknown, "location"));
  EXPECT_NE(page_known.find("090-1234-5678 に"), std::string::npos);
  EXPECT_EQ(codes[1].first, "+819012345678");
  EXPECT_EQ(type(taro, codes[1].second.substr(0, 6)).status, 303);
  EXPECT_TRUE(numbers_of("hanako@example.jp").empty());
  EXPECT_EQ(numbers_of("taro@example.jp").size(), 1u);
  EXPECT_EQ(type(jiro, codes[1].second.substr(0, 6)).status, 422) << "a code is good for its own account";
}

TEST_P(SmsNumberTest, a_new_number_takes_the_place_of_the_old_and_removal_ends_everything) {
  auto hanako = citizen("hanako@example.jp");
  give(hanako, "09012345678");
  press(hanako, "/my/messages/mail", {});
  press(hanako, "/my/messages/topics", {{"channel", "sms"}, {"topics", "jobs"}});
  give(hanako, "08012345678");
  EXPECT_EQ(numbers_of("hanako@example.jp"), std::vector<std::string>{"+818012345678"});
  const Recipient me = of_person("hanako@example.jp");
  EXPECT_EQ(me.channels.front().channel, channel("sms")) << "its place in the order stays";
  EXPECT_EQ(topics_in(me, "sms"), topic("jobs"));
  press(hanako, "/my/messages/order", {{"channel", "mail"}});
  EXPECT_EQ(of_person("hanako@example.jp").channels.front().channel, channel("mail"));
  ask(hanako, "07012345678");   // still waiting
  press(hanako, "/my/messages/leave", {{"channel", "sms"}});
  EXPECT_TRUE(numbers_of("hanako@example.jp").empty());
  EXPECT_EQ(topics_in(of_person("hanako@example.jp"), "sms"), -1);
  EXPECT_EQ(type(hanako, last_code()).status, 422) << "the one that waited is forgotten, too";
}

TEST_P(SmsNumberTest, numbers_lie_sealed_and_those_that_nobody_proved_are_forgotten) {
  auto hanako = citizen("hanako@example.jp");
  const std::int64_t keys = count("SELECT count(*) FROM data_key WHERE erased = 0");
  ask(hanako, "09012345678");
  EXPECT_EQ(count("SELECT count(*) FROM data_key WHERE erased = 0"), keys + 1);
  for (const char* sql : {"SELECT number FROM tell_sms_code", "SELECT number FROM tell_sms_asked", "SELECT code FROM tell_sms_code"}) {
    auto row = store().read([&](store::ReadTx& tx) { return tx.query_one(sql, {}); });
    ASSERT_TRUE(row.ok() && *row);
    EXPECT_EQ((*row)->text(0).find("12345678"), std::string::npos) << sql;
    EXPECT_EQ((*row)->text(0).find(last_code()), std::string::npos) << sql;
  }
  ASSERT_TRUE(citizen_pages->tidy(10).ok());
  EXPECT_EQ(count("SELECT count(*) FROM tell_sms_code"), 1);
  clock.advance(10 * kMinute + kSecond);
  ASSERT_TRUE(citizen_pages->tidy(10).ok());
  EXPECT_EQ(count("SELECT count(*) FROM tell_sms_code"), 0);
  EXPECT_EQ(count("SELECT count(*) FROM data_key WHERE erased = 0"), keys) << "the key went with the number";
}

TEST_P(SmsNumberTest, without_the_channel_the_part_is_absent) {
  CitizenWeb without = web();
  without.sms_code = nullptr;
  http::Router other;
  Citizen pages(std::move(without));
  pages.add_routes(other);
  for (const http::Route& route : other.routes()) EXPECT_EQ(route.pattern.find("/sms"), std::string::npos) << route.pattern;
  auto hanako = citizen("hanako@example.jp");
  EXPECT_TRUE(has(mine(hanako), "id=\"add-sms\""));
  EXPECT_EQ(hanako.post(path, {{"number", "09012345678"}}, false).status, 403) << "without the form's token";
  EXPECT_TRUE(codes.empty());
}

}  // namespace
}  // namespace machiya::tell
