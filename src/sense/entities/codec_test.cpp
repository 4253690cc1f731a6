// The frozen form: what was written is read, and nothing else is.
#include "sense/entities/codec.h"

#include "base/rng.h"
#include "sense/entities/sample.h"

namespace machiya::sense {
namespace {

// Entities of every kind of attribute, by a seed.
class CodecTest : public testing::Bench {
 protected:
  SeededRng rng{7};
  std::size_t dice(std::size_t n) { return static_cast<std::size_t>(rng.below(n)); }
  std::string value(int depth = 0) {
    switch (dice(depth > 2 ? 4 : 6)) {
      case 0: return std::to_string(static_cast<std::int64_t>(rng.next()) / 1000) + (dice(2) ? "e-3" : "");
      case 1: return dice(2) ? "true" : "false";
      case 2: return R"("é\n\u0000 \"x\" )" + std::string(dice(300), 'a') + "\"";
      case 3: return "\"\"";
      case 4: return "[" + value(depth + 1) + "," + value(depth + 1) + "]";
      default: return R"({"k":)" + value(depth + 1) + R"(,"":)" + value(depth + 1) + "}";
    }
  }
  std::string instance(int depth) {
    static const char* const kinds[] = {R"("object":"urn:a:1","objectType":["A","B"])", R"("languageMap":{"en":"x","ja":["y"]})", R"("vocab":["x","y"])", R"("json":{"x":null})",
                                        R"("valueList":[1,2])", R"("objectList":["urn:a:1"])", R"("type":"GeoProperty","value":{"type":"Point","coordinates":[1.5,-2]})"};
    std::string out = "{";
    const std::size_t kind = dice(10);
    out += kind < 7 ? kinds[kind] : R"("type":"Property","value":)" + value();
    if (kind >= 7 && dice(2)) out += R"(,"unitCode":"CEL","valueType":"x:y")";
    if (dice(3) == 0) out += R"(,"observedAt":"2026-01-01T00:00:00.123456789Z")";
    if (dice(4) == 0) out += R"(,"expiresAt":"1969-12-31T23:59:59Z")";
    if (dice(5) == 0) out += R"(,"ngsildproof":{"value":{"p":1}})";
    for (std::size_t n = depth > 2 ? 0 : dice(3); n > 0; --n) out += ",\"s" + std::to_string(n) + "\":" + instance(depth + 1);
    return out + "}";
  }
  EntityPtr any_entity() {
    std::string out = R"({"id":"urn:x:)" + std::to_string(rng.next()) + R"(","type":["T","U"])";
    if (dice(2)) out += R"(,"scope":["/a","/b"])";
    if (dice(3) == 0) out += R"(,"expiresAt":"2099-01-01T00:00:00Z")";
    for (std::size_t n = dice(6); n > 0; --n) {
      out += ",\"a" + std::to_string(n) + "\":";
      if (dice(3) == 0) {
        std::string two = instance(0);
        two.insert(two.size() - 1, R"(,"datasetId":"urn:d:1")");
        out += "[" + instance(0) + "," + two + "]";
      } else {
        out += instance(0);
      }
    }
    return made(out + "}");
  }
  std::string bytes_of(const EntityPtr& entity) {
    std::string out;
    encode_entity(*entity, out);
    return out;
  }
  std::string whole(const EntityPtr& entity) { return text(entity, Format::normalized, true); }
};

TEST_F(CodecTest, WhatIsWrittenIsRead) {
  for (int round = 0; round < 300; ++round) {
    const EntityPtr entity = any_entity();
    const std::string bytes = bytes_of(entity);
    tree::Arena arena;
    auto draft = decode_entity(bytes, arena);
    ASSERT_TRUE(draft.ok());
    const EntityPtr again = draft->finish(names);
    EXPECT_EQ(whole(again), whole(entity));
    EXPECT_EQ(bytes_of(again), bytes);
    EXPECT_EQ(again->attributes.size() > 0 ? again->attributes[0].instances[0].instance_id : "", entity->attributes.size() > 0 ? entity->attributes[0].instances[0].instance_id : "");
  }
}

TEST_F(CodecTest, RecordsTellWhatChanged) {
  for (int round = 0; round < 200; ++round) {
    const EntityPtr before = any_entity();
    const bool created = dice(4) == 0, deleted = !created && dice(4) == 0;
    Change change;
    if (created) {
      change = Change{nullptr, before, {}, false, {}, {}};
      for (const Attribute& a : before->attributes)
        for (const Instance& i : a.instances) change.attributes.push_back({AttributeChange::What::created, a.name, i.dataset_id, nullptr, &i});
    } else if (deleted) {
      change = delete_entity(before);
    } else {
      auto fragment = read(R"({"a1":5,"a2":"urn:ngsi-ld:null","new":1})", BodyOf::fragment);
      change = update_attributes(before, *fragment, context());
    }
    std::string bytes;
    encode_record({"tenant", 42, change.before, change.after, change.attributes}, bytes);
    auto record = decode_record(bytes, names);
    ASSERT_TRUE(record.ok()) << record.error().to_string();
    EXPECT_EQ(record->tenant, "tenant");
    EXPECT_EQ(record->at_us, 42);
    EXPECT_EQ(record->created(), created);
    EXPECT_EQ(record->deleted(), deleted);
    if (!deleted) {
      EXPECT_EQ(whole(record->after), whole(change.after));
    }
    ASSERT_EQ(record->changes.size(), change.attributes.size());
    for (std::size_t i = 0; i < record->changes.size(); ++i) {
      const AttributeChange &was = change.attributes[i], &is = record->changes[i];
      EXPECT_TRUE(was.what == is.what && was.name == is.name && was.dataset_id == is.dataset_id);
      const auto value = [](const Instance* x) { return x != nullptr ? tree::to_text(x->value) : "-"; };
      EXPECT_EQ(value(is.before), value(was.before));
      EXPECT_EQ(value(is.after), value(was.after));
    }
  }
}

TEST_F(CodecTest, DamageIsSeenOrHarmless) {
  int refused = 0;
  for (int round = 0; round < 200; ++round) {
    const std::string right = bytes_of(any_entity());
    std::string bytes = right.substr(0, dice(right.size()));   // cut short: never whole
    tree::Arena arena;
    EXPECT_FALSE(decode_entity(bytes, arena).ok());
    bytes = right;
    bytes[dice(bytes.size())] ^= static_cast<char>(1 << dice(8));
    auto draft = decode_entity(bytes, arena);
    refused += !draft.ok();
    if (draft.ok()) bytes_of(draft->finish(names));   // may be another entity, must be one
    auto record = decode_record(bytes, names);
    if (record.ok()) whole(record->deleted() ? record->before : record->after);
  }
  EXPECT_GT(refused, 20);
  tree::Arena arena;
  EXPECT_FALSE(decode_entity("", arena).ok());
  EXPECT_FALSE(decode_record("", names).ok());
  EXPECT_FALSE(decode_entity(bytes_of(any_entity()) + "x", arena).ok());
}

}  // namespace
}  // namespace machiya::sense
