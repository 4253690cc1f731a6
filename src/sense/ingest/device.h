// A device as the registry keeps it.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/geo.h"
#include "base/json.h"
#include "base/time.h"

namespace machiya::sense::ingest {

/// A key is "ID.SECRET": the id finds it, of the secret only a salted hash is kept.
struct DeviceKey {
  std::string id, salt, hash;
  std::string label;                 ///< for people: where it was put
  Instant created;
  std::optional<Instant> expires, revoked;
  bool valid(Instant now) const { return !revoked && (!expires || now < *expires); }
};

struct Device {
  std::string id;                    ///< chosen by staff; stands in topics and entities
  std::string profile, name, department;
  std::string gateway;               ///< id of the device that may speak for it; "" none
  std::optional<GeoPoint> at;
  json::Value details = json::Value::object();
  Instant registered;
  std::optional<Instant> retired;
  int revision = 1;
  std::vector<DeviceKey> keys;
};
using DevicePtr = std::shared_ptr<const Device>;

/// "[A-Za-z0-9][A-Za-z0-9_.:-]*", at most 64 characters: fits into one level of a topic and into a URN.
bool is_device_id(std::string_view text);

/// What became of what a device sent. Counters since it was registered.
struct Activity {
  std::optional<Instant> seen;       ///< last message
  std::optional<Instant> error_at;
  std::string error;                 ///< last cause, its code
  std::int64_t taken = 0, misfits = 0, refused = 0;
};

enum class DeviceState : std::uint8_t { registered, active, silent, retired };
std::string_view state_name(DeviceState state);
DeviceState state_of(const Device& device, const Activity& activity, std::int64_t silent_after_us, Instant now);

}  // namespace machiya::sense::ingest
