#include "platform/vault/rotation.h"

#include "platform/vault/data_key_dao.h"
#include "platform/vault/master_dao.h"

namespace machiya::vault {
namespace {
constexpr int kBatch = 500;   // keys a transaction: some 5 ms, so that nobody's write waits
using Phase = RotationState::Phase;

bool has_older(const std::vector<MasterCheck>& checks, int generation) { return !checks.empty() && checks.front().generation < generation; }
}  // namespace

Rotation::Rotation(store::Store& store, Vault& vault, const Clock& clock, std::vector<SecretColumn> columns, int grace_s)
    : store_(store), vault_(vault), clock_(clock), columns_(std::move(columns)), grace_s_(grace_s) {
  columns_.push_back({"index_key", "id", true, "sealed", kIndexContext});
}

Result<bool> Rotation::due() {
  MACHIYA_CHECK(vault_.follow(store_));
  MACHIYA_TRY(const auto checks, store_.read([](store::ReadTx& tx) { return master_dao::checks(tx); }));
  return has_older(checks, vault_.generation());
}

Result<Phase> Rotation::step() {
  const int generation = vault_.generation();
  struct Seen {
    std::vector<MasterCheck> checks;
    std::optional<master_dao::RotationRow> row;
    std::int64_t total = 0;
  };
  MACHIYA_TRY(auto seen, store_.read([&](store::ReadTx& tx) -> Result<Seen> {
    Seen out;
    MACHIYA_TRY(out.checks, master_dao::checks(tx));
    MACHIYA_TRY(out.row, master_dao::rotation(tx, generation));
    if (out.row) return out;
    MACHIYA_TRY(out.total, data_key_dao::count_older(tx, generation));
    return out;
  }));
  if (!has_older(seen.checks, generation)) return seen.row ? Phase::finished : Phase::none;
  if (!seen.row) {
    master_dao::RotationRow row;
    row.generation = generation;
    row.begun = clock_.now();
    row.total = seen.total;
    MACHIYA_CHECK(store_.write([&](store::Tx& tx) -> Result<void> {
      MACHIYA_TRY(const auto there, master_dao::rotation(tx, generation));   // another process may have begun it meanwhile
      if (there) return {};
      return master_dao::put_rotation(tx, row);
    }));
  }
  return rewrap_some(generation);
}

/// The first pass goes on where the last step ended. After the closing the whole table is looked through once more: rows of transactions that
/// had begun before may have appeared behind the first pass.
Result<Phase> Rotation::rewrap_some(int generation) {
  using Keys = std::vector<std::pair<std::int64_t, WrappedKey>>;
  std::int64_t oldest = 0;
  Keys keys;
  master_dao::RotationRow row;
  MACHIYA_CHECK(store_.read([&](store::ReadTx& tx) -> Result<void> {
    MACHIYA_TRY(const auto found, master_dao::rotation(tx, generation));
    row = *found;
    MACHIYA_TRY(oldest, master_dao::oldest_open(tx));
    MACHIYA_TRY(keys, data_key_dao::older(tx, generation, row.closed ? 0 : row.after_id, kBatch));
    return {};
  }));
  if (!keys.empty()) {
    std::vector<std::string> wrapped;
    for (const auto& [id, key] : keys) {
      MACHIYA_TRY(std::string again, vault_.rewrap(id, key.generation, key.key));
      wrapped.push_back(std::move(again));
    }
    MACHIYA_CHECK(store_.write([&](store::Tx& tx) -> Result<void> {
      MACHIYA_TRY(auto now, master_dao::rotation(tx, generation));
      for (std::size_t i = 0; i < keys.size(); ++i) MACHIYA_CHECK(data_key_dao::rewrap(tx, keys[i].first, keys[i].second.generation, {wrapped[i], generation}));
      now->after_id = std::max(now->after_id, keys.back().first);
      now->rewrapped += static_cast<std::int64_t>(keys.size());
      return master_dao::put_rotation(tx, *now);
    }));
    return Phase::rewrapping;
  }
  if (!row.closed) {
    if (clock_.now().us - row.begun.us < grace_s_ * kSecond) return Phase::waiting;
    MACHIYA_CHECK(store_.write([&](store::Tx& tx) -> Result<void> {
      MACHIYA_TRY(auto now, master_dao::rotation(tx, generation));
      MACHIYA_CHECK(master_dao::close_older(tx, generation));
      now->closed = clock_.now();
      MACHIYA_TRY(now->horizon, master_dao::transaction_number(tx));
      return master_dao::put_rotation(tx, *now);
    }));
    return Phase::rewrapping;
  }
  if (oldest <= row.horizon) return Phase::waiting;
  return finish(generation);
}

/// True when there were some to seal anew.
Result<bool> Rotation::reseal_some(const SecretColumn& column) {
  struct Change {
    std::string key, before, after;
  };
  MACHIYA_TRY(const auto values, store_.read([&](store::ReadTx& tx) { return master_dao::secrets(tx, column); }));
  std::vector<Change> changes;
  for (const auto& [key, sealed] : values) {
    MACHIYA_TRY(auto again, vault_.reseal(column.context, sealed));
    if (again) changes.push_back({key, sealed, std::move(*again)});
    if (changes.size() == kBatch) break;
  }
  if (changes.empty()) return false;
  MACHIYA_CHECK(store_.write([&](store::Tx& tx) -> Result<void> {
    for (const Change& c : changes) MACHIYA_CHECK(master_dao::put_secret(tx, column, c.key, c.before, c.after));
    return {};
  }));
  return true;
}

/// Secrets last: every process seals them under the new key by now.
Result<Phase> Rotation::finish(int generation) {
  for (const SecretColumn& column : columns_) {
    MACHIYA_TRY(const bool some, reseal_some(column));
    if (some) return Phase::rewrapping;
  }
  MACHIYA_CHECK(store_.write([&](store::Tx& tx) -> Result<void> {
    MACHIYA_TRY(auto row, master_dao::rotation(tx, generation));
    if (row->finished) return {};
    MACHIYA_CHECK(master_dao::remove_older(tx, generation));
    row->finished = clock_.now();
    return master_dao::put_rotation(tx, *row);
  }));
  return Phase::finished;
}

Result<Rotation::Proof> Rotation::prove() {
  Proof out;
  const auto count = [&out](const Result<void>& opened) {
    if (opened.ok()) return;
    if (out.closed++ == 0) out.first_fault = opened.error().to_string();
  };
  return store_.read([&](store::ReadTx& tx) -> Result<Proof> {
    out = {};
    MACHIYA_TRY(out.erased, data_key_dao::count_erased(tx));
    MACHIYA_CHECK(data_key_dao::each(tx, [&](std::int64_t id, const WrappedKey& key) {
      ++out.keys;
      const auto again = vault_.rewrap(id, key.generation, key.key);
      count(again.ok() ? Result<void>() : Result<void>(again.error()));
    }));
    for (const SecretColumn& column : columns_) {
      MACHIYA_TRY(const auto values, master_dao::secrets(tx, column));
      out.secrets += static_cast<std::int64_t>(values.size());
      for (const auto& [key, sealed] : values) {
        const auto again = vault_.reseal(column.context, sealed);
        count(again.ok() ? Result<void>() : Result<void>(again.error()));
      }
    }
    return out;
  });
}

Result<RotationState> Rotation::state() {
  const int generation = vault_.generation();
  return store_.read([&](store::ReadTx& tx) -> Result<RotationState> {
    RotationState out;
    out.generation = generation;
    MACHIYA_TRY(const auto checks, master_dao::checks(tx));
    MACHIYA_TRY(out.remaining, data_key_dao::count_older(tx, generation));
    MACHIYA_TRY(const auto row, master_dao::rotation(tx, generation));
    if (row) {
      out.begun = row->begun;
      out.finished = row->finished;
      out.total = row->total;
      out.rewrapped = row->rewrapped;
    }
    out.phase = has_older(checks, generation) ? (out.remaining ? Phase::rewrapping : Phase::waiting) : row ? Phase::finished : Phase::none;
    return out;
  });
}

}  // namespace machiya::vault
