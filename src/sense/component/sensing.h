// The wing that senses, put together: entities, contexts and their interfaces.
#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/rng.h"
#include "base/time.h"
#include "platform/http/http.h"
#include "platform/outbound/outbound.h"
#include "platform/outbound/stream.h"
#include "platform/store/store.h"
#include "sense/entities/gate.h"
#include "sense/history/history.h"

namespace machiya::sense {

class Contexts;
class Subscriptions;

class Sensing {
 public:
  struct Options {
    std::string folder;                              ///< of log and snapshot, when the database is SQLite
    std::map<std::string, std::string> context_files;   ///< URL of an @context → file that holds it
    const outbound::Outbound* door = nullptr;           ///< notifications and contexts of listed origins; nullptr: nothing goes out
    std::string address;                                ///< "https://broker.example": where context sources reach this broker; "": as the request calls it
    const outbound::Streams* streams = nullptr;         ///< notifications to listed MQTT brokers; nullptr: none
    std::vector<HistoryRule> history_rules;             ///< how long the past is kept; none: for ever
    /// Who asks, and what a subscription's maker may be told (entities/gate.h). Not set: everybody everything.
    std::function<Result<GatePtr>(const http::Request&)> gate_of;
    std::function<GatePtr(const std::string& key)> maker_gate_of;
    std::function<std::optional<std::string>(const std::string& url)> own_context;   ///< contexts of the house itself
    std::int64_t keep_changes_us = 7 * kDay;            ///< changes that everybody has been told of are kept this long, for rehearsals of subscriptions
  };
  static std::vector<store::Migration> migrations();
  /// Reads all entities. `store` must be migrated and outlive this, as must clock and rng.
  static Result<std::unique_ptr<Sensing>> open(store::Store& store, const Options& options, Clock& clock, Rng& rng);
  ~Sensing();
  /// Begins to tell subscribers. Before the first request.
  void start();
  /// Work of every few minutes, for a job: entities and contexts that have expired go, history as its rules say, and the log is cut.
  Result<void> tend();
  /// Somebody else follows the entities: changes from this number on are kept. Until this ends.
  void also_needs(std::function<std::uint64_t()> lowest);
  /// What other engines of this wing and the house work with. They must end before this does.
  EntityStore& entities();
  Contexts& contexts();
  series::Store& numbers();
  History& history();
  Subscriptions& subscriptions();
  /// The interfaces' routes, with the permissions that reading and writing need. `to_see`: entities, types and history, where gates decide what there is; "": as
  /// `to_read`. `rate`: of those, requests a minute of one asker; 0: no limit.
  void add_routes(http::Router& router, const std::string& to_read, const std::string& to_write, const std::string& to_see = {}, int rate = 0);

 private:
  void add_v2_routes(http::Router& router, const std::string& to_read, const std::string& to_write, const std::string& to_see, int rate);
  struct Inside;
  explicit Sensing(std::unique_ptr<Inside> inside);
  std::unique_ptr<Inside> in_;
};

/// A file of lines "URL PATH": contexts that are answered from files. invalid_input names the line.
Result<std::map<std::string, std::string>> read_context_map(const std::string& path);

}  // namespace machiya::sense
