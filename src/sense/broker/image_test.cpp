// Indexes never miss: whatever is asked of an image through them is what a look at every entity finds.
#include "sense/broker/image.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/rng.h"
#include "sense/entities/change.h"

namespace machiya::sense {
namespace {

class ImageTest : public ::testing::Test {
 protected:
  Contexts contexts{nullptr};
  TermsPtr terms = contexts.core();
  Names names;
  SeededRng rng{11};
  Image image;
  std::map<std::string, EntityPtr> plain;   // the same without indexes
  tree::Arena scratch;

  std::size_t dice(std::size_t n) { return static_cast<std::size_t>(rng.below(n)); }
  NameExpander expand = [this](std::string_view term) { return std::string(terms->expand_term(term, scratch)); };

  EntityPtr made(const std::string& text) {
    tree::Arena arena;
    auto parsed = tree::parse(text, arena);
    EXPECT_TRUE(parsed.ok()) << text;
    auto draft = read_entity(*parsed, BodyOf::entity, *terms, arena);
    EXPECT_TRUE(draft.ok()) << draft.error().to_string() << text;
    return create_entity(*draft, {names, 1, [] { return std::string("urn:i:1"); }}).after;
  }
  std::string number() { return std::to_string(static_cast<int>(dice(7)) - 3); }
  std::string member() {
    switch (dice(9)) {
      case 0: case 1: case 2: return R"({"value":)" + number() + "}";
      case 3: return R"({"value":"t)" + std::to_string(dice(3)) + "\"}";
      case 4: return R"([{"value":)" + number() + R"(},{"value":"t1","datasetId":"urn:d:1"}])";
      case 5: return R"({"value":[)" + number() + R"(,"t2"]})";
      case 6: return R"({"object":"urn:x:)" + std::to_string(dice(40)) + "\"}";
      case 7: return R"({"languageMap":{"en":"t0","fr":"t)" + std::to_string(dice(3)) + "\"}}";
      default: return R"({"value":{"k":)" + number() + "}}";
    }
  }
  std::string point() {
    return "[" + std::to_string(135 + static_cast<double>(dice(1000)) / 1000) + "," + std::to_string(34 + static_cast<double>(dice(1000)) / 1000) + "]";
  }
  std::string place() { return R"("value":{"type":"Point","coordinates":)" + point() + "}}"; }
  std::string any_entity(const std::string& id) {
    std::string out = R"({"id":")" + id + R"(","type":[)" + (dice(2) ? "\"A\"" : "\"B\"") + (dice(3) == 0 ? ",\"C\"" : "") + "]";
    for (const char* name : {"a", "b", "c"})
      if (dice(2)) out += ",\"" + std::string(name) + "\":" + member();
    if (dice(2)) out += R"(,"location":{"type":"Point","coordinates":)" + point() + "}";
    if (dice(10) == 0) out += R"(,"place":[{"type":"GeoProperty",)" + place() + R"(,{"type":"GeoProperty","datasetId":"urn:d:1",)" + place() + "]";
    if (dice(8) == 0) out += R"(,"expiresAt":"2026-01-01T00:00:00Z")";
    return out + "}";
  }
  std::string condition() {
    static const char* const ops[] = {"==", "!=", "<", ">", "<=", ">=", "~=", "!~="};
    const std::string name(1, static_cast<char>('a' + dice(3)));
    switch (dice(5)) {
      case 0: return name;
      case 1: return "!" + name;
      case 2: return name + "==" + number() + ".." + std::to_string(dice(5));
      case 3: return name + ops[dice(8)] + "\"t" + std::to_string(dice(4)) + "\"";
      default: return name + ops[dice(6)] + number();
    }
  }
  EntityQuery any_query() {
    EntityQuery out;
    if (dice(2)) {
      static const char* const types[] = {"A", "B", "(A;C)", "A,C", "(A;C),B", "D"};
      EntitySelector selector;
      selector.type = TypeSelection::parse(types[dice(6)], expand).value();
      out.entities.push_back(std::move(selector));
    }
    if (dice(3)) out.q = Filter::parse(condition() + (dice(2) ? (dice(2) ? ";" : "|") + condition() : ""), expand).value();
    if (dice(3) == 0) {
      static const char* const rels[] = {"near;maxDistance==20000", "near;minDistance==20000", "within", "intersects", "disjoint"};
      const std::string rel = rels[dice(5)];
      const std::string box = "[[[135.2,34.2],[135.7,34.2],[135.7,34.6],[135.2,34.6],[135.2,34.2]]]";
      const bool near = rel.starts_with("near");
      out.geo = GeoQuery::parse(rel, near ? "Point" : "Polygon", near ? point() : box, dice(4) ? "" : "place", expand).value();
    }
    if (dice(4) == 0) out.attrs = {expand("a"), expand("location")};
    return out;
  }
  void change_something() {
    const std::string id = "urn:x:" + std::to_string(dice(60));
    if (dice(3) == 0) {
      image.erase(id), plain.erase(id);
    } else {
      const EntityPtr entity = made(any_entity(id));
      image.put(entity), plain[id] = entity;
    }
  }
};

TEST_F(ImageTest, FindsWhatALookAtEveryEntityFinds) {
  const std::int64_t now = 1'790'000'000'000'000;   // what expires in this test has expired
  const EntityLookup lookup = [this](std::string_view id) { return image.get(id); };
  for (int round = 0; round < 400; ++round) {
    for (int i = 0; i < 5; ++i) change_something();
    const EntityQuery query = any_query();
    std::vector<std::string> expected, got;
    for (const auto& [id, e] : plain)
      if (!(e->expires_at.present() && e->expires_at.us <= now) && query.matches(*e, &lookup)) expected.push_back(id);
    const Found found = image.find({.query = &query, .limit = 1000, .count = true, .now_us = now, .lookup = &lookup});
    for (const EntityPtr& e : found.entities) got.emplace_back(e->id);
    std::ranges::sort(expected), std::ranges::sort(got);
    ASSERT_EQ(got, expected) << round << " " << query.q.text() << " " << (query.geo ? query.geo->text() : "");
    EXPECT_EQ(found.total, expected.size());
    // Pages together are the whole, without overlaps.
    std::vector<std::string> paged;
    for (std::size_t offset = 0;; offset += 3) {
      const Found page = image.find({.query = &query, .offset = offset, .limit = 3, .now_us = now, .lookup = &lookup});
      for (const EntityPtr& e : page.entities) paged.emplace_back(e->id);
      ASSERT_EQ(page.more, offset + 3 < expected.size());
      if (!page.more) break;
    }
    std::ranges::sort(paged);
    EXPECT_EQ(paged, expected);
  }
}

TEST_F(ImageTest, OrderGoesOverPages) {
  for (int i = 0; i < 30; ++i) image.put(made(R"({"id":"urn:x:)" + std::to_string(i) + R"(","type":"A","a":)" + std::to_string((i * 7) % 30) + "}"));
  const EntityQuery query;
  const Ordering order = Ordering::parse({"a;desc", "", "", ""}, expand).value();
  std::vector<int> values;
  for (std::size_t offset = 0; offset < 30; offset += 7) {
    const Found page = image.find({.query = &query, .order = &order, .offset = offset, .limit = 7});
    for (const EntityPtr& e : page.entities) values.push_back(static_cast<int>(e->attributes[0].instances[0].value.number()));
  }
  EXPECT_EQ(values.size(), 30u);
  EXPECT_TRUE(std::ranges::is_sorted(values, std::greater<>()));
}

TEST_F(ImageTest, SlotsThatWereLeftAreTakenInOrder) {
  const auto entity = [&](const std::string& id) { return made(R"({"id":")" + id + R"(","type":"A"})"); };
  for (int i = 0; i < 20; ++i) image.put(entity("urn:x:" + std::to_string(i)));
  for (int i = 0; i < 20; ++i) image.erase("urn:x:" + std::to_string(i));
  for (int i = 0; i < 20; ++i) image.put(entity("urn:y:" + std::to_string(i)));
  int next = 0;
  image.each([&](const EntityPtr& e) {
    EXPECT_EQ(e->id, "urn:y:" + std::to_string(next++));
    return true;
  });
  EXPECT_EQ(next, 20);
}

TEST_F(ImageTest, TypesAreCounted) {
  for (int i = 0; i < 200; ++i) change_something();
  std::map<std::string, std::size_t> expected;
  for (const auto& [id, e] : plain)
    for (const std::string_view t : e->types) ++expected[std::string(t)];
  const auto types = image.types(0);
  ASSERT_EQ(types.size(), expected.size());
  for (const auto& [type, n] : expected) EXPECT_EQ(types.at(type).entities, n);
}

TEST_F(ImageTest, IdsThatAreNoUrisAreFoundAsTheyAreShown) {
  for (const char* id : {"urn:ngsiv2:Room1:A", "urn:ngsiv2:Room1:B", "urn:ngsiv2:Room2:A", "urn:x:1"}) image.put(made(R"({"id":")" + std::string(id) + R"(","type":"A"})"));
  const auto found = [&](std::vector<std::string> ids, bool v2) {
    EntityQuery query;
    query.entities.emplace_back().ids = std::move(ids);
    query.entities[0].v2 = v2;
    return image.find({.query = &query}).entities.size();
  };
  EXPECT_EQ(found({"Room1"}, true), 2u);
  EXPECT_EQ(found({"Room1"}, false), 0u);
  EXPECT_EQ(found({"Room1", "Room2", "urn:x:1", "Room1"}, true), 4u);
  EXPECT_EQ(found({"urn:ngsiv2:Room1:A"}, false), 1u);
  image.erase("urn:ngsiv2:Room1:A");
  EXPECT_EQ(found({"Room1"}, true), 1u);
  image.erase("urn:ngsiv2:Room1:B");
  EXPECT_EQ(found({"Room1"}, true), 0u);
  image.put(made(R"({"id":"urn:ngsiv2:Room1:C","type":"A"})"));   // takes a slot that was used
  EXPECT_EQ(found({"Room1"}, true), 1u);
}

}  // namespace
}  // namespace machiya::sense
