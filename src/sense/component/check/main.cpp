// broker_server LISTEN FOLDER [STORE-URL] [CONTEXT-MAP] [ORIGIN…]: the context broker alone, until standard input ends. Prints the address that it listens on. It calls these origins on this
// machine (http://127.0.0.1:8001) and nobody else.
#include <cstdio>
#include <filesystem>

#include "platform/http/server.h"
#include "platform/metrics/metrics.h"
#include "platform/vault/vault.h"
#include "sense/component/sensing.h"

using namespace machiya;

namespace {

int fail(const Error& error) {
  std::fprintf(stderr, "%s\n", error.to_string().c_str());
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) return fail(Error(ErrorCode::invalid_input, "broker_server LISTEN FOLDER [STORE-URL] [CONTEXT-MAP] [ORIGIN…]"));
  const std::string folder = argv[2];
  std::filesystem::create_directories(folder);
  auto store = store::Store::open({.url = argc > 3 && argv[3][0] ? argv[3] : "sqlite:" + folder + "/machiya.db"});
  if (!store.ok()) return fail(store.error());
  if (auto done = (*store)->migrate(sense::Sensing::migrations()); !done.ok()) return fail(done.error());
  sense::Sensing::Options options;
  options.folder = folder + "/sense";
  outbound::Options door_options{.http_on_loopback = true};
  for (int i = 5; i < argc; ++i) door_options.rules.push_back({argv[i], true});
  auto door = outbound::Outbound::create(std::move(door_options));
  if (!door.ok()) return fail(door.error());
  options.door = door->get();
  if (argc > 4 && argv[4][0]) {
    auto files = sense::read_context_map(argv[4]);
    if (!files.ok()) return fail(files.error());
    options.context_files = std::move(*files);
  }
  SystemClock clock;
  vault::SystemRng rng;
  metrics::Registry metrics;
  http::Router router;
  auto sensing = sense::Sensing::open(**store, options, clock, rng);
  if (!sensing.ok()) return fail(sensing.error());
  (*sensing)->add_routes(router, "public", "public");
  (*sensing)->start();
  http::ServerOptions server_options;
  server_options.listen = argv[1], server_options.spool_dir = folder + "/spool", server_options.access_log = false, server_options.rate_scale = 0;
  auto server = http::Server::create(server_options, router, clock, metrics);
  if (!server.ok()) return fail(server.error());
  if (auto started = (*server)->start(); !started.ok()) return fail(started.error());
  std::printf("http://%s\n", (*server)->address().c_str());
  std::fflush(stdout);
  while (std::getchar() != EOF) {
  }
  (*server)->stop();
  (*server)->wait();
  return 0;
}
