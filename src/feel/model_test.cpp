// DMN XML, patterns, JSON: what comes from outside.
#include <gtest/gtest.h>

#include "feel/dmn.h"
#include "feel/regex.h"
#include "feel/xml.h"
#include "base/text.h"

namespace machiya::feel {
namespace {

TEST(Xml, ReadsElements) {
  auto e = xml::parse("<?xml version='1.0'?><!-- c --><a:root x='1 &lt; 2'>t&#x3042;<b/><![CDATA[<raw>]]></a:root>");
  ASSERT_TRUE(e.ok()) << e.error().to_string();
  EXPECT_EQ(e->name, "root");
  EXPECT_EQ(e->attribute("x"), "1 < 2");
  EXPECT_EQ(e->text, "tあ<raw>");
  EXPECT_EQ(e->children.size(), 1u);
}

TEST(Xml, RefusesWhatIsHostile) {
  for (std::string_view s : {"", "<a>", "<a></b>", "<a/><b/>", "<!DOCTYPE a [<!ENTITY x 'y'>]><a>&x;</a>", "<a>&x;</a>", "<a b=c/>", "<a b='<'/>",
                             "<a>&#0;</a>", "<a>\xff</a>"})
    EXPECT_FALSE(xml::parse(s).ok()) << s;
  std::string deep;
  for (int i = 0; i < 100000; ++i) deep += "<a>";
  EXPECT_FALSE(xml::parse(deep).ok());
  EXPECT_EQ(xml::parse("<a>\n  <b></c></a>").error().where, "2:9");
}

bool matches(std::string_view pattern, std::string_view text, std::string_view flags = "") {
  auto r = Regex::compile(pattern, flags);
  EXPECT_TRUE(r.has_value()) << pattern;
  Regex::Groups groups;
  std::uint64_t steps = 1'000'000;
  bool exhausted = false;
  return r && r->search(to_utf32(text), 0, groups, steps, exhausted);
}

TEST(Regex, Syntax) {
  EXPECT_TRUE(matches("^(a|bc)+d?$", "abcbca"));
  EXPECT_FALSE(matches("^(a|bc)+d$", "abcbca"));
  EXPECT_TRUE(matches("^\\d{3}-?\\d{4}$", "530-0001"));
  EXPECT_FALSE(matches("^[a-z-[aeiou]]+$", "bad"));
  EXPECT_TRUE(matches("^\\p{IsHiragana}+$", "ひらがな"));
  EXPECT_TRUE(matches("^\\w+$", "花子1"));
  EXPECT_FALSE(matches("^\\w+$", "a_b"));  // XML Schema: no punctuation, which "_" is
  EXPECT_TRUE(matches("(ab)c\\1", "abcab"));
  EXPECT_FALSE(matches("(ab)c\\1", "abcba"));
  EXPECT_TRUE(matches("H E", "xhey", "ix"));
  EXPECT_TRUE(matches("hello\\ sworld", "hello world", "x"));
  EXPECT_TRUE(matches("hello[ ]world", "hello world", "x"));
  EXPECT_FALSE(matches("hello world", "hello world", "x"));
  EXPECT_TRUE(matches("^b$", "a\nb", "m"));
  EXPECT_TRUE(matches("a.b", "a.b", "q"));
  EXPECT_FALSE(matches("a.b", "axb", "q"));
  for (std::string_view bad : {"(", ")", "[", "[]", "a**", "a{2,1}", "\\q", "\\2(a)", "(a\\1)", "[b-a]", "*", "\\p{Xx}", "a{99999}"})
    EXPECT_FALSE(Regex::compile(bad, "")) << bad;
  EXPECT_FALSE(Regex::compile("a", "z"));
}

TEST(Regex, HostilePatternsEndSoon) {
  std::string text(3000, 'a');
  EXPECT_FALSE(matches("(a+)+b", text));
  EXPECT_FALSE(matches("(a|a)*b", text));
  EXPECT_TRUE(matches("(a*)*", text));
  auto r = Regex::compile("(a*)(a*)(a*)\\1b", "");
  ASSERT_TRUE(r);
  Regex::Groups groups;
  std::uint64_t steps = 100'000;
  bool exhausted = false;
  EXPECT_FALSE(r->search(to_utf32(text), 0, groups, steps, exhausted));
  EXPECT_TRUE(exhausted);
}

TEST(Json, ThereAndBackByType) {
  auto type = parse_type("context<born: date, fee: number, tags: list<string>, wait: days and time duration>");
  ASSERT_TRUE(type.ok());
  auto j = json::parse(R"({"born":"2000-02-29","fee":1234567890123456789012.50,"tags":["a"],"wait":"PT36H"})");
  auto v = from_json(*j, *type);
  ASSERT_TRUE(v.ok()) << v.error().to_string();
  EXPECT_TRUE((*v)["born"].date());
  EXPECT_EQ(json::to_text(to_json(*v)), R"({"born":"2000-02-29","fee":1234567890123456789012.5,"tags":["a"],"wait":"P1DT12H"})");
  auto bad = from_json(*json::parse(R"({"tags":["a",1]})"), *type);
  ASSERT_FALSE(bad.ok());
  EXPECT_EQ(bad.error().where, "/tags/1");
}

TEST(Model, RequirementsServicesAndFaults) {
  auto m = load_dmn(R"(<definitions namespace="n" name="m">
    <inputData id="i" name="age"><variable name="age" typeRef="number"/></inputData>
    <businessKnowledgeModel id="b" name="fact"><encapsulatedLogic><formalParameter name="n" typeRef="number"/>
      <literalExpression><text>if n &lt;= 1 then 1 else n * fact(n - 1)</text></literalExpression></encapsulatedLogic></businessKnowledgeModel>
    <decision id="d" name="adult"><variable name="adult"/><informationRequirement><requiredInput href="#i"/></informationRequirement>
      <literalExpression><text>age >= 18</text></literalExpression></decision>
    <decision id="e" name="answer"><variable name="answer"/><informationRequirement><requiredDecision href="#d"/></informationRequirement>
      <knowledgeRequirement><requiredKnowledge href="#b"/></knowledgeRequirement>
      <literalExpression><text>if adult then fact(5) else 0</text></literalExpression></decision>
    <decision id="f" name="broken"><variable name="broken"/><literalExpression><text>1 +</text></literalExpression></decision>
    <decision id="g" name="loop"><variable name="loop"/><informationRequirement><requiredDecision href="#g"/></informationRequirement>
      <literalExpression><text>loop = null</text></literalExpression></decision>
    <decisionService id="s" name="svc"><variable name="svc"/><outputDecision href="#e"/><inputDecision href="#d"/></decisionService>
    </definitions>)");
  ASSERT_TRUE(m.ok()) << m.error().to_string();
  Environment e;
  EXPECT_EQ(to_text(*m->evaluate_decision("answer", {{"age", Value::number(20)}}, e)), "120");
  EXPECT_EQ(to_text(*m->evaluate_decision("answer", {{"age", Value::number(2)}}, e)), "0");
  EXPECT_EQ(to_text(*m->invoke("svc", {{"adult", Value::boolean(true)}}, e)), "120");
  EXPECT_EQ(to_text(*m->evaluate_decision("broken", {}, e)), "null");
  EXPECT_EQ(to_text(*m->evaluate_decision("loop", {}, e)), "true");
  ASSERT_EQ(m->faults().size(), 1u);
  EXPECT_EQ(m->faults()[0].substr(0, 7), "broken,");
  EXPECT_EQ(m->evaluate_decision("none", {}, e).error().code, ErrorCode::not_found);
  Environment small;
  small.max_steps = 10;
  EXPECT_EQ(m->evaluate_decision("answer", {{"age", Value::number(20)}}, small).error().code, ErrorCode::limit_exceeded);
}

}  // namespace
}  // namespace machiya::feel
