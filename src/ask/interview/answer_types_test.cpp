// Every answer type with what people really type, and with what nobody should.
#include "ask/interview/answer_types.h"

#include <gtest/gtest.h>

#include "base/rng.h"
#include "base/text.h"

namespace machiya::interview {
namespace {

using json::Value;

Question question_of(AnswerType type) {
  Question question;
  question.type = type;
  question.name = "q";
  question.label = Texts(Value("質問"));
  question.feel_type = unit_of(type).feel_type(question);
  return question;
}
World osaka() {
  World world;
  world.known = true;
  world.wards = {{"kita", "27127", Texts(Value("北区")), 34.7055, 135.5099}, {"chuo", "27128", Texts(Value("中央区")), 34.6810, 135.5100},
                 {"nishinari", "27122", Texts(Value("西成区")), 34.6353, 135.4944}};
  return world;
}
Reading parts_of(const Question& question, Parts parts) { return unit_of(question.type).from_parts(question, osaka(), parts); }
std::string text_of(const Question& question, std::string_view typed) {
  const auto reading = parts_of(question, {{"", std::string(typed)}});
  return reading.problems.empty() ? (reading.empty ? "<empty>" : scalar_text(reading.value)) : "!" + std::string(message_code(reading.problems[0].code));
}

TEST(Phone, TakesWhatPeopleType) {
  const auto q = question_of(AnswerType::phone);
  EXPECT_EQ(text_of(q, "06-6208-8181"), "0662088181");
  EXPECT_EQ(text_of(q, "０６（６２０８）８１８１"), "0662088181");
  EXPECT_EQ(text_of(q, "090‐1234‐5678"), "09012345678");
  EXPECT_EQ(text_of(q, "090ー1234ー5678"), "09012345678");
  EXPECT_EQ(text_of(q, "+81 90 1234 5678"), "09012345678");
  EXPECT_EQ(text_of(q, "+84 24 3825 2916"), "+842438252916");
  EXPECT_EQ(text_of(q, "6208-8181"), "!phone");
  EXPECT_EQ(text_of(q, "0662088181; drop"), "!phone");
  EXPECT_EQ(text_of(q, "　"), "<empty>");
}

TEST(Money, TakesCommasAndYen) {
  const auto q = question_of(AnswerType::money);
  EXPECT_EQ(text_of(q, "１，２００円"), "1200");
  EXPECT_EQ(text_of(q, "¥1,200"), "1200");
  EXPECT_EQ(text_of(q, "1200.0"), "1200");
  EXPECT_EQ(text_of(q, "12.5"), "!integer");
  EXPECT_EQ(text_of(q, "円"), "!number");
  EXPECT_EQ(text_of(q, "1e9"), "!number");
  EXPECT_EQ(text_of(q, "99999999999999999999"), "!number");
  EXPECT_EQ(text_of(q, "−500"), "-500");
}

TEST(Number, KeepsDecimalsExactly) {
  auto q = question_of(AnswerType::number);
  EXPECT_EQ(text_of(q, "０１２"), "12");
  EXPECT_EQ(text_of(q, "1.5"), "!integer");
  q.decimals = 2;
  EXPECT_EQ(text_of(q, "１．２５"), "1.25");
  EXPECT_EQ(text_of(q, "1.250"), "1.25");
  EXPECT_EQ(text_of(q, "1.255"), "!decimals");
}

TEST(Date, BothCalendars) {
  const auto q = question_of(AnswerType::date);
  for (const char* typed : {"2025-12-01", "2025/12/1", "2025年12月1日", "20251201", "令和7年12月1日", "R7.12.1", "Ｒ７／１２／１"}) EXPECT_EQ(text_of(q, typed), "2025-12-01") << typed;
  EXPECT_EQ(text_of(q, "令和元年5月1日"), "2019-05-01");
  EXPECT_EQ(text_of(q, "平成31年5月1日"), "!era");
  EXPECT_EQ(text_of(q, "2026-02-29"), "!date");
  EXPECT_EQ(text_of(q, "きのう"), "!date");
  EXPECT_EQ(parts_of(q, {{"era", "R"}, {"year", "7"}, {"month", "１２"}, {"day", "01"}}).value.as_string(), "2025-12-01");
  EXPECT_EQ(parts_of(q, {{"era", "western"}, {"year", "令和7"}, {"month", "12"}, {"day", "1"}}).value.as_string(), "2025-12-01");
  EXPECT_EQ(parts_of(q, {{"era", "western"}, {"year", "2025"}, {"month", "12"}, {"day", "1"}}).value.as_string(), "2025-12-01");
  EXPECT_EQ(parts_of(q, {{"era", "western"}, {"year", "2025"}, {"month", ""}, {"day", "1"}}).problems.at(0).part, "month");
  EXPECT_TRUE(parts_of(q, {{"era", "western"}, {"year", ""}, {"month", ""}, {"day", ""}}).empty);
  EXPECT_EQ(parts_of(q, {{"year", "2025-12-01"}}).value.as_string(), "2025-12-01");
}

TEST(Name, FoldsReadingsAndKeepsNames) {
  const auto q = question_of(AnswerType::name);
  const auto reading = parts_of(q, {{"family", "渡邉󠄀"}, {"given", "花子"}, {"family_kana", "わたなべ"}, {"given_kana", "ﾊﾅｺ"}});
  ASSERT_TRUE(reading.problems.empty());
  EXPECT_EQ(reading.value.text("family"), "渡邉󠄀");   // with its variation selector
  EXPECT_EQ(reading.value.text("family_kana"), "ワタナベ");
  EXPECT_EQ(reading.value.text("given_kana"), "ハナコ");
  EXPECT_EQ(parts_of(q, {{"family", "山田"}, {"given", "花子"}, {"family_kana", "山田"}, {"given_kana", "ハナコ"}}).problems.at(0).part, "family_kana");
  EXPECT_EQ(parts_of(q, {{"family", "山田"}}).problems.size(), 3u);
  EXPECT_TRUE(parts_of(q, {{"family", "SUHARTO"}, {"family_kana", "スハルト"}}).problems.empty());
}

TEST(Address, PostalCodesAndWards) {
  auto q = question_of(AnswerType::address);
  q.within = "city";
  Parts parts = {{"postal_code", "〒５３０－８２０１"}, {"prefecture", "大阪府"}, {"city", "大阪市北区"}, {"town", "中之島"}, {"street", "１－３－２０"}, {"building", ""}};
  const auto reading = parts_of(q, parts);
  ASSERT_TRUE(reading.problems.empty());
  EXPECT_EQ(reading.value.text("postal_code"), "5308201");
  EXPECT_EQ(reading.value.text("street"), "1-3-20");
  EXPECT_EQ(reading.value.text("city_code"), "27127");
  EXPECT_EQ(reading.value.text("ward"), "kita");
  parts[2].second = "堺市堺区";
  EXPECT_EQ(message_code(parts_of(q, parts).problems.at(0).code), "outside-city");
  parts[0].second = "530-820";
  EXPECT_EQ(message_code(parts_of(q, parts).problems.at(0).code), "postal-code");
  EXPECT_TRUE(parts_of(q, {{"postal_code", " "}}).empty);
}

TEST(Place, WardFromPositionOrText) {
  auto q = question_of(AnswerType::place);
  q.within = "city";
  EXPECT_EQ(parts_of(q, {{"lat", "34.7054"}, {"lon", "135.51"}}).value.text("ward"), "kita");
  EXPECT_EQ(parts_of(q, {{"address", "西成区岸里1丁目の公園"}}).value.text("ward"), "nishinari");
  EXPECT_EQ(message_code(parts_of(q, {{"lat", "35.68"}, {"lon", "139.76"}}).problems.at(0).code), "outside-city");
  EXPECT_EQ(message_code(parts_of(q, {{"lat", "NaN"}, {"lon", "1e400"}}).problems.at(0).code), "coordinates");
  EXPECT_EQ(message_code(parts_of(q, {{"ward", "minato-mirai"}}).problems.at(0).code), "ward");
}

TEST(Organisation, CheckDigitOfCorporateNumber) {
  const auto q = question_of(AnswerType::organisation);
  EXPECT_TRUE(parts_of(q, {{"name", "大阪市"}, {"corporate_number", "6000020271004"}}).problems.empty());
  EXPECT_EQ(parts_of(q, {{"name", "大阪市"}, {"corporate_number", "6000020271005"}}).problems.at(0).part, "corporate_number");
}

TEST(BankAccount, PadsAndFolds) {
  const auto q = question_of(AnswerType::bank_account);
  const auto reading = parts_of(q, {{"bank_code", "０００１"}, {"branch_code", "100"}, {"kind", ""}, {"number", "12345"}, {"holder_kana", "ﾔﾏﾀﾞ ﾊﾅｺ"}});
  ASSERT_TRUE(reading.problems.empty());
  EXPECT_EQ(reading.value.text("number"), "0012345");
  EXPECT_EQ(reading.value.text("holder_kana"), "ヤマダ ハナコ");
  EXPECT_EQ(reading.value.text("kind"), "ordinary");
  EXPECT_EQ(parts_of(q, {{"bank_code", "1"}, {"branch_code", "x"}, {"number", "12345678"}, {"holder_kana", "山田"}}).problems.size(), 4u);
}

TEST(Email, OrdinaryAndOdd) {
  const auto q = question_of(AnswerType::email);
  EXPECT_EQ(text_of(q, " Hanako＠Example.JP "), "Hanako@example.jp");
  EXPECT_EQ(text_of(q, "a..b.@docomo.ne.jp"), "a..b.@docomo.ne.jp");
  for (const char* bad : {"a@b", "@b.jp", "a@b..jp", "a@@b.jp", "a b@-c.jp", "<a@b.jp>"}) EXPECT_EQ(text_of(q, bad), "!email") << bad;
}

TEST(Choices, OrderAndUnknown) {
  auto q = question_of(AnswerType::choices);
  q.options = {{"a", Texts(Value("あ")), {}}, {"b", Texts(Value("い")), {}}};
  EXPECT_EQ(json::to_text(parts_of(q, {{"", "b"}, {"", "a"}, {"", "b"}}).value), R"(["a","b"])");
  EXPECT_EQ(message_code(parts_of(q, {{"", "b"}, {"", "zz"}}).problems.at(0).code), "choice");
  q.min_count = 2;
  EXPECT_EQ(message_code(parts_of(q, {{"", "b"}}).problems.at(0).code), "count");
}

TEST(Files, OnlyWellFormedBlobs) {
  auto q = question_of(AnswerType::photo);
  SeededRng rng(1);
  const std::string blob = new_public_id(rng);
  auto item = [&](std::string id, std::string type) { return Value::object({{"blob", id}, {"filename", "../../etc/passwd"}, {"type", type}, {"bytes", 3}}); };
  const auto good = unit_of(q.type).from_json(q, osaka(), Value(Value::Array{item(blob, "image/jpeg")}));
  ASSERT_TRUE(good.problems.empty());
  EXPECT_EQ(good.value[std::size_t{0}].text("filename"), ".._.._etc_passwd");
  EXPECT_FALSE(unit_of(q.type).from_json(q, osaka(), Value(Value::Array{item(blob, "application/pdf")})).problems.empty());
  EXPECT_FALSE(unit_of(q.type).from_json(q, osaka(), Value(Value::Array{item("../x", "image/jpeg")})).problems.empty());
  EXPECT_FALSE(unit_of(q.type).from_parts(q, osaka(), {{"item", "{"}}).problems.empty());
}

/// Whatever comes in: no crash, bounded output, and a canonical value reads as itself again.
TEST(AllTypes, HostileInputAndRoundTrip) {
  SeededRng rng(7);
  const std::vector<std::string> pieces = {"", " ", "　", "0", "１２", "令和", "-", "ー", "\xff\xfe", "\xed\xa0\x80", std::string("\0", 1), "<script>", "{{x}}", "'", "\"", "山田", "ﾔﾏﾀﾞ", "@", ".",
                                           "2025", "yes", "a", "\xe2\x80\xae", "円", "〒", "34.7", "NaN", "1e999", "%00", std::string(5000, 'A')};
  const char* names[] = {"", "year", "month", "day", "era", "family", "given", "family_kana", "given_kana", "postal_code", "prefecture", "city", "town", "street",
                         "lat", "lon", "address", "ward", "bank_code", "branch_code", "number", "holder_kana", "kind", "name", "name_kana", "corporate_number", "item", "nosuch"};
  int read = 0;
  for (int round = 0; round < 20'000; ++round) {
    auto question = question_of(static_cast<AnswerType>(rng.below(kAnswerTypes)));
    question.options = {{"a", Texts(Value("あ")), {}}, {"yes", Texts(Value("い")), {}}};
    question.decimals = static_cast<int>(rng.below(3));
    Parts parts;
    for (auto n = rng.below(8); n > 0; --n) {
      std::string text;
      for (auto k = rng.below(4); k > 0; --k) text += pieces[rng.below(pieces.size())];
      parts.emplace_back(names[rng.below(std::size(names))], text);
    }
    const auto& unit = unit_of(question.type);
    const auto first = unit.from_parts(question, osaka(), parts);
    EXPECT_FALSE(first.empty && !first.problems.empty());
    if (first.value.is_null()) continue;
    ++read;
    const auto again = unit.from_json(question, osaka(), first.value);
    ASSERT_TRUE(again.problems.empty()) << answer_type_name(question.type) << json::to_text(first.value);
    EXPECT_EQ(json::to_text(again.value), json::to_text(first.value));
    EXPECT_TRUE(is_utf8(json::to_text(first.value)));
    const auto value = feel::from_json(first.value, question.feel_type);
    EXPECT_TRUE(value.ok()) << answer_type_name(question.type) << json::to_text(first.value);
    if (const auto back = unit.to_parts(question, first.value); !back.empty()) EXPECT_EQ(json::to_text(unit.from_parts(question, osaka(), back).value), json::to_text(first.value)) << answer_type_name(question.type);
  }
  EXPECT_GT(read, 200);
}

TEST(Messages, CompleteInSixLanguages) {
  for (const char* lang : {"ja", "ja-easy", "en", "zh-Hans", "ko", "vi"})
    for (int code = 0; code <= static_cast<int>(MessageCode::fee); ++code) EXPECT_FALSE(message_text(static_cast<MessageCode>(code), lang).empty());
  EXPECT_EQ(message_text(MessageCode::too_long, "en", {{"label", "Name"}, {"max", "3"}}), "Name: at most 3 characters");
}

}  // namespace
}  // namespace machiya::interview
