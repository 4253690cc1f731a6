// Entities for tests, from normalized JSON; terms stand for IRIs below https://ex/.
#pragma once
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "sense/entities/stamp.h"
#include "sense/query/query.h"

namespace machiya::sense::testing {

inline std::string iri(std::string_view term) { return term.find(':') == std::string_view::npos ? "https://ex/" + std::string(term) : std::string(term); }

class EntityMaker {
 public:
  /// {"id": …, "type": …, "scope": …, "createdAt": …, "a": {"type": "Property", "value": 1, "sub": {…}}, "b": [instances]}
  static EntityPtr make(std::string_view json) {
    auto made = std::make_shared<EntityMaker>();
    auto value = tree::parse(json, made->arena_);
    EXPECT_TRUE(value.ok()) << json;
    made->read(*value);
    return EntityPtr(made, &made->entity_);
  }
  EntityMaker() = default;

 private:
  tree::Arena arena_;
  Entity entity_;

  std::span<const std::string_view> words(const tree::Value& v, bool expand) {
    std::vector<std::string_view> out;
    const auto add = [&](std::string_view t) { out.push_back(expand ? arena_.text(iri(t)) : t); };
    if (v.is_string()) add(v.text());
    for (const tree::Value& item : v.items()) add(item.text());
    return arena_.list(out);
  }
  static std::int64_t us(const tree::Value& v) { return v.is_string() ? parse_stamp(v.text())->us : kNoTime; }

  void read(const tree::Value& v) {
    entity_.id = v["id"].text(), entity_.types = words(v["type"], true), entity_.scopes = words(v["scope"], false);
    entity_.created_us = us(v["createdAt"]), entity_.modified_us = us(v["modifiedAt"]);
    entity_.attributes = attributes(v);
  }
  std::span<const Attribute> attributes(const tree::Value& v) {
    std::vector<Attribute> out;
    for (const tree::Member& m : v.members()) {
      if (!m.value.is_object() && !(m.value.is_array() && m.value.count > 0 && m.value.elements[0].is_object())) continue;
      if (m.key == "value" || m.key == "json" || m.key == "languageMap" || m.key == "objectList" || m.key == "valueList") continue;
      std::vector<Instance> instances;
      if (m.value.is_object()) instances.push_back(instance(m.value));
      for (const tree::Value& i : m.value.items()) instances.push_back(instance(i));
      out.push_back({arena_.text(iri(m.key)), arena_.list(instances)});
    }
    return arena_.list(out);
  }
  Instance instance(const tree::Value& v) {
    Instance out;
    out.kind = *kind_of_name(v["type"].text());
    out.value = v[value_member(out.kind)];
    out.dataset_id = v["datasetId"].text(), out.unit_code = v["unitCode"].text();
    if (v.has("observedAt")) out.observed_at = *parse_stamp(v["observedAt"].text());
    out.created_us = us(v["createdAt"]), out.modified_us = us(v["modifiedAt"]);
    out.sub = attributes(v);
    return out;
  }
};

inline EntityPtr entity(std::string_view json) { return EntityMaker::make(json); }

inline Filter filter(std::string_view q, const FilterOptions& options = {}) {
  auto out = Filter::parse(q, iri, options);
  EXPECT_TRUE(out.ok()) << q << ": " << (out.ok() ? "" : out.error().to_string());
  return out.ok() ? *out : Filter();
}

inline tree::Value json(tree::Arena& arena, std::string_view text) {
  auto out = tree::parse(text, arena);
  EXPECT_TRUE(out.ok()) << text;
  return out.ok() ? *out : tree::Value();
}

}  // namespace machiya::sense::testing
