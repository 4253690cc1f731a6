// Names, headers, Via, merging: what one source is told and what becomes of its answer.
#include <gtest/gtest.h>

#include "sense/federation/envelope.h"
#include "sense/federation/merge.h"
#include "sense/federation/rename.h"

namespace machiya::sense::federation {
namespace {
using tree::Value;

class Speaking : public ::testing::Test {
 protected:
  Contexts contexts{nullptr};
  tree::Arena arena;
  machiya::sense::Names names;
  TermsPtr terms(const std::string& json) { return contexts.resolve(*tree::parse(json, arena)).value(); }
  Value value(const std::string& json) { return *tree::parse(json, arena); }
  EntityPtr entity(const std::string& json) {
    auto out = read_remote(value(json), *contexts.core(), names);
    EXPECT_TRUE(out.ok()) << json;
    return out.ok() ? *out : nullptr;
  }
};

TEST_F(Speaking, NamesAreChangedAndValuesAreNot) {
  const TermsPtr from = terms(R"({"Car":"urn:v#Car","speed":"urn:v#speed","unit":"urn:v#unit"})"), to = terms(R"({"Auto":"urn:v#Car","tempo":"urn:v#speed","einheit":"urn:v#unit"})");
  const Renaming n{from.get(), to.get()};
  EXPECT_EQ(tree::to_text(rename_entity(value(R"({"id":"urn:a","type":["Car","Other"],"scope":"/speed","speed":[{"type":"Property","value":{"speed":1},"unit":{"type":"Relationship","object":"urn:speed","objectType":"Car"}}],
    "plain":{"speed":2}})"), n, arena)),
            R"({"id":"urn:a","type":["Auto","Other"],"scope":"/speed","tempo":[{"type":"Property","value":{"speed":1},"einheit":{"type":"Relationship","object":"urn:speed","objectType":"Auto"}}],"plain":{"speed":2}})");
  EXPECT_EQ(rename_filter(R"(speed>3.5;(unit=="speed;unit"|speed.unit[unit]~="u")|unit==speed)", n), R"(tempo>3.5;(einheit=="speed;unit"|tempo.einheit[einheit]~="u")|einheit==speed)");
  EXPECT_EQ(rename_filter("unit", n), "einheit");
  EXPECT_EQ(rename_filter(R"(speed=="a\";unit";unit==1)", n), R"(tempo=="a\";unit";einheit==1)");
}

TEST_F(Speaking, Via) {
  EXPECT_EQ(via_names("1.1 a, HTTP/1.1 b:80 (x y),2 c"), (std::vector<std::string>{"a", "b:80", "c"}));
  EXPECT_TRUE(has_passed("1.0 x, 1.1 a", "a"));
  EXPECT_FALSE(has_passed("1.1 ab", "a"));
  EXPECT_FALSE(has_passed("1.1 a", ""));
}

TEST_F(Speaking, HeadersOfTheRegistration) {
  Registration r;
  r.endpoint = "http://s/ngsi-ld/v1/", r.source_tenant = "t";
  r.source_info = {{"X-A", "1"}, {"Authorization", "urn:ngsi-ld:request"}, {"Via", "fake"}, {"Bad Name", "1"}, {"X-Bad", "a\r\nb"}, {"NGSILD-Tenant", "other"}, {"Host", "h"}};
  Asker asker;
  asker.alias = "me", asker.context_url = "http://c", asker.terms = contexts.core();
  asker.header = [](std::string_view name) { return name == "authorization" ? std::string_view("Bearer x") : std::string_view(); };
  const auto speech = speech_for(r, asker, contexts);
  ASSERT_TRUE(speech.ok());
  std::string all;
  for (const auto& [k, v] : headers_for(r, asker, *speech, true)) all += k + ": " + v + "\n";
  EXPECT_EQ(all,
            "Accept: application/json\nContent-Type: application/json\nLink: <http://c>; rel=\"http://www.w3.org/ns/json-ld#context\"; type=\"application/ld+json\"\nVia: 1.1 me\nX-A: 1\n"
            "Authorization: Bearer x\nNGSILD-Tenant: t\n");
  EXPECT_EQ(address_of(r, "/entities"), "http://s/ngsi-ld/v1/entities");
  EXPECT_EQ(path_part("urn:a b/ä"), "urn:a%20b%2F%C3%A4");
  EXPECT_EQ(QueryText().add("q", "a==\"b\"&c").add("x", "").add("id", "urn:a,urn:b").text(), "?q=a%3D%3D%22b%22%26c&id=urn:a,urn:b");
}

TEST_F(Speaking, Merging) {
  const EntityPtr a = entity(R"({"id":"urn:e","type":"A","scope":"/a","createdAt":"2026-01-02T00:00:00Z","modifiedAt":"2026-01-03T00:00:00Z",
    "x":[{"type":"Property","value":1,"modifiedAt":"2026-01-02T00:00:00Z"},{"type":"Property","value":2,"datasetId":"urn:d"}]})");
  const EntityPtr b = entity(R"({"id":"urn:e","type":["A","B"],"createdAt":"2026-01-01T00:00:00Z","modifiedAt":"2026-01-02T00:00:00Z",
    "x":{"type":"Property","value":3,"modifiedAt":"2026-01-03T00:00:00Z"},"y":{"type":"Property","value":4}})");
  const EntityPtr m = merge(std::vector<Part>{{a}, {b}}, names);
  EXPECT_EQ(m->types.size(), 2u);
  EXPECT_EQ(m->created_us, b->created_us);
  EXPECT_EQ(m->modified_us, a->modified_us);
  EXPECT_EQ(m->attributes.size(), 2u);
  EXPECT_EQ(m->attributes[0].instance("")->value.number(), 3);
  EXPECT_EQ(m->attributes[0].instance("urn:d")->value.number(), 2);
  // An auxiliary part only fills; wherever it stands.
  const EntityPtr f = merge(std::vector<Part>{{b, true}, {a}}, names);
  EXPECT_EQ(f->attributes[0].instance("")->value.number(), 1);
  EXPECT_EQ(f->attributes.size(), 2u);
  const std::vector<std::string> x = {"https://uri.etsi.org/ngsi-ld/default-context/x"};
  EXPECT_EQ(without(m, x, false, names)->attributes.size(), 1u);
  EXPECT_EQ(without(m, x, true, names), nullptr);
  EXPECT_EQ(without(a, std::vector<std::string>{"none"}, false, names), a);
}

}  // namespace
}  // namespace machiya::sense::federation
