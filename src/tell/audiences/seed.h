// Fictitious recipients for demonstrations and load tests. They are reached by nothing but a sandbox.
#pragma once
#include <cstdint>
#include <functional>

#include "tell/audiences/audiences.h"

namespace machiya::tell {

struct SeedOptions {
  std::int64_t people = 5'000;
  std::vector<std::string> topics;   ///< ids of the city
  std::vector<std::string> wards;
  std::function<void(std::int64_t done, std::int64_t all)> progress;
};
/// People with LINE (8 of 10) and a mailbox (6 of 10) at a name that nobody has (RFC 2606), with topics, languages and attributes drawn from
/// a seeded row of numbers. Only into a house without recipients: gives 0 otherwise.
Result<std::int64_t> seed_recipients(store::Store& store, Audiences& audiences, const SeedOptions& options);

}  // namespace machiya::tell
