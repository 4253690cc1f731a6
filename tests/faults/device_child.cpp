// device_child FOLDER STORE-URL CITY HTTP-LISTEN MQTT-LISTEN: broker, history, series, inbox and both doors of devices, without the rest of the house. Registers
// the device of each line "DEVICE PROFILE" of standard input and prints "DEVICE KEY" ("DEVICE -" when it is registered); ends with its input.
// GET /check/{device} tells what is there of the entity urn:ngsi-ld:KillTest:DEVICE: its own value, all of its history, and the open misfits.
#include <cstdio>
#include <filesystem>
#include <iostream>
#include <sstream>

#include "base/log.h"
#include "city/city.h"
#include "platform/audit/audit.h"
#include "platform/http/server.h"
#include "platform/metrics/metrics.h"
#include "platform/vault/vault.h"
#include "sense/broker/entity_store.h"
#include "sense/broker/journal_store.h"
#include "sense/history/history.h"
#include "sense/ingest/http_door.h"
#include "sense/ingest/mqtt_door.h"
#include "sense/mqtt/mqtt.h"

namespace machiya {
std::vector<store::Migration> sql_migrations_audit();
std::vector<store::Migration> sql_migrations_ingest();
std::vector<store::Migration> sql_migrations_series();
}  // namespace machiya

using namespace machiya;
using namespace machiya::sense;

namespace {

template <class T>
T must(Result<T> result) {
  if (result.ok()) return std::move(*result);
  std::fprintf(stderr, "%s\n", result.error().to_string().c_str());
  std::exit(1);
}
void must(const Result<void>& result) {
  if (result.ok()) return;
  std::fprintf(stderr, "%s\n", result.error().to_string().c_str());
  std::exit(1);
}

json::Value readings(const History& history, const std::string& id) {
  json::Value out = json::Value::array();
  const EntityQuery everything;
  HistoryAsking asking;
  asking.query = &everything;
  asking.window.bounded = false, asking.window.most = 100'000'000;
  const auto answer = history.retrieve("", id, asking);
  if (!answer.ok()) return out;
  for (const HistoryEntity& e : answer->entities)
    for (const HistorySlice& slice : e.slices)
      for (const auto& past : slice.instances) out.push(past.instance.value.number());
  return out;
}

std::uint16_t port_of(const std::string& listen) { return static_cast<std::uint16_t>(std::atoi(listen.c_str() + listen.rfind(':') + 1)); }

}  // namespace

int main(int argc, char** argv) {
  if (argc != 6) return 2;
  const std::string folder = argv[1], mqtt_listen = argv[5];
  set_log_level(LogLevel::error);
  std::filesystem::create_directories(folder);
  const auto store = must(store::Store::open({.url = argv[2]}));
  std::vector<store::Migration> migrations = sql_migrations_audit();
  for (const auto& list : {journal_migrations(), sql_migrations_series(), history_migrations(), sql_migrations_ingest()}) migrations.insert(migrations.end(), list.begin(), list.end());
  must(store->migrate(migrations));
  const city::LoadReport report = city::load(argv[3], {entity_type_kind(), ingest::profile_kind()});
  for (const city::Fault& fault : report.faults) std::fprintf(stderr, "%s\n", city::to_line(fault).c_str());
  if (!report.city) return 1;
  const auto city = [&report] { return report.city; };

  SystemClock clock;
  vault::SystemRng rng;
  Contexts contexts{nullptr};
  audit::Audit audit(*store, clock);
  const bool tables = store->engine() == store::Engine::postgres;
  const auto entities = must(EntityStore::open(must(tables ? open_store_journal(*store) : open_file_journal(folder + "/entities")), clock, rng));
  const auto numbers = must(tables ? series::open_sql(*store) : series::open_files(folder + "/series"));
  const auto history = must(History::open(*store, *numbers, clock, rng));
  history->follow(*entities);
  const auto registry = must(ingest::Registry::open({*store, audit, clock, rng, city, [](const identity::Principal&, std::string_view, std::string_view) { return true; }}));
  const auto inbox = must(ingest::Inbox::open(*store, rng, {.of_device = 1'000'000}));
  ingest::Ingest taking({*registry, *inbox, *entities, *history, *numbers, contexts, clock, city});
  taking.start();
  ingest::MqttDoor door(taking, clock);

  http::Router router;
  ingest::add_device_routes(router, taking, clock);
  router.get("/check/{device}", http::RouteOptions{.permission = "public", .object = "none"}, [&](http::Request& request) {
    must(history->settle());
    const std::string device(request.param("device")), id = "urn:ngsi-ld:KillTest:" + device;
    json::Value out = json::Value::object({{"readings", readings(*history, id)}, {"misfits", inbox->waiting(device)}});
    if (const EntityPtr entity = entities->get("", id)) out.set("now", entity->attributes[0].instances[0].value.number());
    return http::json(out);
  });
  metrics::Registry metrics;
  http::ServerOptions options;
  options.listen = argv[4], options.spool_dir = folder + "/spool", options.access_log = false, options.rate_scale = 0;
  const auto server = must(http::Server::create(options, router, clock, metrics));
  must(server->start());
  MqttServerOptions mqtt_options;
  mqtt_options.listen = {{mqtt_listen.substr(0, mqtt_listen.rfind(':')), port_of(mqtt_listen), nullptr}};
  mqtt_options.folder = folder + "/mqtt";
  const auto mqtt = must(MqttServer::start(mqtt_options, door, &door, clock, rng));

  std::printf("ready\n");
  std::fflush(stdout);
  const identity::Principal nobody{.kind = identity::PrincipalKind::staff, .public_id = "test"};
  for (std::string line; std::getline(std::cin, line);) {
    std::istringstream words(line);
    ingest::DeviceForm form;
    words >> form.id >> form.profile;
    form.name = form.id;
    std::string key = "-";
    if (!registry->find(form.id)) {
      must(registry->create(form, nobody, ""));
      key = must(registry->make_key(form.id, "", 0, nobody, ""));
    }
    std::printf("%s %s\n", form.id.c_str(), key.c_str());
    std::fflush(stdout);
  }
  mqtt->stop();
  server->stop();
  server->wait();
  history->end_following();
  return 0;
}
