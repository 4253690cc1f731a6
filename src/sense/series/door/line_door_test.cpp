#include "sense/series/door/line_door.h"

#include <gtest/gtest.h>

#include "base/temporary_folder.h"
#include "base/time.h"
#include "platform/http/http.h"

namespace machiya::sense::series {
namespace {

class LineDoor : public ::testing::Test {
 protected:
  LineDoor() {
    Options options;
    options.background = false;
    auto opened = open_files(folder_.path(), options);
    EXPECT_TRUE(opened.ok());
    store_ = std::move(*opened);
    http::RouteOptions route;
    route.permission = "client:write-series", route.csrf = false;
    add_line_route(router_, "/write", route, *store_, "ward", clock_);
  }
  http::Response post(const std::string& body, const std::string& precision = "s") {
    http::Request request;
    request.method = http::Method::post;
    request.path = "/write";
    request.query_pairs = {{"precision", precision}};
    request.body = body;
    return router_.dispatch(request);
  }
  std::vector<Value> values(const std::string& measurement, const std::string& field, const std::string& key) {
    const auto m = store_->find_measurement("ward", measurement + '\x1f' + field);
    if (!m) return {};
    const auto id = store_->find(*m, key);
    if (!id) return {};
    auto out = store_->range(*id, {});
    EXPECT_TRUE(out.ok());
    return *out;
  }

  TemporaryFolder folder_{"line-door"};
  FakeClock clock_{Instant{1'775'000'000'000'000}};
  std::unique_ptr<Store> store_;
  http::Router router_;
};

TEST_F(LineDoor, what_is_answered_with_204_is_there) {
  const auto answer = post("water,meter=1,ward=kita litres=12,alarm=f 100\nwater,ward=kita,meter=1 litres=13i 101\nair\\ quality,at=a\\,b pm=1.5\nno_tags v=2u 5");
  EXPECT_EQ(answer.status, 204) << answer.body;
  EXPECT_TRUE(answer.body.empty());
  const std::vector<Value> expected{{100'000'000, 12, Quality::good}, {101'000'000, 13, Quality::good}};
  EXPECT_EQ(values("water", "litres", "meter=1,ward=kita"), expected);   // tags in any order are one series
  EXPECT_EQ(values("water", "alarm", "meter=1,ward=kita").size(), 1u);
  const std::vector<Value> now{{clock_.now().us, 1.5, Quality::good}};
  EXPECT_EQ(values("air quality", "pm", "at=a\\,b"), now);
  EXPECT_EQ(values("no_tags", "v", "").size(), 1u);
}

TEST_F(LineDoor, mistakes_are_told_by_line_and_the_rest_is_written) {
  const auto answer = post("a v=1 1\nbroken\na v=2,t=\"text\" 2\n");
  EXPECT_EQ(answer.status, 400);
  EXPECT_NE(answer.body.find("partial write"), std::string::npos);
  EXPECT_NE(answer.body.find("line 2"), std::string::npos);
  EXPECT_NE(answer.body.find("line 3: field t is a text"), std::string::npos);
  EXPECT_NE(answer.body.find("dropped=2"), std::string::npos);
  EXPECT_EQ(values("a", "v", "").size(), 2u);
}

TEST_F(LineDoor, what_retention_took_away_is_not_written_again) {
  ASSERT_EQ(post("a v=1 1\na v=1 1775000000").status, 204);
  Retention rule;
  rule.raw_us = 10LL * 86'400'000'000;
  ASSERT_TRUE(store_->retain(*store_->find_measurement("ward", std::string("a\x1f") + "v"), rule, clock_.now().us).ok());
  const auto answer = post("a v=1 2\na v=1 1775000001");
  EXPECT_EQ(answer.status, 400);
  EXPECT_NE(answer.body.find("dropped=1"), std::string::npos);
  EXPECT_EQ(values("a", "v", "").size(), 2u);
}

TEST_F(LineDoor, a_precision_that_nobody_knows_is_refused) {
  EXPECT_EQ(post("a v=1", "days").status, 400);
  EXPECT_TRUE(store_->measurements().empty());
}

TEST_F(LineDoor, a_closed_store_answers_503) {
  store_->close();
  EXPECT_EQ(post("a v=1").status, 503);
}

}  // namespace
}  // namespace machiya::sense::series
