#include "sense/component/sensing.h"

#include <algorithm>
#include <fstream>
#include <optional>
#include <sstream>

#include "sense/broker/entity_store.h"
#include "sense/broker/journal_store.h"
#include "sense/contexts/hosted_contexts.h"
#include "sense/federation/federation.h"
#include "sense/federation/federation_dao.h"
#include "sense/history/history.h"
#include "sense/ngsild/entity_maps.h"
#include "sense/ngsild/ngsild.h"
#include "sense/ngsild/registrations_http.h"
#include "sense/ngsild/subscriptions_http.h"
#include "sense/ngsild/temporal_http.h"
#include "sense/ngsiv2/ngsiv2.h"
#include "sense/ngsiv2/registrations_http.h"
#include "sense/ngsiv2/subscriptions_http.h"
#include "sense/providers/providers.h"
#include "sense/registrations/registrations.h"
#include "sense/series/series.h"
#include "sense/snapshots/snapshots.h"
#include "sense/subscriptions/mqtt_notifier.h"
#include "sense/subscriptions/subscriptions.h"

namespace machiya {
std::vector<store::Migration> sql_migrations_series();
}

namespace machiya::sense {

// Members below use those above, so they end first.
struct Sensing::Inside {
  Options options;
  std::vector<std::function<std::uint64_t()>> needed_elsewhere;
  Clock* clock = nullptr;
  std::unique_ptr<HostedContexts> hosted;
  std::unique_ptr<Contexts> contexts;
  std::unique_ptr<EntityStore> entities;
  std::unique_ptr<series::Store> numbers;
  std::unique_ptr<History> history;
  std::unique_ptr<Notifier> http_notifier, mqtt_notifier;
  std::unique_ptr<Registrations> registrations;
  std::unique_ptr<federation::Federation> federation;
  std::unique_ptr<Providers> providers;
  std::unique_ptr<Subscriptions> subscriptions;
  std::unique_ptr<ngsild::EntityMaps> maps;
  std::unique_ptr<Snapshots> snapshots;
  std::unique_ptr<ngsild::Broker> broker;
  std::unique_ptr<ngsiv2::Broker> v2;
};

namespace {

/// The first change at or after this moment; one behind the last when there is none. Times of the journal grow.
Result<EntityStore::Number> first_since(EntityStore& entities, std::int64_t at_us) {
  EntityStore::Number low = entities.first(), high = entities.last() + 1;
  while (low < high) {
    const EntityStore::Number middle = low + (high - low) / 2;
    std::optional<std::int64_t> found;
    const auto looked = entities.replay(middle, [&](EntityStore::Number, const Record& record) -> Result<void> {
      found = record.at_us;
      return Error(ErrorCode::conflict, "one is enough");
    });
    if (!found && !looked.ok()) return looked.error();
    if (!found || *found >= at_us) high = middle;
    else low = middle + 1;
  }
  return low;
}

}  // namespace

Sensing::Sensing(std::unique_ptr<Inside> inside) : in_(std::move(inside)) {}
Sensing::~Sensing() {
  if (in_->history) in_->history->end_following();
}

std::vector<store::Migration> Sensing::migrations() {
  std::vector<store::Migration> out;
  for (const auto& list : {journal_migrations(), HostedContexts::migrations(), sql_migrations_series(), history_migrations(), Subscriptions::migrations(), Registrations::migrations(), federation::migrations(), Snapshots::migrations(), Providers::migrations()})
    out.insert(out.end(), list.begin(), list.end());
  return out;
}

Result<std::unique_ptr<Sensing>> Sensing::open(store::Store& store, const Options& options, Clock& clock, Rng& rng) {
  auto in = std::make_unique<Inside>();
  in->options = options, in->clock = &clock;
  MACHIYA_TRY(in->hosted, HostedContexts::open(store, options.door, clock, rng, {.files = options.context_files, .own = options.own_context}));
  in->contexts = std::make_unique<Contexts>(in->hosted.get());
  const bool tables = store.engine() == store::Engine::postgres;
  auto journal = tables ? open_store_journal(store) : open_file_journal(options.folder);
  if (!journal.ok()) return journal.error();
  MACHIYA_TRY(in->entities, EntityStore::open(std::move(*journal), clock, rng));
  auto numbers = tables ? series::open_sql(store) : series::open_files(options.folder + "/series");
  if (!numbers.ok()) return numbers.error();
  in->numbers = std::move(*numbers);
  MACHIYA_TRY(in->history, History::open(store, *in->numbers, clock, rng, {.rules = options.history_rules}));
  in->history->follow(*in->entities);
  if (options.door != nullptr) in->http_notifier = make_http_notifier(*options.door);
  if (options.streams != nullptr) in->mqtt_notifier = make_mqtt_notifier(*options.streams);
  MACHIYA_TRY(in->registrations, Registrations::open(store, *in->entities, clock, rng));
  Subscriptions::Options subscribing;
  subscribing.gate_of = options.maker_gate_of;
  MACHIYA_TRY(in->subscriptions, Subscriptions::open(store, *in->entities, *in->contexts, {in->http_notifier.get(), in->mqtt_notifier.get()}, clock, rng, subscribing));
  MACHIYA_CHECK(in->subscriptions->watch(*in->registrations));
  in->maps = std::make_unique<ngsild::EntityMaps>(clock, rng);
  in->broker = std::make_unique<ngsild::Broker>(ngsild::Broker{*in->entities, *in->contexts, clock, rng, in->hosted.get(), in->maps.get()});
  MACHIYA_TRY(in->snapshots, Snapshots::open(store, in->entities->names(), clock, rng));
  in->broker->snapshots = in->snapshots.get();
  in->broker->started_us = clock.now().us;
  in->broker->gate_of = options.gate_of;
  MACHIYA_TRY(in->broker->alias, federation::own_alias(store, rng));
  const auto call = [door = options.door](const outbound::Call& c) -> Result<outbound::Answer> { return door != nullptr ? door->call(c) : Error(ErrorCode::forbidden, "nothing goes out"); };
  in->federation = std::make_unique<federation::Federation>(*in->registrations, *in->contexts, in->entities->names(), clock, call);
  in->federation->keep_in(store, options.address);
  in->broker->federation = in->federation.get();
  in->broker->knows_tenant = [known = in.get()](std::string_view tenant) { return known->history->has_tenant(tenant) || known->subscriptions->has_tenant(std::string(tenant)) || known->registrations->has_tenant(tenant) || known->snapshots->has_tenant(tenant); };
  in->v2 = std::make_unique<ngsiv2::Broker>(*in->entities, ngsiv2::NameMap(in->contexts->core()), clock, rng);
  in->v2->gate_of = options.gate_of;
  MACHIYA_TRY(in->providers, Providers::open(store, clock, rng, call, in->broker->alias));
  in->v2->providers = in->providers.get();
  return std::unique_ptr<Sensing>(new Sensing(std::move(in)));
}

void Sensing::start() { in_->subscriptions->start(); }

void Sensing::also_needs(std::function<std::uint64_t()> lowest) { in_->needed_elsewhere.push_back(std::move(lowest)); }
EntityStore& Sensing::entities() { return *in_->entities; }
Contexts& Sensing::contexts() { return *in_->contexts; }
series::Store& Sensing::numbers() { return *in_->numbers; }
History& Sensing::history() { return *in_->history; }
Subscriptions& Sensing::subscriptions() { return *in_->subscriptions; }

Result<void> Sensing::tend() {
  MACHIYA_CHECK(in_->entities->sweep());
  MACHIYA_CHECK(in_->snapshots->sweep());
  MACHIYA_CHECK(in_->registrations->flush());
  MACHIYA_CHECK(in_->providers->flush());
  MACHIYA_TRY(const auto dropped, in_->hosted->expire());
  for (const std::string& url : dropped) in_->contexts->forget(url);
  MACHIYA_CHECK(in_->history->retain());
  MACHIYA_TRY(const EntityStore::Number recent, first_since(*in_->entities, in_->clock->now().us - in_->options.keep_changes_us));
  EntityStore::Number needed = std::min({recent, in_->subscriptions->needed(), in_->history->needed()});
  for (const auto& lowest : in_->needed_elsewhere) needed = std::min<EntityStore::Number>(needed, lowest());
  return in_->entities->compact(needed);
}

void Sensing::add_routes(http::Router& router, const std::string& to_read, const std::string& to_write, const std::string& to_see, int rate) {
  using namespace ngsild;
  Routes routes{router, *in_->broker, to_read, to_write};
  if (!to_see.empty()) routes.permission_to_ask = to_read;
  // What gates decide about.
  Routes seen = routes;
  if (!to_see.empty()) seen.permission_to_read = to_see, seen.rate_per_minute = rate;
  for (const auto add : {add_entity_routes, add_attribute_routes, add_batch_routes, add_discovery_routes}) add(seen);
  for (const auto add : {add_context_routes, add_entity_map_routes, add_snapshot_routes, add_info_routes}) add(routes);
  add_subscription_routes(routes, *in_->subscriptions);
  add_registration_routes(routes, *in_->registrations, in_->subscriptions.get());
  add_source_subscription_routes(routes, *in_->subscriptions);
  add_temporal_routes(seen, *in_->history);
  add_v2_routes(router, to_read, to_write, to_see, rate);
}

void Sensing::add_v2_routes(http::Router& router, const std::string& to_read, const std::string& to_write, const std::string& to_see, int rate) {
  using namespace ngsiv2;
  Routes routes{router, *in_->v2, to_read, to_write};
  if (!to_see.empty()) routes.permission_to_ask = to_read;
  Routes seen = routes;
  if (!to_see.empty()) seen.permission_to_read = to_see, seen.rate_per_minute = rate;
  for (const auto add : {add_entity_routes, add_attribute_routes, add_type_routes, add_batch_routes, add_info_routes}) add(seen);
  add_subscription_routes(routes, *in_->subscriptions);
  add_registration_routes(routes, *in_->providers);
}

Result<std::map<std::string, std::string>> read_context_map(const std::string& path) {
  std::ifstream in(path);
  if (!in) return Error(ErrorCode::invalid_input, "the file cannot be read", path);
  std::map<std::string, std::string> out;
  int number = 0;
  for (std::string line; std::getline(in, line);) {
    ++number;
    if (line.empty() || line[0] == '#') continue;
    const std::size_t blank = line.find(' ');
    if (blank == std::string::npos || line.find("://") > blank) return Error(ErrorCode::invalid_input, "a URL, a blank and a path are expected", path + ":" + std::to_string(number));
    out[line.substr(0, blank)] = line.substr(blank + 1);
  }
  return out;
}

}  // namespace machiya::sense
