// The test suite of the W3C JSON-LD working group (expand, compact, flatten), when it is there: shared/conformance/jsonld.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <map>

#include "sense/jsonld/jsonld.h"

namespace machiya::sense::jsonld {
namespace {

using tree::Arena;
using tree::Member;
using tree::Value;

constexpr std::string_view kBase = "https://w3c.github.io/json-ld-api/tests/";

/// Cases that we do not claim, each with its reason: none. Cases whose option says specVersion json-ld-1.0 (14 of them) ask for the opposite of what 1.1
/// says and are left out by that option.
const std::map<std::string, std::string> kNotClaimed = {};

std::string folder() {
  const char* shared = std::getenv("MACHIYA_SHARED");
  return std::string(shared ? shared : MACHIYA_SOURCE_DIR "/../shared") + "/conformance/jsonld/tests/";
}

Result<std::string> file(const std::string& name) {
  std::ifstream in(folder() + name);
  if (!in) return Error(ErrorCode::not_found, name);
  return std::string((std::istreambuf_iterator<char>(in)), {});
}

/// Answers from the suite's own files.
class Files : public ContextLoader {
 public:
  Result<std::string> load(const std::string& url) override {
    if (url.rfind(kBase, 0) != 0) return Error(ErrorCode::not_found, url);
    return file(url.substr(kBase.size()));
  }
};

/// Arrays are sets, but for those of @list (README of the suite).
bool same(const Value& a, const Value& b, bool ordered) {
  if (a.is_object() && b.is_object())
    return a.count == b.count && std::ranges::all_of(a.members(), [&](const Member& m) {
             const Value* other = b.find(m.key);
             return other != nullptr && same(m.value, *other, m.key == "@list" || m.key == "@value");
           });
  if (!a.is_array() || !b.is_array()) return tree::equal(a, b);
  if (a.count != b.count) return false;
  std::vector<bool> taken(b.count, false);
  for (std::size_t i = 0; i < a.count; ++i) {
    bool found = false;
    for (std::size_t j = 0; j < b.count && !found; ++j)
      if (!taken[j] && (!ordered || i == j) && same(a.items()[i], b.items()[j], ordered)) taken[j] = found = true;
    if (!found) return false;
  }
  return true;
}

struct Case {
  const Value& v;
  std::string id() const { return std::string(v["@id"].text()); }
  bool negative() const { return v["@type"].items()[0].text() == "jld:NegativeEvaluationTest"; }
  const Value& option(std::string_view name) const { return v["option"][name]; }
  std::string path(std::string_view name) const { return std::string(v[name].text()); }
};

class Suite {
 public:
  explicit Suite(const std::string& kind) : kind_(kind) {}

  /// `wanted`: how many must pass, so that none is lost unseen.
  void run(int wanted) {
    const auto text = file(kind_ + "-manifest.jsonld");
    ASSERT_TRUE(text.ok());
    Arena arena;
    const auto manifest = tree::parse(*text, arena);
    ASSERT_TRUE(manifest.ok());
    for (const Value& v : (*manifest)["sequence"].items()) one({v});
    std::cout << kind_ << ": " << passed_ << " passed, " << failed_ << " failed, " << old_ << " of JSON-LD 1.0 only, " << unclaimed_ << " not claimed\n";
    EXPECT_EQ(failed_, 0);
    EXPECT_GE(passed_, wanted);
  }

 private:
  std::string kind_;
  int passed_ = 0, failed_ = 0, old_ = 0, unclaimed_ = 0;
  Files files_;

  void one(const Case& c) {
    if (c.option("specVersion").text() == "json-ld-1.0") return void(++old_);
    if (kNotClaimed.contains(kind_ + c.id())) return void(++unclaimed_);
    Arena arena;
    auto got = answer(c, arena);
    std::string why;
    if (c.negative()) {
      if (got.ok()) why = "expected " + c.path("expectErrorCode") + ", got " + tree::to_text(*got);
      else if (const auto e = ld_error_of(got.error()); !e || ld_error_name(*e) != c.path("expectErrorCode"))
        why = "expected " + c.path("expectErrorCode") + ", got " + got.error().to_string();
    } else if (!got.ok()) {
      why = got.error().to_string();
    } else if (const auto expected = parsed(c.path("expect"), arena); !expected.ok() || !same(*got, *expected, false)) {
      why = "expected " + (expected.ok() ? tree::to_text(*expected) : "?") + "\n     got " + tree::to_text(*got);
    }
    if (why.empty()) return void(++passed_);
    ++failed_;
    std::cout << kind_ << " " << c.id() << " " << c.path("name") << ": " << why << "\n";
  }

  static Result<Value> parsed(const std::string& name, Arena& arena) {
    auto text = file(name);
    if (!text.ok()) return text.error();
    return tree::parse(*text, arena);
  }

  Result<Value> answer(const Case& c, Arena& arena) {
    std::string base = std::string(kBase) + c.path("input");
    const std::string own = base;
    if (c.option("base").is_string()) base = c.option("base").text();
    Settings settings;
    settings.loader = &files_;
    settings.base = own;
    settings.mode_1_0 = c.option("processingMode").text() == "json-ld-1.0";
    settings.compact_arrays = !(c.option("compactArrays").is_bool() && !c.option("compactArrays").truth);
    settings.compact_to_relative = !(c.option("compactToRelative").is_bool() && !c.option("compactToRelative").truth);
    ContextPtr context = initial_context(base);
    if (c.option("expandContext").is_string()) {
      auto given = parsed(std::string(c.option("expandContext").text()), arena);
      if (!given.ok()) return given.error();
      auto made = process_context(context, (*given)["@context"], settings);
      if (!made.ok()) return made.error();
      context = *made;
    }
    keep_.push_back(context);
    auto input = parsed(c.path("input"), arena);
    if (!input.ok()) return input.error();
    auto expanded = expand(*input, context, settings, arena);
    if (!expanded.ok() || kind_ == "expand") return expanded;
    if (kind_ == "flatten") {
      expanded = flatten(*expanded, settings, arena);
      if (!expanded.ok() || c.v["context"].is_null()) return expanded;
    }
    return compacted(c, *expanded, base, settings, arena);
  }

  Result<Value> compacted(const Case& c, const Value& expanded, const std::string& base, const Settings& settings, Arena& arena) {
    auto document = parsed(c.path("context"), arena);
    if (!document.ok()) return document.error();
    const Value& given = document->has("@context") ? (*document)["@context"] : *document;
    auto context = process_context(initial_context(base), given, settings);
    if (!context.ok()) return context.error();
    keep_.push_back(*context);
    return compact(expanded, *context, given, settings, arena);
  }

  std::vector<ContextPtr> keep_;
};

TEST(W3c, expansion_agrees_with_the_suite) {
  if (!file("expand-manifest.jsonld").ok()) GTEST_SKIP() << "skipped: shared data absent";
  Suite("expand").run(376);
}

TEST(W3c, compaction_agrees_with_the_suite) {
  if (!file("compact-manifest.jsonld").ok()) GTEST_SKIP() << "skipped: shared data absent";
  Suite("compact").run(244);
}

TEST(W3c, flattening_agrees_with_the_suite) {
  if (!file("flatten-manifest.jsonld").ok()) GTEST_SKIP() << "skipped: shared data absent";
  Suite("flatten").run(55);
}

}  // namespace
}  // namespace machiya::sense::jsonld
