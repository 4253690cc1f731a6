#include "sense/query/selection.h"

#include <gtest/gtest.h>

#include <random>
#include <set>
#include <tuple>

#include "sense/query/query_testing.h"

namespace machiya::sense {
namespace {

TEST(TypeSelection, OrOfAnd) {
  const auto entity = testing::entity(R"({"id": "urn:x:1", "type": ["A", "B"]})");
  for (const auto& [text, matches] : std::vector<std::pair<std::string, bool>>{
           {"A", true}, {"C", false}, {"A,C", true}, {"C|B", true}, {"(A;B)", true}, {"(A;C)", false}, {"(A;C),B", true}, {"(A;C)|(A;B)", true}, {"*", true}, {"A;B", true}, {"(Building|Tower)", false},
           {"(A|C);B", true}, {"(A|C);(C|D)", false}, {"https://ex/A", true}, {"https://ex/C,https://ex/B", true}, {"<https://ex/A>", true}, {"ns:A", false}}) {
    const auto types = TypeSelection::parse(text, testing::iri);
    ASSERT_TRUE(types.ok()) << text;
    EXPECT_EQ(types->matches(*entity), matches) << text;
    const auto again = TypeSelection::parse(types->text(), nullptr);
    ASSERT_TRUE(again.ok()) << types->text();
    EXPECT_EQ(again->text(), types->text());
    EXPECT_EQ(again->matches(*entity), matches);
  }
  for (const auto& [text, where] : std::vector<std::pair<std::string, std::string>>{{"", "type:1"}, {"A,", "type:3"}, {"(A", "type:3"}, {"A)", "type:2"}, {"A B", "type:2"}, {"(A;)", "type:4"}, {"*,A", "type:1"}}) {
    const auto types = TypeSelection::parse(text, testing::iri);
    ASSERT_FALSE(types.ok()) << text;
    EXPECT_EQ(types.error().where, where);
  }
  std::string explosion = "(a|b)";
  for (int i = 0; i < 12; ++i) explosion += ";(a|b)";
  EXPECT_EQ(TypeSelection::parse(explosion, testing::iri).error().code, ErrorCode::limit_exceeded);
  EXPECT_TRUE(TypeSelection::pattern(*TextPattern::compile("/[AB]$")).matches(*entity));
  EXPECT_TRUE(TypeSelection::any({"https://ex/B"}).matches(*entity));
  EXPECT_TRUE(TypeSelection::parse("*", nullptr)->every());
}

TEST(ScopeQuery, LevelsAndTrees) {
  struct Row {
    const char* query;
    std::vector<std::string_view> scopes;
    bool matches;
  };
  for (const Row& row : std::vector<Row>{
           {"/Madrid", {"/Madrid"}, true}, {"/Madrid", {"Madrid"}, true}, {"/Madrid", {"/Madrid/Gardens"}, false}, {"/Madrid/Gardens/#", {"/Madrid/Gardens"}, true},
           {"/Madrid/Gardens/#", {"/Madrid/Gardens/A/B"}, true}, {"/Madrid/Gardens/#", {"/Madrid/GardensX"}, false}, {"/Madrid/Gardens/#", {"/Madrid"}, false},
           {"/Madrid/+/North", {"/Madrid/Gardens/North"}, true}, {"/Madrid/+/North", {"/Madrid/North"}, false}, {"/Madrid/+/North", {"/Madrid/a/b/North"}, false}, {"/+", {"/Madrid"}, true},
           {"/+", {"/Madrid/a"}, false}, {"/#", {"/Madrid/a"}, true}, {"/#", {}, false}, {"/a", {}, false}, {"(/Madrid/Districts;/CompanyA)", {"/CompanyA", "/Madrid/Districts"}, true},
           {"(/Madrid/Districts;/CompanyA)", {"/CompanyA"}, false}, {"(/Madrid/Districts;/CompanyA)|CompanyB", {"/CompanyB"}, true}, {"(/a;/b),/c", {"/a"}, false}, {"/a,/b", {"/b"}, true},
           {"/a|/b", {"/b"}, true}, {"/+/#", {"/a"}, true}, {"/大阪/北区/#", {"/大阪/北区/中之島"}, true}}) {
    const auto query = ScopeQuery::parse(row.query);
    ASSERT_TRUE(query.ok()) << row.query;
    EXPECT_EQ(query->matches(row.scopes), row.matches) << row.query;
    const auto again = ScopeQuery::parse(query->text());
    ASSERT_TRUE(again.ok()) << query->text();
    EXPECT_EQ(again->matches(row.scopes), row.matches);
  }
  for (const char* wrong : {"", "/", "/a/", "/a//b", "#", "/a/#/b", "/a#", "/a+", "/1a", "/a b", "(/a", "/a-b", "/a;"}) EXPECT_FALSE(ScopeQuery::parse(wrong).ok()) << wrong;
}

TEST(EntitySelector, IdsBeforePatterns) {
  const auto vehicle = testing::entity(R"({"id": "urn:ngsi-ld:Vehicle:47", "type": "Vehicle"})");
  const auto selects = [&](std::vector<std::string> ids, const char* pattern, const char* type) {
    EntitySelector s;
    s.ids = std::move(ids);
    if (*pattern) s.id_pattern = *TextPattern::compile(pattern);
    if (*type) s.type = *TypeSelection::parse(type, testing::iri);
    return s.selects(*vehicle);
  };
  EXPECT_TRUE(selects({}, "urn:ngsi-ld:Vehicle:*", "Vehicle"));
  EXPECT_TRUE(selects({}, ".*47$", ""));
  EXPECT_FALSE(selects({}, ".*downtown$", ""));
  EXPECT_TRUE(selects({"urn:x:1", "urn:ngsi-ld:Vehicle:47"}, "nothing", ""));
  EXPECT_FALSE(selects({"urn:x:1"}, "", ""));
  EXPECT_FALSE(selects({}, "", "Bus"));
}

TEST(TextPattern, Dialect) {
  struct Row {
    const char *pattern, *text;
    bool found;
  };
  for (const Row& row : std::vector<Row>{
           {"a", "xay", true}, {"^a", "xa", false}, {"a$", "ax", false}, {"^a$", "a", true}, {"", "x", true}, {"a.c", "abc", true}, {"a.c", "a大c", true}, {"[[:digit:]]+x", "12x", true},
           {"[^0-9]", "123", false}, {"[]a]", "]", true}, {"[a-]", "-", true}, {"\\d{2,3}$", "a12", true}, {"^\\d{2,3}$", "1234", false}, {"^(ab){2}$", "abab", true}, {"^a{0}b", "b", true},
           {"^(a|b|cd)+$", "abcdab", true}, {"^(a|b|cd)+$", "abcda", true}, {"^(a|b|cd)+$", "abc", false}, {"\\bcat\\b", "a cat.", true}, {"\\bcat\\b", "concat", false}, {"\\.", "a.b", true}, {"\\.", "ab", false},
           {"(?i)eiffel", "EIFFEL", true}, {"(?i)[a-c]x", "BX", true}, {"(?:ab)?c", "c", true}, {"a+?b", "aab", true}, {"x*", "", true}, {"(x*)*y", "xxxy", true}, {"a{2,}", "a", false}, {"a{,2}", "a{,2}", true},
           {"^.*x.*$", "axb", true}, {".*47$", "a47", true}, {"^urn:.*", "urn:x", true}, {"日本$", "大阪、日本", true}, {"a|", "zzz", true}, {"^(|a)b", "ab", true}}) {
    const auto pattern = TextPattern::compile(row.pattern);
    ASSERT_TRUE(pattern.ok()) << row.pattern << " " << pattern.error().to_string();
    EXPECT_EQ(pattern->found_in(row.text), row.found) << row.pattern << " in " << row.text;
  }
  for (const char* wrong : {"(", ")", "a)", "[a", "*a", "a\\", "(?=a)", "(a)\\1", "a{3,2}", "[z-a]", "\\q", "[[:nothing:]]"}) {
    EXPECT_FALSE(TextPattern::compile(wrong).ok()) << wrong;
  }
  EXPECT_EQ(TextPattern::compile("(a{100}){100}").error().code, ErrorCode::limit_exceeded);
  EXPECT_EQ(TextPattern::compile(std::string(50, '(') + std::string(50, ')')).error().code, ErrorCode::limit_exceeded);
  EXPECT_EQ(TextPattern::compile("^urn:ngsi-ld:Car:.*")->prefix(), "urn:ngsi-ld:Car:");
  EXPECT_EQ(TextPattern::compile("^ab*")->prefix(), "a");
  EXPECT_EQ(TextPattern::compile("^ab|cd")->prefix(), "");
  EXPECT_EQ(TextPattern::compile("ab")->prefix(), "");
}

TEST(TextPattern, CatastrophicPatternsStayLinear) {
  const std::string text(2000, 'a');
  EXPECT_FALSE(TextPattern::compile("^(a+)+$")->found_in(text + "!"));
  EXPECT_FALSE(TextPattern::compile("(a*)*b")->found_in(text));
  EXPECT_FALSE(TextPattern::compile("^(a|a)*b$")->found_in(text));
}

/// A pattern as a tree that says of itself, slowly, where it may end.
struct Piece {
  enum class Kind { set, sequence, choice, repeat } kind = Kind::set;
  std::string text;       // of a set: its source
  std::string members;    // and what is in it
  std::vector<Piece> parts;
  int least = 0, most = 0;

  std::set<std::size_t> ends(std::string_view in, std::size_t from) const {
    if (kind == Kind::set) return from < in.size() && members.find(in[from]) != std::string::npos ? std::set<std::size_t>{from + 1} : std::set<std::size_t>{};
    std::set<std::size_t> out;
    if (kind == Kind::choice) {
      for (const Piece& p : parts) out.merge(p.ends(in, from));
      return out;
    }
    std::set<std::size_t> now = {from};
    const int rounds = kind == Kind::sequence ? static_cast<int>(parts.size()) : most;
    if (kind == Kind::repeat && least == 0) out = now;
    for (int i = 0; i < rounds; ++i) {
      std::set<std::size_t> next;
      for (const std::size_t at : now) next.merge(parts[kind == Kind::sequence ? static_cast<std::size_t>(i) : 0].ends(in, at));
      now = std::move(next);
      if (kind == Kind::repeat && i + 1 >= least) out.insert(now.begin(), now.end());
    }
    return kind == Kind::sequence ? now : out;
  }
  std::string source() const {
    if (kind == Kind::set) return text;
    if (kind == Kind::repeat) return "(" + parts[0].source() + ")" + text;
    std::string out;
    for (std::size_t i = 0; i < parts.size(); ++i) out += (i && kind == Kind::choice ? "|" : "") + parts[i].source();
    return "(" + out + ")";
  }
};

Piece random_piece(std::mt19937& random, int depth) {
  const auto pick = [&](unsigned n) { return random() % n; };
  Piece out;
  const unsigned kind = depth == 0 ? 0 : pick(4);
  if (kind == 0) {
    const std::vector<std::pair<std::string, std::string>> sets = {{"a", "a"}, {"b", "b"}, {"c", "c"}, {".", "abc"}, {"[ab]", "ab"}, {"[^b]", "ac"}};
    std::tie(out.text, out.members) = sets[pick(sets.size())];
    return out;
  }
  out.kind = kind == 1 ? Piece::Kind::sequence : kind == 2 ? Piece::Kind::choice : Piece::Kind::repeat;
  for (unsigned n = kind == 3 ? 1 : 1 + pick(3); n > 0; --n) out.parts.push_back(random_piece(random, depth - 1));
  const std::vector<std::tuple<std::string, int, int>> repeats = {{"*", 0, 9}, {"+", 1, 9}, {"?", 0, 1}, {"{2}", 2, 2}, {"{1,2}", 1, 2}, {"{2,}", 2, 9}, {"*?", 0, 9}, {"{0}", 0, 0}};
  if (kind == 3) std::tie(out.text, out.least, out.most) = repeats[pick(repeats.size())];
  return out;
}

TEST(TextPattern, FindsWhatASlowReferenceFinds) {
  std::mt19937 random(1);
  int found = 0, missed = 0;
  for (int i = 0; i < 3000; ++i) {
    const Piece piece = random_piece(random, 4);
    const bool begin = random() % 3 == 0, end = random() % 3 == 0;
    std::string source = (begin ? "^" : "") + piece.source() + (end ? "$" : "");
    if (random() % 2 == 0 && piece.kind == Piece::Kind::sequence) source = (begin ? "^" : "") + piece.source().substr(1, piece.source().size() - 2) + (end ? "$" : "");
    const auto ours = TextPattern::compile(source);
    if (!ours.ok() && ours.error().code == ErrorCode::limit_exceeded) continue;
    ASSERT_TRUE(ours.ok()) << source;
    for (int t = 0; t < 8; ++t) {
      std::string text;
      for (unsigned n = random() % 7; n > 0; --n) text += static_cast<char>('a' + random() % 3);
      bool theirs = false;
      for (std::size_t from = 0; from <= (begin ? 0 : text.size()); ++from) {
        for (const std::size_t at : piece.ends(text, from)) theirs = theirs || !end || at == text.size();
      }
      ASSERT_EQ(ours->found_in(text), theirs) << source << " in " << text;
      ASSERT_TRUE(!theirs || text.starts_with(ours->prefix())) << source << " in " << text;
      ++(theirs ? found : missed);
    }
  }
  EXPECT_GT(found, 2000);
  EXPECT_GT(missed, 2000);
}

}  // namespace
}  // namespace machiya::sense
