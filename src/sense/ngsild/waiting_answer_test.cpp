// Writes whose answer waits for the disk without a thread: where the server takes such answers, and only there.
#include <future>

#include "sense/ngsild/bench.h"

namespace machiya::sense::ngsild {
namespace {

class WaitingAnswers : public Bench {
 protected:
  http::Response write(bool may_wait, const char* method, const std::string& path, const std::string& body) {
    const http::Method m = std::string_view(method) == "POST" ? http::Method::post : std::string_view(method) == "PATCH" ? http::Method::patch : http::Method::del;
    http::Request request = http::testing::request(m, std::string(kBase) + path);
    request.headers.emplace_back("ngsild-tenant", "town");
    if (!body.empty()) request.headers.emplace_back("content-type", "application/json"), request.headers.emplace_back("content-length", std::to_string(body.size()));
    request.body = body, request.answer_may_wait = may_wait;
    return router.dispatch(request);
  }
  /// What is sent in the end.
  static http::Response sent(http::Response response) {
    std::promise<void> ready;
    response.waits->when_ready([&] { ready.set_value(); });
    ready.get_future().wait();
    if (auto other = response.waits->instead()) return std::move(*other);
    return response;
  }
  const std::string entity_ = R"({"id":"urn:ngsi-ld:T:1","type":"T","speed":{"type":"Property","value":1}})";
  const std::string speed_ = R"({"speed":{"type":"Property","value":2}})";
};

TEST_F(WaitingAnswers, TheAnswerIsMadeBeforeAndSentBehindTheDisk) {
  disk->hold(0);
  http::Response created = write(true, "POST", "/entities", entity_);
  EXPECT_EQ(created.status, 201);
  ASSERT_TRUE(created.waits);
  EXPECT_EQ(entities->size("town"), 0u);
  disk->let_go(1);
  EXPECT_EQ(sent(std::move(created)).status, 201);
  EXPECT_EQ(entities->size("town"), 1u);
  EXPECT_EQ(sent(write(true, "PATCH", "/entities/urn:ngsi-ld:T:1/attrs", speed_)).status, 204);
  EXPECT_EQ(sent(write(true, "DELETE", "/entities/urn:ngsi-ld:T:1", "")).status, 204);
}

TEST_F(WaitingAnswers, WhatTheDiskRefusesIsAProblemInstead) {
  ASSERT_EQ(write(false, "POST", "/entities", entity_).status, 201);
  disk->hold(1);
  http::Response updated = write(true, "PATCH", "/entities/urn:ngsi-ld:T:1/attrs", speed_);
  EXPECT_EQ(updated.status, 204);
  disk->let_go(1);
  const http::Response answer = sent(std::move(updated));
  EXPECT_GE(answer.status, 500);
  EXPECT_EQ(std::ranges::count(answer.headers, std::pair<std::string, std::string>("NGSILD-Tenant", "town")), 1);
  EXPECT_NE(answer.body.find("\"title\""), std::string::npos);
}

TEST_F(WaitingAnswers, WithoutAServerTheHandlerWaits) {
  const http::Response created = write(false, "POST", "/entities", entity_);
  EXPECT_FALSE(created.waits);
  EXPECT_EQ(entities->size("town"), 1u) << "the answer came behind the disk";
}

TEST_F(WaitingAnswers, AnErrorIsAnsweredAtOnce) {
  disk->hold(0);
  const http::Response missing = write(true, "PATCH", "/entities/urn:ngsi-ld:T:2/attrs", speed_);
  EXPECT_EQ(missing.status, 404);
  EXPECT_FALSE(missing.waits);
}

}  // namespace
}  // namespace machiya::sense::ngsild
