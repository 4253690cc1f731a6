// Writes that say only what differs (§5.6.4, §5.6.17): the members of the body are merged into the instance that is there, the standard's null deletes.
#include <algorithm>
#include <optional>

#include "sense/entities/changing.h"
#include "sense/entities/stamp.h"

namespace machiya::sense {
namespace {
using detail::Changing;
using tree::Value;

Error bad(std::string why, std::string where) { return Error(ErrorCode::invalid_input, std::move(why), std::move(where)); }

// RFC 7396 with the standard's null in the place of null.
Value merged(const Value& old, const Value& patch, tree::Arena& arena) {
  if (!patch.is_object()) return patch;
  std::vector<tree::Member> out;
  for (const auto& m : old.members())
    if (!patch.has(m.key)) out.push_back(m);
  for (const auto& [key, value] : patch.members())
    if (!is_ngsi_null(value) && !value.is_null()) out.push_back({key, merged(old[key], value, arena)});
  return arena.object(out);
}

/// Merges a body into one instance. `deep`: values are merged too (merge of an entity); else they are replaced (update of one attribute).
class InstanceMerge {
 public:
  InstanceMerge(const Terms& terms, tree::Arena& arena, bool deep, std::string_view lang, std::string where)
      : terms_(terms), arena_(arena), deep_(deep), lang_(lang), where_(std::move(where)) {}

  // Nothing: the instance is deleted.
  Result<std::optional<Instance>> merge(const Instance& old, const Value& body) {
    out_ = old;
    if (is_ngsi_null(body)) return std::optional<Instance>();
    if (!body.is_object() || is_geometry(body)) {
      if (auto done = value(simple(body)); !done.ok()) return done.error();
      return std::optional(out_);
    }
    const auto kind = body.has("type") ? kind_of_name(body["type"].text()) : std::optional(old.kind);
    if (!kind) return bad("no type of attribute", where_ + "/type");
    if (*kind != old.kind) return other_kind(body);
    for (const auto& [key, member] : body.members()) {
      if (key == value_member(*kind) && is_ngsi_null(member)) return std::optional<Instance>();
      if (auto done = one(key, member); !done.ok()) return done.error();
    }
    return std::optional(out_);
  }

 private:
  const Terms& terms_;
  tree::Arena& arena_;
  bool deep_;
  std::string_view lang_;
  std::string where_;
  Instance out_;

  // An attribute of one kind becomes one of another: only a merge of the entity may say so.
  Result<std::optional<Instance>> other_kind(const Value& body) {
    if (!deep_) return bad("the attribute is a " + std::string(kind_name(out_.kind)), where_ + "/type");
    auto read = read_attribute(body, BodyOf::entity, terms_, arena_, where_);
    if (!read.ok()) return read.error();
    return std::optional(read->front());
  }

  // A bare value means the text in the language of the request when the attribute is of languages.
  Value simple(const Value& body) const {
    if (out_.kind == AttributeKind::language_property && body.is_string()) return arena_.object({{lang_.empty() ? "@none" : lang_, body}});
    return body;
  }

  Result<void> value(const Value& v) {
    const bool together = (deep_ || out_.kind == AttributeKind::language_property) && v.is_object() && out_.value.is_object() && out_.kind != AttributeKind::geo_property;
    auto read = read_value(out_.kind, together ? merged(out_.value, v, arena_) : v, terms_, arena_, where_);
    if (!read.ok()) return read.error();
    out_.value = *read;
    return {};
  }

  Result<void> one(std::string_view key, const Value& member) {
    if (key == value_member(out_.kind)) return value(member);
    if (key == "datasetId" || key == "type" || key == "@context" || key == "createdAt" || key == "modifiedAt" || key == "instanceId") return {};
    const bool gone = is_ngsi_null(member);
    if (key == "unitCode") {
      if (!gone && !member.is_string()) return bad("a unitCode is text", where_ + "/unitCode");
      return out_.unit_code = gone ? std::string_view() : member.text(), Result<void>();
    }
    if (key == "observedAt" || key == "expiresAt") {
      const auto stamp = gone ? std::optional(Stamp()) : member.is_string() ? parse_stamp(member.text()) : std::nullopt;
      if (!stamp) return bad("a date-time in UTC with the suffix Z is expected", where_ + "/" + std::string(key));
      return (key == "observedAt" ? out_.observed_at : out_.expires_at) = *stamp, Result<void>();
    }
    if (key == "objectType") return out_.object_type = gone ? Value() : Value::string(terms_.expand_term(member.text(), arena_)), Result<void>();
    if (key == "valueType") return out_.value_type = gone ? Value() : member, Result<void>();
    if (key == "ngsildproof") return out_.proof = gone ? Value() : member, Result<void>();
    if (is_own_member(key)) return bad("a " + std::string(kind_name(out_.kind)) + " has no such member", where_ + "/" + std::string(key));
    return sub_attribute(key, member);
  }

  Result<void> sub_attribute(std::string_view key, const Value& member) {
    const std::string_view name = terms_.expand_term(key, arena_);
    const std::string where = where_ + "/" + std::string(key);
    std::vector<Attribute> sub(out_.sub.begin(), out_.sub.end());
    const auto there = std::ranges::find(sub, name, &Attribute::name);
    std::vector<Instance> instances;
    if (deep_ && there != sub.end() && there->instances.size() == 1) {
      auto made = InstanceMerge(terms_, arena_, true, lang_, where).merge(there->instances.front(), member);
      if (!made.ok()) return made.error();
      if (*made) instances.push_back(**made);
    } else if (!is_ngsi_null(member)) {
      auto read = read_attribute(member, BodyOf::entity, terms_, arena_, where);
      if (!read.ok()) return read.error();
      instances = std::move(*read);
    }
    if (there != sub.end()) sub.erase(there);
    if (!instances.empty()) sub.push_back({name, arena_.list(instances)});
    out_.sub = arena_.list(sub);
    return {};
  }
};

// The bodies of the instances of one attribute: itself, or each of a list.
std::span<const Value> bodies(const Value& member) {
  const bool several = member.is_array() && member.count > 0 && std::ranges::all_of(member.items(), &Value::is_object);
  return several ? member.items() : std::span<const Value>(&member, 1);
}

Result<void> merge_attribute(Changing& work, std::string_view key, const Value& member, const Terms& terms, const Stamp& observed_at, std::string_view lang) {
  const std::string_view name = terms.expand_term(key, work.arena);
  const std::string where = "/" + std::string(key);
  for (const Value& body : bodies(member)) {
    const std::string_view dataset_id = body.is_object() ? body["datasetId"].text() : std::string_view();
    DraftAttribute* there = work.draft.find(name);
    Instance* old = there != nullptr ? there->instance(dataset_id) : nullptr;
    if (old == nullptr) {
      if (is_ngsi_null(body)) continue;
      auto read = read_attribute(body, BodyOf::entity, terms, work.arena, where);
      if (!read.ok()) return read.error();
      if (observed_at.present() && !read->front().observed_at.present()) read->front().observed_at = observed_at;
      work.put(name, read->front());
      continue;
    }
    auto made = InstanceMerge(terms, work.arena, true, lang, where).merge(*old, body);
    if (!made.ok()) return made.error();
    if (!*made) {
      work.remove(name, dataset_id);
      continue;
    }
    if (observed_at.present() && !(body.is_object() && body.has("observedAt"))) (**made).observed_at = observed_at;
    work.put(name, **made);
  }
  work.accept(name);
  return {};
}

}  // namespace

Result<Change> merge_entity(const EntityPtr& before, const Value& body, const Terms& terms, const Stamp& observed_at, std::string_view lang, const ChangeContext& context) {
  if (!body.is_object()) return bad("an entity is a JSON object", "");
  Changing work(before, context);
  for (const auto& [key, member] : body.members()) {
    if (key == "@context" || key == "createdAt" || key == "modifiedAt") continue;
    if (key == "id" || key == "@id") {
      if (member.text() != before->id) return bad("the id is another one than the address says", "/id");
    } else if (key == "type" || key == "@type") {
      auto types = read_types(member, terms, work.arena);
      if (!types.ok()) return types.error();
      work.take_head(Draft{.id = {}, .types = std::move(*types), .scopes = {}, .attributes = {}});
    } else if (key == "scope") {
      auto scopes = is_ngsi_null(member) ? Result<std::vector<std::string_view>>(std::vector<std::string_view>()) : read_scopes(member);
      if (!scopes.ok()) return scopes.error();
      work.set_scopes(std::move(*scopes));
    } else if (member.is_null()) {
      return bad("null is no value", "/" + std::string(key));
    } else if (auto done = merge_attribute(work, key, member, terms, observed_at, lang); !done.ok()) {
      return done.error();
    }
  }
  return work.finish();
}

Result<Change> update_attribute(const EntityPtr& before, std::string_view name, const Value& body, const Terms& terms, const ChangeContext& context) {
  Changing work(before, context);
  for (const Value& one : bodies(body)) {
    if (!one.is_object()) return bad("an attribute's members are expected", "");
    DraftAttribute* there = work.draft.find(name);
    const std::string_view dataset_id = one["datasetId"].text();
    Instance* old = there != nullptr ? there->instance(dataset_id) : nullptr;
    if (old == nullptr) return Error(ErrorCode::not_found, "the entity has no such attribute");
    auto made = InstanceMerge(terms, work.arena, false, {}, "").merge(*old, one);
    if (!made.ok()) return made.error();
    *made ? work.put(name, **made) : work.remove(name, dataset_id);
  }
  work.accept(name);
  return work.finish();
}

}  // namespace machiya::sense
