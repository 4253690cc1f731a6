// The names of all series, in memory: name → number and back. Thread-safe; finding takes a shared lock.
#pragma once
#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <shared_mutex>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "sense/series/bits.h"
#include "sense/series/series.h"

namespace machiya::sense::series {

inline constexpr std::size_t kMostMeasurements = 65'535, kLongestName = 1'024, kLongestKey = 4'096;

/// The keys of one measurement, numbered from 0. Texts lie one behind the other as they came.
class Keys {
 public:
  Keys() : slots_(64) {}
  std::uint32_t size() const { return static_cast<std::uint32_t>(texts_.size()); }
  std::string_view text(std::uint32_t number) const;
  /// `hint`: the number it probably has.
  std::optional<std::uint32_t> find(std::string_view key, std::uint64_t hash, std::uint32_t hint) const;
  /// The key must be new.
  std::uint32_t add(std::string_view key, std::uint64_t hash);
  void prefetch(std::uint64_t hash) const { __builtin_prefetch(&slots_[hash & (slots_.size() - 1)]); }
  /// When the slot has come: the text that it probably is.
  void prefetch_text(std::uint64_t hash) const {
    if (const Slot& slot = slots_[hash & (slots_.size() - 1)]; slot.number_1 != 0) __builtin_prefetch(texts_[slot.number_1 - 1]);
  }
  std::uint64_t bytes() const { return bytes_; }

 private:
  struct Slot {
    std::uint32_t number_1 = 0, tag = 0;   ///< number + 1, 0 for empty; upper half of the hash
  };
  void grow();
  std::vector<Slot> slots_;
  std::vector<const char*> texts_;   ///< two bytes of length, then the text
  std::vector<std::unique_ptr<char[]>> blocks_;
  std::size_t left_ = 0;
  char* at_ = nullptr;
  std::uint64_t bytes_ = 0;
};
std::uint64_t hash_of(std::string_view text);

/// How far the names of a measurement have come on their way to the disk.
struct Reached {
  bool named = false;          ///< its own name
  std::uint32_t series = 0;    ///< numbers below
};

class Catalogue {
 public:
  Result<MeasurementId> measurement(std::string_view tenant, std::string_view name);
  std::optional<MeasurementId> find_measurement(std::string_view tenant, std::string_view name) const;
  Result<void> open_many(MeasurementId m, std::span<const std::string_view> keys, SeriesId* out);
  std::optional<SeriesId> find(MeasurementId m, std::string_view key) const;
  std::string key(SeriesId series) const;
  /// 0 for unknown measurements.
  std::uint32_t count(MeasurementId m) const;
  std::vector<Store::MeasurementName> measurements() const;
  std::uint64_t series() const { return series_.load(std::memory_order_relaxed); }

  /// Appends all names behind `reached`, which is moved forward; nothing when there is none. `reached` belongs to the caller.
  void put_names(std::vector<Reached>& reached, std::string& out) const;
  /// Reads what put_names() wrote; names that are there already must be the same. integrity_broken.
  Result<void> take_names(Reader& in);
  /// Grows with every new name.
  std::uint64_t generation() const { return generation_.load(std::memory_order_acquire); }

 private:
  struct Measurement {
    Store::MeasurementName name;
    Keys keys;
    std::atomic<std::uint32_t> count{0};
  };
  Result<MeasurementId> add_measurement(std::string_view tenant, std::string_view name);
  Result<void> take_keys(Reader& in, Measurement& m, std::uint32_t first, std::uint64_t count);
  mutable std::shared_mutex mutex_;
  std::vector<std::unique_ptr<Measurement>> measurements_;
  std::unordered_map<std::string, MeasurementId> by_name_;   ///< tenant NUL name
  std::atomic<std::uint64_t> series_{0};
  std::atomic<std::uint64_t> generation_{0};
};

}  // namespace machiya::sense::series
