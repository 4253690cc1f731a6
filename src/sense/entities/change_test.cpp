// The writes of §5.6, each by its result and by what it says to have changed.
#include "sense/entities/change.h"

#include "sense/entities/sample.h"

namespace machiya::sense {
namespace {

class ChangeTest : public testing::Bench {
 protected:
  using What = AttributeChange::What;
  EntityPtr before = made(with(R"("a":{"value":1,"unitCode":"CEL","q":{"value":"x"}},"b":[{"value":1},{"value":2,"datasetId":"urn:d:1"}],"l":{"languageMap":{"en":"x","fr":"y"}},"c":{"value":{"x":1,"y":{"z":2}}})"));

  void SetUp() override { now_us += 1'000'000; }
  Change updated(std::string_view fragment) {
    auto draft = read(fragment, BodyOf::fragment);
    EXPECT_TRUE(draft.ok()) << draft.error().to_string();
    return update_attributes(before, *draft, context());
  }
  Change appended(std::string_view fragment, bool no_overwrite) {
    auto draft = read(fragment, BodyOf::append);
    EXPECT_TRUE(draft.ok()) << draft.error().to_string();
    return append_attributes(before, *draft, no_overwrite, context());
  }
  Result<Change> merged(std::string_view body, std::string_view lang = {}, std::string_view observed_at = {}, bool simplified = false) {
    const Stamp at = observed_at.empty() ? Stamp() : *parse(observed_at);
    return merge_entity(before, json(body), *terms, at, lang, context(), simplified);
  }
  static std::optional<Stamp> parse(std::string_view text);
  Result<Change> partial(std::string_view name, std::string_view body) { return update_attribute(before, iri(name), json(body), *terms, context()); }
  std::string iri(std::string_view name) { return std::string(kDefaultVocab) + std::string(name); }
  // One attribute of the entity after the change, as it is shown.
  std::string shown(const Change& change, std::string_view name) {
    const tree::Value whole = json(text(change.after));
    return tree::to_text(whole[name]);
  }
  std::string told(const Change& change) {
    std::string out;
    for (const AttributeChange& c : change.attributes)
      out += std::string(c.name.substr(kDefaultVocab.size())) + (c.what == What::created ? "+" : c.what == What::deleted ? "-" : "*") + std::string(c.dataset_id) + " ";
    return out;
  }
};

std::optional<Stamp> ChangeTest::parse(std::string_view text) { return Stamp{1'800'000'000'000'000, text}; }

TEST_F(ChangeTest, CreationTellsEachInstance) {
  auto draft = read(with(R"("a":[{"value":1},{"value":2,"datasetId":"urn:d:1"}],"b":2)"));
  const Change change = create_entity(*draft, context());
  EXPECT_EQ(told(change), "a+ a+urn:d:1 b+ ");
  EXPECT_EQ(change.before, nullptr);
  EXPECT_EQ(change.after->created_us, now_us);
  EXPECT_EQ(change.after->attributes[0].instances[0].created_us, now_us);
}

TEST_F(ChangeTest, UpdateReplacesWholeInstancesAndAddsOthers) {
  const Change change = updated(R"({"a":{"value":5},"b":{"value":3,"datasetId":"urn:d:2"},"n":1,"b2":"urn:ngsi-ld:null"})");
  EXPECT_EQ(shown(change, "a"), R"({"type":"Property","value":5})");
  EXPECT_EQ(told(change), "a* b+urn:d:2 n+ ");
  EXPECT_EQ(change.not_done.size(), 1u);
  const Instance& a = change.after->attribute(iri("a"))->instances[0];
  EXPECT_EQ(a.created_us, now_us - 1'000'000) << "createdAt stays";
  EXPECT_EQ(a.modified_us, now_us);
  EXPECT_EQ(told(updated(R"({"b":{"value":"urn:ngsi-ld:null","datasetId":"urn:d:1"}})")), "b-urn:d:1 ");
  EXPECT_EQ(told(updated(R"({"b":"urn:ngsi-ld:null"})")), "b- ");
  EXPECT_TRUE(updated(R"({"scope":"/a"})").after->scopes.empty()) << "an update adds no scope";
}

TEST_F(ChangeTest, AppendKeepsWhatIsThereWhenToldTo) {
  Change change = appended(R"({"type":"U","a":9,"n":1})", true);
  EXPECT_EQ(told(change), "n+ ");
  EXPECT_EQ(change.not_done.size(), 1u);
  EXPECT_EQ(change.done, std::vector<std::string>{iri("n")});
  EXPECT_EQ(change.after->types.size(), 2u);
  EXPECT_EQ(told(appended(R"({"a":9})", false)), "a* ");
  before = appended(R"({"scope":"/a"})", false).after;
  EXPECT_EQ(appended(R"({"scope":"/b"})", true).after->scopes.size(), 2u);
  EXPECT_EQ(appended(R"({"scope":"/b"})", false).after->scopes.size(), 1u);
}

TEST_F(ChangeTest, PartialUpdateReplacesMembersOnly) {
  auto change = partial("a", R"({"type":"Property","value":7,"q":"urn:ngsi-ld:null"})");
  ASSERT_TRUE(change.ok()) << change.error().to_string();
  EXPECT_EQ(shown(*change, "a"), R"({"type":"Property","value":7,"unitCode":"CEL"})");
  EXPECT_EQ(shown(*partial("l", R"({"languageMap":{"en":"z"}})"), "l"), R"({"type":"LanguageProperty","languageMap":{"en":"z"}})");
  EXPECT_EQ(partial("a", R"({"type":"Relationship","object":"urn:a:1"})").error().code, ErrorCode::invalid_input);
  EXPECT_EQ(partial("a", R"({"datasetId":"urn:ngsi-ld:null"})").error().code, ErrorCode::invalid_input);
  EXPECT_EQ(partial("a", R"({"value":{"x":null}})").error().code, ErrorCode::invalid_input);
  EXPECT_EQ(partial("a", R"({"value":1,"datasetId":"urn:d:9"})").error().code, ErrorCode::not_found);
  EXPECT_EQ(partial("none", R"({"value":1})").error().code, ErrorCode::not_found);
  EXPECT_EQ(told(*partial("b", R"({"value":"urn:ngsi-ld:null"})")), "b- ");
}

TEST_F(ChangeTest, MergeGoesDeep) {
  auto change = merged(R"({"c":{"value":{"x":"urn:ngsi-ld:null","y":{"w":3}}},"a":{"unitCode":"FAH"},"n":{"value":1,"u":"urn:ngsi-ld:null"},"b":{"value":"urn:ngsi-ld:null","datasetId":"urn:d:1"}})");
  ASSERT_TRUE(change.ok()) << change.error().to_string();
  EXPECT_EQ(shown(*change, "c"), R"({"type":"Property","value":{"y":{"z":2,"w":3}}})");
  EXPECT_EQ(shown(*change, "a"), R"({"type":"Property","value":1,"unitCode":"FAH","q":{"type":"Property","value":"x"}})");
  EXPECT_EQ(shown(*change, "n"), R"({"type":"Property","value":1})");
  EXPECT_EQ(told(*change), "c* a* n+ b-urn:d:1 ");
  EXPECT_EQ(merged(R"({"a":{"value":{"x":null}}})").error().code, ErrorCode::invalid_input);
  EXPECT_EQ(merged(R"({"id":"urn:x:2"})").error().code, ErrorCode::invalid_input);
  EXPECT_EQ(merged(R"({"location":{"type":"Property","value":1}})").error().code, ErrorCode::invalid_input);
}

TEST_F(ChangeTest, MergeKnowsLanguagesTimesAndExpiry) {
  EXPECT_EQ(shown(*merged(R"({"l":"neu"})", "de"), "l"), R"({"type":"LanguageProperty","languageMap":{"en":"x","fr":"y","de":"neu"}})");
  EXPECT_EQ(shown(*merged(R"({"l":{"languageMap":{"fr":"urn:ngsi-ld:null"}}})"), "l"), R"({"type":"LanguageProperty","languageMap":{"en":"x"}})");
  before = merged(R"({"a":{"observedAt":"2026-01-01T00:00:00Z"}})")->after;
  auto timed = merged(R"({"a":2,"c":{"value":3}})", {}, "2027-01-15T08:00:00Z");
  EXPECT_NE(shown(*timed, "a").find("2027-01-15T08:00:00Z"), std::string::npos);
  EXPECT_EQ(shown(*timed, "c").find("observedAt"), std::string::npos) << "only where there was one before";
  auto expiring = merged(R"({"expiresAt":"2030-01-01T00:00:00Z"})");
  EXPECT_TRUE(expiring->after->expires_at.present());
  before = expiring->after;
  EXPECT_FALSE(merged(R"({"expiresAt":"urn:ngsi-ld:null"})")->after->expires_at.present());
  EXPECT_EQ(shown(*merged(R"({"a":{"x":1}})", {}, {}, true), "a").find(R"("value":{"x":1})") == std::string::npos, false) << "simplified: an object is the value";
}

TEST_F(ChangeTest, ReplaceAndDelete) {
  auto draft = read(R"({"type":"V","a":5,"z":1})", BodyOf::append);
  const Change change = replace_entity(before, *draft, context());
  EXPECT_EQ(told(change), "b- b-urn:d:1 l- c- a* z+ ");
  EXPECT_EQ(change.after->created_us, before->created_us);
  EXPECT_EQ(change.after->types.size(), 1u);
  EXPECT_EQ(told(*replace_attribute(before, iri("b"), json(R"({"value":9,"datasetId":"urn:d:1"})"), *terms, context())), "b*urn:d:1 ");
  EXPECT_EQ(told(*delete_attribute(before, iri("b"), "", false, context())), "b- ");
  EXPECT_EQ(told(*delete_attribute(before, iri("b"), "", true, context())), "b- b-urn:d:1 ");
  EXPECT_EQ(delete_attribute(before, iri("b"), "urn:d:9", false, context()).error().code, ErrorCode::not_found);
  EXPECT_EQ(delete_scopes(before, context()).error().code, ErrorCode::not_found);
  EXPECT_EQ(told(delete_entity(before)), "a- b- b-urn:d:1 l- c- ");
  EXPECT_EQ(updated(R"({})").after, before) << "nothing changed: the same entity";
}

}  // namespace
}  // namespace machiya::sense
