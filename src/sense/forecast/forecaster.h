// Forecasts kept at the entities themselves: for every entity of a type, what one of its numbers is expected to be, written as an attribute beside it, so that
// maps, feeds, subscriptions and queries have it like everything else.
#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "sense/broker/entity_store.h"
#include "sense/forecast/profile.h"
#include "sense/history/history.h"

namespace machiya::sense::forecast {

/// What is forecast, of whom, and where it is written. Names are expanded.
struct Plan {
  std::string id;
  std::string tenant;
  std::string type;                        ///< of the entities
  std::string attribute;                   ///< the number that is measured
  std::string most;                        ///< an attribute of the entity that it never passes; "": none
  std::string writes;                      ///< JsonProperty: [{"at", "expected", "low", "high"}], whole numbers when those measured are whole
  std::optional<double> least;             ///< it never falls below; nothing: none
  std::int64_t learn_us = 56 * kDay;       ///< how far back
  std::vector<std::int64_t> ahead_us;      ///< steps of kSlot, growing
};

/// One thread calls.
class Forecaster {
 public:
  struct Ports {
    std::function<std::vector<Plan>()> plans;   ///< as the city has them now
    Calendar calendar;
  };
  /// References must outlive it.
  Forecaster(EntityStore& entities, const History& history, const Clock& clock, Ports ports);

  struct Round {
    std::size_t written = 0;     ///< forecasts
    std::size_t learned = 0;     ///< profiles, anew
    std::size_t unknown = 0;     ///< entities of which too little is known
    bool more = false;           ///< there is more to learn: the next round goes on
  };
  /// Forecasts of everything, from what is known now. A profile is learned anew after a day; at most `learn_most` in one round, so that a round stays short.
  Result<Round> round(std::size_t learn_most = 200);

  /// How good the forecasts of one entity were over the learned days; nothing while it has no profile.
  std::optional<std::vector<Skill>> skill(const std::string& plan, const std::string& entity) const;

 private:
  struct Known {
    std::optional<Profile> profile;
    std::int64_t tried_us = kNoTime;
    bool whole = true;            ///< all values were whole numbers
  };
  using Key = std::pair<std::string, std::string>;   ///< plan, entity
  Result<void> learn(const Plan& plan, const std::string& entity, Known& known) const;
  Result<bool> write(const Plan& plan, const Entity& entity, const Known& known);

  EntityStore& entities_;
  const History& history_;
  const Clock& clock_;
  Ports ports_;
  mutable std::mutex mutex_;      ///< of known_, for skill()
  std::map<Key, Known> known_;
};

}  // namespace machiya::sense::forecast
