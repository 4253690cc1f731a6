#include "sense/ingest/ingest.h"

#include <algorithm>
#include <chrono>
#include <deque>

#include "base/log.h"
#include "platform/audit/audit.h"
#include "sense/broker/entity_store.h"
#include "sense/history/history.h"
#include "sense/ingest/placing.h"
#include "sense/jsonld/contexts.h"
#include "sense/models/model_check.h"

namespace machiya::sense::ingest {
namespace {

constexpr auto kFiguresEvery = std::chrono::seconds(5);
constexpr std::string_view kTenant;   // the city's own

}  // namespace

/// Messages that are taken together.
class Ingest::Batch {
 public:
  Batch(Ingest& ingest, std::span<const Arrival> arrivals, bool keep) : in_(ingest), p_(ingest.p_), arrivals_(arrivals), keep_(keep), outcomes_(arrivals.size()), told_(arrivals.size()) {}

  std::vector<Outcome> run() {
    city_ = p_.city(), types_ = in_.types();
    for (std::size_t i = 0; i < arrivals_.size(); ++i) map(i);
    claim();
    write();
    write_past();
    append();
    if (keep_) keep_misfits();
    return std::move(outcomes_);
  }

 private:
  struct Entity {
    std::size_t arrival;
    dao::Claim claim;
    std::unique_ptr<Placing> placing;
  };

  void fail(std::size_t i, const Error& error) {
    if (outcomes_[i].done.ok()) outcomes_[i].done = error;
  }
  void cause(std::size_t i, Cause c) { outcomes_[i].causes.push_back(std::move(c)); }

  void map(std::size_t i) {
    const Arrival& a = arrivals_[i];
    const Profile* profile = in_.profile(*a.device, city_);
    if (!profile) return cause(i, {"no-profile", "", "この機器のプロファイルが定義にありません", "the city has no such profile"});
    payloads::Precision precision;
    payloads::Precision::parse(a.precision, precision);
    Mapped mapped = map_payload({*profile, *a.device, a.topic, a.payload, a.at, precision});
    outcomes_[i].causes = std::move(mapped.causes);
    for (MappedPoint& point : mapped.points) points_.emplace_back(i, std::move(point));
    if (mapped.entities.empty()) return;
    const auto terms = terms_of(*profile);
    // A context that cannot be had now may be had later: nothing is wrong with the payload.
    if (!terms.ok()) return fail(i, terms.error());
    for (MappedEntity& e : mapped.entities) {
      bool told = false;
      auto placing = Placing::make(e, *terms, *types_, outcomes_[i].causes, told);
      told_[i] = told_[i] || told;
      if (!placing->empty()) entities_.push_back({i, {e.id, e.shared ? std::string() : a.device->id, e.type}, std::move(placing)});
    }
  }
  Result<TermsPtr> terms_of(const Profile& profile) {
    if (profile.context.empty()) return in_.city_terms();
    if (const auto known = terms_.find(profile.context); known != terms_.end()) return known->second;
    auto resolved = p_.contexts.resolve_url(profile.context);
    if (!resolved.ok()) return Error(ErrorCode::unavailable, "the context of the profile cannot be had: " + resolved.error().detail);
    return terms_[profile.context] = *resolved;
  }

  void claim() {
    std::vector<dao::Claim> wanted;
    for (const Entity& e : entities_) wanted.push_back(e.claim);
    const auto mine = p_.registry.claim(wanted);
    if (!mine.ok() && mine.error().code == ErrorCode::limit_exceeded) {
      for (const Entity& e : entities_) cause(e.arrival, {"too-many", "", "この機器の実体が多すぎます", "the device has too many entities"});
      return entities_.clear();
    }
    if (!mine.ok()) {
      for (const Entity& e : entities_) fail(e.arrival, mine.error());
      return entities_.clear();
    }
    std::deque<Entity> left;
    for (std::size_t i = 0; i < entities_.size(); ++i) {
      if ((*mine)[i]) left.push_back(std::move(entities_[i]));
      else cause(entities_[i].arrival, {"other-device", "", "ほかの機器の実体には書けません", "the entity belongs to another device"});
    }
    entities_ = std::move(left);
  }

  void write() {
    std::vector<EntityStore::Item> items;
    for (Entity& e : entities_)
      items.push_back({e.placing->id(), [placing = e.placing.get()](const EntityPtr& current, const ChangeContext& context) { return placing->apply(current, context); }});
    if (items.empty()) return;
    const auto done = p_.entities.write_all(kTenant, items);
    for (std::size_t i = 0; i < done.size(); ++i) {
      Entity& e = entities_[i];
      Result<void> ok = done[i].ok() ? Result<void>() : Result<void>(done[i].error());
      // It was there, but perhaps only on its way to the disk: then it is written again, and waited for.
      if (ok.ok() && e.placing->known() && !e.placing->on_disk(p_.entities.get(kTenant, e.placing->id()))) {
        e.placing->insist();
        if (auto again = p_.entities.write(kTenant, e.placing->id(), items[i].make); !again.ok()) ok = again.error();
      }
      if (!ok.ok()) {
        fail(e.arrival, ok.error());
        continue;
      }
      outcomes_[e.arrival].attributes += e.placing->taken();
      for (const Cause& c : e.placing->implausible()) cause(e.arrival, c);
    }
  }

  void write_past() {
    for (const Entity& e : entities_) {
      if (!outcomes_[e.arrival].done.ok() || e.placing->past().attributes.empty()) continue;
      if (auto put = p_.history.put(kTenant, e.placing->past()); !put.ok()) fail(e.arrival, put.error());
    }
  }

  /// One batch for all; a series that was not there is made.
  void append() {
    std::vector<series::Point> points;
    for (const auto& [arrival, point] : points_) {
      const auto measurement = p_.numbers.measurement(kTenant, point.measurement);
      auto id = measurement.ok() ? p_.numbers.open(*measurement, point.key) : Result<series::SeriesId>(measurement.error());
      if (!id.ok()) {
        if (id.error().code == ErrorCode::invalid_input) cause(arrival, {"name", point.measurement, "系列の名前になりません", id.error().detail});
        else fail(arrival, id.error());
        continue;
      }
      points.push_back({*id, point.time_us, point.value, series::Quality::good});
    }
    if (points.empty()) return;
    const auto done = p_.numbers.append(points);
    for (const auto& [arrival, point] : points_) {
      if (!done.ok()) fail(arrival, done.error());
      else ++outcomes_[arrival].points;
    }
    if (!done.ok() || done->too_old == 0) return;
    for (std::size_t i = 0; i < arrivals_.size(); ++i)
      if (outcomes_[i].points > 0) cause(i, {"too-old", "", "保存期間より前の値があります", "some values are older than what is kept"});
  }

  void keep_misfits() {
    std::vector<Misfit> misfits;
    std::vector<std::size_t> of;
    for (std::size_t i = 0; i < arrivals_.size(); ++i) {
      const Arrival& a = arrivals_[i];
      if (!outcomes_[i].done.ok() || outcomes_[i].causes.empty()) continue;
      const Profile* profile = in_.profile(*a.device, city_);
      Misfit m;
      m.device = a.device->id, m.profile = a.device->profile, m.version = profile ? profile->version : 0, m.door = std::string(a.door), m.place = std::string(a.place);
      m.topic = a.topic, m.precision = a.precision, m.payload = std::string(a.payload), m.causes = outcomes_[i].causes;
      m.taken = outcomes_[i].attributes > 0 || outcomes_[i].points > 0;
      m.first = m.last = a.at;
      misfits.push_back(std::move(m));
      of.push_back(i);
    }
    if (!misfits.empty()) put_misfits(std::move(misfits), of);
    for (std::size_t i = 0; i < arrivals_.size(); ++i) note(i);
  }
  /// Together; when they do not all fit, one by one, so that one device's full inbox does not refuse another's.
  void put_misfits(std::vector<Misfit> misfits, const std::vector<std::size_t>& of) {
    const auto ids = p_.inbox.put(misfits);
    for (std::size_t k = 0; k < of.size(); ++k) {
      if (ids.ok()) {
        outcomes_[of[k]].kept = (*ids)[k];
        continue;
      }
      const auto alone = misfits.size() > 1 && ids.error().code == ErrorCode::unavailable ? p_.inbox.put({misfits[k]}) : Result<std::vector<std::string>>(ids.error());
      if (alone.ok()) outcomes_[of[k]].kept = alone->front();
      else fail(of[k], alone.error());
    }
  }
  void note(std::size_t i) {
    using Became = Registry::Became;
    const Outcome& o = outcomes_[i];
    const Became became = !o.done.ok() ? Became::refused : o.causes.empty() ? Became::taken : Became::misfit;
    const std::string code = !o.done.ok() ? std::string(o.done.error().info().name) : o.causes.empty() ? std::string() : o.causes.front().code;
    p_.registry.note(arrivals_[i].device->id, arrivals_[i].at, became, code);
  }

  Ingest& in_;
  const IngestParts& p_;
  std::span<const Arrival> arrivals_;
  bool keep_;
  std::vector<Outcome> outcomes_;
  std::vector<char> told_;
  std::shared_ptr<const city::City> city_;
  std::shared_ptr<const EntityTypes> types_;
  std::map<std::string, TermsPtr> terms_;
  std::deque<Entity> entities_;
  std::vector<std::pair<std::size_t, MappedPoint>> points_;
};

void Ingest::start() {
  std::lock_guard lock(thread_mutex_);
  if (running_) return;
  running_ = true;
  watcher_ = std::thread([this] { watch(); });
}

void Ingest::stop() {
  {
    std::lock_guard lock(thread_mutex_);
    if (!running_) return;
    running_ = false;
  }
  wakes_.notify_all();
  watcher_.join();
  if (auto done = p_.registry.flush(); !done.ok()) log(LogLevel::warn, "device-figures-not-kept", {{"why", done.error().to_string()}});
}

void Ingest::watch() {
  std::unique_lock lock(thread_mutex_);
  while (!wakes_.wait_for(lock, kFiguresEvery, [this] { return !running_; })) {
    lock.unlock();
    if (auto done = p_.registry.flush(); !done.ok()) log(LogLevel::warn, "device-figures-not-kept", {{"why", done.error().to_string()}});
    lock.lock();
  }
}

std::shared_ptr<const EntityTypes> Ingest::types() {
  const auto city = p_.city();
  std::lock_guard lock(types_mutex_);
  if (types_ && types_->city() == city) return types_;
  types_ = std::make_shared<const EntityTypes>(city);
  tree::Arena arena;
  const auto context = tree::parse(city_context(*city), arena);
  auto terms = context.ok() ? p_.contexts.resolve((*context)["@context"]) : Result<TermsPtr>(context.error());
  if (!terms.ok()) log(LogLevel::error, "city-context-not-used", {{"why", terms.error().to_string()}});
  terms_ = terms.ok() ? *terms : p_.contexts.core();
  return types_;
}

TermsPtr Ingest::city_terms() {
  std::lock_guard lock(types_mutex_);
  return terms_;
}

std::vector<Outcome> Ingest::take(std::span<const Arrival> arrivals) { return Batch(*this, arrivals, true).run(); }

bool Ingest::may_type(std::string_view type, const identity::Principal& who, std::string_view permission) {
  const auto known = types();
  const EntityType* found = known->by_id(type);
  const std::string_view owner = found ? std::string_view(found->owner) : std::string_view();
  const std::string_view reading = !found ? kRestrictedPermission : found->reading.open ? std::string_view() : std::string_view(found->reading.permission);
  const auto& may = p_.registry.parts().may;
  if (!may(who, permission, owner)) return false;
  if (found && found->reading.open) return true;
  return !reading.empty() && may(who, reading, owner);
}

Result<void> Ingest::may_see(const Misfit& m, const identity::Principal& who, std::string_view permission) {
  if (m.device.empty()) return may_type(m.profile, who, permission) ? Result<void>() : Error(ErrorCode::forbidden, "entities of this type are managed by others");
  MACHIYA_TRY(const DevicePtr device, p_.registry.seen_by(m.device, who, permission));
  (void)device;
  return {};
}

MisfitSight Ingest::sight(const identity::Principal& who, std::string_view permission) {
  MisfitSight out;
  std::set<std::string> departments;
  for (const DevicePtr& device : p_.registry.all()) departments.insert(device->department);
  for (const std::string& department : departments)
    if (p_.registry.parts().may(who, permission, department)) out.departments.push_back(department);
  // Whoever may see what has no definition sees rows of types that have none any more.
  out.other_types = may_type("", who, permission);
  const auto known = types();
  for (const EntityType* type : known->all())
    if (may_type(type->id, who, permission) != out.other_types) out.types.push_back(type->id);
  return out;
}

/// Does the entity fit now, in every tenant? Then its row is closed. Of the row that only counts nothing can be looked at: it is discarded.
Result<Outcome> Ingest::look_again(const Misfit& m, const identity::Principal& who, std::string_view request) {
  if (m.state != "open") return Error(ErrorCode::conflict, "somebody has decided on it already");
  Outcome out;
  const auto known = types();
  const EntityType* type = known->by_id(m.profile);
  if (m.place.empty()) out.causes = m.causes;
  for (const std::string& tenant : p_.entities.tenants()) {
    const EntityPtr entity = type && !m.place.empty() ? p_.entities.get(tenant, m.place) : nullptr;
    if (!entity || !entity->has_type(type->iri)) continue;
    for (const sense::Misfit& one : sense::check(*type, *entity)) out.causes.push_back({"model-" + one.code, one.attribute, one.ja, one.en});
  }
  if (!out.causes.empty()) {
    if (!m.place.empty()) MACHIYA_CHECK(p_.inbox.recause(m.public_id, out.causes, type->version));
    return out;
  }
  const RegistryParts& r = p_.registry.parts();
  MACHIYA_CHECK(r.store.write([&](store::Tx& tx) -> Result<void> {
    MACHIYA_CHECK(p_.inbox.close(tx, m, "fits", who.actor(), "", r.clock.now()));
    return r.audit.append(tx, audit::Entry{who.actor(), "misfit.replay", "misfit:" + m.public_id, "", std::string(request), json::Value::object({{"type", m.profile}})});
  }));
  p_.inbox.closed(m);
  return out;
}

Result<Outcome> Ingest::replay(const Misfit& m, const identity::Principal& who, std::string_view request) {
  MACHIYA_CHECK(may_see(m, who, kManageDevices));
  if (m.device.empty()) return look_again(m, who, request);
  MACHIYA_TRY(const DevicePtr device, p_.registry.seen_by(m.device, who, kManageDevices));
  if (m.state != "open") return Error(ErrorCode::conflict, "somebody has decided on it already");
  const Arrival again{device, m.door, m.place, m.topic, m.payload, m.first, m.precision};
  std::vector<Outcome> outcomes = Batch(*this, {&again, 1}, false).run();
  Outcome& out = outcomes.front();
  if (!out.done.ok()) return out.done.error();
  if (!out.causes.empty()) {
    const Profile* profile = this->profile(*device, p_.city());
    MACHIYA_CHECK(p_.inbox.recause(m.public_id, out.causes, profile ? profile->version : 0));
    return std::move(out);
  }
  const RegistryParts& r = p_.registry.parts();
  MACHIYA_CHECK(r.store.write([&](store::Tx& tx) -> Result<void> {
    MACHIYA_CHECK(p_.inbox.close(tx, m, "replayed", who.actor(), "", r.clock.now()));
    return r.audit.append(tx, audit::Entry{who.actor(), "misfit.replay", "misfit:" + m.public_id, "", std::string(request), json::Value::object({{"device", m.device}})});
  }));
  p_.inbox.closed(m);
  return std::move(out);
}

Result<void> Ingest::discard(const Misfit& m, std::string_view reason, const identity::Principal& who, std::string_view request) {
  MACHIYA_CHECK(may_see(m, who, kManageDevices));
  constexpr std::size_t kMostReason = 1000;
  if (reason.empty() || reason.size() > kMostReason) return Error(ErrorCode::invalid_input, "a reason is needed", "reason");
  const RegistryParts& r = p_.registry.parts();
  MACHIYA_CHECK(r.store.write([&](store::Tx& tx) -> Result<void> {
    MACHIYA_CHECK(p_.inbox.close(tx, m, "discarded", who.actor(), reason, r.clock.now()));
    return r.audit.append(tx, audit::Entry{who.actor(), "misfit.discard", "misfit:" + m.public_id, "", std::string(request), json::Value::object({{m.device.empty() ? "type" : "device", m.device.empty() ? m.profile : m.device}})});
  }));
  p_.inbox.closed(m);
  return {};
}

const Profile* Ingest::profile(const Device& device, const std::shared_ptr<const city::City>& city) const { return city->get<Profile>("device-profile", device.profile); }

std::optional<Ingest::Spoken> Ingest::spoken(const DevicePtr& entered, std::string_view text, std::vector<TopicPattern> Profile::*patterns) const {
  const auto city = p_.city();
  if (const Profile* own = profile(*entered, city))
    for (const TopicPattern& pattern : own->*patterns)
      if (auto captures = pattern.match(text); captures && (!pattern.names("device") || captured(*captures, "device") == entered->id)) return Spoken{entered, std::move(*captures)};
  for (const Profile* other : profiles_of(*city))
    for (const TopicPattern& pattern : other->*patterns) {
      if (!pattern.names("device")) continue;
      auto captures = pattern.match(text);
      if (!captures) continue;
      const DevicePtr device = p_.registry.find(captured(*captures, "device"));
      if (device && !device->retired && device->profile == other->id && device->gateway == entered->id) return Spoken{device, std::move(*captures)};
    }
  return {};
}

std::optional<Ingest::Spoken> Ingest::by_topic(const DevicePtr& entered, std::string_view topic) const { return spoken(entered, topic, &Profile::topics); }
std::optional<Ingest::Spoken> Ingest::by_path(const DevicePtr& entered, std::string_view path) const {
  return path.empty() ? std::optional(Spoken{entered, {}}) : spoken(entered, path, &Profile::paths);
}

Result<void> Ingest::tend() {
  MACHIYA_CHECK(p_.registry.tend());
  return p_.inbox.tend(p_.clock.now());
}

}  // namespace machiya::sense::ingest
