// All SQL of ingest.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "platform/store/store.h"
#include "sense/ingest/device.h"
#include "sense/ingest/inbox.h"

namespace machiya::sense::ingest::dao {

// Devices.
Result<std::vector<std::pair<Device, Activity>>> devices(store::ReadTx& tx);
Result<void> insert(store::Tx& tx, const Device& device);
/// False when its revision is another one by now, or it was retired.
Result<bool> update(store::Tx& tx, const Device& device);
Result<bool> retire(store::Tx& tx, std::string_view device, Instant now);
Result<void> insert_key(store::Tx& tx, std::string_view device, const DeviceKey& key);
Result<bool> revoke_key(store::Tx& tx, std::string_view device, std::string_view key, Instant now);

// What became of what they sent.
struct HourCount {
  std::int64_t hour = 0, taken = 0, misfits = 0;
};
Result<void> put_activity(store::Tx& tx, std::string_view device, const Activity& activity);
Result<void> add_hour(store::Tx& tx, std::string_view device, const HourCount& count);
Result<std::vector<HourCount>> hours(store::ReadTx& tx, std::string_view device, std::int64_t since);
Result<void> drop_hours(store::Tx& tx, std::int64_t before);

// Whose entities are whose.
struct Claim {
  std::string entity, device, type;
};
Result<std::vector<Claim>> claims(store::ReadTx& tx);
Result<void> insert_claim(store::Tx& tx, const Claim& claim);

// The steward's inbox.
/// Gives its id; that of the open one when the same payload waits already: then it is counted.
Result<std::string> put_misfit(store::Tx& tx, const Misfit& misfit);
/// Does this entity's row wait already; how many rows of entities of the type wait, without the one that only counts.
struct EntityRoom {
  bool there = false;
  std::int64_t waiting = 0;
};
Result<EntityRoom> entity_room(store::ReadTx& tx, std::string_view type, std::string_view digest);
/// Open ones: how many of each device, and all their bytes.
struct InboxSize {
  std::vector<std::pair<std::string, std::int64_t>> of_device;
  std::int64_t bytes = 0;
};
Result<InboxSize> inbox_size(store::ReadTx& tx);
Result<std::optional<Misfit>> misfit(store::ReadTx& tx, std::string_view public_id);
Result<std::vector<Misfit>> misfits(store::ReadTx& tx, const MisfitFilter& filter, int limit);
/// False when it is not open any more.
Result<bool> close_misfit(store::Tx& tx, std::string_view public_id, std::string_view state, std::string_view actor, std::string_view reason, Instant now);
/// It stays open with other causes.
Result<void> set_causes(store::Tx& tx, std::string_view public_id, const Causes& causes, int version);
Result<void> drop_closed(store::Tx& tx, Instant before);

}  // namespace machiya::sense::ingest::dao
