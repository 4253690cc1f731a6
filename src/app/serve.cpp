// `machiya serve`: opens the house, listens, reloads on SIGHUP, drains on SIGTERM, hands over to the next process.
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <cstdio>
#include <thread>

#include "app/command.h"
#include "app/demonstration.h"
#include "app/furniture.h"
#include "app/house.h"
#include "app/server_process.h"
#include "ask/cases/seed.h"
#include "ask/records/records_dao.h"
#include "ask/registers/seed.h"
#include "base/log.h"
#include "platform/http/http.h"
#include "platform/http/server.h"
#include "platform/http/tls.h"
#include "platform/metrics/metrics.h"
#include "platform/worker/sandbox.h"

namespace machiya::app {
namespace {

/// A second listener in the clear that only sends on to the address of the city, whatever host was asked for.
struct Redirect {
  http::Router router;
  std::unique_ptr<http::Server> server;

  Result<void> start(const Settings& s, const Clock& clock, metrics::Registry& metrics) {
    router.finisher([base = s.base_url](const http::Request& request, http::Response& response) {
      response = http::Response{};
      response.status = 308;
      response.header("Location", base + (request.target.rfind('/', 0) == 0 ? request.target : "/"));
    });
    http::ServerOptions o = server_options(s);
    o.listen = s.tls_redirect_listen;
    o.workers = 2;
    o.io_threads = 1;
    o.handover_socket = s.data + "/redirect.sock";
    MACHIYA_TRY(server, http::Server::create(o, router, clock, metrics));
    return server->start();
  }
};

/// The certificate, when there is one; read again on SIGHUP.
Result<std::shared_ptr<http::TlsContext>> open_tls(const Settings& s) {
  if (s.tls_cert.empty()) return std::shared_ptr<http::TlsContext>();
  return http::TlsContext::load(s.tls_cert, s.tls_key);
}

void reload_tls(http::TlsContext& tls) {
  const auto done = tls.reload();
  log(done.ok() ? LogLevel::info : LogLevel::error, done.ok() ? "tls-reloaded" : "tls-not-reloaded", {{"why", done.ok() ? "" : done.error().to_string()}});
}

void print_addresses(const Settings& settings, const std::string& address, const city::City& city) {
  std::printf("町家 Machiya: %s\n", city.name().in("ja").c_str());
  const char* scheme = settings.tls_cert.empty() ? "http" : "https";
  for (const auto& [who, path] : {std::pair{"citizens   ", ""}, {"initiatives", "initiatives"}, {"staff      ", "staff/login"}})
    std::printf("  %s %s://%s/%s\n", who, scheme, address.c_str(), path);
  if (settings.demonstration) {
    std::printf("Demonstration (loopback only; not an official site). Citizens: any e-mail address, the code is shown on the page.\n");
    std::printf("Staff (password \"%s\", the TOTP code is shown on the log-in page):\n", std::string(kDemonstrationPassword).c_str());
    for (const auto& account : demonstration_accounts(city)) std::printf("  %-24s %s\n", account.name.c_str(), account.display.c_str());
  }
  std::fflush(stdout);
}

/// Registers that hold no row yet get some.
int seed_registers(House& home) {
  const auto report = home.seed_registers();
  if (!report.ok()) return complain("the registers of the demonstration could not be seeded: " + report.error().to_string());
  if (report->registers > 0)
    std::fprintf(stderr, "seeded %d registers with %d rows: %d steps of workflows, %d rows skipped%s\n", report->registers, report->rows, report->steps, report->skipped,
                 report->first_problem.empty() ? "" : (" (" + report->first_problem + ")").c_str());
  return kDone;
}

/// Bicycle parkings whose counters report.
int seed_counters(House& home) {
  const bool terminal = isatty(2) == 1;
  const auto sent = home.seed_counters([terminal](std::int64_t done, std::int64_t all) {
    if (terminal) std::fprintf(stderr, "\rseeding counters of bicycle parkings: %d of %d", static_cast<int>(done), static_cast<int>(all));
  });
  if (!sent.ok()) return complain("the counters of the demonstration could not be seeded: " + sent.error().to_string());
  if (*sent > 0) std::fprintf(stderr, "%sseeded %lld counts of bicycle parkings\n", terminal ? "\r" : "", static_cast<long long>(*sent));
  return kDone;
}

/// Recipients of messages, once a database.
int seed_recipients(House& home, std::int64_t people) {
  const bool terminal = isatty(2) == 1;
  const auto made = home.seed_recipients(people, [terminal](std::int64_t done, std::int64_t all) {
    if (terminal) std::fprintf(stderr, "\rseeding recipients of messages %3d %%", static_cast<int>(100 * done / all));
  });
  if (!made.ok()) return complain("the recipients of the demonstration could not be seeded: " + made.error().to_string());
  if (*made > 0) std::fprintf(stderr, "%sseeded %lld recipients of messages\n", terminal ? "\r" : "", static_cast<long long>(*made));
  return kDone;
}

/// Once a database: a second start finds the cases there.
int seed_demonstration(House& home) {
  auto present = home.store().read([](store::ReadTx& tx) {
    records::ListFilter any;
    any.open_only = false;
    any.limit = 1;
    return records::list_records(tx, any);
  });
  if (!present.ok()) return complain(present.error().to_string());
  if (!present->empty()) return kDone;
  const bool terminal = isatty(2) == 1;
  auto report = home.seed(5000, [terminal](int done, int all) {
    if (terminal) std::fprintf(stderr, "\rseeding residents and cases %3d %% (%d of %d)", 100 * done / all, done, all);
  });
  if (!report.ok()) return complain("the demonstration could not be seeded: " + report.error().to_string());
  std::fprintf(stderr, "%sseeded %d cases: %d decided, %d in correction, %d skipped%s\n", terminal ? "\r" : "", report->cases, report->decided,
               report->in_correction, report->skipped, report->first_problem.empty() ? "" : (" (" + report->first_problem + ")").c_str());
  return kDone;
}

}  // namespace

int serve(const Arguments& arguments) {
  const sigset_t signals = block_signals();
  if (auto closed = worker::forbid_memory_dumps(); !closed.ok()) return complain(closed.error().to_string());
  auto settings = settings_from(arguments);
  if (!settings) return complain(settings.error().to_string(), kUsage);
  auto furniture = load_furniture(*settings);
  if (!furniture) return complain(furniture.error().to_string());

  http::ServerOptions options = server_options(*settings);
  auto tls = open_tls(*settings);
  if (!tls) return complain(tls.error().to_string());
  options.tls = *tls;
  auto inherited = http::take_over(options.handover_socket);
  if (!inherited) return complain("the running server did not hand over: " + inherited.error().to_string());
  options.inherited = std::move(*inherited);

  auto house = House::open(*settings, *furniture);
  if (!house) return complain(house.error().to_string());
  House& home = **house;
  if (arguments.has("demo"))
    for (const auto seed : {seed_demonstration, seed_registers, seed_counters})
      if (int code = seed(home); code != kDone) return code;
  if (arguments.has("demo") || arguments.has("recipients")) {
    const std::int64_t people = arguments.has("recipients") ? std::atoll(arguments.value("recipients").c_str()) : 5'000;
    if (int code = seed_recipients(home, people); code != kDone) return code;
  }

  auto server = http::Server::create(options, home.router(), home.clock(), home.metrics());
  if (!server) return complain(server.error().to_string());
  (*server)->on_handover([&] { home.yield_writer(); });
  home.start();
  if (auto started = (*server)->start(); !started.ok()) return complain("cannot listen on " + settings->listen + ": " + started.error().to_string());
  metrics::Registry redirect_metrics;   // its own: the same names would count twice
  Redirect redirect;
  if (!settings->tls_redirect_listen.empty())
    if (auto started = redirect.start(*settings, home.clock(), redirect_metrics); !started.ok()) return complain("cannot listen on " + settings->tls_redirect_listen + ": " + started.error().to_string());
  print_addresses(*settings, (*server)->address(), *home.city().current());

  std::thread watcher([&] {
    for (int signal = 0; sigwait(&signals, &signal) == 0;) {
      if (signal != SIGHUP) break;
      if (options.tls) reload_tls(*options.tls);
      home.reload();
    }
    (*server)->stop();
  });
  (*server)->wait();
  // After a hand-over nobody has sent a signal: wake the watcher so that it ends.
  pthread_kill(watcher.native_handle(), SIGTERM);
  watcher.join();
  if (redirect.server) redirect.server->stop();
  home.stop();
  home.store().close();
  log(LogLevel::info, "stopped", {});
  return kDone;
}

}  // namespace machiya::app
