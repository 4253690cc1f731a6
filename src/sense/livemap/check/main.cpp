// livemap_server LISTEN ROOT FOLDER COUNT: live maps of a small city with so many parkings, until standard input ends. ROOT is the repository (web, wards),
// FOLDER an empty one. Prints the address that it listens on. POST /check/entity?id=&lat=&lon=&free=&state= changes one, or makes it; DELETE takes it away.
#include <cstdio>
#include <cstdlib>

#include "platform/http/hub.h"
#include "platform/http/server.h"
#include "platform/locale/locale.h"
#include "platform/metrics/metrics.h"
#include "platform/pages/assets.h"
#include "platform/pages/pages.h"
#include "platform/vault/vault.h"
#include "sense/access/access.h"
#include "sense/broker/entity_store.h"
#include "sense/broker/journal.h"
#include "sense/entities/read.h"
#include "sense/history/history.h"
#include "sense/livemap/livemap_sample.h"
#include "sense/livemap/places_samples.h"
#include "sense/livemap/web.h"

namespace machiya {
std::vector<store::Migration> sql_migrations_series();
}

using namespace machiya;
using namespace machiya::sense;

namespace {

int fail(const Error& error) {
  std::fprintf(stderr, "%s\n", error.to_string().c_str());
  return 1;
}

std::string body_of(const std::string& id, double lat, double lon, int free, const std::string& state) {
  const std::string number = id.substr(id.rfind(':') + 1);
  return R"({"id":")" + id + R"(","type":"TestParking","name":"駐輪場 )" + number + R"(","location":{"type":"GeoProperty","value":{"type":"Point","coordinates":[)" + std::to_string(lon) + "," + std::to_string(lat) +
         R"(]}},"spaces":)" + std::to_string(free + 20) + R"(,"free":)" + std::to_string(free) + R"(,"state":")" + state + R"(","keeper":"管理者)" + id.substr(id.size() - 1) + "\"}";
}

EntityStore::Make putting(Contexts& contexts, std::string text) {
  return [&contexts, text = std::move(text)](const EntityPtr& current, const ChangeContext& context) -> Result<Change> {
    tree::Arena arena;
    MACHIYA_TRY(const auto body, tree::parse(text, arena));
    MACHIYA_TRY(const auto draft, read_entity(body, BodyOf::append, *contexts.core(), arena));
    return current ? append_attributes(current, draft, false, context) : create_entity(draft, context);
  };
}

std::string asked(const http::Request& request, std::string_view name, const char* otherwise) { return std::string(request.query(name).value_or(otherwise)); }

http::RouteOptions open() {
  http::RouteOptions out;
  out.permission = "public", out.object = "none", out.csrf = false;
  return out;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 5) return fail(Error(ErrorCode::invalid_input, "livemap_server LISTEN ROOT FOLDER COUNT"));
  const std::string root = argv[2], folder = argv[3];
  city::TestFolder files;
  livemap::testing::write_city(files, root);
  const auto report = files.load({entity_type_kind(), livemap::map_kind()});
  if (!report.city) return fail(Error(ErrorCode::definition_error, city::to_line(report.faults.front())));
  const std::shared_ptr<const city::City> city = report.city;
  SystemClock clock;
  vault::SystemRng rng;
  auto store = store::Store::open({.url = "sqlite:" + folder + "/machiya.db"});
  if (!store.ok()) return fail(store.error());
  auto migrations = history_migrations();
  for (const auto& one : sql_migrations_series()) migrations.push_back(one);
  if (auto done = (*store)->migrate(migrations); !done.ok()) return fail(done.error());
  auto journal = open_file_journal(folder + "/broker");
  if (!journal.ok()) return fail(journal.error());
  auto entities = EntityStore::open(std::move(*journal), clock, rng);
  auto numbers = series::open_files(folder + "/series");
  if (!entities.ok() || !numbers.ok()) return fail(entities.ok() ? numbers.error() : entities.error());
  auto history = History::open(**store, **numbers, clock, rng);
  if (!history.ok()) return fail(history.error());
  (*history)->follow(**entities);
  Contexts contexts{nullptr};
  http::Hub hub;
  livemap::Livemap maps({**entities, history->get(), clock, [city] { return city; }, nullptr, nullptr, [&hub](std::string_view topic, std::string_view cell) { hub.publish(topic, "changed", cell); }});

  livemap::testing::Places places;
  std::vector<EntityStore::Item> items;
  for (int i = 0; i < std::atoi(argv[4]); ++i) {
    const std::string id = "urn:ngsi-ld:TestParking:" + std::to_string(i);
    const Position at = places.next();
    items.push_back({id, putting(contexts, body_of(id, at.lat, at.lon, places.below(3) == 0 ? places.below(10) : places.below(60), places.below(12) == 0 ? "closed" : "open"))});
  }
  for (const auto& done : (*entities)->write_all("", items))
    if (!done.ok()) return fail(done.error());

  auto texts = locale::Catalogue::load(root + "/web/locale");
  auto assets = pages::Assets::load({{"styles", root + "/web/styles"}, {"scripts", root + "/web/scripts"}, {"vendor", root + "/build/web/vendor"}});
  if (!texts.ok() || !assets.ok()) return fail(texts.ok() ? assets.error() : texts.error());
  auto templates = pages::Templates::load(root + "/web/templates", **texts, **assets);
  if (!templates.ok()) return fail(templates.error());
  Access access({.city = [city] { return city; }});
  livemap::Web web{maps, hub, **templates, **texts, clock};
  web.site_frame = [](const http::Request&) { return pages::Data().set("city_name", "大阪市").set("demo", true); };
  web.staff_frame = web.site_frame;
  web.visitor = [&access] { return access.gate({}); };
  web.gate = [](const http::Request&) -> Result<GatePtr> { return GatePtr(); };   // here whoever asks is staff who may read everything
  web.may = [](const identity::Principal&, std::string_view) { return true; };

  http::Router router;
  router.gate([](http::Request& request, const http::Route&) -> std::optional<http::Response> {
    const std::string lang = asked(request, "lang", "ja");
    request.lang = locale::is_language(lang) ? lang : "ja";
    return std::nullopt;
  });
  router.finisher([](const http::Request&, http::Response& response) { response.header("Content-Security-Policy", std::string(pages::kContentSecurityPolicy)); });
  livemap::add_routes(router, web);
  router.get("/static/{path*}", open(), [&](http::Request& request) {
    const pages::Asset* asset = (*assets)->find(request.param("path"));
    return asset == nullptr ? http::problem(ErrorCode::not_found, request) : http::text(asset->body, asset->content_type);
  });
  router.post("/check/entity", open(), [&](http::Request& request) {
    const std::string id = asked(request, "id", "");
    const auto done = (*entities)->write("", id, putting(contexts, body_of(id, std::atof(asked(request, "lat", "34.7").c_str()), std::atof(asked(request, "lon", "135.5").c_str()), std::atoi(asked(request, "free", "5").c_str()), asked(request, "state", "open"))));
    return done.ok() ? http::text("ok\n") : http::problem(done.error(), request);
  });
  router.add(http::Method::del, "/check/entity", open(), [&](http::Request& request) {
    const auto done = (*entities)->write("", asked(request, "id", ""), [](const EntityPtr& current, const ChangeContext&) -> Result<Change> {
      return current ? Result<Change>(delete_entity(current)) : Result<Change>(Error(ErrorCode::not_found, "no such entity"));
    });
    return done.ok() ? http::text("ok\n") : http::problem(done.error(), request);
  });
  metrics::Registry metrics;
  http::ServerOptions options;
  options.listen = argv[1], options.spool_dir = folder + "/spool", options.access_log = false, options.rate_scale = 0;
  auto server = http::Server::create(options, router, clock, metrics);
  if (!server.ok()) return fail(server.error());
  if (auto started = (*server)->start(); !started.ok()) return fail(started.error());
  maps.start();
  std::printf("http://%s\n", (*server)->address().c_str());
  std::fflush(stdout);
  while (std::getchar() != EOF) {
  }
  maps.close();
  (*server)->stop();
  (*server)->wait();
  (*history)->end_following();
  entities->reset();   // its followers end before what they call
  return 0;
}
