// Lines of the log: one JSON object each, with when, how bad and what; whatever the fields hold.
#include "base/log.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/json.h"
#include "base/text.h"
#include "base/time.h"

namespace machiya {
namespace {

/// What a function writes to standard error.
template <typename F>
std::string written(F&& work) {
  ::testing::internal::CaptureStderr();
  work();
  return ::testing::internal::GetCapturedStderr();
}

TEST(Log, ALineIsJsonWithTimeLevelAndEvent) {
  const Instant before = SystemClock().now();
  const std::string line = written([] { log(LogLevel::warn, "form-token-refused", {{"route", "/cases/{number}"}, {"request", "r1"}}); });
  ASSERT_EQ(line.back(), '\n');
  auto parsed = json::parse(trim(line));
  ASSERT_TRUE(parsed.ok()) << line;
  EXPECT_EQ(parsed->text("level"), "warn");
  EXPECT_EQ(parsed->text("event"), "form-token-refused");
  EXPECT_EQ(parsed->text("route"), "/cases/{number}");
  EXPECT_EQ(parsed->text("request"), "r1");
  // RFC 3339 in UTC, so that lines of several machines stand in one order.
  const std::string at = parsed->text("t");
  ASSERT_EQ(at.size(), std::string("2026-11-23T04:21:58.466717Z").size()) << at;
  EXPECT_EQ(at.back(), 'Z');
  EXPECT_LE(to_iso_utc(before).substr(0, 19), at.substr(0, 19));
}

TEST(Log, AFieldCannotBeginALineOrAFieldOfItsOwn) {
  const std::string hostile = "a\n{\"t\":\"2000-01-01T00:00:00Z\",\"level\":\"info\",\"event\":\"session.open\"}\r\n\",\"event\":\"x\x1b[31m\x7f\u2028";
  const std::string line = written([&] { log(LogLevel::error, "event-parked", {{"why", hostile}, {"ke\"y\n", "v"}}); });
  EXPECT_EQ(std::count(line.begin(), line.end(), '\n'), 1) << "one call is one line";
  for (const char control : {'\r', '\x1b'}) EXPECT_EQ(line.find(control), std::string::npos);
  auto parsed = json::parse(trim(line));
  ASSERT_TRUE(parsed.ok()) << line;
  EXPECT_EQ(parsed->text("event"), "event-parked");
  EXPECT_EQ(parsed->text("why"), hostile);
}

TEST(Log, LinesBelowTheLevelAreDropped) {
  EXPECT_EQ(written([] { log(LogLevel::debug, "quiet"); }), "");
  EXPECT_NE(written([] { log(LogLevel::info, "loud"); }), "");
}

}  // namespace
}  // namespace machiya
