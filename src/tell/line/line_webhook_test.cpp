#include "tell/line/line_webhook.h"

#include <gmock/gmock.h>

namespace machiya::tell {
namespace {
const std::string kUser = "U0123456789abcdef0123456789abcdef";
const std::string kEvents = R"({"destination":"U00000000000000000000000000000b07","future":1,"events":[
 {"type":"follow","mode":"active","timestamp":1767225600000,"source":{"type":"user","userId":"U0123456789abcdef0123456789abcdef"},"webhookEventId":"01A","deliveryContext":{"isRedelivery":false},"replyToken":"r1","follow":{"isUnblocked":true}},
 {"type":"unfollow","mode":"standby","timestamp":1,"source":{"type":"user","userId":"U0123456789abcdef0123456789abcdef"},"webhookEventId":"01B","deliveryContext":{"isRedelivery":true}},
 {"type":"message","webhookEventId":"01C","source":{"type":"group","groupId":"C1","userId":"U0123456789abcdef0123456789abcdef"},"message":{"type":"text","id":"9","quoteToken":"q","text":"ごみはいつ?"}},
 {"type":"message","webhookEventId":"01D","message":{"type":"sticker","id":"9"}},
 {"type":"postback","webhookEventId":"01E","postback":{"data":"tab=b","params":{"date":"2026-01-01"}}},
 {"type":"accountLink","webhookEventId":"01F","link":{"result":"ok","nonce":"n1"}},
 {"type":"somethingNew","webhookEventId":"01G","deep":{"er":[1,2,{}]}}]})";

TEST(LineWebhook, KnownEventsAreReadAndOthersKept) {
  const auto read = read_line_webhook(kEvents);
  ASSERT_TRUE(read.ok()) << read.error().to_string();
  ASSERT_EQ(read->events.size(), 7u);
  const auto& e = read->events;
  EXPECT_EQ(e[0].kind, LineEventKind::follow);
  EXPECT_TRUE(e[0].unblocked);
  EXPECT_EQ(e[0].user, kUser);
  EXPECT_EQ(e[0].at_ms, 1767225600000);
  EXPECT_EQ(e[0].reply_token, "r1");
  EXPECT_EQ(e[1].kind, LineEventKind::unfollow);
  EXPECT_TRUE(e[1].redelivery);
  EXPECT_TRUE(e[1].standby);
  EXPECT_EQ(e[2].kind, LineEventKind::text);
  EXPECT_EQ(e[2].text, "ごみはいつ?");
  EXPECT_EQ(e[2].user, "");   // a group is nobody's own conversation
  EXPECT_EQ(e[3].kind, LineEventKind::unknown);
  EXPECT_EQ(e[3].type, "message");
  EXPECT_EQ(e[4].kind, LineEventKind::postback);
  EXPECT_EQ(e[4].data, "tab=b");
  EXPECT_EQ(e[5].kind, LineEventKind::account_link);
  EXPECT_EQ(e[5].nonce, "n1");
  EXPECT_TRUE(e[5].linked);
  EXPECT_EQ(e[6].kind, LineEventKind::unknown);
  EXPECT_EQ(e[6].id, "01G");
}

TEST(LineWebhook, WhatIsNoWebhookIsRefusedAndLimitsHold) {
  for (const char* bad : {"", "[]", "{}", "1", "{\"events\":{}}", "{\"events\":[1]}", "{\"events\":[]", "{\"events\":[],\"events\":[]}", "\xff"}) EXPECT_EQ(read_line_webhook(bad).error().code, ErrorCode::malformed_request) << bad;
  EXPECT_TRUE(read_line_webhook(R"({"destination":"U","events":[]})")->events.empty());
  EXPECT_EQ(read_line_webhook(std::string(kMostLineWebhookBytes + 1, ' ')).error().code, ErrorCode::too_large);
  std::string many = R"({"events":[{})";
  for (std::size_t i = 0; i < kMostLineEvents; ++i) many += ",{}";
  EXPECT_EQ(read_line_webhook(many + "]}").error().code, ErrorCode::too_large);
  const auto odd = read_line_webhook(R"({"events":[{"type":"message","webhookEventId":")" + std::string(65, 'a') + R"(","message":{"type":"text","id":"1","text":")" + std::string(20'001, 'a') + "\"}}]}");
  ASSERT_TRUE(odd.ok());
  EXPECT_EQ(odd->events[0].kind, LineEventKind::unknown);
  EXPECT_EQ(odd->events[0].id, "");
}

TEST(LineWebhook, EachEventIsNewOnce) {
  LineDelivery delivery;
  for (const char* id : {"a", "b", "a", "", "", "c"}) delivery.events.push_back({.id = id});
  std::vector<std::string> fresh;
  for (const LineEvent* one : unseen_events(delivery, [](std::string_view id) { return id == "b"; })) fresh.push_back(one->id);
  EXPECT_THAT(fresh, ::testing::ElementsAre("a", "", "", "c"));
}

TEST(LineWebhook, SignaturesAreOverTheBytesThatCame) {
  // openssl dgst -sha256 -hmac 8c570fa6dd201bb328f1c1eac23a96d8 -binary | base64
  const std::string secret = "8c570fa6dd201bb328f1c1eac23a96d8", body = "{\"destination\":\"U8e742f61d673b39c7fff3cecb7536ef0\",\"events\":[]}";
  const std::string good = "GhRKmvmHys4Pi8DxkF4+EayaH0OqtJtaZxgTD9fMDLs=";
  EXPECT_TRUE(verify_line_signature(secret, body, good));
  EXPECT_FALSE(verify_line_signature(secret, body + " ", good));
  EXPECT_FALSE(verify_line_signature(secret + "0", body, good));
  EXPECT_FALSE(verify_line_signature("", body, good));
  for (const char* bad : {"", "GhRKmvmHys4Pi8DxkF4+EayaH0OqtJtaZxgTD9fMDLs", "GhRKmvmHys4Pi8DxkF4-EayaH0OqtJtaZxgTD9fMDLs=", "GhRKmvmHys4Pi8DxkF4+EayaH0OqtJtaZxgTD9fMDLt=", " GhRKmvmHys4Pi8DxkF4+EayaH0OqtJtaZxgTD9fMDLs=",
                          "GhRKmvmHys4Pi8DxkF4+EayaH0OqtJtaZxgTD9fMDL==", "============================================"})
    EXPECT_FALSE(verify_line_signature(secret, body, bad)) << bad;
}

}  // namespace
}  // namespace machiya::tell
