// The channel and its menus against a machine on loopback that answers as it is told: what is asked, and what each answer means.
#include "tell/line/line_channel.h"

#include <gmock/gmock.h>

#include "tell/line/line_menu.h"
#include "tell/line/line_quota.h"
#include "tell/gateway/retry_key.h"
#include "tell/testing/played_service.h"

namespace machiya::tell {
namespace {
using outbound::testing::Request;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string user(int n) {
  std::string tail = std::to_string(n);
  return "U" + std::string(32 - tail.size(), '0') + tail;
}

struct LineTest : ::testing::Test, testing::PlayedService {
  LineTest() : PlayedService("200 {}") {}
  std::unique_ptr<outbound::Outbound> door = testing::door_to({origin(), "http://127.0.0.1:1"});
  LineChannel line{options(), *door};

  LineChannelOptions options(const std::string& base = "") const {
    LineChannelOptions out;
    out.api.base = out.api.data_base = base.empty() ? origin() : base;
    out.api.token = "secret-token";
    out.api.timeout_ms = 500;
    return out;
  }
  Parcel parcel(std::vector<std::string> addresses) const { return testing::parcel_of(testing::content_of("お知らせ", "本文"), std::move(addresses)); }
  std::vector<std::string> reasons(const HandOff& out) const {
    std::vector<std::string> all;
    for (const Outcome& one : out.each) all.push_back(one.reason);
    return all;
  }
  std::string key_of(std::size_t i) const {
    const std::string name = "X-Line-Retry-Key: ";
    const std::size_t at = requests.at(i).head.find(name);
    return at == std::string::npos ? "" : requests[i].head.substr(at + name.size(), 36);
  }
};

TEST_F(LineTest, OneContentIsOneMulticastUnderTheParcelsKey) {
  Parcel sent = parcel({user(1), "no-user", user(2), user(1)});
  EXPECT_EQ(line.cost(sent), 10);
  const HandOff out = line.hand_off(sent);
  EXPECT_THAT(reasons(out), ElementsAre("line-200", "line-user", "line-200", "line-200"));
  EXPECT_EQ(out.each[1].fate, Fate::refused);
  ASSERT_EQ(requests.size(), 1u);
  EXPECT_THAT(requests[0].head, HasSubstr("POST /v2/bot/message/multicast "));
  EXPECT_THAT(requests[0].head, HasSubstr("Authorization: Bearer secret-token\r\n"));
  EXPECT_THAT(requests[0].head, HasSubstr("Content-Type: application/json\r\n"));
  EXPECT_EQ(key_of(0), sent.key);
  const json::Value body = *json::parse(requests[0].body);
  EXPECT_EQ(body["to"].size(), 2u);   // twice the same person is once
  EXPECT_EQ(body["messages"].size(), 1u);
}

TEST_F(LineTest, OnePersonIsAPushAndOwnContentsArePushesWithKeysOfTheirOwn) {
  Parcel sent = parcel({user(1), user(2), user(3)});
  auto own = std::make_shared<Content>(*sent.content);
  own->title = "花子さんへ";
  sent.to[1].own = own, sent.to[2].own = own;
  sent.to[1].leave = "https://city.example/leave/1";
  own->leave_text = "届く理由";
  EXPECT_EQ(line.cost(sent), 3);
  line.hand_off(sent);
  std::swap(sent.to[1], sent.to[2]);   // whatever order the ledger finds them in
  line.hand_off(sent);
  ASSERT_EQ(requests.size(), 6u);
  EXPECT_EQ(key_of(0), sent.key);
  EXPECT_EQ(key_of(1), part_key(sent.key, user(2)));
  EXPECT_EQ(key_of(1), key_of(5));
  EXPECT_EQ(key_of(2), key_of(4));
  EXPECT_NE(key_of(1), key_of(2));
  EXPECT_EQ(requests[1].body, requests[5].body);
  EXPECT_THAT(requests[1].head, HasSubstr("POST /v2/bot/message/push "));
  EXPECT_THAT(requests[1].body, HasSubstr("https://city.example/leave/1"));
}

TEST_F(LineTest, WhatAnAnswerMeans) {
  struct Case {
    std::string answer;
    Fate fate;
    std::string reason;
    bool down;
    std::int64_t wait_ms;
  };
  for (const Case& one : std::vector<Case>{{"200 {}", Fate::accepted, "line-200", false, 0},
                                           {"409 {\"message\":\"The retry key is already accepted\"}", Fate::accepted, "line-409", false, 0},
                                           {"429", Fate::again, "line-429", false, 7000},
                                           {"429 {\"message\":\"busy\"}", Fate::again, "line-429", false, 1000},
                                           {"429 {\"message\":\"You have reached your monthly limit.\"}", Fate::refused, "line-quota", false, 0},
                                           {"500", Fate::unknown, "line-500", false, 0},
                                           {"503", Fate::unknown, "line-503", false, 0},
                                           {"400", Fate::refused, "line-400", false, 0},
                                           {"413", Fate::refused, "line-413", false, 0},
                                           {"401", Fate::again, "line-401", true, 0},
                                           {"403", Fate::again, "line-403", true, 0},
                                           {"cut", Fate::unknown, "line-no-answer", true, 0}}) {
    answers = {one.answer};
    if (one.answer == "cut") answers.push_back("cut");   // a kept connection that dies is tried once more by itself: both have the key
    const HandOff out = line.hand_off(parcel({user(1), user(2)}));
    ASSERT_EQ(out.each.size(), 2u);
    for (const Outcome& each : out.each) {
      EXPECT_EQ(each.fate, one.fate) << one.answer;
      EXPECT_EQ(each.reason, one.reason) << one.answer;
    }
    EXPECT_EQ(out.down, one.down) << one.answer;
    EXPECT_EQ(out.wait_ms, one.wait_ms) << one.answer;
  }
}

TEST_F(LineTest, WhoeverIsNotReachedHasCertainlyNotTakenIt) {
  LineChannel away{options("http://127.0.0.1:1"), *door};
  const HandOff out = away.hand_off(parcel({user(1)}));
  EXPECT_EQ(out.each[0].fate, Fate::again);
  EXPECT_EQ(out.each[0].reason, "line-unreached");
  EXPECT_TRUE(out.down);
  LineChannel unlisted{options("https://api.line.example"), *door};
  EXPECT_EQ(unlisted.hand_off(parcel({user(1)})).each[0].reason, "line-origin");
}

TEST_F(LineTest, ABusyChannelIsLeftAlone) {
  Parcel sent = parcel({user(1), user(2), user(3)});
  for (Addressee& to : sent.to) to.own = sent.content;
  answers = {"200 {}", "429"};
  const HandOff out = line.hand_off(sent);
  EXPECT_THAT(reasons(out), ElementsAre("line-200", "line-429", "line-not-tried"));
  EXPECT_EQ(out.each[2].fate, Fate::again);
  EXPECT_EQ(requests.size(), 2u);
}

TEST_F(LineTest, WhatCannotBeReadIsNotSent) {
  Parcel sent = parcel({user(1)});
  auto broken = std::make_shared<Content>(*sent.content);
  broken->body = "\xc3\x28";
  sent.content = broken;
  EXPECT_THAT(reasons(line.hand_off(sent)), ElementsAre("line-text"));
  sent = parcel({user(1), user(2)});
  sent.key = "no uuid";
  EXPECT_THAT(reasons(line.hand_off(sent)), ElementsAre("line-key", "line-key"));
  EXPECT_TRUE(requests.empty());
}

TEST_F(LineTest, QuestionsAndTheirErrors) {
  answers = {"200 {\"type\":\"none\"}", "200 {\"totalUsage\":7}"};
  const auto quota = line.api().quota();
  ASSERT_TRUE(quota.ok());
  EXPECT_FALSE(quota->most.has_value());
  EXPECT_EQ(quota->used, 7);
  answers = {"200 {\"userIds\":[\"a\",\"b\"],\"next\":\"n2\"}"};
  EXPECT_EQ(line.api().followers("n1", 2)->next, "n2");
  EXPECT_THAT(requests.back().head, HasSubstr("GET /v2/bot/followers/ids?limit=2&start=n1 "));
  EXPECT_FALSE(line.api().followers("a&b").ok());
  EXPECT_FALSE(line.api().followers("", 1001).ok());
  answers = {"400 {\"message\":\"The request body has 1 error(s)\",\"details\":[{\"message\":\"x\",\"property\":\"messages[0].text\"}]}"};
  const auto valid = line.api().validate("push", json::Value::array());
  EXPECT_EQ(valid.error().code, ErrorCode::invalid_input);
  EXPECT_THAT(valid.error().detail, HasSubstr("messages[0].text"));
  answers = {"404 {}", "429 {}", "500 {}", "401 {}"};
  EXPECT_EQ(line.api().quota().error().code, ErrorCode::not_found);
  EXPECT_EQ(line.api().quota().error().code, ErrorCode::rate_limited);
  EXPECT_EQ(line.api().quota().error().code, ErrorCode::unavailable);
  EXPECT_EQ(line.api().quota().error().code, ErrorCode::forbidden);
}

TEST_F(LineTest, TheQuotaIsAskedOnceAMinuteAndForgottenWhenLineIsSilent) {
  FakeClock clock(Instant{1'000'000});
  LineQuotaWatch watch(options().api, *door, clock);
  answers = {"200 {\"type\":\"limited\",\"value\":30000}", "200 {\"totalUsage\":1234}"};
  const auto first = watch.now();
  ASSERT_TRUE(first);
  EXPECT_EQ(first->most, 30000);
  EXPECT_EQ(first->used, 1234);
  clock.advance(59 * kSecond);
  EXPECT_EQ(watch.now()->used, 1234);
  EXPECT_EQ(requests.size(), 2u);
  clock.advance(kSecond);
  answers = {"500"};
  EXPECT_FALSE(watch.now());
  EXPECT_FALSE(watch.now()) << "and is not asked again at once";
  EXPECT_EQ(requests.size(), 3u);
}

TEST_F(LineTest, HowFarANarrowcastHasComeIsAskedByTheIdOfItsRequest) {
  const json::Value messages = *json::parse(R"([{"type":"text","text":"a"}])");
  const std::string key = parcel({}).key;
  heads = "X-Line-Request-Id: r-1\r\n";
  answers = {"202 {}"};
  EXPECT_EQ(line.api().narrowcast(messages, key).request, "r-1");
  heads = "x-line-request-id: r-2\r\nx-line-accepted-request-id: r-1\r\n";
  answers = {"409 {\"message\":\"The retry key is already accepted\"}", "500"};
  EXPECT_EQ(line.api().narrowcast(messages, key).request, "r-1");
  EXPECT_EQ(line.api().narrowcast(messages, key).request, "");   // nobody knows whether it was accepted
  heads.clear();
  answers = {"200 {\"phase\":\"sending\",\"successCount\":3,\"failureCount\":1,\"targetCount\":9,\"acceptedTime\":\"2020-12-03T10:15:30.121Z\"}"};
  const auto half = line.api().narrowcast_progress("r-1");
  ASSERT_TRUE(half.ok());
  EXPECT_THAT(requests.back().head, HasSubstr("GET /v2/bot/message/progress/narrowcast?requestId=r-1 "));
  EXPECT_EQ(half->phase, LinePhase::sending);
  EXPECT_EQ(half->succeeded + half->failed, 4);
  EXPECT_EQ(half->aimed_at, 9);
  EXPECT_FALSE(half->over());
  answers = {"200 {\"phase\":\"failed\",\"errorCode\":2,\"acceptedTime\":\"2020-12-03T10:15:30.121Z\"}", "200 {\"phase\":\"musing\"}", "404 {}"};
  const auto lost = line.api().narrowcast_progress("r-1");
  EXPECT_TRUE(lost->over());
  EXPECT_EQ(lost->error, 2);
  EXPECT_EQ(line.api().narrowcast_progress("r-1").error().code, ErrorCode::unavailable);
  EXPECT_EQ(line.api().narrowcast_progress("r-1").error().code, ErrorCode::not_found);
  for (const char* one : {"", "a&b", "a b"}) EXPECT_EQ(line.api().narrowcast_progress(one).error().code, ErrorCode::invalid_input) << one;
}

json::Value two_tabs() {
  return *json::parse(R"({"bar":"メニュー","width":2500,"height":843,"tabs":[
    {"id":"main","name":"メインメニュー","image":"main.png","areas":[{"at":[0,0,1250,843],"label":"便利・オススメ","tab":"useful"},{"at":[1250,0,1250,843],"label":"手続き","link":"https://city.example/手続き"}]},
    {"id":"useful","name":"便利・オススメ","image":"useful.jpg","areas":[{"at":[0,0,1250,843],"label":"メインメニュー","tab":"main"},{"at":[1250,0,1250,843],"label":"ごみの日","say":"ごみの日"}]}]})");
}

TEST_F(LineTest, AMenuOfTwoTabsIsMadeThenNamedThenShownThenTheOldOneGoes) {
  const auto tabs = read_line_menu(two_tabs());
  ASSERT_TRUE(tabs.ok()) << tabs.error().to_string();
  answers = {"200 {\"aliases\":[{\"richMenuAliasId\":\"main\",\"richMenuId\":\"old-1\"}]}", "200 {\"richMenuId\":\"new-1\"}", "200 {}", "200 {\"richMenuId\":\"new-2\"}"};
  const auto picture = [](const std::string& name) -> Result<std::string> { return "bytes of " + name; };
  const auto placed = place_line_menu(line.api(), *tabs, picture);
  ASSERT_TRUE(placed.ok()) << placed.error().to_string();
  std::vector<std::string> asked;
  for (const Request& one : requests) asked.push_back(one.head.substr(0, one.head.find(" HTTP")));
  EXPECT_THAT(asked, ElementsAre("GET /v2/bot/richmenu/alias/list", "POST /v2/bot/richmenu", "POST /v2/bot/richmenu/new-1/content", "POST /v2/bot/richmenu", "POST /v2/bot/richmenu/new-2/content",
                                 "POST /v2/bot/richmenu/alias/main", "POST /v2/bot/richmenu/alias", "POST /v2/bot/user/all/richmenu/new-1", "DELETE /v2/bot/richmenu/old-1"));
  EXPECT_THAT(requests[2].head, HasSubstr("Content-Type: image/png\r\n"));
  EXPECT_THAT(requests[4].head, HasSubstr("Content-Type: image/jpeg\r\n"));
  EXPECT_EQ(requests[4].body, "bytes of useful.jpg");
}

TEST_F(LineTest, AMenuThatFailsLeavesTheOldOneAndNothingOfItself) {
  const auto tabs = read_line_menu(two_tabs());
  answers = {"200 {\"aliases\":[]}", "200 {\"richMenuId\":\"new-1\"}", "200 {}", "200 {\"richMenuId\":\"new-2\"}", "400 {\"message\":\"image\"}"};
  EXPECT_FALSE(place_line_menu(line.api(), *tabs, [](const std::string&) -> Result<std::string> { return std::string("x"); }).ok());
  std::vector<std::string> asked;
  for (std::size_t i = 5; i < requests.size(); ++i) asked.push_back(requests[i].head.substr(0, requests[i].head.find(" HTTP")));
  EXPECT_THAT(asked, ElementsAre("DELETE /v2/bot/richmenu/new-1", "DELETE /v2/bot/richmenu/new-2"));
}

TEST(LineMenu, FaultsOfADefinitionAreNamedByTheirPlace) {
  const auto where = [](const std::string& pointer, json::Value value) {
    json::Value menu = two_tabs();
    const std::size_t at = pointer.rfind('/');
    auto* parent = const_cast<json::Value*>(menu.at_pointer(pointer.substr(0, at)));
    parent->set(pointer.substr(at + 1), std::move(value));
    const auto read = read_line_menu(menu);
    return read.ok() ? std::string("taken") : read.error().where;
  };
  EXPECT_EQ(where("/bar", "メニュー"), "taken");
  EXPECT_EQ(where("/bar", "一二三四五六七八九十一二三四五"), "/bar");
  EXPECT_EQ(where("/width", 799), "/width");
  EXPECT_EQ(where("/height", 2000), "/width");
  EXPECT_EQ(where("/tabs/1/id", "main"), "/tabs/0/areas/0/tab");
  EXPECT_EQ(where("/tabs/0/id", "Main"), "/tabs/0/id");
  EXPECT_EQ(where("/tabs/0/image", "main.gif"), "/tabs/0/image");
  EXPECT_EQ(where("/tabs/0/areas/1/at", *json::parse("[1251,0,1250,843]")), "/tabs/0/areas/1/at");
  EXPECT_EQ(where("/tabs/0/areas/1/at", *json::parse("[9223372036854775807,0,1250,843]")), "/tabs/0/areas/1/at");
  EXPECT_EQ(where("/tabs/0/areas/1/label", ""), "/tabs/0/areas/1/label");
  EXPECT_EQ(where("/tabs/0/areas/1/link", "javascript:x"), "/tabs/0/areas/1/link");
  EXPECT_EQ(where("/tabs/0/areas", json::Value::array()), "/tabs/0/areas");
}

}  // namespace
}  // namespace machiya::tell
