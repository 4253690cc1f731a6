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
    if (!is_ngsi_null(value)) out.push_back({key, merged(old[key], value, arena)});
  return arena.object(out);
}

bool is_null_list(const Value& v) { return v.is_array() && v.count == 1 && is_ngsi_null(v.items()[0]); }

// The kind that the members of a body speak of; `old` when they do not say.
std::optional<AttributeKind> kind_said(const Value& body, AttributeKind old) {
  const Value* type = body.find("type");
  if (type == nullptr) type = body.find("@type");
  if (type != nullptr) return kind_of_name(type->text());
  if (body.has(value_member(old))) return old;
  for (int k = 0; k <= static_cast<int>(AttributeKind::list_relationship); ++k)
    if (body.has(value_member(static_cast<AttributeKind>(k)))) return static_cast<AttributeKind>(k);
  return old;
}

// Does the body delete the whole instance?
bool deletes(const Value& body) {
  if (is_ngsi_null(body)) return true;
  if (!body.is_object()) return false;
  const auto kind = kind_said(body, AttributeKind::property);
  const Value* value = kind ? body.find(value_member(*kind)) : nullptr;
  return value != nullptr && (is_ngsi_null(*value) || is_null_list(*value));
}

/// `deep`: values are merged too (merge of an entity); else they are replaced (update of one attribute). `simplified`: objects are values (§4.5.4).
struct Merging {
  bool deep = false, simplified = false;
  std::string_view lang;
  Stamp observed_at;
};

/// Merges a body into one instance.
class InstanceMerge {
 public:
  InstanceMerge(const Terms& terms, tree::Arena& arena, const Merging& how, std::string where) : terms_(terms), arena_(arena), how_(how), where_(std::move(where)) {}

  // Nothing: the instance is deleted.
  Result<std::optional<Instance>> merge(const Instance& old, const Value& body) {
    out_ = old;
    if (deletes(body)) return std::optional<Instance>();
    const auto kind = body.is_object() && !is_geometry(body) ? kind_said(body, old.kind) : std::optional(old.kind);
    const bool bare = !body.is_object() || is_geometry(body) || (how_.simplified && kind == old.kind && !body.has(value_member(old.kind)));
    if (bare) {
      if (auto done = value(simple(body)); !done.ok()) return done.error();
      return std::optional(out_);
    }
    if (!kind) return bad("no type of attribute", where_ + "/type");
    if (*kind != old.kind) return other_kind(body);
    if (auto done = check_members(*kind, body, where_); !done.ok()) return done.error();
    for (const auto& [key, member] : body.members())
      if (auto done = one(key, member); !done.ok()) return done.error();
    return std::optional(out_);
  }

 private:
  const Terms& terms_;
  tree::Arena& arena_;
  const Merging& how_;
  std::string where_;
  Instance out_;

  // An attribute of one kind becomes one of another: only a merge of the entity may say so.
  Result<std::optional<Instance>> other_kind(const Value& body) {
    if (!how_.deep) return bad("the attribute is a " + std::string(kind_name(out_.kind)), where_ + "/type");
    auto read = read_attribute(body, BodyOf::entity, terms_, arena_, where_);
    if (!read.ok()) return read.error();
    return std::optional(read->front());
  }

  // A bare value means the text in the language of the request when the attribute is of languages.
  Value simple(const Value& body) const {
    if (out_.kind == AttributeKind::language_property && body.is_string()) return arena_.object({{how_.lang.empty() ? "@none" : how_.lang, body}});
    return body;
  }

  Result<void> value(const Value& v) {
    const bool together = how_.deep && v.is_object() && out_.kind != AttributeKind::geo_property;
    auto read = read_value(out_.kind, together ? merged(out_.value, v, arena_) : v, terms_, arena_, where_);
    if (!read.ok()) return read.error();
    out_.value = *read;
    return {};
  }

  Result<void> one(std::string_view key, const Value& member) {
    if (member.is_null()) return bad("null is no value", where_ + "/" + std::string(key));
    if (key == value_member(out_.kind)) return value(member);
    const bool gone = is_ngsi_null(member);
    if (key == "datasetId" && gone) return bad("a datasetId cannot be deleted", where_ + "/datasetId");   // §5.5.8
    for (const char* other : {"datasetId", "type", "@type", "createdAt", "modifiedAt", "deletedAt", "instanceId", "lang"})
      if (key == other) return {};
    if (key == "unitCode") {
      if (!gone && !member.is_string()) return bad("a unitCode is text", where_ + "/unitCode");
      return out_.unit_code = gone ? std::string_view() : member.text(), Result<void>();
    }
    if (key == "observedAt" || key == "expiresAt") {
      const auto stamp = gone ? std::optional(Stamp()) : member.is_string() ? parse_stamp(member.text()) : std::nullopt;
      if (!stamp) return bad("a date-time in UTC with the suffix Z is expected", where_ + "/" + std::string(key));
      return (key == "observedAt" ? out_.observed_at : out_.expires_at) = *stamp, Result<void>();
    }
    if (key == "objectType" || key == "valueType" || key == "ngsildproof") return words(key, gone ? Value() : member);
    return sub_attribute(key, member);
  }

  // Read beside a value that is right, so that the rules stand in one place.
  Result<void> words(std::string_view key, const Value& member) {
    Value& to = key == "objectType" ? out_.object_type : key == "valueType" ? out_.value_type : out_.proof;
    if (member.is_null()) return to = Value(), Result<void>();
    auto read = read_attribute(arena_.object({{"type", Value::string(kind_name(out_.kind))}, {value_member(out_.kind), out_.value}, {key, member}}), BodyOf::entity, terms_, arena_, where_);
    if (!read.ok()) return read.error();
    const Instance& i = read->front();
    to = key == "objectType" ? i.object_type : key == "valueType" ? i.value_type : i.proof;
    return {};
  }

  Result<void> sub_attribute(std::string_view key, const Value& member) {
    const std::string_view name = terms_.expand_term(key, arena_);
    const std::string where = where_ + "/" + std::string(key);
    std::vector<Attribute> sub(out_.sub.begin(), out_.sub.end());
    const auto there = std::ranges::find(sub, name, &Attribute::name);
    std::vector<Instance> instances;
    if (how_.deep && there != sub.end() && there->instances.size() == 1) {
      auto made = InstanceMerge(terms_, arena_, how_, where).merge(there->instances.front(), member);
      if (!made.ok()) return made.error();
      if (*made) instances.push_back(**made);
    } else if (!deletes(member)) {
      auto read = read_attribute(how_.deep ? merged(Value(), member, arena_) : member, BodyOf::entity, terms_, arena_, where);
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
  const auto is_instance = [](const Value& v) {
    if (!v.is_object()) return false;
    if (v.has("datasetId") || kind_of_name(v["type"].text()) || kind_of_name(v["@type"].text())) return true;
    for (int k = 0; k <= static_cast<int>(AttributeKind::list_relationship); ++k)
      if (v.has(value_member(static_cast<AttributeKind>(k)))) return true;
    return false;
  };
  const bool several = member.is_array() && member.count > 0 && std::ranges::all_of(member.items(), is_instance);
  return several ? member.items() : std::span<const Value>(&member, 1);
}

Result<void> merge_attribute(Changing& work, std::string_view key, const Value& member, const Terms& terms, const Merging& how) {
  const std::string_view name = terms.expand_term(key, work.arena);
  const std::string where = "/" + std::string(key);
  for (const Value& body : bodies(member)) {
    const std::string_view said = body.is_object() ? body["datasetId"].text() : std::string_view();
    const std::string_view dataset_id = said == "@none" ? std::string_view() : said;
    DraftAttribute* there = work.draft.find(name);
    Instance* old = there != nullptr ? there->instance(dataset_id) : nullptr;
    if (old == nullptr) {
      if (deletes(body)) continue;
      // The reader of whole entities knows what may be added; it looks at the member with its name, because some names are places.
      auto read = read_entity(work.arena.object({{key, merged(Value(), body, work.arena)}}), BodyOf::append, terms, work.arena);
      if (!read.ok()) return read.error();
      work.put(name, read->attributes.front().instances.front());
      continue;
    }
    auto made = InstanceMerge(terms, work.arena, how, where).merge(*old, body);
    if (!made.ok()) return made.error();
    if (!*made) {
      work.remove(name, dataset_id);
      continue;
    }
    // §5.6.17.4: the common time goes where there was one before, unless the body says another.
    if (how.observed_at.present() && old->observed_at.present() && !(body.is_object() && body.has("observedAt"))) (**made).observed_at = how.observed_at;
    work.put(name, **made);
  }
  work.accept(name);
  return {};
}

// Identity, types, scopes and expiry of a merge; false: the member is an attribute.
Result<bool> merge_head(Changing& work, std::string_view key, const Value& member, const Terms& terms) {
  if (key == "@context" || key == "createdAt" || key == "modifiedAt" || key == "deletedAt") return true;
  if (key == "id" || key == "@id") {
    if (member.text() != work.draft.id) return bad("the id is another one than the address says", "/id");
    return true;
  }
  if (key != "type" && key != "@type" && key != "scope" && key != "expiresAt") return false;
  auto head = read_entity(work.arena.object({{key, member}}), BodyOf::merge, terms, work.arena);
  if (!head.ok()) return head.error();
  work.take_head(*head);
  return true;
}

}  // namespace

Result<Change> merge_entity(const EntityPtr& before, const Value& body, const Terms& terms, const Stamp& observed_at, std::string_view lang, const ChangeContext& context, bool simplified) {
  if (!body.is_object()) return bad("an entity is a JSON object", "");
  Changing work(before, context);
  const Merging how{.deep = true, .simplified = simplified, .lang = lang, .observed_at = observed_at};
  for (const auto& [key, member] : body.members()) {
    auto head = merge_head(work, key, member, terms);
    if (!head.ok()) return head.error();
    if (*head) continue;
    if (member.is_null()) return bad("null is no value", "/" + std::string(key));
    if (auto done = merge_attribute(work, key, member, terms, how); !done.ok()) return done.error();
  }
  return work.finish();
}

Result<Change> update_attribute(const EntityPtr& before, std::string_view name, const Value& body, const Terms& terms, const ChangeContext& context) {
  Changing work(before, context);
  for (const Value& one : bodies(body)) {
    if (!one.is_object()) return bad("an attribute's members are expected", "");
    if (is_ngsi_null(one["datasetId"])) return bad("a datasetId cannot be deleted", "/datasetId");
    DraftAttribute* there = work.draft.find(name);
    const std::string_view said = one["datasetId"].text(), dataset_id = said == "@none" ? std::string_view() : said;
    Instance* old = there != nullptr ? there->instance(dataset_id) : nullptr;
    if (old == nullptr) return Error(ErrorCode::not_found, "the entity has no such attribute");
    auto made = InstanceMerge(terms, work.arena, Merging(), "").merge(*old, one);
    if (!made.ok()) return made.error();
    *made ? work.put(name, **made) : work.remove(name, dataset_id);
  }
  work.accept(name);
  return work.finish();
}

}  // namespace machiya::sense
