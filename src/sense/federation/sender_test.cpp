#include "sense/federation/sender.h"

#include <gtest/gtest.h>

#include <atomic>
#include <latch>

namespace machiya::sense::federation {
namespace {

class Sending : public ::testing::Test {
 protected:
  FakeClock clock{Instant{1'790'000'000 * kSecond}};
  std::shared_ptr<Registration> source(const std::string& endpoint) {
    auto out = std::make_shared<Registration>();
    out->endpoint = endpoint, out->id = "urn:r:" + endpoint;
    return out;
  }
  static Request get(const RegistrationPtr& source, const std::string& target = "/entities") { return {source, "GET", target, {}, {}, true}; }
};

TEST_F(Sending, AnswersComeInTheOrderOfTheRequestsWhoeverIsFirst) {
  std::latch both(2);   // neither goes on without the other: they are on their way together
  Sender sender([&](const outbound::Call& call) -> Result<outbound::Answer> {
    both.arrive_and_wait();
    return outbound::Answer{200, "", call.url, "", {}};
  }, nullptr, clock, {});
  const auto a = source("http://a"), b = source("http://b/ngsi-ld/v1");
  const auto replies = sender.send({get(a), get(b)});
  EXPECT_EQ(replies[0].body, "http://a/ngsi-ld/v1/entities");
  EXPECT_EQ(replies[1].body, "http://b/ngsi-ld/v1/entities");
}

TEST_F(Sending, OneSourceIsAskedAFewTimesAtOnceOnly) {
  std::atomic<int> inside{0}, most{0};
  Sender sender([&](const outbound::Call&) -> Result<outbound::Answer> {
    const int now = ++inside;
    for (int seen = most; now > seen && !most.compare_exchange_weak(seen, now);) {
    }
    --inside;
    return outbound::Answer{200, "", "", "", {}};
  }, nullptr, clock, {.for_each = 2});
  const auto a = source("http://a");
  EXPECT_EQ(sender.send(std::vector<Request>(64, get(a))).size(), 64u);
  EXPECT_LE(most, 2);
}

TEST_F(Sending, ASourceThatFailedCoolsDown) {
  int asked = 0;
  bool works = false;
  Sender sender([&](const outbound::Call& call) -> Result<outbound::Answer> {
    ++asked;
    EXPECT_EQ(call.timeout_ms, 250);
    if (!works) return Error(ErrorCode::unavailable, "gone");
    return outbound::Answer{200, "", "", "", {}};
  }, nullptr, clock, {});
  const auto a = source("http://a");
  a->cooldown_us = kMinute, a->timeout_us = 250'000;
  EXPECT_EQ(sender.send({get(a)})[0].kind, Reply::Kind::away);
  EXPECT_EQ(sender.send({get(a)})[0].kind, Reply::Kind::late);
  EXPECT_EQ(asked, 1);
  clock.advance(kMinute);
  works = true;
  EXPECT_TRUE(sender.send({get(a)})[0].good());
  EXPECT_TRUE(sender.send({get(a)})[0].good());
  EXPECT_EQ(asked, 3);
}

TEST_F(Sending, OnlyQuestionsAreKept) {
  int asked = 0;
  Sender sender([&](const outbound::Call&) -> Result<outbound::Answer> { return outbound::Answer{200, "", std::to_string(++asked), "", {}}; }, nullptr, clock, {.most_kept = 2});
  const auto a = source("http://a");
  a->cache_us = kMinute;
  EXPECT_EQ(sender.send({get(a, "/1")})[0].body, "1");
  const Reply kept = sender.send({get(a, "/1")})[0];
  EXPECT_EQ(kept.body, "1");
  EXPECT_EQ(kept.kind, Reply::Kind::kept);
  EXPECT_EQ(sender.send({get(a, "/2")})[0].body, "2");
  EXPECT_EQ(sender.send({{a, "POST", "/1", {}, "", false}})[0].body, "3");
  clock.advance(kMinute);
  EXPECT_EQ(sender.send({get(a, "/1")})[0].body, "4");
}

}  // namespace
}  // namespace machiya::sense::federation
