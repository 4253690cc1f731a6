#include "sense/ingest/registry.h"

#include <algorithm>

#include "platform/audit/audit.h"
#include "sense/ingest/device_key.h"
#include "sense/ingest/profile.h"

namespace machiya::sense::ingest {
namespace {

constexpr std::size_t kMostName = 200, kMostKeys = 20;
constexpr int kMostDays = 3650;
constexpr std::int64_t kKeepHours = 400 * 24;

Error wrong(const char* where) { return Error(ErrorCode::invalid_input, "not possible", where); }

}  // namespace

Result<std::unique_ptr<Registry>> Registry::open(RegistryParts parts) {
  std::unique_ptr<Registry> out(new Registry(std::move(parts)));
  MACHIYA_TRY(auto devices, out->p_.store.read([](store::ReadTx& tx) { return dao::devices(tx); }));
  MACHIYA_TRY(const auto claims, out->p_.store.read([](store::ReadTx& tx) { return dao::claims(tx); }));
  for (auto& [device, activity] : devices) {
    out->noted_[device.id].activity = activity;
    out->put(std::move(device));
  }
  for (const dao::Claim& c : claims) out->owners_[c.entity] = c.device, out->owned_[c.device].push_back(c.entity);
  return out;
}

void Registry::put(Device device) {
  std::unique_lock lock(mutex_);
  for (const DeviceKey& k : device.keys) keys_[k.id] = device.id;
  const std::string id = device.id;
  devices_[id] = std::make_shared<const Device>(std::move(device));
}

DevicePtr Registry::find(std::string_view id) const {
  std::shared_lock lock(mutex_);
  const auto found = devices_.find(id);
  return found == devices_.end() ? nullptr : found->second;
}

std::vector<DevicePtr> Registry::all() const {
  std::shared_lock lock(mutex_);
  std::vector<DevicePtr> out;
  for (const auto& [id, device] : devices_) out.push_back(device);
  return out;
}

Result<DevicePtr> Registry::enter(std::string_view key, std::string_view device) {
  const Error no(ErrorCode::unauthenticated, "this key is not known, or no longer good");
  const auto sent = read_key(key);
  if (!sent) return no;
  DevicePtr found;
  {
    std::shared_lock lock(mutex_);
    const auto owner = keys_.find(std::string(sent->id));
    if (owner != keys_.end()) found = devices_.find(owner->second)->second;
  }
  if (!found || (!device.empty() && device != found->id)) return no;
  const auto kept = std::find_if(found->keys.begin(), found->keys.end(), [&](const DeviceKey& k) { return k.id == sent->id; });
  if (kept == found->keys.end() || !fits(*kept, sent->secret) || !kept->valid(p_.clock.now())) return no;
  if (found->retired) return Error(ErrorCode::forbidden, "this device is retired");
  std::lock_guard lock(entered_mutex_);
  entered_[found->id] = kept->id;
  return found;
}

bool Registry::still_in(std::string_view device) const {
  const DevicePtr found = find(device);
  if (!found || found->retired) return false;
  std::string key;
  {
    std::lock_guard lock(entered_mutex_);
    const auto last = entered_.find(device);
    if (last == entered_.end()) return false;
    key = last->second;
  }
  const Instant now = p_.clock.now();
  return std::any_of(found->keys.begin(), found->keys.end(), [&](const DeviceKey& k) { return k.id == key && k.valid(now); });
}

Result<void> Registry::check(const DeviceForm& form, const Device* now) const {
  const auto city = p_.city();
  if (!is_device_id(form.id)) return wrong("id");
  if (!now && find(form.id)) return Error(ErrorCode::invalid_input, "there is a device with this id", "id-taken");
  if (form.name.empty() || form.name.size() > kMostName) return wrong("name");
  const Profile* profile = city->get<Profile>("device-profile", form.profile);
  if (!profile) return wrong("profile");
  if (!form.gateway.empty() && (form.gateway == form.id || !find(form.gateway))) return wrong("gateway");
  if (form.at && !(form.at->lat >= -90 && form.at->lat <= 90 && form.at->lon >= -180 && form.at->lon <= 180)) return wrong("position");
  for (const DeviceDetail& detail : profile->details) {
    const json::Value& value = form.details[detail.name];
    if (value.is_null() && detail.required) return Error(ErrorCode::invalid_input, "a detail is missing", "detail-" + detail.name);
    const bool fits = value.is_null() || (detail.type == DeviceDetail::Type::number ? value.is_number() : detail.type == DeviceDetail::Type::yes_no ? value.is_bool() : value.is_string());
    if (!fits) return Error(ErrorCode::invalid_input, "a detail has another form", "detail-" + detail.name);
  }
  return {};
}

Result<void> Registry::note_audit(store::Tx& tx, std::string_view action, std::string_view device, const identity::Principal& who, std::string_view request, json::Value facts) const {
  audit::Entry entry;
  entry.actor = who.actor(), entry.action = "device." + std::string(action), entry.object = "device:" + std::string(device), entry.request = std::string(request);
  entry.facts = std::move(facts);
  return p_.audit.append(tx, entry);
}

Result<DevicePtr> Registry::seen_by(std::string_view id, const identity::Principal& who, std::string_view permission) const {
  DevicePtr found = find(id);
  if (!found) return Error(ErrorCode::not_found, "no such device");
  if (!p_.may(who, permission, found->department)) return Error(ErrorCode::forbidden, "devices of this department are managed by others");
  return found;
}

Result<void> Registry::create(const DeviceForm& form, const identity::Principal& who, std::string_view request) {
  if (!p_.may(who, kManageDevices, who.department)) return Error(ErrorCode::forbidden, "may not manage devices");
  MACHIYA_CHECK(check(form, nullptr));
  Device device;
  device.id = form.id, device.profile = form.profile, device.name = form.name, device.gateway = form.gateway, device.at = form.at, device.details = form.details;
  device.department = who.department, device.registered = p_.clock.now();
  const auto done = p_.store.write([&](store::Tx& tx) -> Result<void> {
    MACHIYA_CHECK(dao::insert(tx, device));
    return note_audit(tx, "register", device.id, who, request, json::Value::object({{"profile", device.profile}}));
  });
  if (!done.ok()) return done.error().code == ErrorCode::conflict ? Error(ErrorCode::invalid_input, "there is a device with this id", "id-taken") : done.error();
  put(std::move(device));
  return {};
}

Result<void> Registry::change(std::string_view id, int revision, const DeviceForm& form, const identity::Principal& who, std::string_view request) {
  MACHIYA_TRY(const DevicePtr now, seen_by(id, who, kManageDevices));
  DeviceForm asked = form;
  asked.id = now->id;
  MACHIYA_CHECK(check(asked, now.get()));
  Device next = *now;
  next.profile = form.profile, next.name = form.name, next.gateway = form.gateway, next.at = form.at, next.details = form.details, next.revision = revision;
  MACHIYA_CHECK(p_.store.write([&](store::Tx& tx) -> Result<void> {
    MACHIYA_TRY(const bool done, dao::update(tx, next));
    if (!done) return Error(ErrorCode::conflict, "somebody changed it meanwhile");
    return note_audit(tx, "change", next.id, who, request);
  }));
  ++next.revision;
  if (const DevicePtr latest = find(id)) next.keys = latest->keys;
  put(std::move(next));
  return {};
}

Result<std::string> Registry::make_key(std::string_view id, std::string_view label, int days, const identity::Principal& who, std::string_view request) {
  MACHIYA_TRY(const DevicePtr now, seen_by(id, who, kManageDevices));
  if (now->retired) return Error(ErrorCode::conflict, "the device is retired");
  if (days < 0 || days > kMostDays) return wrong("days");
  if (label.size() > kMostName) return wrong("label");
  const Instant at = p_.clock.now();
  if (std::count_if(now->keys.begin(), now->keys.end(), [&](const DeviceKey& k) { return k.valid(at); }) >= static_cast<std::ptrdiff_t>(kMostKeys)) return wrong("keys");
  NewKey made = ingest::make_key(p_.rng);
  made.kept.label = std::string(label), made.kept.created = at;
  if (days > 0) made.kept.expires = Instant{at.us + days * kDay};
  MACHIYA_CHECK(p_.store.write([&](store::Tx& tx) -> Result<void> {
    MACHIYA_CHECK(dao::insert_key(tx, now->id, made.kept));
    return note_audit(tx, "key", now->id, who, request, json::Value::object({{"key", made.kept.id}}));
  }));
  Device next = *find(id);
  next.keys.push_back(made.kept);
  put(std::move(next));
  return made.shown;
}

Result<void> Registry::revoke_key(std::string_view id, std::string_view key, const identity::Principal& who, std::string_view request) {
  MACHIYA_TRY(const DevicePtr now, seen_by(id, who, kManageDevices));
  const Instant at = p_.clock.now();
  MACHIYA_CHECK(p_.store.write([&](store::Tx& tx) -> Result<void> {
    MACHIYA_TRY(const bool done, dao::revoke_key(tx, now->id, key, at));
    if (!done) return Error(ErrorCode::not_found, "no such key");
    return note_audit(tx, "revoke-key", now->id, who, request, json::Value::object({{"key", std::string(key)}}));
  }));
  Device next = *find(id);
  for (DeviceKey& k : next.keys)
    if (k.id == key) k.revoked = at;
  put(std::move(next));
  return {};
}

Result<void> Registry::retire(std::string_view id, const identity::Principal& who, std::string_view request) {
  MACHIYA_TRY(const DevicePtr now, seen_by(id, who, kManageDevices));
  const Instant at = p_.clock.now();
  MACHIYA_CHECK(p_.store.write([&](store::Tx& tx) -> Result<void> {
    MACHIYA_TRY(const bool done, dao::retire(tx, now->id, at));
    if (!done) return Error(ErrorCode::conflict, "the device is retired");
    return note_audit(tx, "retire", now->id, who, request);
  }));
  Device next = *find(id);
  next.retired = at, ++next.revision;
  for (DeviceKey& k : next.keys)
    if (!k.revoked) k.revoked = at;
  put(std::move(next));
  return {};
}

Result<std::vector<bool>> Registry::claim(std::span<const dao::Claim> wanted) {
  std::vector<bool> out(wanted.size(), true);
  std::lock_guard one_at_a_time(claiming_);
  std::map<std::string, const dao::Claim*> fresh;
  std::map<std::string, std::size_t> more;
  {
    std::shared_lock lock(mutex_);
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      const auto owner = owners_.find(wanted[i].entity);
      if (owner != owners_.end()) {
        out[i] = owner->second == wanted[i].device;
        continue;
      }
      const auto [first, is_new] = fresh.emplace(wanted[i].entity, &wanted[i]);
      out[i] = first->second->device == wanted[i].device;
      if (!is_new || wanted[i].device.empty()) continue;
      const auto owned = owned_.find(wanted[i].device);
      if (++more[wanted[i].device] + (owned == owned_.end() ? 0 : owned->second.size()) > kMostEntities) return Error(ErrorCode::limit_exceeded, "this device has more entities than it may");
    }
  }
  if (fresh.empty()) return out;
  MACHIYA_CHECK(p_.store.write([&](store::Tx& tx) -> Result<void> {
    for (const auto& [entity, c] : fresh) MACHIYA_CHECK(dao::insert_claim(tx, *c));
    return {};
  }));
  std::unique_lock lock(mutex_);
  for (const auto& [entity, c] : fresh) owners_[entity] = c->device, owned_[c->device].push_back(entity);
  return out;
}

std::vector<std::string> Registry::entities_of(std::string_view device) const {
  std::shared_lock lock(mutex_);
  const auto found = owned_.find(device);
  if (found == owned_.end()) return {};
  std::vector<std::string> out = found->second;
  std::sort(out.begin(), out.end());
  return out;
}

void Registry::note(std::string_view device, Instant at, Became what, std::string_view code) {
  std::lock_guard lock(noted_mutex_);
  auto found = noted_.find(device);
  if (found == noted_.end()) found = noted_.emplace(std::string(device), Noted()).first;
  Noted& n = found->second;
  n.dirty = true;
  if (what == Became::refused) ++n.activity.refused;
  else n.activity.seen = at;
  dao::HourCount& hour = n.hours[at.us / kHour];
  hour.hour = at.us / kHour;
  if (what == Became::taken) ++n.activity.taken, ++hour.taken;
  if (what == Became::misfit) ++n.activity.misfits, ++hour.misfits;
  if (!code.empty()) n.activity.error = std::string(code), n.activity.error_at = at;
}

Activity Registry::activity(std::string_view device) const {
  std::lock_guard lock(noted_mutex_);
  const auto found = noted_.find(device);
  return found == noted_.end() ? Activity() : found->second.activity;
}

Result<std::vector<dao::HourCount>> Registry::hours(std::string_view device, std::int64_t since) const {
  std::lock_guard writing(flushing_);
  MACHIYA_TRY(auto out, p_.store.read([&](store::ReadTx& tx) { return dao::hours(tx, device, since); }));
  std::lock_guard lock(noted_mutex_);
  const auto found = noted_.find(device);
  if (found == noted_.end()) return out;
  for (const auto& [hour, count] : found->second.hours) {
    if (hour < since) continue;
    const auto same = std::find_if(out.begin(), out.end(), [&, h = hour](const dao::HourCount& c) { return c.hour == h; });
    if (same == out.end()) out.push_back(count);
    else same->taken += count.taken, same->misfits += count.misfits;
  }
  std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.hour < b.hour; });
  return out;
}

Result<void> Registry::flush() {
  std::lock_guard writing(flushing_);
  std::map<std::string, Noted> fresh;
  {
    std::lock_guard lock(noted_mutex_);
    for (auto& [device, n] : noted_)
      if (n.dirty) fresh[device] = n, n.dirty = false;
  }
  if (fresh.empty()) return {};
  const auto done = p_.store.write([&](store::Tx& tx) -> Result<void> {
    for (const auto& [device, n] : fresh) {
      MACHIYA_CHECK(dao::put_activity(tx, device, n.activity));
      for (const auto& [hour, count] : n.hours) MACHIYA_CHECK(dao::add_hour(tx, device, count));
    }
    return {};
  });
  std::lock_guard lock(noted_mutex_);
  for (auto& [device, n] : fresh) {
    Noted& now = noted_[device];
    if (!done.ok()) {
      now.dirty = true;
      continue;
    }
    for (const auto& [hour, count] : n.hours) {
      dao::HourCount& left = now.hours[hour];
      left.taken -= count.taken, left.misfits -= count.misfits;
      if (left.taken == 0 && left.misfits == 0) now.hours.erase(hour);
    }
  }
  return done;
}

Result<void> Registry::tend() {
  return p_.store.write([&](store::Tx& tx) { return dao::drop_hours(tx, p_.clock.now().us / kHour - kKeepHours); });
}

}  // namespace machiya::sense::ingest
