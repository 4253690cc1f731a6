// Who acts for whom: delegates, whom a person names and can take back, and guardians, whom a clerk records with evidence.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/rng.h"
#include "base/time.h"
#include "platform/identity/decision.h"
#include "platform/store/store.h"

namespace machiya::vault {
class Vault;
}
namespace machiya::audit {
class Audit;
}

namespace machiya::identity {

/// One stored tie of a person (whose things) and an agent (who acts).
struct TieRow {
  std::int64_t id = 0;
  std::string public_id, relation;   ///< "delegate", "guardian"
  std::int64_t person = 0, agent = 0;   ///< agent 0: the code waits to be entered
  std::string procedure;             ///< "": everything
  std::string evidence;              ///< of a guardian: the kind of proof that the clerk saw
  std::string code;                  ///< digest; "" once it was used
  Instant created, until;
  std::optional<Instant> accepted, ended;
  bool over(Instant now) const { return ended || !(now < until); }
  bool in_force(Instant now) const { return agent != 0 && !over(now); }
};

/// Thread-safe. Everything that changes is audited in the caller's transaction.
class Ties {
 public:
  static constexpr int kCodeDays = 14;       ///< an offer that nobody accepts lapses
  static constexpr int kLongestDays = 1096;  ///< three years, then it is given anew
  static constexpr int kMostOpen = 20;       ///< of one person

  Ties(vault::Vault& vault, audit::Audit& audit, const Clock& clock, Rng& rng) : vault_(vault), audit_(audit), clock_(clock), rng_(rng) {}

  struct Offer {
    std::string id, code;   ///< the code is shown once, to be handed over by the person: no address is asked for, none is told
  };
  /// invalid_input (`where` "until") for an end that is not between tomorrow and three years; limit_exceeded.
  Result<Offer> offer(store::Tx& tx, const Principal& person, std::string_view procedure, Instant until, std::string_view request);
  /// not_found for a code that is unknown, used, lapsed or one's own: the same answer for each.
  Result<void> accept(store::Tx& tx, const Principal& agent, std::string_view code, std::string_view request);
  /// By either of the two for a delegation; by staff with person.guardian for a guardianship. Everybody else: not_found.
  Result<void> end(store::Tx& tx, const Principal& who, std::string_view id, const Policy& policy, std::string_view request);
  /// `evidence`: the kind of proof ("family-register"), never what stands on it.
  Result<void> record_guardian(store::Tx& tx, const Principal& clerk, const Policy& policy, const Principal& ward, const Principal& guardian,
                               Instant until, std::string_view evidence, std::string_view request);
  /// Given and received, newest first; offers that lapsed are left out.
  Result<std::vector<TieRow>> of(store::ReadTx& tx, std::int64_t person);
  /// In which `agent` acts for others now.
  Result<std::vector<TieRow>> held_by(store::ReadTx& tx, std::int64_t agent);
  /// For a decision: what ties this principal to what belongs to `person`.
  Result<std::vector<Tie>> between(store::ReadTx& tx, const Principal& who, std::int64_t person);

  static std::vector<store::Migration> migrations();

 private:
  vault::Vault& vault_;
  audit::Audit& audit_;
  const Clock& clock_;
  Rng& rng_;
};

/// "abcd-efgh-jkmn": twelve Crockford letters, 60 random bits; and what a person types, brought to that form ("" when it is none).
std::string new_hand_over_code(Rng& rng);
std::string read_hand_over_code(std::string_view typed);

}  // namespace machiya::identity
