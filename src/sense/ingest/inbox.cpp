#include "sense/ingest/inbox.h"

#include "platform/vault/vault.h"
#include "sense/ingest/ingest_dao.h"

namespace machiya::sense::ingest {
namespace {

constexpr std::int64_t kKeepClosed = 90 * kDay;

std::string entity_digest(const std::string& type, const std::string& entity) { return vault::sha256_hex(std::string(kEntityDoor) + '\n' + type + '\n' + entity); }

}  // namespace

Result<std::unique_ptr<Inbox>> Inbox::open(store::Store& store, Rng& rng, InboxLimits limits) {
  std::unique_ptr<Inbox> out(new Inbox(store, rng, limits));
  MACHIYA_CHECK(out->count());
  return out;
}

/// What waits, as the table says: repeats and closings make it less certain what is in memory, so it is counted anew.
Result<void> Inbox::count() {
  MACHIYA_TRY(const dao::InboxSize size, store_.read([](store::ReadTx& tx) { return dao::inbox_size(tx); }));
  std::lock_guard lock(mutex_);
  of_device_.clear();
  for (const auto& [device, n] : size.of_device) of_device_[device] = n;
  bytes_ = size.bytes;
  return {};
}

Result<std::vector<std::string>> Inbox::put(std::vector<Misfit> misfits) {
  std::lock_guard one_at_a_time(writing_);
  std::map<std::string, std::int64_t, std::less<>> more;
  std::int64_t bytes = 0;
  for (Misfit& m : misfits) {
    m.digest = vault::sha256_hex(m.door + '\n' + m.place + '\n' + m.precision + '\n' + m.payload);
    m.public_id = new_public_id(rng_);
    ++more[m.device], bytes += static_cast<std::int64_t>(m.payload.size());
  }
  {
    std::lock_guard lock(mutex_);
    // A repeat needs no room, but who is full has to be heard of: the device is told, and the steward sees it.
    if (bytes_ + bytes > limits_.bytes) return Error(ErrorCode::unavailable, "the inbox of misfits is full");
    for (const auto& [device, n] : more)
      if (of_device_[device] + n > static_cast<std::int64_t>(limits_.of_device)) return Error(ErrorCode::unavailable, "too many misfits of this device wait for a steward");
  }
  MACHIYA_TRY(auto ids, store_.write([&](store::Tx& tx) -> Result<std::vector<std::string>> {
    std::vector<std::string> out;
    for (const Misfit& m : misfits) {
      MACHIYA_TRY(std::string id, dao::put_misfit(tx, m));
      out.push_back(std::move(id));
    }
    return out;
  }));
  std::lock_guard lock(mutex_);
  for (std::size_t i = 0; i < misfits.size(); ++i)
    if (ids[i] == misfits[i].public_id) ++of_device_[misfits[i].device], bytes_ += static_cast<std::int64_t>(misfits[i].payload.size());
  return ids;
}

Result<void> Inbox::put_entities(const std::vector<EntityMisfit>& misfits, Instant now) {
  std::lock_guard one_at_a_time(writing_);
  std::vector<Misfit> rows;
  for (const EntityMisfit& m : misfits) {
    Misfit row;
    row.public_id = new_public_id(rng_), row.profile = m.type, row.version = m.version, row.door = kEntityDoor, row.place = m.entity, row.causes = m.causes;
    row.taken = true, row.first = row.last = now, row.digest = entity_digest(m.type, m.entity);
    rows.push_back(std::move(row));
  }
  MACHIYA_TRY(const std::int64_t fresh, store_.write([&](store::Tx& tx) -> Result<std::int64_t> {
    std::int64_t out = 0;
    for (Misfit row : rows) {
      MACHIYA_TRY(const dao::EntityRoom room, dao::entity_room(tx, row.profile, row.digest));
      if (!room.there && room.waiting >= static_cast<std::int64_t>(limits_.of_device)) {
        row.place.clear(), row.digest = entity_digest(row.profile, "");
        row.causes = {{"more", "", "1件ずつ残せる数を超えた実体も、型に合いません(回数だけを数えます)", "more entities of this type do not fit than are kept one by one; these are counted"}};
      }
      MACHIYA_TRY(const std::string id, dao::put_misfit(tx, row));
      if (id == row.public_id) ++out;
    }
    return out;
  }));
  std::lock_guard lock(mutex_);
  of_device_[""] += fresh;
  return {};
}

Result<Misfit> Inbox::find(std::string_view public_id) const {
  MACHIYA_TRY(auto found, store_.read([&](store::ReadTx& tx) { return dao::misfit(tx, public_id); }));
  if (!found) return Error(ErrorCode::not_found, "no such misfit");
  return std::move(*found);
}

Result<std::vector<Misfit>> Inbox::list(const MisfitFilter& filter, int limit) const {
  return store_.read([&](store::ReadTx& tx) { return dao::misfits(tx, filter, limit); });
}

Result<void> Inbox::close(store::Tx& tx, const Misfit& m, std::string_view state, std::string_view actor, std::string_view reason, Instant now) {
  MACHIYA_TRY(const bool done, dao::close_misfit(tx, m.public_id, state, actor, reason, now));
  return done ? Result<void>() : Error(ErrorCode::conflict, "somebody has decided on it already");
}

void Inbox::closed(const Misfit& m) {
  std::lock_guard lock(mutex_);
  auto& n = of_device_[m.device];
  n = n > 0 ? n - 1 : 0, bytes_ = std::max<std::int64_t>(0, bytes_ - static_cast<std::int64_t>(m.payload.size()));
}

Result<void> Inbox::recause(std::string_view public_id, const Causes& causes, int version) {
  return store_.write([&](store::Tx& tx) { return dao::set_causes(tx, public_id, causes, version); });
}

std::size_t Inbox::waiting(std::string_view device) const {
  std::lock_guard lock(mutex_);
  const auto found = of_device_.find(device);
  return found == of_device_.end() ? 0 : static_cast<std::size_t>(found->second);
}

std::size_t Inbox::waiting() const {
  std::lock_guard lock(mutex_);
  std::int64_t out = 0;
  for (const auto& [device, n] : of_device_) out += n;
  return static_cast<std::size_t>(out);
}

Result<void> Inbox::tend(Instant now) {
  return store_.write([&](store::Tx& tx) { return dao::drop_closed(tx, Instant{now.us - kKeepClosed}); });
}

}  // namespace machiya::sense::ingest
