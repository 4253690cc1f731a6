// `machiya broker`: the context broker alone, for systems that speak NGSI-LD and for conformance suites. Nobody logs in here: it listens on loopback, and
// elsewhere only when --open says that everybody who reaches it may read and write.
#include <pthread.h>

#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <filesystem>
#include <mutex>
#include <thread>

#include "app/command.h"
#include "app/doors.h"
#include "app/house.h"
#include "app/server_process.h"
#include "base/log.h"
#include "platform/metrics/metrics.h"
#include "platform/vault/vault.h"
#include "sense/component/sensing.h"

namespace machiya::app {
namespace {

/// What has expired goes, and the log is cut: once a minute, on a thread of its own.
class Upkeep {
 public:
  explicit Upkeep(sense::Sensing& sensing) : sensing_(sensing), thread_([this] { run(); }) {}
  ~Upkeep() { end(); }
  void end() {
    {
      std::lock_guard guard(mutex_);
      ended_ = true;
    }
    wakes_.notify_all();
    if (thread_.joinable()) thread_.join();
  }

 private:
  void run() {
    std::unique_lock guard(mutex_);
    while (!wakes_.wait_for(guard, std::chrono::minutes(1), [this] { return ended_; }))
      if (auto done = sensing_.tend(); !done.ok()) log(LogLevel::warn, "broker-not-tended", {{"why", done.error().to_string()}});
  }
  sense::Sensing& sensing_;
  std::mutex mutex_;
  std::condition_variable wakes_;
  bool ended_ = false;
  std::thread thread_;   // last: it uses the others
};

}  // namespace

int broker(const Arguments& arguments) {
  const sigset_t signals = block_signals();
  auto settings = settings_from(arguments);
  if (!settings) return complain(settings.error().to_string(), kUsage);
  if (!is_loopback(settings->listen) && !arguments.has("open")) return complain("the broker listens beyond this machine only with --open: nobody logs in to it", kUsage);
  std::error_code made;
  std::filesystem::create_directories(settings->data, made);
  auto store = open_store(*settings);
  if (!store) return complain(store.error().to_string());
  if (auto done = (*store)->migrate(sense::Sensing::migrations()); !done.ok()) return complain(done.error().to_string());

  // Beside its subscribers on one machine it needs no list of them; a broker that others reach must not be made to call what listens inside.
  settings->outbound_this_machine = is_loopback(settings->listen) && !arguments.has("open");
  auto door = door_out(*settings);
  if (!door) return complain(door.error().to_string(), kUsage);
  auto streams = streams_out(*settings);
  if (!streams) return complain(streams.error().to_string(), kUsage);
  sense::Sensing::Options sensing_options;
  sensing_options.folder = settings->data + "/sense", sensing_options.door = door->get(), sensing_options.streams = streams->get();
  if (arguments.has("context-map")) {
    auto files = sense::read_context_map(arguments.value("context-map"));
    if (!files) return complain(files.error().to_string(), kUsage);
    sensing_options.context_files = std::move(*files);
  }
  SystemClock clock;
  vault::SystemRng rng;
  metrics::Registry metrics;
  http::Router router;
  auto sensing = sense::Sensing::open(**store, sensing_options, clock, rng);
  if (!sensing) return complain(sensing.error().to_string());
  (*sensing)->add_routes(router, "public", "public");
  (*sensing)->start();

  auto server = http::Server::create(server_options(*settings), router, clock, metrics);
  if (!server) return complain(server.error().to_string());
  if (auto started = (*server)->start(); !started.ok()) return complain("cannot listen on " + settings->listen + ": " + started.error().to_string());
  std::printf("NGSI-LD: http://%s/ngsi-ld/v1\n", (*server)->address().c_str());
  std::fflush(stdout);
  Upkeep upkeep(**sensing);
  std::thread watcher([&] {
    int signal = 0;
    while (sigwait(&signals, &signal) == 0 && signal == SIGHUP) {
    }
    (*server)->stop();
  });
  (*server)->wait();
  pthread_kill(watcher.native_handle(), SIGTERM);
  watcher.join();
  upkeep.end();
  sensing->reset();
  (*store)->close();
  log(LogLevel::info, "stopped", {});
  return kDone;
}

}  // namespace machiya::app
