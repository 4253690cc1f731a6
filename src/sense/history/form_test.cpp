#include <gtest/gtest.h>

#include "base/time.h"
#include "sense/entities/stamp.h"
#include "sense/history/aggregate.h"
#include "sense/history/duration.h"
#include "sense/history/form.h"

namespace machiya::sense::history {
namespace {

TEST(Duration, reads_what_iso_8601_allows) {
  EXPECT_EQ(parse_duration("PT1H")->us, kHour);
  EXPECT_EQ(parse_duration("P1DT2H3M4.5S")->us, kDay + 2 * kHour + 3 * kMinute + 4'500'000);
  EXPECT_EQ(parse_duration("P2W")->us, 14 * kDay);
  EXPECT_EQ(parse_duration("P1Y2M")->months, 14);
  EXPECT_TRUE(parse_duration("PT0S")->none());
  EXPECT_EQ(parse_duration("PT0,5H")->us, 30 * kMinute);
  for (const char* wrong : {"", "P", "PT", "1H", "PT1", "P1H", "PT1D", "P1W2D", "P1D1Y", "PT1S1S", "-PT1H", "PT1.H", "PT.5H", "P1.5M", "PT1.5H3M", "P99999Y", "PT1H ", "pt1h", "P1D T1H"})
    EXPECT_FALSE(parse_duration(wrong)) << wrong;
}

TEST(Duration, months_are_the_calendar_s) {
  const std::int64_t january = parse_stamp("2024-01-31T10:00:00Z")->us;
  EXPECT_EQ(parse_duration("P1M")->after(january), parse_stamp("2024-02-29T10:00:00Z")->us);
  EXPECT_EQ(parse_duration("P1M")->after(january, 2), parse_stamp("2024-03-31T10:00:00Z")->us);
  EXPECT_EQ(parse_duration("P1M")->after(parse_stamp("1969-12-15T01:00:00Z")->us), parse_stamp("1970-01-15T01:00:00Z")->us);
  const Periods p{january, 0, *parse_duration("P1M")};
  EXPECT_EQ(p.of(january), 0);
  EXPECT_EQ(p.of(parse_stamp("2024-02-29T09:59:59Z")->us), 0);
  EXPECT_EQ(p.of(parse_stamp("2024-02-29T10:00:00Z")->us), 1);
}

Past number(std::string_view value, std::string_view observed = "2026-01-01T00:00:00Z") {
  Past out;
  out.instance.value = tree::Value::number(value);
  if (!observed.empty()) out.instance.observed_at = *parse_stamp(observed);
  out.instance.created_us = out.instance.modified_us = 1'790'000'000'000'000;
  return out;
}

TEST(Form, a_column_takes_what_it_gives_back) {
  for (const char* v : {"1", "0", "0.0", "-5.25", "1e3", "123456789012345", "0.1", "21.50", "1.7976931348623157e+308"}) EXPECT_TRUE(as_plain(number(v))) << v;
  for (const char* v : {"-0", "12345678901234567890", "1e400", "1e-400", "0.1234567890123456789"}) EXPECT_FALSE(as_plain(number(v))) << v;
  for (const auto& [observed, digits] : {std::pair{"2026-01-01T00:00:00Z", 0}, {"2026-01-01T00:00:00.5Z", 1}, {"2026-01-01T00:00:00.000Z", 3}, {"2026-01-01T00:00:00.123456Z", 6}}) {
    const Past past = number("1", observed);   // the plain form points into it
    const auto plain = as_plain(past);
    ASSERT_TRUE(plain) << observed;
    EXPECT_EQ(plain->digits, digits);
    EXPECT_EQ(time_text(plain->time_us, plain->digits), observed);
  }
  for (const char* observed : {"2026-01-01T00:00:00,5Z", "2026-01-01T00:00:00.1234567Z", "2026-01-01T00:00:60Z"}) EXPECT_FALSE(as_plain(number("1", observed))) << observed;
  EXPECT_EQ(as_plain(number("1", ""))->digits, kNoObservedAt);
  Past corrected = number("1");
  corrected.instance.modified_us += 1;
  EXPECT_FALSE(as_plain(corrected));
}

TEST(Form, sub_attributes_that_stay_the_same_lie_in_a_column) {
  tree::Arena arena;
  Instance deepest{.value = tree::Value::boolean(true)};
  const Attribute below{"https://x/deep", {&deepest, 1}};
  Instance inner{.value = tree::Value::string("1311")};
  inner.unit_code = "MTR", inner.sub = {&below, 1}, inner.created_us = 5, inner.modified_us = 7;
  const Attribute code{"https://x/code", {&inner, 1}};
  Past past = number("8.9");
  past.instance.sub = {&code, 1};
  const auto first = as_plain(past);
  ASSERT_TRUE(first);
  inner.modified_us = 9;   // when a sub-attribute was entered is no difference: when its instance was
  EXPECT_EQ(as_plain(past)->sub, first->sub);
  const auto back = entered_at(*read_sub(first->sub, arena), 42, arena);
  ASSERT_EQ(back.size(), 1u);
  EXPECT_EQ(back[0].name, "https://x/code");
  EXPECT_EQ(back[0].instances[0].value.text(), "1311");
  EXPECT_EQ(back[0].instances[0].unit_code, "MTR");
  EXPECT_EQ(back[0].instances[0].created_us, 42);
  EXPECT_EQ(back[0].instances[0].sub[0].instances[0].modified_us, 42);
  inner.value = tree::Value::string("1312");
  EXPECT_NE(as_plain(past)->sub, first->sub);
  deepest.observed_at = *parse_stamp("2026-01-01T00:00:00Z");
  EXPECT_FALSE(as_plain(past));
}

TEST(Form, rows_come_back_as_they_went) {
  const Instance inner{.value = tree::Value::boolean(true)};
  const Attribute sub{"https://x/y", {&inner, 1}};
  Past past = number("5", "2026-01-01T00:00:00,5Z");
  past.instance.sub = {&sub, 1}, past.instance.instance_id = "urn:i", past.instance.dataset_id = "urn:d", past.instance.unit_code = "MTR";
  std::string bytes;
  encode_past(past, bytes);
  tree::Arena arena;
  const auto back = decode_past(bytes, arena);
  ASSERT_TRUE(back.ok());
  EXPECT_EQ(back->instance.observed_at.text, "2026-01-01T00:00:00,5Z");
  EXPECT_EQ(back->instance.sub[0].name, "https://x/y");
  EXPECT_EQ(back->instance.unit_code, "MTR");
  EXPECT_EQ(back->deleted_us, kNoTime);
  for (std::size_t n = 0; n < bytes.size(); ++n) EXPECT_FALSE(decode_past(std::string_view(bytes).substr(0, n), arena).ok()) << n;
  // Frozen: version, no deletion, and then the entity's form.
  EXPECT_EQ(bytes.substr(0, 10), std::string("\x01\0\0\0\0\0\0\0\x80\x01", 10));
}

TEST(InstanceNames, lead_back_to_their_place) {
  const InstanceNames names(123, 456), others(123, 457);
  for (const InstanceNames::Place p : {InstanceNames::Place{1, 0, 0}, {77, 4000, -5}, {std::int64_t{1} << 40, 3, 1'790'000'000'000'000}}) {
    const std::string name = names.name(p);
    const auto back = names.place(name);
    ASSERT_TRUE(back);
    EXPECT_EQ(back->track, p.track);
    EXPECT_EQ(back->column, p.column);
    EXPECT_EQ(back->time_us, p.time_us);
    EXPECT_NE(others.place(name)->track, p.track);
  }
  EXPECT_FALSE(names.place("urn:ngsi-ld:Instance:01hz"));
  EXPECT_FALSE(names.place("urn:ngsi-ld:Instance:zz0000000000000000000000000000ff"));
}

}  // namespace
}  // namespace machiya::sense::history
