#include "sense/jsonld/contexts.h"

#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <thread>

namespace machiya::sense {
namespace {

using tree::Arena;
using tree::Value;

constexpr const char* kCore13 = "https://uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context-v1.3.jsonld";

class Shelf : public jsonld::ContextLoader {
 public:
  Result<std::string> load(const std::string& url) override {
    ++asked;
    const auto found = documents.find(url);
    if (found == documents.end()) return Error(ErrorCode::not_found, "nothing there");
    return found->second;
  }
  std::map<std::string, std::string> documents;
  std::atomic<int> asked{0};
};

class ContextsTest : public ::testing::Test {
 protected:
  Shelf shelf_;
  Contexts contexts_{&shelf_};
  Arena arena_;
  Value json(const std::string& text) { return tree::parse(text, arena_).value(); }
  TermsPtr terms(const std::string& text) {
    auto made = contexts_.resolve(json(text));
    EXPECT_TRUE(made.ok()) << text << (made.ok() ? "" : made.error().detail);
    return made.ok() ? *made : contexts_.core();
  }
  std::string expand(const TermsPtr& t, const char* name) { return std::string(t->expand_term(name, arena_)); }
  std::string compact(const TermsPtr& t, const char* iri) { return std::string(t->compact_iri(iri, arena_)); }
};

TEST_F(ContextsTest, the_core_context_is_built_in_and_nothing_is_fetched_for_it) {
  const TermsPtr core = contexts_.core();
  EXPECT_EQ(expand(core, "temperature"), "https://uri.etsi.org/ngsi-ld/default-context/temperature");
  EXPECT_EQ(expand(core, "location"), "https://uri.etsi.org/ngsi-ld/location");
  EXPECT_EQ(expand(core, "object"), "https://uri.etsi.org/ngsi-ld/hasObject");
  EXPECT_EQ(expand(core, "Polygon"), "https://purl.org/geojson/vocab#Polygon");
  EXPECT_EQ(expand(core, "id"), "@id");
  EXPECT_EQ(expand(core, "type"), "@type");
  EXPECT_EQ(expand(core, "ngsi-ld:x"), "https://uri.etsi.org/ngsi-ld/x");
  EXPECT_EQ(expand(core, "https://a.example/b"), "https://a.example/b");
  EXPECT_EQ(expand(core, "@other"), "");
  EXPECT_EQ(core->coercion("object"), Coercion::id);
  EXPECT_EQ(core->coercion("vocab"), Coercion::vocab);
  EXPECT_EQ(core->coercion("json"), Coercion::json);
  EXPECT_EQ(core->coercion("observedAt"), Coercion::other);
  EXPECT_EQ(core->coercion("value"), Coercion::none);
  EXPECT_EQ(core->type_mapping("observedAt"), "https://uri.etsi.org/ngsi-ld/DateTime");
  EXPECT_EQ(terms("null"), core);
  EXPECT_EQ(terms(std::string("[\"") + kCore13 + "\"]"), core);
  EXPECT_EQ(shelf_.asked, 0);
  EXPECT_EQ(contexts_.size(), 0u);
}

TEST_F(ContextsTest, versions_differ_where_the_standard_changed) {
  const std::string stem = "https://uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context";
  auto has = [&](const char* version, const char* text) { return Contexts::core_document(stem + version + ".jsonld").find(text) != std::string::npos; };
  EXPECT_FALSE(has("-v1.3", "\"languageMap\""));
  EXPECT_TRUE(has("-v1.5", "\"languageMap\""));
  EXPECT_TRUE(has("-v1.7", "\"VocabularyProperty\""));
  EXPECT_FALSE(has("-v1.8", "\"VocabularyProperty\""));
  EXPECT_TRUE(has("-v1.8", "\"@protected\":true"));
  EXPECT_FALSE(has("-v1.7", "@protected"));
  EXPECT_TRUE(has("-v1.9", "\"snapshotId\""));
  EXPECT_TRUE(has("", "\"JsonProperty\""));
  EXPECT_TRUE(Contexts::is_core(stem + "-v1.3.1.jsonld"));
  for (const char* other : {"-v1.2", "-non-existing", "-v1.10", "-v2.3", "-v1.3.x"}) EXPECT_FALSE(Contexts::is_core(stem + other + ".jsonld")) << other;
  EXPECT_FALSE(Contexts::is_core("https://uri.etsi.org.evil.example/ngsi-ld/v1/ngsi-ld-core-context.jsonld"));
  for (int v = 3; v <= 9; ++v) {
    Contexts::Options options;
    options.core_version = "1." + std::to_string(v);
    const Contexts contexts(nullptr, options);
    EXPECT_EQ(contexts.core()->expand_term("value", arena_), "https://uri.etsi.org/ngsi-ld/hasValue");
    const auto number = tree::parse(Contexts::core_document(stem + "-v1." + std::to_string(v) + ".jsonld"), arena_);
    ASSERT_TRUE(number.ok());   // no term twice: the strict parser would refuse it
  }
}

TEST_F(ContextsTest, the_users_context_comes_first_and_the_core_context_wins) {
  const TermsPtr t = terms(R"([{"temperature":"https://s.example/temperature","location":"https://s.example/mine","value":"https://s.example/v","Bus":"https://s.example/Bus"},)"
                           "\"https://uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context-v1.6.jsonld\"]");
  EXPECT_EQ(expand(t, "temperature"), "https://s.example/temperature");
  EXPECT_EQ(expand(t, "location"), "https://uri.etsi.org/ngsi-ld/location");
  EXPECT_EQ(expand(t, "value"), "https://uri.etsi.org/ngsi-ld/hasValue");
  EXPECT_EQ(compact(t, "https://s.example/temperature"), "temperature");
  EXPECT_EQ(compact(t, "https://s.example/Bus"), "Bus");
  EXPECT_EQ(compact(t, "https://uri.etsi.org/ngsi-ld/default-context/other"), "other");
  EXPECT_EQ(compact(t, "https://uri.etsi.org/ngsi-ld/unheard"), "ngsi-ld:unheard");
  EXPECT_EQ(compact(t, "https://else.example/x"), "https://else.example/x");
  // A name that means something else now is not given to the IRI that it would have had.
  EXPECT_EQ(compact(t, "https://uri.etsi.org/ngsi-ld/default-context/temperature"), "ngsi-ld:default-context/temperature");
  // Terms of a core context that is named, in any place, may be used and redefined by the user's.
  EXPECT_EQ(expand(terms(std::string("[\"") + kCore13 + R"(",{"x":"ngsi-ld:x","location":"https://s.example/l"}])"), "x"), "https://uri.etsi.org/ngsi-ld/x");
  EXPECT_EQ(expand(terms(R"(["https://uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context-v1.8.jsonld",{"location":"https://s.example/l"}])"), "location"),
            "https://uri.etsi.org/ngsi-ld/location");
  EXPECT_EQ(expand(terms(R"({"@protected":true,"location":"https://s.example/l"})"), "location"), "https://uri.etsi.org/ngsi-ld/location");
  EXPECT_EQ(expand(terms(R"({"@vocab":"https://s.example/"})"), "name"), "https://uri.etsi.org/ngsi-ld/default-context/name");
}

TEST_F(ContextsTest, names_of_attributes_are_chosen_for_node_objects) {
  const TermsPtr t = terms(R"({"s":"https://s.example/","when":{"@id":"https://s.example/at","@type":"https://s.example/Time"},"who":{"@id":"https://s.example/by","@type":"@id"}})");
  EXPECT_EQ(t->compact_attribute("https://s.example/at", arena_), "s:at");
  EXPECT_EQ(t->compact_attribute("https://s.example/by", arena_), "who");
}

TEST_F(ContextsTest, one_content_is_compiled_once_and_forgotten_when_its_document_changes) {
  shelf_.documents["https://c.example/a"] = R"({"@context":["https://c.example/b",{"x":"https://s.example/x"}]})";
  shelf_.documents["https://c.example/b"] = R"({"@context":{"y":"https://s.example/y"}})";
  const TermsPtr first = contexts_.resolve_url("https://c.example/a").value();
  EXPECT_EQ(expand(first, "y"), "https://s.example/y");
  EXPECT_EQ(terms("\"https://c.example/a\""), first);
  EXPECT_EQ(shelf_.asked, 2);
  shelf_.documents["https://c.example/b"] = R"({"@context":{"y":"https://s.example/other"}})";
  contexts_.forget("https://c.example/unknown");
  EXPECT_EQ(contexts_.size(), 1u);
  contexts_.forget("https://c.example/b");
  EXPECT_EQ(contexts_.size(), 0u);
  EXPECT_EQ(expand(contexts_.resolve_url("https://c.example/a").value(), "y"), "https://s.example/other");
  EXPECT_EQ(expand(first, "y"), "https://s.example/y");   // whoever holds the old one keeps it
}

/// Changes the context while somebody loads it.
class Hasty : public jsonld::ContextLoader {
 public:
  Result<std::string> load(const std::string& url) override {
    if (changing) contexts->forget(url);
    return std::string(R"({"@context":{"x":"https://s.example/x"}})");
  }
  Contexts* contexts = nullptr;
  bool changing = true;
};

TEST_F(ContextsTest, what_changed_while_it_was_compiled_is_not_kept) {
  Hasty hasty;
  Contexts contexts(&hasty);
  hasty.contexts = &contexts;
  EXPECT_TRUE(contexts.resolve_url("https://c.example/a").ok());
  EXPECT_EQ(contexts.size(), 0u);
  hasty.changing = false;
  EXPECT_TRUE(contexts.resolve_url("https://c.example/a").ok());
  EXPECT_EQ(contexts.size(), 1u);
}

TEST_F(ContextsTest, the_longest_unused_go_when_there_are_too_many) {
  Contexts::Options options;
  options.most = 3;
  Contexts contexts(&shelf_, options);
  auto inline_context = [&](int i) { return json("{\"t" + std::to_string(i) + "\":\"https://s.example/" + std::to_string(i) + "\"}"); };
  std::vector<TermsPtr> made;
  for (int i = 0; i < 3; ++i) made.push_back(contexts.resolve(inline_context(i)).value());
  EXPECT_EQ(contexts.resolve(inline_context(0)).value(), made[0]);
  made.push_back(contexts.resolve(inline_context(3)).value());
  EXPECT_EQ(contexts.size(), 3u);
  EXPECT_EQ(contexts.resolve(inline_context(0)).value(), made[0]);
  EXPECT_NE(contexts.resolve(inline_context(1)).value(), made[1]);
  // Each holds the core context, too: some hundred terms.
  options.most_bytes = 200'000;
  Contexts narrow(&shelf_, options);
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(narrow.resolve(inline_context(i)).ok());
  EXPECT_LT(narrow.size(), 3u);
  EXPECT_GT(narrow.size(), 0u);
}

TEST_F(ContextsTest, what_cannot_be_had_and_what_is_wrong_are_told_apart) {
  auto code = [&](const std::string& text) {
    const auto made = contexts_.resolve(json(text));
    return made.ok() ? ErrorCode::internal : made.error().code;
  };
  EXPECT_EQ(code("\"https://uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context-non-existing.jsonld\""), ErrorCode::unavailable);
  EXPECT_EQ(code("42"), ErrorCode::malformed_request);
  EXPECT_EQ(code("[\"https://c.example/none\", 7]"), ErrorCode::malformed_request) << "7 is no context whether or not the other one can be had";
  EXPECT_EQ(code("[7]"), ErrorCode::malformed_request);
  EXPECT_EQ(code("\"context.jsonld\""), ErrorCode::malformed_request);
  shelf_.documents["https://c.example/loop"] = R"({"@context":"https://c.example/loop"})";
  EXPECT_EQ(code("\"https://c.example/loop\""), ErrorCode::limit_exceeded);
  EXPECT_FALSE(contexts_.check(Value::null()).ok());
  EXPECT_TRUE(contexts_.check(json("{}")).ok());
  Contexts alone(nullptr);
  EXPECT_EQ(alone.resolve_url("https://c.example/loop").error().code, ErrorCode::unavailable);
  EXPECT_EQ(contexts_.size(), 1u);   // {} alone: what failed is not kept
}

TEST_F(ContextsTest, more_names_than_are_remembered_are_still_answered) {
  const TermsPtr core = contexts_.core();
  const std::string vocab(kDefaultVocab);
  for (int i = 0; i < 12000; ++i) {
    const std::string name = "n" + std::to_string(i);
    Arena scratch(256);
    ASSERT_EQ(core->expand_term(name, scratch), vocab + name);
    ASSERT_EQ(core->compact_iri(vocab + name, scratch), name);
  }
  const std::string longest(2000, 'x');
  EXPECT_EQ(core->expand_term(longest, arena_), vocab + longest);
  std::string given = "https://s.example/" + longest;
  const std::string_view answer = core->expand_term(given, arena_);
  given.assign(given.size(), '-');   // the answer does not lie in what was asked
  EXPECT_EQ(answer, "https://s.example/" + longest);
}

TEST_F(ContextsTest, many_threads_ask_at_once) {
  shelf_.documents["https://c.example/a"] = R"({"@context":{"x":"https://s.example/x"}})";
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      for (int i = 0; i < 3000; ++i) {
        Arena scratch(512);
        if (i % 97 == 0) contexts_.forget("https://c.example/a");
        const auto terms = contexts_.resolve_url("https://c.example/a");
        const std::string name = "n" + std::to_string((i * 7 + t) % 500);
        if (!terms.ok() || (*terms)->expand_term("x", scratch) != "https://s.example/x") ++wrong;
        else if ((*terms)->expand_term(name, scratch) != std::string(kDefaultVocab) + name) ++wrong;
        else if ((*terms)->compact_iri(std::string(kDefaultVocab) + name, scratch) != name) ++wrong;
      }
    });
  for (std::thread& t : threads) t.join();
  EXPECT_EQ(wrong, 0);
}

}  // namespace
}  // namespace machiya::sense
