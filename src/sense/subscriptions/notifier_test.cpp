#include "sense/subscriptions/notifier.h"

#include <gtest/gtest.h>

#include "platform/outbound/testing.h"

namespace machiya::sense {
namespace {

TEST(HttpNotifierTest, posts_to_listed_hosts_only) {
  outbound::testing::CannedServer server("HTTP/1.1 204 No Content\r\n\r\n"), no("HTTP/1.1 400 Bad\r\nContent-Length: 0\r\n\r\n"), later("HTTP/1.1 503 No\r\nRetry-After: 7\r\nContent-Length: 0\r\n\r\n");
  outbound::Options options;
  options.http_on_loopback = true;
  options.rules = {{server.origin(), true}, {no.origin(), true}, {later.origin(), true}};
  const auto door = outbound::Outbound::create(options).value();
  const auto notifier = make_http_notifier(*door, 2000);
  Parcel parcel;
  parcel.uri = server.origin() + "/notify?a=b", parcel.content_type = "application/json", parcel.body = "{}", parcel.headers = {{"X-K", "v"}};
  EXPECT_EQ(notifier->hand_over(parcel).state, Handed::State::taken);
  const std::string request = server.last_request();
  for (const char* part : {"POST /notify?a=b HTTP/1.1", "Content-Type: application/json\r\n", "X-K: v\r\n", "Content-Length: 2\r\n"}) EXPECT_NE(request.find(part), std::string::npos) << part << request;
  EXPECT_EQ(request.find("Expect:"), std::string::npos);
  parcel.uri = no.origin() + "/";
  EXPECT_EQ(notifier->hand_over(parcel).state, Handed::State::refused);
  parcel.uri = later.origin() + "/";
  const Handed busy = notifier->hand_over(parcel);
  EXPECT_EQ(busy.state, Handed::State::unreachable);
  EXPECT_EQ(busy.wait_us, 7'000'000);
  parcel.uri = "http://127.0.0.1:1/";
  const Handed elsewhere = notifier->hand_over(parcel);
  EXPECT_EQ(elsewhere.state, Handed::State::unreachable);
  EXPECT_NE(elsewhere.cause.find("not among the origins"), std::string::npos) << elsewhere.cause;
}

}  // namespace
}  // namespace machiya::sense
