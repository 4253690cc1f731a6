// What the tests of this module have in common: entities from JSON text, and back.
#pragma once
#include <gtest/gtest.h>

#include <deque>
#include <string>

#include "sense/entities/change.h"
#include "sense/entities/write.h"

namespace machiya::sense::testing {

class Bench : public ::testing::Test {
 public:
  Contexts contexts{nullptr};
  Names names;
  TermsPtr terms = contexts.core();
  std::int64_t now_us = 1'700'000'000'000'000;
  int next_instance = 0;

  ChangeContext context() {
    return {names, now_us, [this] { return "urn:ngsi-ld:Instance:" + std::to_string(++next_instance); }};
  }
  tree::Value json(std::string_view text) {
    auto parsed = tree::parse(text, arenas_.emplace_back());
    if (!parsed.ok()) ADD_FAILURE() << parsed.error().to_string() << " in " << text;
    return parsed.ok() ? *parsed : tree::Value();
  }
  Result<Draft> read(std::string_view text, BodyOf what = BodyOf::entity) { return read_entity(json(text), what, *terms, arenas_.emplace_back()); }
  /// An entity of this text, which must be right.
  EntityPtr made(std::string_view text) {
    auto draft = read(text);
    if (!draft.ok()) ADD_FAILURE() << draft.error().to_string() << " in " << text;
    return draft.ok() ? create_entity(*draft, context()).after : nullptr;
  }
  std::string text(const EntityPtr& entity, Format format = Format::normalized, bool sys_attrs = false) {
    if (!entity) return "(none)";
    std::string out;
    write_entity(*entity, Shape{.terms = terms.get(), .format = format, .sys_attrs = sys_attrs}, out);
    return out;
  }
  /// {"id", "type"} and these members.
  static std::string with(std::string_view members) { return R"({"id":"urn:x:1","type":"T",)" + std::string(members) + "}"; }
  bool same(std::string_view a, std::string_view b) { return tree::equal(json(a), json(b)); }

 private:
  std::deque<tree::Arena> arenas_;
};

}  // namespace machiya::sense::testing
