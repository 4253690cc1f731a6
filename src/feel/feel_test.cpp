#include "feel/feel.h"

#include <gtest/gtest.h>

namespace machiya::feel {
namespace {

Environment environment() { return Environment(*parse_rfc3339("2026-05-10T03:00:00Z")); }

// The result as FEEL text, or "error where: detail".
std::string result(std::string_view source, const Scope& scope = {}, const std::vector<Value>& values = {}) {
  auto e = compile(source, scope);
  if (!e.ok()) return "error " + e.error().where + ": " + e.error().detail;
  auto v = e->evaluate(values, environment());
  if (!v.ok()) return "error " + std::string(v.error().info().name);
  return to_text(*v);
}

TEST(Feel, Arithmetic) {
  EXPECT_EQ(result("1 + 2 * 3"), "7");
  EXPECT_EQ(result("(1 + 2) * 3"), "9");
  EXPECT_EQ(result("0.1 + 0.2"), "0.3");
  EXPECT_EQ(result("1 / 3"), "0.3333333333333333333333333333333333");
  EXPECT_EQ(result("2 / 3"), "0.6666666666666666666666666666666667");
  EXPECT_EQ(result("1 / 0"), "null");
  EXPECT_EQ(result("2 ** 10"), "1024");
  EXPECT_EQ(result("-5 ** 2"), "25");
  EXPECT_EQ(result("9999999999999999999999999999999999 + 1"), "10000000000000000000000000000000000");
  EXPECT_EQ(result("\"a\" + \"b\""), "ab");
}

TEST(Feel, ThreeValuedLogic) {
  EXPECT_EQ(result("true and null"), "null");
  EXPECT_EQ(result("false and null"), "false");
  EXPECT_EQ(result("true or null"), "true");
  EXPECT_EQ(result("not(null)"), "null");
  EXPECT_EQ(result("null = null"), "true");
  EXPECT_EQ(result("1 < null"), "null");
}

TEST(Feel, NamesWithSpaces) {
  Scope s;
  s.add("applicant age", Type::number()).add("in come", Type::number()).add("a-b", Type::number()).add("a", Type::number()).add("b", Type::number());
  std::vector<Value> v = {Value::number(20), Value::number(5), Value::number(100), Value::number(7), Value::number(2)};
  EXPECT_EQ(result("applicant   age + 1", s, v), "21");
  EXPECT_EQ(result("a-b", s, v), "100");
  EXPECT_EQ(result("b-a", s, v), "-5");
  EXPECT_EQ(result("if applicant age >= 20 then \"adult\" else \"minor\"", s, v), "adult");
}

TEST(Feel, Japanese) {
  Scope s;
  s.add("犬の名前", Type::string()).add("世帯人数", Type::number());
  EXPECT_EQ(result("犬の名前 + \"様\"", s, {Value::string("ポチ"), Value::number(3)}), "ポチ様");
  EXPECT_EQ(result("世帯人数 * 2", s, {Value(), Value::number(3)}), "6");
  EXPECT_EQ(result("string length(\"𠮷野家\")"), "3");
}

TEST(Feel, Dates) {
  EXPECT_EQ(result("today()"), "2026-05-10");
  EXPECT_EQ(result("now()"), "2026-05-10T12:00:00+09:00");
  EXPECT_EQ(result("date(\"2026-05-10\") - date(\"2026-02-08\") >= duration(\"P91D\")"), "true");
  EXPECT_EQ(result("date(\"2024-01-31\") + duration(\"P1M\")"), "2024-02-29");
  EXPECT_EQ(result("@\"2026-05-10\".weekday"), "7");
  EXPECT_EQ(result("years and months duration(date(\"2011-12-22\"), date(\"2013-08-24\"))"), "P1Y8M");
  EXPECT_EQ(result("date and time(\"2026-07-01T00:00:00@Europe/Paris\") = date and time(\"2026-06-30T22:00:00Z\")"), "true");
}

TEST(Feel, ListsContextsRanges) {
  EXPECT_EQ(result("[1, 2, 3][item > 1]"), "[2, 3]");
  EXPECT_EQ(result("[1, 2, 3][-1]"), "3");
  EXPECT_EQ(result("[{a b: 1, c: 2}, {a b: 3, c: 4}][a b = 3].c"), "[4]");
  EXPECT_EQ(result("{a: 1, b: a + 1}.b"), "2");
  EXPECT_EQ(result("5 in [1..10]"), "true");
  EXPECT_EQ(result("5 in ]5..10["), "false");
  EXPECT_EQ(result("5 in (> 3, < 1)"), "true");
  EXPECT_EQ(result("for i in 1..3, j in [10, 20] return i * j"), "[10, 20, 20, 40, 30, 60]");
  EXPECT_EQ(result("for i in 1..5 return if i < 3 then 1 else partial[-1] + partial[-2]"), "[1, 1, 2, 3, 5]");
  EXPECT_EQ(result("some x in [1, 2] satisfies x > 1"), "true");
  EXPECT_EQ(result("every x in [] satisfies x > 1"), "true");
  EXPECT_EQ(result("sort([3, 1, 2], function(x, y) x > y)"), "[3, 2, 1]");
  EXPECT_EQ(result("{f: function(n) if n <= 1 then 1 else n * f(n - 1), r: f(5)}.r"), "120");
}

TEST(Feel, CompileErrorsHaveAPlace) {
  EXPECT_EQ(result("1 +\n  unknown thing"), "error 2:3: unknown name \"unknown thing\"");
  EXPECT_EQ(result("tody()"), "error 1:1: unknown name \"tody\"; did you mean \"today\"?");
  EXPECT_EQ(result("1 + \"a\"").substr(0, 10), "error 1:3:");
  EXPECT_EQ(result("substring(\"a\")").substr(0, 10), "error 1:1:");
  EXPECT_EQ(result("abs(\"a\")").substr(0, 10), "error 1:1:");
  EXPECT_EQ(result("(1 + 2").substr(0, 10), "error 1:7:");
  EXPECT_EQ(result("\"open").substr(0, 10), "error 1:1:");
  EXPECT_EQ(result("").substr(0, 10), "error 1:1:");
  EXPECT_EQ(result("1 = \"1\"").substr(0, 10), "error 1:3:");
}

TEST(Feel, UsesAndType) {
  Scope s;
  s.add("b", Type::number()).add("a", Type::number()).add("c", Type::number());
  auto e = compile("a + b", s);
  ASSERT_TRUE(e.ok());
  EXPECT_EQ(e->uses(), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(e->type(), Type::number());
}

TEST(Feel, NothingHangs) {
  EXPECT_EQ(result("for i in 1..1000000000000 return i"), "error limit_exceeded");
  EXPECT_EQ(result("count(for i in 1..100000, j in 1..100000 return 0)"), "error limit_exceeded");
  EXPECT_EQ(result("{f: function(n) f(n + 1), r: f(0)}.r"), "error limit_exceeded");
  EXPECT_EQ(result("for i in 1..1000000 return [partial[-1]]"), "error limit_exceeded");
  EXPECT_EQ(result("for i in 1..60 return [partial[-1], partial[-1]]"), "error limit_exceeded");
  EXPECT_EQ(result("{f: function(s, n) if n = 0 then s else f(s + s, n - 1), r: f(\"xxxxxxxx\", 60)}.r"), "error limit_exceeded");
  std::string deep(5000, '(');
  EXPECT_EQ(result(deep).substr(0, 6), "error ");
  std::string minus(5000, '-');
  EXPECT_EQ(result(minus + "1").substr(0, 6), "error ");
  std::string tests = "1", ends;
  for (int i = 0; i < 100; ++i) tests = "1 in (" + tests, ends += "..2)";
  EXPECT_EQ(result(tests + ends).substr(0, 6), "error ");  // not read twice at every level
  EXPECT_EQ(result(std::string(70'000, ' ')).substr(0, 10), "error 1:1:");
  std::string chain = "1";
  for (int i = 0; i < 5000; ++i) chain += "+today().year";
  EXPECT_EQ(result(chain).substr(0, 6), "error ");
}

TEST(Feel, UnaryTests) {
  auto test = [](std::string_view cell, const Value& input, const Type& type = Type::number()) -> std::string {
    auto e = compile_unary_tests(cell, type, Scope());
    if (!e.ok()) return "error " + e.error().where;
    auto v = e->evaluate(std::vector<Value>{input}, environment());
    return v.ok() ? to_text(*v) : "error";
  };
  EXPECT_EQ(test("-", Value::number(1)), "true");
  EXPECT_EQ(test("< 5, > 10", Value::number(11)), "true");
  EXPECT_EQ(test("not(1, 2)", Value::number(3)), "true");
  EXPECT_EQ(test("[1..3)", Value::number(3)), "false");
  EXPECT_EQ(test("\"A\", \"B\"", Value::string("B"), Type::string()), "true");
  EXPECT_EQ(test("starts with(?, \"x\")", Value::string("xy"), Type::string()), "true");
  EXPECT_EQ(test("false", Value::boolean(false), Type::boolean()), "true");
  EXPECT_EQ(test("\"A\"", Value::number(1)), "error 1:1");
}

}  // namespace
}  // namespace machiya::feel
