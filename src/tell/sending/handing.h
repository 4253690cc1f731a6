// One parcel from claim to settlement: its addresses, its content, the channel, and what became of each row.
#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "platform/store/lease.h"
#include "tell/sending/sender.h"

namespace machiya::tell {

/// Thread-safe.
class Handing {
 public:
  Handing(store::Store& store, Ledger& ledger, Audiences& audiences, const Clock& clock, Rng& rng, const SenderOptions& options)
      : store_(store), ledger_(ledger), audiences_(audiences), clock_(clock), rng_(rng), options_(options) {}

  struct Report {
    bool down = false;
    std::int64_t wait_ms = 0;
    int cost = 0;
    std::int64_t accepted = 0, failed = 0, again = 0;
    std::string error;
  };
  /// What is made of a claim before the channel sees it. An error: the store, or an address that cannot be opened.
  struct Packed {
    Parcel parcel;
    std::vector<Reached> reached;        ///< one for each of parcel.to
    std::vector<std::int64_t> nobody;    ///< recipients without an address any more
    std::vector<std::int64_t> valueless; ///< recipients without values of their own, in a message that has places for them
    bool cancelled = false;
  };
  Result<Packed> pack(const Line& line, const Claim& claim);
  /// Hands it over and works out the settlement. Blocks while the channel answers. Never called for a drill.
  Settlement hand_over(const Line& line, const Claim& claim, const Packed& packed, Report& report, std::vector<Reached>& dead);
  /// Writes it down; `conflict` when another process has taken the channel over.
  Result<void> settle(const store::Lease& lease, const Line& line, const Claim& claim, const Settlement& settlement, const std::vector<Reached>& dead);
  /// All of it back, not sent.
  Settlement put_back(const Claim& claim, std::string_view why, std::int64_t wait_us) const;

 private:
  Result<std::shared_ptr<const Contents>> contents(std::int64_t message, std::string& public_id);
  std::int64_t back_off_us(int attempt);
  /// By recipient; empty when the content is the same for all. Who has a place in it and no value for it is left out.
  Result<std::map<std::int64_t, std::shared_ptr<const Content>>> own_contents(const Content& content, const std::string& message, const std::vector<std::int64_t>& recipients);

  store::Store& store_;
  Ledger& ledger_;
  Audiences& audiences_;
  const Clock& clock_;
  Rng& rng_;
  const SenderOptions& options_;
  struct Kept {
    std::shared_ptr<const Contents> contents;
    std::string public_id;
  };
  std::mutex mutex_;
  std::unordered_map<std::int64_t, Kept> kept_;   ///< messages of the moment: they do not change once they are placed
};

}  // namespace machiya::tell
