#include "sense/ingest/placing.h"

#include <algorithm>
#include <cmath>

#include "sense/entities/read.h"
#include "sense/entities/stamp.h"

namespace machiya::sense::ingest {
namespace {
using series::Quality;

tree::Value text_property(tree::Arena& arena, std::string_view text) {
  return arena.object({{"type", tree::Value::string("Property")}, {"value", arena.string(text)}});
}

/// An attribute in normalized form (§4.5).
tree::Value attribute_value(const MappedAttribute& a, Quality quality, std::string_view reason, tree::Arena& arena) {
  auto parsed = tree::parse(json::to_text(a.value), arena);
  std::vector<tree::Member> members{{"type", tree::Value::string(kind_name(a.kind))}, {value_member(a.kind), parsed.ok() ? *parsed : tree::Value()}};
  if (!a.unit.empty()) members.push_back({"unitCode", arena.string(a.unit)});
  members.push_back({"observedAt", arena.string(stamp_text(a.observed_us))});
  if (quality != Quality::good) {
    members.push_back({"quality", text_property(arena, quality_name(quality))});
    members.push_back({"qualityReason", text_property(arena, reason)});
  }
  return arena.object(members);
}

const Instance* default_instance(const EntityPtr& entity, std::string_view name) {
  const Attribute* found = entity ? entity->attribute(name) : nullptr;
  return found ? found->instance("") : nullptr;
}

}  // namespace

std::unique_ptr<Placing> Placing::make(const MappedEntity& mapped, const TermsPtr& terms, const EntityTypes& types, Causes& causes, bool& told) {
  auto out = std::make_unique<Placing>();
  out->id_ = mapped.id, out->terms_ = terms;
  if (!out->read(mapped, terms, causes)) out->draft_.attributes.clear();
  else out->check(types, causes, told);
  return out;
}

bool Placing::read(const MappedEntity& mapped, const TermsPtr& terms, Causes& causes) {
  // Each attribute by itself, so that one that is wrong does not take the others with it.
  const tree::Value head = arena_.object({{"id", arena_.string(mapped.id)}, {"type", arena_.string(mapped.type)}});
  auto draft = read_entity(head, BodyOf::entity, *terms, arena_);
  if (!draft.ok()) {
    causes.push_back({"no-entity", "", "実体のIDか型が正しくありません(IDはURIです)", "the entity's id or type is wrong (an id is a URI): " + draft.error().detail});
    return false;
  }
  draft_ = std::move(*draft);
  for (const MappedAttribute& a : mapped.attributes) {
    const tree::Value value = attribute_value(a, a.quality, a.reason, arena_);
    auto one = read_entity(arena_.object({{"id", head["id"]}, {"type", head["type"]}, {arena_.text(a.name), value}}), BodyOf::entity, *terms, arena_);
    if (!one.ok() || one->attributes.size() != 1) {
      causes.push_back({"value", a.name, "この属性の値になりません", one.ok() ? "it is no attribute" : one.error().detail});
      continue;
    }
    DraftAttribute& attribute = one->attributes.front();
    Rule rule{a.per_minute, a.rate_fate, a.name, attribute.instances.front()};
    if (a.per_minute > 0 && a.rate_fate == Fate::mark && a.quality == Quality::good)
      if (auto marked = read_attribute(attribute_value(a, Quality::uncertain, "rate", arena_), BodyOf::entity, *terms, arena_, a.name); marked.ok()) rule.marked = marked->front();
    rules_[attribute.name] = std::move(rule);
    draft_.attributes.push_back(std::move(attribute));
  }
  return true;
}

void Placing::check(const EntityTypes& types, Causes& causes, bool& told) {
  for (const std::string_view type : draft_.types) {
    const EntityType* model = types.by_iri(type);
    if (!model || model->check == ModelCheck::off) continue;
    for (const sense::Misfit& m : sense::check(*model, draft_)) {
      if (m.code == "missing") continue;   // a message seldom brings everything
      causes.push_back({"model-" + m.code, m.attribute, m.ja, m.en});
      told = true;
      if (model->check != ModelCheck::strict) continue;
      const AttributeType* known = model->attribute_named(m.attribute);
      std::erase_if(draft_.attributes, [&](const DraftAttribute& a) { return a.name == (known ? std::string_view(known->iri) : std::string_view(m.attribute)); });
    }
  }
}

bool Placing::place(DraftAttribute& attribute, const EntityPtr& current) {
  Instance& now = attribute.instances.front();
  const Instance* before = default_instance(current, attribute.name);
  if (!before || !before->observed_at.present()) return true;
  if (before->observed_at.us > now.observed_at.us) {
    past_.attributes.push_back(attribute);
    return false;
  }
  const bool same_time = before->observed_at.us == now.observed_at.us;
  if (!again_ && same_time && tree::equal(before->value, now.value) && before->unit_code == now.unit_code) {
    ++taken_, known_ = true;   // sent again: it is there
    return false;
  }
  const Rule& rule = rules_[attribute.name];
  if (rule.per_minute <= 0 || same_time || !before->value.is_number() || !now.value.is_number()) return true;
  const double minutes = static_cast<double>(now.observed_at.us - before->observed_at.us) / static_cast<double>(kMinute);
  if (std::abs(now.value.number() - before->value.number()) <= rule.per_minute * minutes) return true;
  if (rule.fate == Fate::mark) {
    now = rule.marked;
    return true;
  }
  causes_.push_back({"rate", rule.name, "前の値からの変わり方が速すぎます", "it changed faster than is plausible"});
  return false;
}

bool Placing::on_disk(const EntityPtr& seen) const {
  return std::all_of(draft_.attributes.begin(), draft_.attributes.end(), [&](const DraftAttribute& a) {
    const Instance* there = default_instance(seen, a.name);
    return there && there->observed_at.present() && there->observed_at.us >= a.instances.front().observed_at.us;
  });
}

Result<Change> Placing::apply(const EntityPtr& current, const ChangeContext& context) {
  Draft now = draft_;
  past_ = draft_, past_.attributes.clear(), causes_.clear(), taken_ = 0, known_ = false;
  std::erase_if(now.attributes, [&](DraftAttribute& a) { return !place(a, current); });
  taken_ += now.attributes.size() + past_.attributes.size();
  if (now.attributes.empty()) {
    Change nothing;
    nothing.before = nothing.after = current;
    return nothing;
  }
  return current ? append_attributes(current, now, false, context) : create_entity(now, context);
}

}  // namespace machiya::sense::ingest
