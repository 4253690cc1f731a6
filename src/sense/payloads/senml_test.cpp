#include "sense/payloads/senml.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <random>

namespace machiya::sense::payloads {
namespace {

constexpr std::int64_t kNow = 1'775'000'000'000'000;

SenmlPack read(std::string_view text) {
  static tree::Arena arena;
  SenmlPack pack;
  auto done = read_senml(text, kNow, arena, pack);
  EXPECT_TRUE(done.ok()) << done.error().to_string();
  return pack;
}
ErrorCode refusal(std::string_view text) {
  tree::Arena arena;
  SenmlPack pack;
  auto done = read_senml(text, kNow, arena, pack);
  return done.ok() ? ErrorCode::internal : done.error().code;
}

TEST(Senml, base_fields_reach_from_their_record_to_the_end) {
  const auto pack = read(R"([{"bn":"urn:dev:mac:1:","bt":1.276020076001e+09,"bu":"A","bver":5,"n":"voltage","u":"V","v":120.1},
    {"n":"current","t":-5,"v":1.2},{"n":"current","t":0.5,"v":1.5},{"bn":"urn:dev:mac:2:","bv":100,"bs":3,"n":"x","v":-1,"s":2,"ut":60},{"vb":true},{"n":"t","vs":"閉"},{"n":"d","vd":"aGk"}])");
  ASSERT_TRUE(pack.errors.empty());
  ASSERT_EQ(pack.records.size(), 7u);
  EXPECT_EQ(pack.records[0].name, "urn:dev:mac:1:voltage");
  EXPECT_EQ(pack.records[0].unit, "V");
  EXPECT_EQ(pack.records[0].time_us, 1'276'020'076'001'000);
  EXPECT_EQ(pack.records[1].unit, "A");
  EXPECT_EQ(pack.records[1].time_us, 1'276'020'071'001'000);
  EXPECT_EQ(pack.records[2].time_us, 1'276'020'076'501'000);
  EXPECT_EQ(pack.records[3].number, 99);
  EXPECT_EQ(pack.records[3].sum, 5);
  EXPECT_EQ(pack.records[3].update_s, 60);
  EXPECT_EQ(pack.records[4].name, "urn:dev:mac:2:");
  EXPECT_EQ(pack.records[4].kind, SenmlKind::truth);
  EXPECT_EQ(pack.records[4].sum, 3);
  EXPECT_EQ(pack.records[5].text, "閉");
  EXPECT_EQ(pack.records[6].kind, SenmlKind::data);
}

TEST(Senml, small_times_are_relative_to_arrival) {
  const auto pack = read(R"([{"n":"a","v":1},{"n":"a","t":-10,"v":1},{"bt":100,"n":"a","t":5,"v":1},{"bt":268435456,"n":"a","v":1}])");
  ASSERT_EQ(pack.records.size(), 4u);
  EXPECT_EQ(pack.records[0].time_us, kNow);
  EXPECT_EQ(pack.records[1].time_us, kNow - 10'000'000);
  EXPECT_EQ(pack.records[2].time_us, kNow + 105'000'000);
  EXPECT_EQ(pack.records[3].time_us, 268'435'456'000'000);
}

TEST(Senml, a_mistake_costs_one_record) {
  const auto pack = read(R"([{"n":"a","v":1},{"n":"a"},{"n":"a b","v":1},{"v":1},{"n":"a","v":1,"vs":"x"},{"n":"a","v":"1"},{"n":"a","v":1,"t":1e300},{"n":"-a","v":1},{"bn":"b","n":"a","vs":1},{"n":"c","v":2,"more":[]}])");
  ASSERT_EQ(pack.errors.size(), 8u);
  for (std::size_t i = 0; i < 8; ++i) EXPECT_EQ(pack.errors[i].record, i + 1);
  ASSERT_EQ(pack.records.size(), 2u);
  EXPECT_EQ(pack.records[1].name, "bc");   // the base name of the record before is in force
}

TEST(Senml, what_must_be_understood_ends_the_pack) {
  EXPECT_EQ(refusal(R"([{"n":"a","v":1,"ct_":"x"}])"), ErrorCode::malformed_request);
  EXPECT_EQ(refusal(R"([{"bver":11,"n":"a","v":1}])"), ErrorCode::malformed_request);
  EXPECT_EQ(refusal(R"([{"bver":10,"n":"a","v":1},{"bver":5,"n":"a","v":1}])"), ErrorCode::malformed_request);
  EXPECT_EQ(refusal(R"({"n":"a","v":1})"), ErrorCode::malformed_request);
  EXPECT_EQ(refusal(R"([1])"), ErrorCode::malformed_request);
  EXPECT_EQ(refusal(R"([{"n":"a","v":1})"), ErrorCode::malformed_request);
}

TEST(Senml, packs_with_and_without_base_fields_say_the_same) {
  std::mt19937_64 random(9);
  const auto below = [&](int n) { return static_cast<int>(random() % static_cast<unsigned>(n)); };
  for (int round = 0; round < 3'000; ++round) {
    std::string based = "[", plain = "[", bn;
    int bt = 0, bv = 0;
    for (int n = 1 + below(6), i = 0; i < n; ++i) {
      std::string record = "{";
      if (below(3) == 0) bn = "dev" + std::to_string(below(5)) + ":", record += "\"bn\":\"" + bn + "\",";
      if (below(3) == 0 || i == 0) bt = 1'500'000'000 + below(1000), record += "\"bt\":" + std::to_string(bt) + ",";
      if (below(4) == 0) bv = below(100), record += "\"bv\":" + std::to_string(bv) + ",";
      const int t = below(100) - 50, v = below(1000);
      record += "\"n\":\"x" + std::to_string(i) + "\",\"t\":" + std::to_string(t) + ",\"v\":" + std::to_string(v) + "}";
      based += (i ? "," : "") + record;
      plain += std::string(i ? "," : "") + "{\"n\":\"" + bn + "x" + std::to_string(i) + "\",\"t\":" + std::to_string(bt + t) + ",\"v\":" + std::to_string(bv + v) + "}";
    }
    const auto a = read(based + "]"), b = read(plain + "]");
    ASSERT_EQ(a.records.size(), b.records.size());
    for (std::size_t i = 0; i < a.records.size(); ++i) {
      EXPECT_EQ(a.records[i].name, b.records[i].name);
      EXPECT_EQ(a.records[i].time_us, b.records[i].time_us);
      EXPECT_EQ(a.records[i].number, b.records[i].number);
    }
  }
}

}  // namespace
}  // namespace machiya::sense::payloads
