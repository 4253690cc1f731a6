// Outgoing webhooks: what is signed, under which key, and that one silent receiver does not keep the others from theirs.
#include <gmock/gmock.h>

#include <mutex>

#include "base/json.h"
#include "tell/gateway/retry_key.h"
#include "tell/testing/played_service.h"
#include "tell/webhook/webhook_channel.h"

namespace machiya::tell {
namespace {
using outbound::testing::Peer;
using outbound::testing::Request;
using outbound::testing::Talk;
using ::testing::HasSubstr;

const std::string kSecret = "0123456789abcdef0123456789abcdef";

/// Answers the status that stands in the path; "/cut" cuts.
struct Receiver {
  std::mutex mutex;
  std::vector<Request> requests;
  Peer peer{[this](Talk& talk) {
    for (Request request; outbound::testing::read_request(talk, request);) {
      {
        std::lock_guard lock(mutex);
        requests.push_back(request);
      }
      const std::string path = request.head.substr(6, 3);
      if (path == "cut") return talk.cut();
      talk.write("HTTP/1.1 " + path + " Said\r\nContent-Length: 0\r\n\r\n");
    }
  }};
  std::string at(const std::string& path) const { return "http://127.0.0.1:" + std::to_string(peer.port()) + path; }
};

struct WebhookTest : ::testing::Test {
  Receiver one, other;
  FakeClock clock{Instant{1'790'000'000 * kSecond}};
  std::unique_ptr<outbound::Outbound> door = testing::door_to({one.at(""), other.at("")});
  WebhookChannel webhook{{kSecret, 500}, *door, clock};

  static Parcel parcel(std::vector<std::string> urls) { return testing::parcel_of(testing::content_of("お知らせ", "本文", true), std::move(urls)); }
};

TEST_F(WebhookTest, IsSignedForItsReceiverUnderItsKey) {
  const std::string url = one.at("/202");
  const HandOff out = webhook.hand_off(parcel({url}));
  EXPECT_EQ(out.each[0].fate, Fate::accepted);
  ASSERT_EQ(one.requests.size(), 1u);
  const Request& sent = one.requests[0];
  EXPECT_THAT(sent.head, HasSubstr("X-Machiya-Signature: " + webhook_signature(webhook_secret(kSecret, url), clock.now(), sent.body) + "\r\n"));
  EXPECT_THAT(sent.head, HasSubstr("Idempotency-Key: " + part_key("5c1a7b1e-7d1a-4b0e-9f43-1d2c3b4a5f60", url) + "\r\n"));
  const json::Value body = *json::parse(sent.body);
  EXPECT_EQ(body.text("message"), "m1");
  EXPECT_EQ(body.text("title"), "お知らせ");
  EXPECT_TRUE(body["emergency"].as_bool());
}

TEST_F(WebhookTest, SignaturesAreThoseOfEverybody) {
  // printf '1790000000.{}' | openssl dgst -sha256 -hmac secret
  EXPECT_EQ(webhook_signature("secret", Instant{1'790'000'000 * kSecond}, "{}"), "t=1790000000,v1=d0cadd434460d4af55e7ab90d79c1802591d7001a77c9e06471d0e3ec8cc85ae");
  EXPECT_NE(webhook_secret(kSecret, "https://a.example/"), webhook_secret(kSecret, "https://b.example/"));
}

TEST_F(WebhookTest, OneSilentReceiverKeepsNobodyElseWaiting) {
  const HandOff out = webhook.hand_off(parcel({one.at("/cut"), one.at("/200"), other.at("/200"), other.at("/410"), other.at("/429"), other.at("/200/later"), "https://unlisted.example/"}));
  const std::vector<Fate> fates = {Fate::unknown, Fate::again, Fate::accepted, Fate::dead_address, Fate::again, Fate::again, Fate::again};
  for (std::size_t i = 0; i < fates.size(); ++i) EXPECT_EQ(out.each[i].fate, fates[i]) << i << " " << out.each[i].reason;
  EXPECT_EQ(out.each[1].reason, "webhook-not-tried");
  EXPECT_FALSE(out.down);
  EXPECT_EQ(out.wait_ms, 0);   // one busy receiver does not stop the channel
  EXPECT_TRUE(webhook.hand_off(parcel({one.at("/cut")})).down);
}

TEST_F(WebhookTest, NothingLeavesWithoutASecretOrUnreadable) {
  WebhookChannel weak{{"short", 500}, *door, clock};
  EXPECT_EQ(weak.hand_off(parcel({one.at("/200")})).each[0].reason, "webhook-secret");
  Parcel broken = parcel({one.at("/200")});
  auto content = std::make_shared<Content>(*broken.content);
  content->body = "\xff";
  broken.content = content;
  EXPECT_EQ(webhook.hand_off(broken).each[0].reason, "webhook-text");
  EXPECT_TRUE(one.requests.empty());
}

}  // namespace
}  // namespace machiya::tell
