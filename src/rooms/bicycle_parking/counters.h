// Counters at bicycle parkings, simulated: for the demonstration and for tests. They behave as counters in the street do: they lose reports, fall silent for
// hours and then send everything at once, repeat themselves, have clocks that run ahead, are reset in the night and count wrong in between. The same seed
// gives the same reports. The parkings are made up.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "base/geo.h"

namespace machiya::bicycle_parking {

enum class Use : std::uint8_t { commuting, shopping, housing };

struct Parking {
  std::string id;          ///< "kita-1"
  std::string ward;        ///< id of the ward
  GeoPoint place;
  int spaces = 0;
  Use use = Use::commuting;
};

/// One message of a counter.
struct Report {
  std::size_t parking = 0;         ///< index
  std::int64_t sent_us = 0;        ///< when it arrives, µs since 1970
  std::int64_t measured_us = 0;    ///< by the counter's own clock
  int free = 0;                    ///< as counted: may be wrong, also below 0 or above the spaces
};

class Counters {
 public:
  static constexpr std::int64_t kEvery = 5 * 60 * std::int64_t{1'000'000};   ///< a report in five minutes
  Counters(std::vector<Parking> parkings, std::uint64_t seed) : parkings_(std::move(parkings)), seed_(seed) {}
  const std::vector<Parking>& parkings() const { return parkings_; }
  /// How many bicycles really stand there, 0 … spaces.
  int parked(std::size_t parking, std::int64_t at_us) const;
  /// What arrives at from ≤ t < to, in the order of arrival. `every`: a multiple of kEvery, for a quick history.
  std::vector<Report> arriving(std::int64_t from_us, std::int64_t to_us, std::int64_t every = kEvery) const;
  /// As the counter writes it: {"station", "time", "free", "total"}.
  std::string payload(const Report& report) const;

 private:
  double noise(std::size_t parking, std::uint64_t kind, std::int64_t step) const;          ///< −1 … 1, the same at each call
  double wander(std::size_t parking, std::uint64_t kind, std::int64_t at_us, std::int64_t step_us) const;   ///< the same, without jumps
  bool chance(std::size_t parking, std::uint64_t kind, std::int64_t step, double share) const;
  /// The end of the silence that holds at this moment, or 0.
  std::int64_t silent_until(std::size_t parking, std::int64_t at_us) const;
  int counted(std::size_t parking, std::int64_t at_us) const;

  std::vector<Parking> parkings_;
  std::uint64_t seed_;
};

/// So many parkings around a point.
std::vector<Parking> parkings_around(const std::string& ward, GeoPoint centre, int count, std::uint64_t seed);

}  // namespace machiya::bicycle_parking
