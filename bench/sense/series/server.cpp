// The server of bench/sense/series/run: the line protocol door on a store of files, and nothing else. POST /compact flushes and compacts; GET /stats.
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "base/time.h"
#include "platform/http/http.h"
#include "platform/http/server.h"
#include "platform/metrics/metrics.h"
#include "sense/series/door/line_door.h"

int main(int argc, char** argv) {
  using namespace machiya;
  std::string folder;
  http::ServerOptions options;
  options.access_log = false;   // as the peer
  options.rate_scale = 0;
  options.listen = "127.0.0.1:0";
  options.io_threads = 1, options.workers = 4;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string name = argv[i];
    if (name == "--listen") options.listen = argv[i + 1];
    else if (name == "--folder") folder = argv[i + 1];
    else if (name == "--workers") options.workers = std::atoi(argv[i + 1]);
    else return std::fprintf(stderr, "series_server --folder DIR [--listen A] [--workers N]\n"), 2;
  }
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  auto store = sense::series::open_files(folder);
  if (!store.ok()) return std::fprintf(stderr, "%s\n", store.error().to_string().c_str()), 1;
  SystemClock clock;
  http::Router router;
  metrics::Registry metrics;
  http::RouteOptions route;
  route.permission = "public", route.body_limit = 32u << 20, route.rate_per_minute = 0, route.csrf = false;
  sense::series::add_line_route(router, "/write", route, **store, "", clock);
  router.post("/compact", route, [&](http::Request& request) {
    auto done = (*store)->compact();
    return done.ok() ? http::text("done\n") : http::problem(done.error(), request);
  });
  router.get("/stats", {}, [&](http::Request&) {
    const auto s = (*store)->stats();
    return http::text("points " + std::to_string(s.points) + "\nsyncs " + std::to_string(s.syncs) + "\nbatches " + std::to_string(s.batches) + "\nseries " + std::to_string(s.series) + "\nsegments " +
                      std::to_string(s.segments) + "\nsegment_bytes " + std::to_string(s.segment_bytes) + "\nlog_bytes " + std::to_string(s.log_bytes) + "\nname_bytes " +
                      std::to_string(s.catalogue_bytes) + "\n");
  });
  auto server = http::Server::create(options, router, clock, metrics);
  if (!server.ok()) return std::fprintf(stderr, "%s\n", server.error().to_string().c_str()), 1;
  if (auto started = (*server)->start(); !started.ok()) return std::fprintf(stderr, "%s\n", started.error().to_string().c_str()), 1;
  std::printf("%s\n", (*server)->address().c_str());
  std::fflush(stdout);
  int signal = 0;
  sigwait(&signals, &signal);
  (*server)->stop();
  (*store)->close();
}
