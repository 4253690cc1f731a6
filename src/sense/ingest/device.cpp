#include "sense/ingest/device.h"

#include <algorithm>

namespace machiya::sense::ingest {

bool is_device_id(std::string_view text) {
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); };
  if (text == "new" || text == "misfits") return false;   // pages of staff have these addresses
  return !text.empty() && text.size() <= 64 && letter(text[0]) &&
         std::all_of(text.begin(), text.end(), [&](char c) { return letter(c) || c == '_' || c == '.' || c == ':' || c == '-'; });
}

std::string_view state_name(DeviceState state) {
  switch (state) {
    case DeviceState::registered: return "registered";
    case DeviceState::active: return "active";
    case DeviceState::silent: return "silent";
    default: return "retired";
  }
}

DeviceState state_of(const Device& device, const Activity& activity, std::int64_t silent_after_us, Instant now) {
  if (device.retired) return DeviceState::retired;
  if (!activity.seen) return now.us - device.registered.us > silent_after_us ? DeviceState::silent : DeviceState::registered;
  return now.us - activity.seen->us > silent_after_us ? DeviceState::silent : DeviceState::active;
}

}  // namespace machiya::sense::ingest
