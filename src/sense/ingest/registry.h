// The devices of the city: who they are, their keys, which entities are theirs, what became of what they sent.
#pragma once
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "base/rng.h"
#include "city/city.h"
#include "platform/identity/principal.h"
#include "platform/store/store.h"
#include "sense/ingest/device.h"
#include "sense/ingest/ingest_dao.h"

namespace machiya::audit {
class Audit;
}

namespace machiya::sense::ingest {

/// Permissions of policy.yaml.
inline constexpr std::string_view kReadDevices = "device.read", kManageDevices = "device.manage";

/// References must outlive the registry.
struct RegistryParts {
  store::Store& store;
  audit::Audit& audit;
  const Clock& clock;
  Rng& rng;
  std::function<std::shared_ptr<const city::City>()> city;
  std::function<bool(const identity::Principal&, std::string_view permission, std::string_view department)> may;
};

/// What staff write down about a device.
struct DeviceForm {
  std::string id, profile, name, gateway;
  std::optional<GeoPoint> at;
  json::Value details = json::Value::object();   ///< checked against the profile
};

/// Thread-safe. All devices lie in memory; one process of a city has them.
class Registry {
 public:
  static Result<std::unique_ptr<Registry>> open(RegistryParts parts);

  /// nullptr when there is none.
  DevicePtr find(std::string_view id) const;
  std::vector<DevicePtr> all() const;
  /// Who has this key: unauthenticated for a wrong, revoked or expired one, and when `device` ("": any) is another one; forbidden when it is retired.
  Result<DevicePtr> enter(std::string_view key, std::string_view device);
  /// Is the key by which this device entered last still good? For connections that stay.
  bool still_in(std::string_view device) const;

  // Staff. forbidden without kManageDevices in the device's department; invalid_input with the field in `where`. All are audited.
  Result<void> create(const DeviceForm& form, const identity::Principal& who, std::string_view request);
  /// `conflict` when somebody changed it since `revision`.
  Result<void> change(std::string_view id, int revision, const DeviceForm& form, const identity::Principal& who, std::string_view request);
  /// The key, to be shown once. days: 1 … 3650, 0: it does not end.
  Result<std::string> make_key(std::string_view id, std::string_view label, int days, const identity::Principal& who, std::string_view request);
  Result<void> revoke_key(std::string_view id, std::string_view key, const identity::Principal& who, std::string_view request);
  /// It is let in no more, its keys end; what it sent stays.
  Result<void> retire(std::string_view id, const identity::Principal& who, std::string_view request);
  Result<DevicePtr> seen_by(std::string_view id, const identity::Principal& who, std::string_view permission) const;

  // Entities.
  static constexpr std::size_t kMostEntities = 10'000;   ///< of one device
  /// Which of these may be written: what belongs to nobody becomes the device's ("": shared), durably. limit_exceeded when that would be too many.
  Result<std::vector<bool>> claim(std::span<const dao::Claim> wanted);
  /// Of one device, by id.
  std::vector<std::string> entities_of(std::string_view device) const;

  // What became of what was sent. In memory, written by flush(): a crash loses the figures of the last seconds, never a message.
  enum class Became : std::uint8_t { taken, misfit, refused };
  void note(std::string_view device, Instant at, Became what, std::string_view code = {});
  Activity activity(std::string_view device) const;
  Result<std::vector<dao::HourCount>> hours(std::string_view device, std::int64_t since) const;
  Result<void> flush();
  Result<void> tend();
  const RegistryParts& parts() const { return p_; }

 private:
  explicit Registry(RegistryParts parts) : p_(std::move(parts)) {}
  struct Noted {
    Activity activity;
    std::map<std::int64_t, dao::HourCount> hours;   ///< not written yet
    bool dirty = false;
  };
  Result<void> check(const DeviceForm& form, const Device* now) const;
  Result<void> note_audit(store::Tx& tx, std::string_view action, std::string_view device, const identity::Principal& who, std::string_view request, json::Value facts = json::Value::object()) const;
  void put(Device device);

  RegistryParts p_;
  mutable std::shared_mutex mutex_;                     ///< of devices_, keys_, owners_
  std::map<std::string, DevicePtr, std::less<>> devices_;
  std::unordered_map<std::string, std::string> keys_;   ///< key id → device
  std::unordered_map<std::string, std::string> owners_; ///< entity → device
  std::map<std::string, std::vector<std::string>, std::less<>> owned_;
  std::mutex claiming_;
  mutable std::mutex flushing_;                         ///< before noted_mutex_: what is being written is not counted twice
  mutable std::mutex noted_mutex_;
  std::map<std::string, Noted, std::less<>> noted_;
  mutable std::mutex entered_mutex_;
  std::map<std::string, std::string, std::less<>> entered_;   ///< device → key id
};

}  // namespace machiya::sense::ingest
