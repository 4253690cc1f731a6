// The channel against a push service on loopback over TLS: what it sends, and what each answer means for the ledger.
#include <gmock/gmock.h>

#include <mutex>

#include "base/json.h"
#include "platform/vault/vault.h"
#include "tell/testing/played_service.h"
#include "tell/webpush/testing.h"
#include "tell/webpush/webpush_channel.h"

namespace machiya::tell {
namespace {
using outbound::testing::Peer;
using outbound::testing::Request;
using outbound::testing::Talk;
using ::testing::HasSubstr;
using ::testing::Not;

/// Answers each request with what stands at its path: "/201" is 201; other paths stand in `special`.
struct PushService {
  std::mutex mutex;
  std::vector<Request> requests;
  Peer peer{[this](Talk& talk) { run(talk); }, "DNS:push.example"};

  void run(Talk& talk) {
    if (!talk.start_tls()) return;
    for (Request request; outbound::testing::read_request(talk, request);) {
      const std::string path = request.head.substr(6, request.head.find(' ', 6) - 6);
      {
        std::lock_guard lock(mutex);
        requests.push_back(request);
      }
      if (path == "silence") continue;
      if (path == "cut") return talk.cut();
      const std::string status = path.substr(0, 3);
      std::string wait;
      if (path == "429-seconds") wait = "Retry-After: 120\r\n";
      if (path == "503-date") wait = "Retry-After: Mon, 21 Sep 2026 14:14:20 GMT\r\n";   // a minute after the clock of the test
      if (path == "503-far") wait = "Retry-After: 999999999\r\n";
      const std::string body(path == "201-large" ? 70'000 : 0, 'x');
      talk.write("HTTP/1.1 " + status + " Said\r\n" + wait + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
    }
  }
};

struct PushChannelTest : ::testing::Test {
  PushService service;
  FakeClock clock{Instant{1'790'000'000 * kSecond}};
  vault::SystemRng rng;
  testing::Browser browser = testing::new_browser();
  std::unique_ptr<outbound::Outbound> door = new_door();
  std::unique_ptr<WebPushChannel> push = new_channel();

  std::string origin() const { return "https://push.example:" + std::to_string(service.peer.port()); }
  std::string at(const std::string& path) const { return browser.subscription(origin() + "/" + path); }
  std::unique_ptr<outbound::Outbound> new_door() const {
    outbound::Options options;
    options.rules = {{origin(), true}, {"https://away.example:1", true}};
    options.ca_file = service.peer.ca_file();
    options.resolve = [](const std::string&) -> Result<std::vector<outbound::Address>> { return std::vector{*outbound::parse_address("127.0.0.1")}; };
    return std::move(*outbound::Outbound::create(std::move(options)));
  }
  std::unique_ptr<WebPushChannel> new_channel() {
    WebPushOptions options;
    options.vapid = {testing::new_pem(), "mailto:push@city.example", 12};
    options.timeout_ms = 300;
    auto made = WebPushChannel::create(std::move(options), *door, clock, rng);
    EXPECT_TRUE(made.ok());
    return std::move(*made);
  }
  Parcel parcel(std::vector<std::string> addresses, bool emergency = false) const { return testing::parcel_of(testing::content_of("避難指示", "高い所へ", emergency), std::move(addresses)); }
};

TEST_F(PushChannelTest, WhatIsSentOpensInTheBrowserItIsFor) {
  Parcel sent = parcel({at("201"), at("201-own")}, true);
  auto own = std::make_shared<Content>(*sent.content);
  own->title = "花子さんへ";
  own->emergency = false;
  sent.to[1].own = own;
  const HandOff done = push->hand_off(sent);
  ASSERT_EQ(done.each.size(), 2u);
  for (const Outcome& one : done.each) EXPECT_EQ(one.reason, "push-201");
  EXPECT_EQ(done.each[0].fate, Fate::accepted);
  EXPECT_FALSE(done.down);
  ASSERT_EQ(service.requests.size(), 2u);
  const Request& first = service.requests[0];
  for (const char* line : {"TTL: 21600\r\n", "Urgency: high\r\n", "Topic: m1\r\n", "Content-Encoding: aes128gcm\r\n", "Authorization: vapid t="}) EXPECT_THAT(first.head, HasSubstr(line));
  EXPECT_THAT(first.head, HasSubstr(", k=" + push->public_key() + "\r\n"));
  EXPECT_EQ(json::parse(browser.open(first.body))->text("title"), "避難指示");
  const Request& second = service.requests[1];
  for (const char* line : {"TTL: 86400\r\n", "Urgency: normal\r\n"}) EXPECT_THAT(second.head, HasSubstr(line));
  EXPECT_EQ(json::parse(browser.open(second.body))->text("title"), "花子さんへ");
  EXPECT_EQ(testing::new_browser().open(first.body), "");   // and in no other
}

TEST_F(PushChannelTest, EveryAnswerHasItsMeaning) {
  const std::pair<const char*, Fate> table[] = {
      {"200", Fate::accepted}, {"201", Fate::accepted}, {"202", Fate::accepted}, {"400", Fate::refused}, {"401", Fate::again},   {"403", Fate::refused},
      {"404", Fate::dead_address}, {"410", Fate::dead_address}, {"413", Fate::refused}, {"429", Fate::again}, {"500", Fate::unknown}, {"502", Fate::unknown},
      {"503", Fate::again}, {"302", Fate::refused}, {"201-large", Fate::unknown},
  };
  for (const auto& [path, fate] : table) {
    const HandOff done = push->hand_off(parcel({at(path)}));
    EXPECT_EQ(done.each.at(0).fate, fate) << path;
    EXPECT_FALSE(done.down) << path;
    EXPECT_EQ(done.wait_ms, 0) << path;
    EXPECT_THAT(done.each.at(0).reason, Not(HasSubstr("example")));
  }
}

TEST_F(PushChannelTest, AServiceMayAskToBeLeftAlone) {
  EXPECT_EQ(push->hand_off(parcel({at("429-seconds")})).wait_ms, 120'000);
  EXPECT_EQ(push->hand_off(parcel({at("503-date")})).wait_ms, 60'000);
  EXPECT_EQ(push->hand_off(parcel({at("503-far")})).wait_ms, 24 * 3600 * 1000);
  EXPECT_EQ(push->hand_off(parcel({at("201"), at("429-seconds"), at("503-date")})).wait_ms, 120'000);
}

TEST_F(PushChannelTest, WhatMayHaveArrivedIsToldFromWhatDidNot) {
  HandOff done = push->hand_off(parcel({at("silence"), at("201")}));
  EXPECT_EQ(done.each[0].fate, Fate::unknown);   // the service has read it
  EXPECT_EQ(done.each[1].fate, Fate::again);     // and is not asked again in this parcel
  EXPECT_TRUE(done.down);
  EXPECT_EQ(push->hand_off(parcel({at("cut")})).each[0].fate, Fate::unknown);
  const std::string away = browser.subscription("https://away.example:1/p");
  done = push->hand_off(parcel({away, at("201")}));
  EXPECT_EQ(done.each[0].fate, Fate::again);
  EXPECT_EQ(done.each[0].reason, "push-unreached");
  EXPECT_EQ(done.each[1].fate, Fate::accepted);   // one service away is not the channel away
  EXPECT_FALSE(done.down);
  EXPECT_TRUE(push->hand_off(parcel({away})).down);
}

TEST_F(PushChannelTest, AServiceThatIsNotListedIsNotCalled) {
  EXPECT_TRUE(push->takes(at("201")).ok());
  EXPECT_EQ(push->takes(browser.subscription("https://other.example/p/1")).error().code, ErrorCode::forbidden);
  EXPECT_EQ(push->takes("{}").error().code, ErrorCode::invalid_input);
  const HandOff done = push->hand_off(parcel({browser.subscription("https://other.example/p/1"), "{}"}));
  EXPECT_EQ(done.each[0].fate, Fate::refused);
  EXPECT_EQ(done.each[0].reason, "push-origin");
  EXPECT_EQ(done.each[1].fate, Fate::dead_address);
  EXPECT_EQ(service.peer.visits(), 0);
  EXPECT_FALSE(push->idempotent());
}

}  // namespace
}  // namespace machiya::tell
