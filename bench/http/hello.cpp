// The server of bench/http/run: trivial handlers, so that only platform/http is measured.
#include <csignal>
#include <cstdio>
#include <cstdlib>

#include "platform/http/hub.h"
#include "platform/http/server.h"
#include "platform/metrics/metrics.h"

int main(int argc, char** argv) {
  using namespace machiya;
  std::string listen = "127.0.0.1:0";
  http::ServerOptions options;
  options.access_log = false;  // as in the peer's configuration
  options.rate_scale = 0;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string name = argv[i];
    if (name == "--listen") options.listen = argv[i + 1];
    else if (name == "--io") options.io_threads = std::atoi(argv[i + 1]);
    else if (name == "--workers") options.workers = std::atoi(argv[i + 1]);
    else return std::fprintf(stderr, "bench_http_hello [--listen A] [--io N] [--workers N]\n"), 2;
  }
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  http::Router router;
  http::Hub hub;
  metrics::Registry metrics;
  SystemClock clock;
  router.get("/hello.txt", {}, [](http::Request&) { return http::text("hello, world\n"); });
  router.get("/events", {}, [&](http::Request&) {
    http::Response r;
    r.events = hub.subscribe({"all"});
    return r;
  });
  auto server = http::Server::create(options, router, clock, metrics);
  if (!server.ok()) return 1;
  if (auto started = (*server)->start(); !started.ok()) return std::fprintf(stderr, "%s\n", started.error().to_string().c_str()), 1;
  std::printf("%s\n", (*server)->address().c_str());
  std::fflush(stdout);
  int signal = 0;
  sigwait(&signals, &signal);
  (*server)->stop();
  return 0;
}
