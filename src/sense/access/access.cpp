#include "sense/access/access.h"

#include <algorithm>
#include <set>
#include <unordered_map>

namespace machiya::sense {
namespace {

constexpr std::size_t kMostViews = 1000;   // of clients; a city has some dozens

bool has(const std::vector<std::string>& list, std::string_view word) { return std::ranges::find(list, word) != list.end(); }

bool may_read(const Viewer& viewer, const Reading& reading, std::string_view owner) {
  if (reading.open) return true;
  if (viewer.kind == Viewer::Kind::client) return !reading.scope.empty() && has(viewer.scopes, reading.scope);
  if (viewer.kind != Viewer::Kind::staff || reading.permission.empty() || !viewer.may || !viewer.may(reading.permission, owner)) return false;
  return reading.purposes.empty() || has(reading.purposes, viewer.purpose);
}

Reading undefined() { return {.open = false, .scope = std::string(kRestrictedScope), .permission = std::string(kRestrictedPermission), .purposes = {}}; }

}  // namespace

std::string viewer_key(const Viewer& viewer) {
  switch (viewer.kind) {
    case Viewer::Kind::client: return "client:" + viewer.id;
    case Viewer::Kind::staff: return "staff:" + viewer.id;
    case Viewer::Kind::visitor: return "visitor";
  }
  return "visitor";
}

/// What one viewer may see of the types of one city. Immutable.
struct Access::View {
  struct Part {
    bool seen = false;
    bool open = false;   ///< everybody may: reading it leaves no row
  };
  struct Type {
    const EntityType* type = nullptr;
    Part itself;
    std::unordered_map<std::string_view, Part> attributes;   ///< by IRI, in the definition's memory
  };
  std::shared_ptr<const EntityTypes> types;
  std::unordered_map<std::string_view, Type> by_iri;
  bool undefined = false;                      ///< sees what has no definition
  bool writes = false;
  std::set<std::string, std::less<>> narrowed; ///< ids of the only types that they may write; empty: any

  const Type* find(std::string_view iri) const {
    const auto it = by_iri.find(iri);
    return it == by_iri.end() ? nullptr : &it->second;
  }
  bool sees(std::span<const std::string_view> of) const {
    return !of.empty() && std::ranges::all_of(of, [&](std::string_view iri) {
      const Type* t = find(iri);
      return t ? t->itself.seen : undefined;
    });
  }
  /// Of an attribute of such an entity: every type that defines it must let it be seen; one that none defines is restricted.
  Part part(std::span<const std::string_view> of, std::string_view attribute) const {
    Part out{true, true};
    bool defined = false;
    for (const std::string_view iri : of) {
      const Type* t = find(iri);
      if (!t) {
        out.open = false;
        continue;
      }
      const auto a = t->attributes.find(attribute);
      if (a == t->attributes.end()) continue;
      defined = true, out.seen &= a->second.seen, out.open &= a->second.open;
    }
    return defined ? out : Part{undefined, false};
  }
  bool may_write(std::string_view iri) const {
    if (!writes) return false;
    if (narrowed.empty()) return true;
    const Type* t = find(iri);
    return t && narrowed.contains(t->type->id);
  }
};

namespace {

std::shared_ptr<const Access::View> make_view(const Viewer& viewer, std::shared_ptr<const EntityTypes> types) {
  auto out = std::make_shared<Access::View>();
  out->types = std::move(types), out->undefined = may_read(viewer, undefined(), "");
  out->writes = viewer.kind == Viewer::Kind::client && has(viewer.scopes, kWriteScope);
  const std::string prefix = std::string(kWriteScope) + ".";
  for (const std::string& scope : viewer.scopes)
    if (scope.starts_with(prefix)) out->narrowed.insert(scope.substr(prefix.size()));
  for (const EntityType* type : out->types->all()) {
    Access::View::Type& t = out->by_iri[type->iri];
    t.type = type, t.itself = {may_read(viewer, type->reading, type->owner), type->reading.open};
    for (const AttributeType& a : type->attributes) t.attributes[a.iri] = {may_read(viewer, a.reading, type->owner), a.reading.open};
  }
  return out;
}

/// One asker's gate.
class ViewGate final : public Gate {
 public:
  ViewGate(Viewer viewer, std::shared_ptr<const Access::View> view, const AccessPorts& ports) : viewer_(std::move(viewer)), key_(viewer_key(viewer_)), view_(std::move(view)), ports_(ports) {}

  const std::string& key() const override { return key_; }
  bool sees_tenants() const override { return viewer_.kind != Viewer::Kind::visitor; }
  bool sees(std::span<const std::string_view> types) const override { return view_->sees(types); }
  bool sees(std::span<const std::string_view> types, std::string_view attribute) const override { return view_->sees(types) && view_->part(types, attribute).seen; }

  Result<void> may_write(std::span<const std::string_view> types) const override {
    for (const std::string_view type : types)
      if (!view_->may_write(type)) return Error(ErrorCode::forbidden, "entities of this type may not be written", std::string(type));
    return {};
  }
  Result<void> check(const EntityPtr& before, const EntityPtr& after) const override;
  void read(std::span<const std::string_view> types, std::string_view attribute) override;
  Result<void> written_down() override;

 private:
  Viewer viewer_;
  std::string key_;
  std::shared_ptr<const Access::View> view_;
  const AccessPorts& ports_;   // of the Access, which outlives its gates
  mutable std::mutex mutex_;   // of the next
  mutable std::vector<LenientMisfit> lenient_;   ///< of this request, to be kept before it is answered
  std::map<std::string, std::map<std::string, std::size_t, std::less<>>, std::less<>> tally_;   ///< type → attribute → entities

  void count(std::string_view type, std::string_view attribute);
  std::vector<Misfit> fresh_misfits(const EntityType& type, const EntityPtr& before, const Entity& after) const;
};

// Only what this change made wrong: an entity from before the definition can still be changed in its other attributes.
std::vector<Misfit> ViewGate::fresh_misfits(const EntityType& type, const EntityPtr& before, const Entity& after) const {
  std::vector<Misfit> out = sense::check(type, after);
  // What another type of the same entity defines is no unknown attribute.
  std::erase_if(out, [&](const Misfit& m) {
    if (m.code != "unknown-attribute") return false;
    return std::ranges::any_of(after.types, [&](std::string_view iri) {
      const auto* t = view_->find(iri);
      return t && t->type->attribute(m.attribute);
    });
  });
  if (out.empty() || !before || !before->has_type(type.iri)) return out;
  const std::vector<Misfit> old = sense::check(type, *before);
  const auto changed = [&](const Misfit& m) {
    const AttributeType* a = type.attribute_named(m.attribute);
    const std::string_view iri = a ? std::string_view(a->iri) : std::string_view(m.attribute);
    const Attribute *was = before->attribute(iri), *is = after.attribute(iri);
    if ((was == nullptr) != (is == nullptr)) return true;
    if (was == nullptr) return false;
    if (was->instances.size() != is->instances.size()) return true;
    for (std::size_t i = 0; i < is->instances.size(); ++i)
      if (!tree::equal(was->instances[i].value, is->instances[i].value) || was->instances[i].unit_code != is->instances[i].unit_code) return true;
    return false;
  };
  std::erase_if(out, [&](const Misfit& m) { return !changed(m) && std::ranges::any_of(old, [&](const Misfit& o) { return o.code == m.code && o.attribute == m.attribute; }); });
  return out;
}

Result<void> ViewGate::check(const EntityPtr& before, const EntityPtr& after) const {
  if (before) {
    auto may = may_write(before->types);
    if (!may.ok() && !view_->sees(before->types)) return Error(ErrorCode::not_found, "there is no such entity");
    if (!may.ok()) return may;
  }
  if (!after || after == before) return {};
  MACHIYA_CHECK(may_write(after->types));
  std::string refused;
  std::vector<LenientMisfit> lenient;
  for (const std::string_view iri : after->types) {
    const auto* t = view_->find(iri);
    if (!t || t->type->check == ModelCheck::off) continue;
    const std::vector<Misfit> misfits = fresh_misfits(*t->type, before, *after);
    if (misfits.empty()) continue;
    if (t->type->check == ModelCheck::strict) refused += (refused.empty() ? "" : "; ") + to_text(misfits);
    else lenient.push_back({view_->types, t->type, std::string(after->id), misfits});
  }
  if (!refused.empty()) return Error(ErrorCode::invalid_input, "it does not fit its type: " + refused);
  if (lenient.empty()) return {};
  std::lock_guard hold(mutex_);
  std::ranges::move(lenient, std::back_inserter(lenient_));
  return {};
}

void ViewGate::count(std::string_view type, std::string_view attribute) {
  std::lock_guard hold(mutex_);
  ++tally_[std::string(type)][std::string(attribute)];
}

void ViewGate::read(std::span<const std::string_view> types, std::string_view attribute) {
  if (viewer_.kind == Viewer::Kind::visitor) return;   // sees only what everybody sees
  if (!view_->sees(types)) return;
  for (const std::string_view iri : types) {
    const auto* t = view_->find(iri);
    const std::string_view type = t ? std::string_view(t->type->id) : iri;
    if (attribute.empty()) {
      if (!t) count(type, "*");
      else
        for (const AttributeType& a : t->type->attributes)
          if (!a.reading.open && view_->part(types, a.iri).seen) count(type, a.name);
      continue;
    }
    const auto part = view_->part(types, attribute);
    if (!part.seen || part.open) continue;
    const AttributeType* a = t ? t->type->attribute(attribute) : nullptr;
    count(type, a ? std::string_view(a->name) : attribute);
  }
}

Result<void> ViewGate::written_down() {
  std::lock_guard hold(mutex_);
  if (!lenient_.empty() && ports_.misfits) MACHIYA_CHECK(ports_.misfits(lenient_));
  lenient_.clear();
  if (tally_.empty()) return {};
  if (ports_.log_ready && !ports_.log_ready()) return Error(ErrorCode::unavailable, "what is read cannot be written down just now");
  for (const auto& [type, attributes] : tally_) {
    ReadRow row{key_, type, {}, 0, viewer_.purpose, viewer_.request};
    for (const auto& [name, entities] : attributes) row.attributes.push_back(name), row.count = std::max(row.count, entities);
    if (ports_.log) ports_.log(row);
  }
  tally_.clear();
  return {};
}

}  // namespace

std::shared_ptr<const EntityTypes> Access::types() const {
  const std::shared_ptr<const city::City> city = ports_.city ? ports_.city() : nullptr;
  std::lock_guard hold(mutex_);
  if (!types_ || types_->city() != city) types_ = std::make_shared<const EntityTypes>(city), views_.clear();
  return types_;
}

std::shared_ptr<const Access::View> Access::view(const Viewer& viewer) const {
  auto types = this->types();
  if (viewer.kind == Viewer::Kind::staff) return make_view(viewer, std::move(types));   // what they may is asked anew each time
  std::string key = viewer_key(viewer);
  for (const std::string& scope : viewer.scopes) key += ' ' + scope;
  {
    std::lock_guard hold(mutex_);
    if (const auto it = views_.find(key); it != views_.end() && it->second->types == types) return it->second;
  }
  auto made = make_view(viewer, types);
  std::lock_guard hold(mutex_);
  if (views_.size() >= kMostViews) views_.clear();
  if (types_ == types) views_[key] = made;
  return made;
}

GatePtr Access::gate(Viewer viewer) const {
  auto seen = view(viewer);
  return std::make_shared<ViewGate>(std::move(viewer), std::move(seen), ports_);
}

}  // namespace machiya::sense
