// Numbers, lengths and texts of SMS, and the channel against a gateway on loopback that answers as it is told.
#include <gmock/gmock.h>

#include "base/json.h"
#include "tell/channel/characters.h"
#include "tell/gateway/retry_key.h"
#include "tell/sms/code_sms.h"
#include "tell/sms/sms_channel.h"
#include "tell/sms/sms_number.h"
#include "tell/sms/sms_text.h"
#include "tell/testing/played_service.h"

namespace machiya::tell {
namespace {
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(SmsNumber, WhatPeopleWriteBecomesE164) {
  for (const auto& [written, number] : std::vector<std::pair<std::string, std::string>>{{"09012345678", "+819012345678"}, {"080-1234-5678", "+818012345678"}, {"０７０ １２３４ ５６７８", "+817012345678"},
                                                                                        {"(060) 1234.5678", "+816012345678"}, {"+819012345678", "+819012345678"}, {"+81 90-1234-5678", "+819012345678"},
                                                                                        {" +81 (0)90 1234 5678", "+819012345678"}, {"+84 912 345 678", "+84912345678"}, {"+14155550100", "+14155550100"}}) {
    const auto out = sms_number(written);
    ASSERT_TRUE(out.ok()) << written;
    EXPECT_EQ(*out, number);
  }
  for (const char* bad : {"", "+", "0662088181", "0120123456", "05012345678", "02012345678", "0901234567", "090123456789", "9012345678", "+81612345678", "+810662088181", "+0123456789", "+123456", "+1234567890123456",
                          "090-1234-567a", "08001234567", "090 0123 4567", "090+12345678", "++819012345678", "090 1234 5678;ext=1", "〇九〇"})
    EXPECT_FALSE(sms_number(bad).ok()) << bad;
}

TEST(SmsNumber, WhatIsRefusedIsSaidWithItsReason) {
  for (const auto& [written, fault] : std::vector<std::pair<std::string, std::string>>{
           {"０９０‐１２３４‐５６７８", ""}, {"06012345678", ""}, {"+81 (0)80 1234 5678", ""}, {"06-6208-8181", "landline"}, {"０３（１２３４）５６７８", "landline"}, {"+81 6 6208 8181", "landline"},
           {"050-1234-5678", "ip-telephone"}, {"020-1234-5678", "machine"}, {"02001234567890", "machine"}, {"0120-123-456", "service"}, {"0800-123-4567", "service"}, {"0570 012 345", "service"},
           {"+84 912 345 678", "foreign"}, {"+1 900 555 0100", "foreign"}, {"", "number"}, {"9012345678", "number"}, {"0901234567", "number"}, {"090-0123-4567", "number"}, {"taro@example.jp", "number"}})
    EXPECT_EQ(sms_number_fault(written), fault) << written;
  EXPECT_EQ(shown_number("+819012345678"), "090-1234-5678");
  EXPECT_EQ(shown_number("+84912345678"), "+84912345678");
}

TEST(SmsLength, CountsAsTheAirDoes) {
  const auto is = [](const std::string& text, bool gsm, std::size_t units, int segments) {
    const SmsLength out = sms_length(text);
    EXPECT_EQ(out.gsm, gsm) << text.substr(0, 20);
    EXPECT_EQ(out.units, units) << text.substr(0, 20);
    EXPECT_EQ(out.segments, segments) << text.substr(0, 20);
  };
  const auto times = [](const std::string& unit, int n) {
    std::string out;
    while (n-- > 0) out += unit;
    return out;
  };
  is("", true, 0, 0);
  is("Evacuate now @ $5 £ è\n", true, 22, 1);
  is("price: 5€ [a]", true, 16, 1);                  // €, [ and ] have two septets
  is("`", false, 1, 1);
  is(times("a", 160), true, 160, 1);
  is(times("a", 161), true, 161, 2);
  is(times("a", 306), true, 306, 2);
  is(times("a", 307), true, 307, 3);
  is(times("a", 152) + "€" + times("a", 7), true, 161, 2);     // 152 + 9: a character of the extension is not cut in two
  is(times("a", 152) + "€" + times("a", 152), true, 306, 3);   // 306 would fit into two segments if it could be
  is(times("避", 70), false, 70, 1);
  is(times("避", 71), false, 71, 2);
  is(times("避", 134), false, 134, 2);
  is(times("避", 135), false, 135, 3);
  is(times("避", 66) + "𠮷" + times("避", 66), false, 134, 3);   // a surrogate pair neither
  is(times("避", 660), false, 660, 10);
  is("Xin chào, sơ tán", false, 16, 1);
}

Content evacuation() {
  Content out;
  out.lang = "ja", out.title = "北区に避難指示", out.link = "https://city.example/m/1", out.sender = "大阪市", out.emergency = true;
  return out;
}

TEST(SmsText, TheLinkIsNeverCut) {
  EXPECT_EQ(sms_text(evacuation()), "【緊急】北区に避難指示\nhttps://city.example/m/1\n大阪市");
  Content one = evacuation();
  one.short_text = "北区 避難";
  EXPECT_EQ(sms_text(one), "【緊急】北区 避難\nhttps://city.example/m/1\n大阪市");
  EXPECT_THAT(sms_faults(one), IsEmpty());
  for (int i = 0; i < 700; ++i) one.short_text += "𠮷";
  EXPECT_LE(utf16_units(sms_text(one)), kMostSmsUnits);
  EXPECT_GE(utf16_units(sms_text(one)), kMostSmsUnits - 1);
  EXPECT_THAT(sms_text(one), ::testing::EndsWith("…\nhttps://city.example/m/1\n大阪市"));
  EXPECT_THAT(sms_faults(one), ElementsAre("short_text"));
  one = evacuation();
  one.link = "https://city.example/避難";
  EXPECT_THAT(sms_faults(one), ElementsAre("link"));
  EXPECT_EQ(sms_text(one), "【緊急】北区に避難指示\n大阪市");
  one.title = "\xff";
  EXPECT_THAT(sms_faults(one), ElementsAre("text"));
}

struct SmsChannelTest : ::testing::Test, testing::PlayedService {
  SmsChannelTest() : PlayedService("201 {}") {}
  std::unique_ptr<outbound::Outbound> door = testing::door_to({origin()});
  SmsChannel sms{{origin() + "/v1/messages", "secret-token", "OSAKA", 500}, *door};

  static Parcel parcel(std::vector<std::string> numbers) { return testing::parcel_of(evacuation(), std::move(numbers)); }
};

TEST_F(SmsChannelTest, EachNumberIsARequestUnderItsOwnKey) {
  const HandOff out = sms.hand_off(parcel({"+819012345678", "0662088181", "080-1234-5678"}));
  EXPECT_EQ(out.each[0].fate, Fate::accepted);
  EXPECT_EQ(out.each[1].fate, Fate::refused);
  EXPECT_EQ(out.each[1].reason, "sms-number");
  EXPECT_EQ(out.each[2].fate, Fate::accepted);
  ASSERT_EQ(requests.size(), 2u);
  EXPECT_THAT(requests[0].head, HasSubstr("POST /v1/messages "));
  EXPECT_THAT(requests[0].head, HasSubstr("Authorization: Bearer secret-token\r\n"));
  EXPECT_THAT(requests[0].head, HasSubstr("Idempotency-Key: " + part_key("5c1a7b1e-7d1a-4b0e-9f43-1d2c3b4a5f60", "+819012345678") + "\r\n"));
  const json::Value body = *json::parse(requests[1].body);
  EXPECT_EQ(body.text("to"), "+818012345678");
  EXPECT_EQ(body.text("text"), sms_text(evacuation()));
  EXPECT_EQ(body.text("sender"), "OSAKA");
  EXPECT_EQ(body.text("reference"), "m1");
  EXPECT_TRUE(body["urgent"].as_bool());
}

TEST_F(SmsChannelTest, WhatAnAnswerMeans) {
  struct Case {
    std::string answer;
    Fate fate;
    bool down;
    std::int64_t wait_ms;
    bool rest_tried;
  };
  for (const Case& one : std::vector<Case>{{"201 {}", Fate::accepted, false, 0, true}, {"200 {}", Fate::accepted, false, 0, true}, {"404 {\"error\":\"unknown-number\"}", Fate::dead_address, false, 0, true},
                                           {"404 {\"error\":\"no such resource\"}", Fate::again, true, 0, false}, {"410 {}", Fate::refused, false, 0, true}, {"409 {}", Fate::again, false, 0, true},
                                           {"400 {}", Fate::refused, false, 0, true}, {"422 {}", Fate::refused, false, 0, true}, {"401 {}", Fate::again, true, 0, false},
                                           {"429", Fate::again, false, 7000, false}, {"503 {}", Fate::again, false, 1000, false}, {"500 {}", Fate::unknown, false, 0, true},
                                           {"408 {}", Fate::unknown, false, 0, true}, {"cut", Fate::unknown, true, 0, false}}) {
    answers = {one.answer};
    if (one.answer == "cut") answers.push_back("cut");
    const HandOff out = sms.hand_off(parcel({"+819012345678", "+818012345678"}));
    EXPECT_EQ(out.each[0].fate, one.fate) << one.answer;
    EXPECT_EQ(out.each[1].reason, one.rest_tried ? "sms-201" : "sms-not-tried") << one.answer;
    EXPECT_EQ(out.down, one.down) << one.answer;
    EXPECT_EQ(out.wait_ms, one.wait_ms) << one.answer;
  }
}

struct CodeSmsTest : SmsChannelTest {
  SeededRng rng{3};
  FakeClock clock{Instant{kDay}};
  CodeSms codes{sms, clock, rng, {4, 1, 600, 2}};
};

TEST_F(CodeSmsTest, ACodeIsSentAsItIsAndALostAnswerRingsNobodyTwice) {
  answers = {"503 {}", "500 {}", "201 {}"};
  ASSERT_TRUE(codes.send("+819012345678", "ja", "123456 は大阪市の確認番号です").ok());
  codes.flush();
  EXPECT_EQ(codes.counts().sent, 1);
  ASSERT_EQ(requests.size(), 3u);
  const auto key = [&](std::size_t i) { return requests[i].head.substr(requests[i].head.find("Idempotency-Key: "), 53); };
  EXPECT_EQ(key(0), key(1));
  EXPECT_EQ(key(0), key(2));
  EXPECT_EQ(json::parse(requests[2].body)->text("text"), "123456 は大阪市の確認番号です");
  ASSERT_TRUE(codes.send("+819012345678", "ja", "654321 は大阪市の確認番号です").ok());
  codes.flush();
  ASSERT_EQ(requests.size(), 4u);
  EXPECT_NE(key(3), key(0));
}

TEST_F(CodeSmsTest, WhatIsRefusedOrTooOldIsNotTriedForEver) {
  answers = {"400 {}"};
  ASSERT_TRUE(codes.send("+819012345678", "ja", "1").ok());
  codes.flush();
  EXPECT_EQ(requests.size(), 1u);
  answers = {"500 {}", "500 {}", "500 {}", "500 {}", "500 {}"};
  ASSERT_TRUE(codes.send("+819012345678", "ja", "2").ok());
  codes.flush();
  EXPECT_EQ(requests.size(), 5u);
  EXPECT_EQ(codes.counts().failed, 2);
  CodeSms late(sms, clock, rng, {4, 1, 0, 2});
  ASSERT_TRUE(late.send("+819012345678", "ja", "3").ok());
  late.flush();
  EXPECT_EQ(requests.size(), 5u) << "a code that is over is not sent";
}

}  // namespace
}  // namespace machiya::tell
