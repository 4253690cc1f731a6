// Random filters over random entities, against a second reading of §4.9 that works on the JSON itself and knows neither our parser nor our paths.
#include <gtest/gtest.h>

#include <functional>
#include <random>
#include <set>

#include "sense/query/query_testing.h"

namespace machiya::sense {
namespace {

using tree::Value;
using testing::iri;

/// One term as it was made, not as it was read.
struct Asked {
  std::vector<std::string> path, trail;
  std::string op;
  std::vector<std::string> values;   // as JSON
  bool range = false;
};
struct Tree {
  char kind = 't';   // t, a (and), o (or)
  Asked term;
  std::vector<Tree> parts;
};

class Maker {
 public:
  explicit Maker(unsigned seed) : random_(seed) {}
  unsigned pick(unsigned n) { return random_() % n; }
  std::string scalar() {
    static const std::vector<std::string> kScalars = {"0", "1", "2", "3", "2.0", "-1", "\"a\"", "\"b\"", "\"c\"", "true", "false", "\"2026-01-01T00:00:00Z\"", "\"2026-01-02\"", "\"https://ex/a\""};
    return kScalars[pick(static_cast<unsigned>(kScalars.size()))];
  }
  std::string json_value(int depth) {
    switch (pick(depth > 0 ? 5 : 3)) {
      case 3: return "[" + (pick(4) == 0 ? "" : scalar() + (pick(2) ? "," + scalar() : "")) + "]";
      case 4: return R"({"x": )" + json_value(depth - 1) + R"(, "y": )" + json_value(depth - 1) + "}";
      default: return scalar();
    }
  }
  std::string instance(int depth, bool dataset) {
    std::string out;
    switch (pick(6)) {
      case 0: out = R"({"type": "Relationship", "object": )" + std::string(pick(2) ? "\"a\"" : R"(["a", "b"])"); break;
      case 1: out = R"({"type": "LanguageProperty", "languageMap": {"en": )" + std::string(pick(2) ? "\"a\"" : R"(["b", "c"])") + R"(, "fr": "b"})"; break;
      case 2: out = R"({"type": "VocabProperty", "vocab": )" + std::string(pick(2) ? "\"https://ex/a\"" : R"(["https://ex/a", "https://ex/b"])"); break;
      default: out = R"({"type": "Property", "value": )" + json_value(2);
    }
    if (dataset) out += R"(, "datasetId": "urn:d:1")";
    if (pick(3) == 0) out += R"(, "observedAt": "2026-01-01T00:00:00Z")";
    if (depth > 0 && pick(2) == 0) out += R"(, "s": )" + instance(depth - 1, false);
    return out + "}";
  }
  std::string entity() {
    std::string out = R"({"id": "urn:x:1", "type": "T", "createdAt": "2026-01-01T00:00:00Z")";
    for (const char name : {'p', 'q', 'r'}) {
      if (pick(4) == 0) continue;
      out += ", \"" + std::string(1, name) + "\": " + (pick(4) == 0 ? "[" + instance(1, false) + "," + instance(1, true) + "]" : instance(1, false));
    }
    return out + "}";
  }
  Tree tree(int depth) {
    Tree out;
    if (depth == 0 || pick(3) == 0) {
      out.term = term();
      return out;
    }
    out.kind = pick(2) ? 'a' : 'o';
    for (unsigned n = 2 + pick(2); n > 0; --n) out.parts.push_back(tree(depth - 1));
    return out;
  }

 private:
  std::mt19937 random_;
  Asked term() {
    static const std::vector<std::string> kNames = {"p", "q", "r", "p", "q", "createdAt"}, kOps = {"", "==", "!=", ">", ">=", "<", "<=", "==", "!="};
    Asked out;
    out.path = {kNames[pick(6)]};
    if (out.path[0] != "createdAt" && pick(3) == 0) out.path.push_back(pick(2) ? "s" : "observedAt");
    if (out.path.back() != "createdAt" && out.path.back() != "observedAt" && pick(3) == 0) out.trail = {pick(2) ? "x" : pick(2) ? "en" : "*"};
    if (out.trail.size() == 1 && out.trail[0] == "x" && pick(2)) out.trail.push_back("y");
    out.op = kOps[pick(9)];
    if (out.op.empty()) return out;
    out.values.push_back(scalar());
    const bool ordered = out.op != "==" && out.op != "!=";
    while (ordered && (out.values[0] == "true" || out.values[0] == "false")) out.values[0] = scalar();
    if (ordered) return out;
    if (pick(4) == 0) out.values.push_back(scalar());
    if (pick(4) == 0) out.values = pick(2) ? std::vector<std::string>{"1", "2"} : std::vector<std::string>{"\"a\"", "\"b\""}, out.range = true;
    return out;
  }
};

// Dates and instants are written without quotes half of the time: then they are compared as such.
struct Literal {
  std::string json;
  bool bare;
};

std::string write(const Asked& a, std::vector<Literal>& literals, Maker& maker) {
  std::string out;
  for (std::size_t i = 0; i < a.path.size(); ++i) out += (i ? "." : "") + a.path[i];
  for (std::size_t i = 0; i < a.trail.size(); ++i) out += (i ? "." : "[") + a.trail[i];
  if (!a.trail.empty()) out += "]";
  out += a.op;
  for (std::size_t i = 0; i < a.values.size(); ++i) {
    const bool date = a.values[i].starts_with("\"2026") && maker.pick(2) == 0;
    literals.push_back({a.values[i], date});
    out += (i ? a.range ? ".." : "," : "") + (date ? a.values[i].substr(1, a.values[i].size() - 2) : a.values[i]);
  }
  return out;
}

/// §4.9 on JSON.
class Reference {
 public:
  Reference(const Value& entity, tree::Arena& arena) : entity_(entity), arena_(arena) {}
  bool term(const Asked& a, const std::vector<Literal>& literals) {
    std::vector<const Value*> targets = {&entity_};
    std::string kind;
    for (const std::string& name : a.path) {
      std::vector<const Value*> next;
      for (const Value* t : targets) {
        const Value* found = t->find(name);
        if (!found) continue;
        if (found->is_array()) {
          for (const Value& i : found->items()) next.push_back(&i);
        } else {
          next.push_back(found);
        }
      }
      targets = next;
    }
    for (const Value* t : targets) {
      if (target(*t, a, literals)) return true;
    }
    return false;
  }

 private:
  const Value& entity_;
  tree::Arena& arena_;

  bool target(const Value& t, const Asked& a, const std::vector<Literal>& literals) {
    const std::string type(t["type"].text());
    std::vector<Value> values;   // what may be equal; arrays are taken apart, as equality looks into them
    std::vector<Value> whole;    // what may be greater or less
    const bool relationship = type == "Relationship";
    const auto add = [&](const Value& v) {
      whole.push_back(v);
      if (v.is_array()) values.insert(values.end(), v.items().begin(), v.items().end());
      else values.push_back(v);
    };
    if (t.is_string()) {   // observedAt, createdAt
      moment_ = true;
      add(t);
    } else {
      moment_ = false;
      if (type == "LanguageProperty") {
        const Value& map = t["languageMap"];
        if (a.trail.size() > 1) return false;
        if (!a.trail.empty() && a.trail[0] != "*") {
          if (!map.has(a.trail[0])) return false;
          add(map[a.trail[0]]);
        } else {
          for (const tree::Member& m : map.members()) add(m.value);
        }
      } else if (type == "Property") {
        const Value* v = &t["value"];
        for (const std::string& member : a.trail) {
          v = v->find(member);
          if (!v) return false;
        }
        add(*v);
      } else {
        if (!a.trail.empty()) return false;
        add(relationship ? t["object"] : t["vocab"]);
      }
    }
    if (a.op.empty()) return true;
    if (a.op == "==" || a.op == "!=") {
      bool equal = false;
      for (const Value& v : values) equal = equal || (a.range ? within(v, literals) : any(v, literals));
      return equal == (a.op == "==");
    }
    if (relationship) return false;
    for (const Value& v : whole) {
      const int o = order(v, literals[0]);
      if (o != 9 && ((a.op[0] == '>' && o > 0) || (a.op[0] == '<' && o < 0) || (a.op.size() == 2 && o == 0))) return true;
    }
    return false;
  }
  bool moment_ = false;

  // -1, 0, 1; 9: not comparable.
  int order(const Value& v, const Literal& literal) {
    const Value l = testing::json(arena_, literal.json);
    if (v.is_number() && l.is_number()) return v.number() < l.number() ? -1 : v.number() > l.number();
    if (!v.is_string() || !l.is_string()) return 9;
    const bool instant = l.text().size() == 20 && l.text().starts_with("2026"), date = l.text().size() == 10 && l.text().starts_with("2026");
    if (moment_) {
      if (!instant && !date) return 9;
      const std::string full = std::string(l.text()) + (date ? "T00:00:00Z" : "");
      return sign(v.text().compare(full));
    }
    if (literal.bare && ((instant && v.text().size() != 20) || (date && (v.text().size() != 10 || !v.text().starts_with("2026"))))) return 9;
    return sign(v.text().compare(l.text()));
  }
  static int sign(int n) { return n < 0 ? -1 : n > 0; }
  bool any(const Value& v, const std::vector<Literal>& literals) {
    for (const Literal& l : literals) {
      const Value value = testing::json(arena_, l.json);
      if (value.is_bool() ? v.is_bool() && v.truth == value.truth : order(v, l) == 0) return true;
    }
    return false;
  }
  bool within(const Value& v, const std::vector<Literal>& l) {
    const int low = order(v, l[0]), high = order(v, l[1]);
    return low != 9 && high != 9 && low >= 0 && high <= 0;
  }
};

std::string write(const Tree& t, Maker& maker, std::vector<std::pair<const Asked*, std::vector<Literal>>>& terms) {
  if (t.kind == 't') {
    terms.emplace_back(&t.term, std::vector<Literal>());
    return write(t.term, terms.back().second, maker);
  }
  std::string out;
  for (std::size_t i = 0; i < t.parts.size(); ++i) {
    const std::string part = write(t.parts[i], maker, terms);
    // "and" binds tighter: parentheses only where they are needed.
    const bool needed = t.parts[i].kind == 'o' && t.kind == 'a';
    out += (i ? t.kind == 'a' ? ";" : "|" : "") + (needed ? "(" + part + ")" : part);
  }
  return out;
}

bool holds(const Tree& t, const std::function<bool(std::size_t)>& term, std::size_t& next) {
  if (t.kind == 't') return term(next++);
  bool all = true, any = false;
  for (const Tree& part : t.parts) {
    const bool h = holds(part, term, next);
    all = all && h, any = any || h;
  }
  return t.kind == 'a' ? all : any;
}

// A fact must hold for every entity that matches.
bool fact_holds(const IndexFact& fact, const Entity& entity) {
  const Attribute* attribute = entity.attribute(fact.attribute);
  if (!attribute) return false;
  if (fact.what == IndexFact::What::exists) return true;
  const std::function<bool(const Value&)> any = [&](const Value& v) {
    if (fact.what == IndexFact::What::number && v.is_number()) return v.number() >= fact.low && v.number() <= fact.high;
    if (fact.what == IndexFact::What::text && v.is_string()) return std::find(fact.texts.begin(), fact.texts.end(), v.text()) != fact.texts.end();
    for (const Value& item : v.items()) {
      if (any(item)) return true;
    }
    return false;
  };
  for (const Instance& i : attribute->instances) {
    if (any(i.value)) return true;
    for (const tree::Member& m : i.kind == AttributeKind::language_property ? i.value.members() : std::span<const tree::Member>()) {
      if (any(m.value)) return true;
    }
  }
  return false;
}

TEST(FilterAgainstReference, SaysTheSameOfAHundredThousandQuestions) {
  int matched = 0, facts = 0;
  for (unsigned seed = 0; seed < 1000; ++seed) {
    Maker maker(seed);
    const Tree tree = maker.tree(3);
    std::vector<std::pair<const Asked*, std::vector<Literal>>> terms;
    const std::string q = write(tree, maker, terms);
    const auto filter = Filter::parse(q, iri);
    ASSERT_TRUE(filter.ok()) << q << ": " << filter.error().to_string();
    const auto again = Filter::parse(filter->text(), nullptr);
    ASSERT_TRUE(again.ok()) << filter->text();
    for (int n = 0; n < 100; ++n) {
      const std::string json = maker.entity();
      tree::Arena arena;
      const Value value = testing::json(arena, json);
      const EntityPtr entity = testing::entity(json);
      Reference reference(value, arena);
      std::size_t next = 0;
      const bool expected = holds(tree, [&](std::size_t i) { return reference.term(*terms[i].first, terms[i].second); }, next);
      ASSERT_EQ(filter->matches(*entity), expected) << q << "\n" << json;
      ASSERT_EQ(again->matches(*entity), expected) << filter->text() << "\n" << json;
      if (!expected) continue;
      ++matched;
      for (const IndexFact& fact : filter->facts()) {
        ++facts;
        ASSERT_TRUE(fact_holds(fact, *entity)) << q << " says of " << fact.attribute << "\n" << json;
      }
    }
  }
  EXPECT_GT(matched, 10'000);
  EXPECT_GT(facts, 5'000);
}

}  // namespace
}  // namespace machiya::sense
