// Small cases of our own, which stand without the W3C's suite; each names the rule that it holds against.
#include "sense/jsonld/jsonld.h"

#include <gtest/gtest.h>

#include <map>

#include "sense/jsonld/iri.h"

namespace machiya::sense::jsonld {
namespace {

using tree::Arena;
using tree::Value;

class Shelf : public ContextLoader {
 public:
  Result<std::string> load(const std::string& url) override {
    ++asked;
    const auto found = documents.find(url);
    if (found == documents.end()) return Error(ErrorCode::not_found, "nothing at " + url);
    return found->second;
  }
  std::map<std::string, std::string> documents;
  int asked = 0;
};

class JsonLd : public ::testing::Test {
 protected:
  Arena arena_;
  Shelf shelf_;
  Settings settings_;
  std::vector<ContextPtr> kept_;

  Value json(std::string_view text) {
    auto v = tree::parse(text, arena_, {.depth = 200});
    EXPECT_TRUE(v.ok()) << text;
    return v.ok() ? *v : Value();
  }
  Settings settings() {
    Settings s = settings_;
    s.loader = &shelf_, s.base = "http://city.example/doc";
    return s;
  }
  std::string answer(const Result<Value>& v) { return v.ok() ? tree::to_text(*v) : "refused " + v.error().detail; }
  std::string expanded(std::string_view text) { return answer(expand(json(text), initial_context("http://city.example/doc"), settings(), arena_)); }
  ContextPtr context(std::string_view text) {
    auto made = process_context(initial_context("http://city.example/doc"), json(text), settings());
    EXPECT_TRUE(made.ok()) << (made.ok() ? "" : made.error().detail);
    kept_.push_back(made.ok() ? *made : initial_context());
    return kept_.back();
  }
  std::string refused(std::string_view text) {
    auto made = process_context(initial_context(), json(text), settings());
    if (made.ok()) return "taken";
    const auto e = ld_error_of(made.error());
    return e ? std::string(ld_error_name(*e)) : "another error";
  }
  std::string compacted(std::string_view context_text, std::string_view document) {
    return answer(compact(json(document), context(context_text), Value::null(), settings(), arena_));
  }
};

TEST_F(JsonLd, names_become_iris_and_values_become_value_objects) {
  EXPECT_EQ(expanded(R"({"@context":{"name":"http://s.example/name","v":"http://v.example/","at":{"@id":"v:at","@type":"v:Time"},
    "by":{"@id":"v:by","@type":"@id"}},"@id":"a","name":"x","at":"12","by":"b","v:n":1.50,"unknown":3})"),
            R"([{"@id":"http://city.example/a","http://s.example/name":[{"@value":"x"}],"http://v.example/at":[{"@type":"http://v.example/Time","@value":"12"}],)"
            R"("http://v.example/by":[{"@id":"http://city.example/b"}],"http://v.example/n":[{"@value":1.50}]}])");
}

TEST_F(JsonLd, containers_shape_what_they_hold) {
  const std::string context = R"("@context":{"@vocab":"http://v.example/","l":{"@container":"@list"},"t":{"@container":"@language"},"i":{"@container":"@index"},
    "n":{"@container":"@id"},"y":{"@container":"@type"},"g":{"@container":"@graph"},"j":{"@type":"@json"}})";
  const auto one = [&](const std::string& member) { return expanded("{" + context + "," + member + "}"); };
  EXPECT_EQ(one(R"("l":[1,[2]])"), R"([{"http://v.example/l":[{"@list":[{"@value":1},{"@list":[{"@value":2}]}]}]}])");
  EXPECT_EQ(one(R"("t":{"ja":"市","@none":["a",null]})"), R"([{"http://v.example/t":[{"@value":"市","@language":"ja"},{"@value":"a"}]}])");
  EXPECT_EQ(one(R"("i":{"k":"a"})"), R"([{"http://v.example/i":[{"@value":"a","@index":"k"}]}])");
  EXPECT_EQ(one(R"("n":{"http://x.example/":{"p":1}})"), R"([{"http://v.example/n":[{"http://v.example/p":[{"@value":1}],"@id":"http://x.example/"}]}])");
  EXPECT_EQ(one(R"("y":{"T":{"p":1}})"), R"([{"http://v.example/y":[{"http://v.example/p":[{"@value":1}],"@type":["http://v.example/T"]}]}])");
  EXPECT_EQ(one(R"("g":{"p":1})"), R"([{"http://v.example/g":[{"@graph":[{"http://v.example/p":[{"@value":1}]}]}]}])");
  EXPECT_EQ(one(R"("j":{"@id":[{"b":null}]})"), R"([{"http://v.example/j":[{"@value":{"@id":[{"b":null}]},"@type":"@json"}]}])");
  EXPECT_EQ(one(R"("t":{"ja":7})").substr(0, 34), "refused invalid language map value");
}

TEST_F(JsonLd, many_terms_for_one_property_gather_its_values) {
  std::string terms, members;
  for (int i = 0; i < 300; ++i) {
    terms += ",\"t" + std::to_string(i) + "\":\"http://v.example/p\"";
    members += ",\"t" + std::to_string(i) + "\":" + std::to_string(i);
  }
  const auto out = expand(json(R"({"@context":{"a":"http://v.example/a")" + terms + "}" + members + "}"), initial_context(), settings(), arena_);
  ASSERT_TRUE(out.ok());
  const Value& values = out->items()[0]["http://v.example/p"];
  ASSERT_EQ(values.count, 300u);
  for (unsigned i = 0; i < 300; ++i) EXPECT_EQ(values.items()[i]["@value"].number(), i);
}

TEST_F(JsonLd, an_array_that_grows_keeps_what_it_began_with) {
  EXPECT_EQ(expanded(R"({"@context":{"a":"http://v.example/p","b":"http://v.example/p","c":"http://v.example/p"},"a":[1,2],"b":3,"c":[4,5]})"),
            R"([{"http://v.example/p":[{"@value":1},{"@value":2},{"@value":3},{"@value":4},{"@value":5}]}])");
}

TEST_F(JsonLd, scoped_contexts_hold_where_they_stand_and_no_further) {
  EXPECT_EQ(expanded(R"({"@context":{"@vocab":"http://v.example/","Car":{"@id":"http://v.example/Car","@context":{"x":"http://car.example/x"}},
    "wheel":{"@id":"http://v.example/wheel","@context":{"x":"http://wheel.example/x"}}},
    "@type":"Car","x":1,"wheel":{"x":2,"axle":{"x":3}},"seat":{"x":4}})"),
            R"([{"@type":["http://v.example/Car"],"http://car.example/x":[{"@value":1}],)"
            R"("http://v.example/wheel":[{"http://wheel.example/x":[{"@value":2}],"http://v.example/axle":[{"http://wheel.example/x":[{"@value":3}]}]}],)"
            R"("http://v.example/seat":[{"http://v.example/x":[{"@value":4}]}]}])");
}

TEST_F(JsonLd, protected_terms_stay_unless_a_property_scopes_them) {
  EXPECT_EQ(refused(R"([{"@protected":true,"a":"http://v.example/a"},{"a":"http://v.example/b"}])"), "protected term redefinition");
  EXPECT_EQ(refused(R"([{"@protected":true,"a":"http://v.example/a"},{"a":"http://v.example/a"}])"), "taken");
  EXPECT_EQ(refused(R"([{"@protected":true,"a":"http://v.example/a"},null])"), "invalid context nullification");
  EXPECT_EQ(expanded(R"({"@context":{"@protected":true,"a":"http://v.example/a","p":{"@id":"http://v.example/p","@context":{"a":"http://v.example/b"}}},"p":{"a":1}})"),
            R"([{"http://v.example/p":[{"http://v.example/b":[{"@value":1}]}]}])");
}

TEST_F(JsonLd, the_standards_errors_carry_its_codes) {
  EXPECT_EQ(refused(R"({"a":"b:x","b":"a:y"})"), "cyclic IRI mapping");
  EXPECT_EQ(refused(R"({"@type":"http://v.example/"})"), "keyword redefinition");
  EXPECT_EQ(refused(R"({"a":{"@id":"http://v.example/","@container":"@liste"}})"), "invalid container mapping");
  EXPECT_EQ(refused(R"({"a":{"@id":"http://v.example/","@container":["@list","@set"]}})"), "invalid container mapping");
  EXPECT_EQ(refused(R"({"a":{"@id":"http://v.example/","@typ":"@id"}})"), "invalid term definition");
  EXPECT_EQ(refused(R"({"a":"relative"})"), "invalid IRI mapping");
  EXPECT_EQ(refused(R"({"a":{"@id":"http://v.example/","@type":"_:b"}})"), "invalid type mapping");
  EXPECT_EQ(refused(R"({"@version":1.0})"), "invalid @version value");
  EXPECT_EQ(refused(R"(["http://x.example/c", 7])"), "loading remote context failed");
  EXPECT_EQ(refused("42"), "invalid local context");
  EXPECT_EQ(ld_error_of(process_context(initial_context(), json(R"("no-url")"), Settings()).error()), LdError::loading_document_failed);
  EXPECT_EQ(refused(R"({"p":{"@id":"http://v.example/p","@context":{"a":"b:x","b":"a:y"}}})"), "invalid scoped context");
  EXPECT_EQ(expanded(R"({"@id":"a","id":"b","@context":{"id":"@id"}})").substr(0, 26), "refused colliding keywords");
}

TEST_F(JsonLd, remote_contexts_come_through_the_loader_only) {
  shelf_.documents["http://c.example/a"] = R"({"@context":["b",{"y":"http://v.example/y"}]})";
  shelf_.documents["http://c.example/b"] = R"({"@context":{"@base":"http://ignored.example/","x":"http://v.example/x"}})";
  EXPECT_EQ(expanded(R"({"@context":"http://c.example/a","@id":"i","x":1,"y":2})"),
            R"([{"@id":"http://city.example/i","http://v.example/x":[{"@value":1}],"http://v.example/y":[{"@value":2}]}])");
  Settings none;
  const auto refused_one = process_context(initial_context(), json(R"("http://c.example/a")"), none);
  ASSERT_FALSE(refused_one.ok());
  EXPECT_EQ(refused_one.error().code, ErrorCode::unavailable);
  EXPECT_EQ(refused_one.error().where, "http://c.example/a");
  shelf_.documents["http://c.example/text"] = "no JSON";
  shelf_.documents["http://c.example/array"] = "[]";
  EXPECT_EQ(refused(R"("http://c.example/text")"), "loading remote context failed");
  EXPECT_EQ(refused(R"("http://c.example/array")"), "invalid remote context");
}

TEST_F(JsonLd, what_is_endless_or_too_large_is_refused) {
  shelf_.documents["http://c.example/self"] = R"({"@context":"self"})";
  EXPECT_EQ(refused(R"("http://c.example/self")"), "context overflow");
  for (int i = 0; i < 30; ++i) shelf_.documents["http://c.example/" + std::to_string(i)] = R"({"@context":")" + std::to_string(i + 1) + "\"}";
  shelf_.documents["http://c.example/30"] = R"({"@context":{}})";
  EXPECT_EQ(refused(R"("http://c.example/0")"), "context overflow");
  EXPECT_EQ(refused(R"("http://c.example/25")"), "taken");
  settings_.limits.terms = 50;
  std::string many = R"({"@vocab":"http://v.example/")";
  for (int i = 0; i < 60; ++i) many += ",\"t" + std::to_string(i) + "\":{}";
  EXPECT_EQ(refused(many + "}"), "too large");
  settings_.limits = {};
  // A context of many terms that all scope one: the work is counted, not the text.
  std::string scoping = R"({"@vocab":"http://v.example/")";
  for (int i = 0; i < 200; ++i) scoping += ",\"t" + std::to_string(i) + R"(":{"@context":{}})";
  EXPECT_EQ(refused(scoping + "}"), "taken");
  settings_.limits.work = 5000;
  EXPECT_EQ(refused(scoping + "}"), "too large");
  settings_.limits = {};
  settings_.limits.remote_documents = 2;
  for (const char* name : {"x", "y", "z"}) shelf_.documents[std::string("http://c.example/") + name] = R"({"@context":{}})";
  EXPECT_EQ(refused(R"(["http://c.example/x","http://c.example/y","http://c.example/x"])"), "taken");
  EXPECT_EQ(refused(R"(["http://c.example/x","http://c.example/y","http://c.example/z"])"), "context overflow");
  settings_.limits = {};
  std::string deep = "1";
  for (int i = 0; i < 100; ++i) deep = R"({"http://v.example/p":)" + deep + "}";
  EXPECT_EQ(expanded(deep).substr(0, 17), "refused too large");
  settings_.limits.context_bytes = 10;
  EXPECT_EQ(refused(R"("http://c.example/30")"), "too large");
}

TEST_F(JsonLd, a_context_may_scope_itself) {
  shelf_.documents["http://c.example/tree"] = R"({"@context":{"@version":1.1,"part":{"@id":"http://v.example/part","@context":"tree"},"x":"http://v.example/x"}})";
  EXPECT_EQ(expanded(R"({"@context":"http://c.example/tree","part":{"x":1,"part":{"x":2}}})"),
            R"([{"http://v.example/part":[{"http://v.example/x":[{"@value":1}],"http://v.example/part":[{"http://v.example/x":[{"@value":2}]}]}]}])");
}

TEST_F(JsonLd, compaction_takes_the_term_that_fits_the_value) {
  const std::string context = R"({"@vocab":"http://v.example/","when":{"@id":"at","@type":"http://t.example/Time"},"place":{"@id":"at","@type":"@id"},"texts":{"@id":"s","@container":"@language"},
    "row":{"@id":"r","@container":"@list"},"id":"@id","type":"@type","x":"http://x.example/"})";
  EXPECT_EQ(compacted(context, R"([{"@id":"http://city.example/i","@type":["http://v.example/T"],"http://v.example/at":[{"@value":"12","@type":"http://t.example/Time"},
    {"@id":"http://city.example/p"},{"@value":7}],"http://v.example/s":[{"@value":"市","@language":"ja"}],"http://v.example/r":[{"@list":[{"@value":1}]}],
    "http://x.example/y":[{"@value":null}],"http://other.example/z":[{"@value":true}]}])"),
            R"({"id":"i","type":"T","when":"12","place":"p","at":7,"texts":{"ja":"市"},"row":[1],"x:y":null,"http://other.example/z":true})");
}

TEST_F(JsonLd, compaction_refuses_what_would_read_differently) {
  EXPECT_EQ(compacted(R"({"@vocab":"http://v.example/","urn":{"@id":"http://u.example/","@prefix":true}})", R"([{"@id":"urn:a","http://v.example/p":[{"@value":1}]}])").substr(0, 32),
            "refused IRI confused with prefix");
}

TEST_F(JsonLd, there_and_back_is_where_it_was) {
  const std::string given = R"({"@vocab":"http://v.example/","at":{"@type":"http://v.example/Time"},"j":{"@type":"@json"},"l":{"@container":"@list"},"id":"@id","type":"@type"})";
  for (const char* text : {R"({"id":"urn:a:1","type":"Car","speed":{"type":"Property","value":5.0,"at":"12:00"}})", R"({"j":["a"],"l":[],"type":["A","B"]})",
                           R"({"j":null,"l":[[1],[]],"p":[true,false]})"}) {
    const ContextPtr c = context(given);
    const auto there = expand(json(text), c, settings(), arena_);
    ASSERT_TRUE(there.ok()) << there.error().detail;
    const auto back = compact(*there, c, Value::null(), settings(), arena_);
    ASSERT_TRUE(back.ok()) << back.error().detail;
    EXPECT_TRUE(tree::equal(*back, json(text))) << tree::to_text(*back) << " from " << tree::to_text(*there);
  }
}

TEST_F(JsonLd, what_is_expanded_lives_without_the_contexts_of_the_document) {
  shelf_.documents["http://c.example/x"] = R"({"@context":{"x":"http://v.example/x"}})";
  Arena result(64);
  Value kept;
  {
    Arena source;
    const auto document = tree::parse(R"({"@context":["http://c.example/x",{"y":"http://v.example/y"}],"x":{"@context":{"z":"http://v.example/z"},"z":1},"y":2})", source);
    const auto out = expand(*document, initial_context(), settings(), arena_);
    ASSERT_TRUE(out.ok());
    kept = result.copy(*out);
    const std::string before = tree::to_text(*out);
    EXPECT_EQ(tree::to_text(kept), before);
  }
  EXPECT_EQ(tree::to_text(kept), R"([{"http://v.example/x":[{"http://v.example/z":[{"@value":1}]}],"http://v.example/y":[{"@value":2}]}])");
}

TEST_F(JsonLd, flattening_names_what_has_no_name_and_joins_what_is_one) {
  const auto in = json(R"([{"@id":"http://a.example/","http://v.example/p":[{"http://v.example/q":[{"@value":1}]}]},{"@id":"http://a.example/","http://v.example/p":[{"@value":2},{"@value":2}]}])");
  EXPECT_EQ(answer(flatten(in, settings(), arena_)),
            R"([{"@id":"_:b0","http://v.example/q":[{"@value":1}]},{"@id":"http://a.example/","http://v.example/p":[{"@id":"_:b0"},{"@value":2}]}])");
}

// RFC 3986 §5.4.1, a few of its examples.
TEST(Iri, references_are_resolved) {
  const std::string base = "http://a/b/c/d;p?q";
  for (const auto& [reference, expected] : std::map<std::string, std::string>{{"g", "http://a/b/c/g"}, {"./g/", "http://a/b/c/g/"}, {"/g", "http://a/g"}, {"//g", "http://g"},
           {"?y", "http://a/b/c/d;p?y"}, {"#s", "http://a/b/c/d;p?q#s"}, {"", "http://a/b/c/d;p?q"}, {"..", "http://a/b/"}, {"../../../g", "http://a/g"}, {"g:h", "g:h"}})
    EXPECT_EQ(resolve_iri(base, reference), expected) << reference;
  EXPECT_EQ(relative_iri("http://a/b/c", "http://a/b/d"), "d");
  EXPECT_EQ(relative_iri("http://a/b/c", "http://a/x/y#z"), "../x/y#z");
  EXPECT_EQ(relative_iri("http://a/b/c", "https://a/b/d"), "https://a/b/d");
  EXPECT_TRUE(is_absolute_iri("urn:a"));
  EXPECT_FALSE(is_absolute_iri("a b:c"));
  EXPECT_FALSE(is_absolute_iri("urn:a b"));
}

}  // namespace
}  // namespace machiya::sense::jsonld
