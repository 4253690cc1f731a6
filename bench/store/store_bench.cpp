// Durable writes of many threads: one row of 400 bytes, one outbox row, as a submission does it; then reads, read-audit rows
// and, on PostgreSQL, the isolation level that writes pay for.
//   store_bench URL [--threads N] [--seconds S] [--mode write|mixed|read|audit|counter] [--rate N]
#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "base/log.h"
#include "platform/audit/audit.h"
#include "platform/events/events.h"
#include "platform/store/store.h"

namespace machiya::bench {
namespace {

using Time = std::chrono::steady_clock;

const std::vector<store::Migration> kSchema{{"bench", 1, "bench",
    "CREATE TABLE bench_case (id ID, person INT NOT NULL, body TEXT NOT NULL, at_us TS NOT NULL);"
    "CREATE TABLE bench_counter (id INT PRIMARY KEY, n INT NOT NULL);", ""}};

struct Settings {
  std::string url, mode = "write";
  int threads = 64;
  double seconds = 4;
  int rate = 0;   ///< audit rows a second; 0: as fast as the queue takes them
};

/// Time of each call in microseconds, per thread.
class Latencies {
 public:
  explicit Latencies(int threads) : all_(static_cast<std::size_t>(threads)) {}
  std::vector<int>& of(int thread) { return all_[static_cast<std::size_t>(thread)]; }
  void print(const char* what, double seconds, double commits) {
    std::vector<int> merged;
    for (auto& v : all_) merged.insert(merged.end(), v.begin(), v.end());
    if (merged.empty()) return;
    std::sort(merged.begin(), merged.end());
    const auto at = [&](double q) { return merged[std::min(merged.size() - 1, static_cast<std::size_t>(q * static_cast<double>(merged.size())))] / 1000.0; };
    std::printf("%-8s %9.0f /s   p50 %6.2f   p95 %6.2f   p99 %6.2f   max %7.1f ms", what, static_cast<double>(merged.size()) / seconds,
                at(0.5), at(0.95), at(0.99), merged.back() / 1000.0);
    if (commits > 0) std::printf("   %.1f writes a commit", static_cast<double>(merged.size()) / commits);
    std::printf("\n");
  }

 private:
  std::vector<std::vector<int>> all_;
};

long resident_mb() {
  std::ifstream file("/proc/self/statm");
  long total = 0, resident = 0;
  file >> total >> resident;
  return resident * 4096 / 1'000'000;
}

/// Runs `call(thread, n)` on many threads for the given time.
template <class Call>
double run_threads(int threads, double seconds, Latencies& latencies, Call call) {
  std::atomic<bool> stop{false};
  std::vector<std::thread> pool;
  const auto start = Time::now();
  for (int t = 0; t < threads; ++t)
    pool.emplace_back([&, t] {
      for (int n = 0; !stop; ++n) {
        const auto before = Time::now();
        call(t, n);
        latencies.of(t).push_back(static_cast<int>(std::chrono::duration_cast<std::chrono::microseconds>(Time::now() - before).count()));
      }
    });
  std::this_thread::sleep_until(start + std::chrono::microseconds(static_cast<std::int64_t>(seconds * 1e6)));
  stop = true;
  for (auto& t : pool) t.join();
  return std::chrono::duration<double>(Time::now() - start).count();
}

void must(bool ok, const std::string& what) {
  if (ok) return;
  std::fprintf(stderr, "%s\n", what.c_str());
  std::exit(1);
}

class Bench {
 public:
  Bench(store::Store& store, const Settings& settings) : store_(store), settings_(settings), events_(store, clock_), audit_(store, clock_) {
    events_.declare({"bench.done.v1", "bench", {}, true});
    std::vector<store::Migration> all = audit::Audit::migrations();
    for (const auto& more : {events::Events::migrations(), kSchema}) all.insert(all.end(), more.begin(), more.end());
    const auto ready = store_.migrate(all);
    must(ready.ok(), ready.ok() ? "" : ready.error().to_string());
  }

  void writes(int readers) {
    const auto before = store_.stats();
    Latencies w(settings_.threads), r(readers);
    double seconds = 0, read_seconds = 0;
    std::thread reading([&] {
      if (readers) read_seconds = run_threads(readers, settings_.seconds, r, [&](int t, int n) { read_one(t, n); });
    });
    seconds = run_threads(settings_.threads, settings_.seconds, w, [&](int t, int n) { write_one(t * 1'000'000 + n); });
    reading.join();
    const auto after = store_.stats();
    w.print("writes", seconds, static_cast<double>(after.commits - before.commits));
    r.print("reads", read_seconds, 0);
    std::printf("retries %lld, failed %lld, RSS %ld MB\n", static_cast<long long>(after.retries - before.retries),
                static_cast<long long>(after.failed - before.failed), resident_mb());
  }
  void reads() {
    constexpr int kRows = 20'000;
    std::atomic<int> done{0};
    for (int i = 0; i < kRows; ++i)
      store_.write_later([this, i](store::Tx& tx) { return insert(tx, i); }, [&](Result<void> r) {
        must(r.ok(), "preloading failed");
        done += 1;
        done.notify_one();
      });
    for (int n = done; n < kRows; n = done) done.wait(n);
    Latencies r(settings_.threads);
    const double seconds = run_threads(settings_.threads, settings_.seconds, r, [&](int t, int n) { read_one(t, n); });
    r.print("reads", seconds, 0);
    std::printf("RSS %ld MB\n", resident_mb());
  }
  /// Read-audit rows: how many a second become durable and sealed.
  void audits() {
    audit_.start();
    Latencies a(settings_.threads);
    const auto start = Time::now();
    (void)run_threads(settings_.threads, settings_.seconds, a, [&](int t, int n) {
      if (settings_.rate) std::this_thread::sleep_until(start + std::chrono::microseconds(std::int64_t{1'000'000} * n * settings_.threads / settings_.rate));
      audit_.append_later({"staff:" + std::to_string(t), "case.read", "case:" + std::to_string(n % 1000), "decide", "req", {}});
    });
    const auto stopping = Time::now();
    audit_.stop();
    const double seconds = std::chrono::duration<double>(Time::now() - start).count();   // until all is durable and sealed
    std::printf("%.2f s from the last record until all were durable and sealed\n", std::chrono::duration<double>(Time::now() - stopping).count());
    a.print("audit", seconds, 0);
    const auto verdict = audit_.verify();
    must(verdict.ok() && verdict->intact && verdict->unsealed_tail == 0, "the chain is not intact");
    std::printf("sealed %lld, lost %lld, RSS %ld MB\n", static_cast<long long>(verdict->sealed), static_cast<long long>(audit_.lost()), resident_mb());
  }
  /// The worst case of isolation: every write raises one of a few counters.
  void counters() {
    Latencies w(settings_.threads);
    const auto before = store_.stats();
    const double seconds = run_threads(settings_.threads, settings_.seconds, w, [&](int t, int n) {
      auto done = store_.write([&](store::Tx& tx) -> Result<std::int64_t> {
        MACHIYA_TRY(const auto row, tx.query_one("INSERT INTO bench_counter (id, n) VALUES (:id, 1) ON CONFLICT (id)"
                                                 " DO UPDATE SET n = bench_counter.n + 1 RETURNING n", {{"id", (t + n) % 4}}));
        return row->integer(0);
      });
      if (!done.ok()) failed_ += 1;
    });
    w.print("counter", seconds, static_cast<double>(store_.stats().commits - before.commits));
    std::printf("retries %lld, given up %d\n", static_cast<long long>(store_.stats().retries - before.retries), failed_.load());
  }

 private:
  Result<void> insert(store::Tx& tx, int n) {
    auto done = tx.execute("INSERT INTO bench_case (person, body, at_us) VALUES (:person, :body, :at)",
                           {{"person", n}, {"body", body_}, {"at", clock_.now().us}});
    if (!done.ok()) return std::move(done).error();
    return events_.emit(tx, "bench.done.v1", std::to_string(n), json::Value::object({{"n", n}}));
  }
  void write_one(int n) {
    auto done = store_.write([&](store::Tx& tx) -> Result<bool> {
      MACHIYA_CHECK(insert(tx, n));
      return true;
    });
    must(done.ok(), done.ok() ? "" : done.error().to_string());
  }
  void read_one(int t, int n) {
    auto row = store_.read([&](store::ReadTx& tx) {
      return tx.query_one("SELECT person, body, at_us FROM bench_case WHERE id = :id", {{"id", 1 + (t * 7919 + n * 31) % 10'000}});
    });
    must(row.ok(), row.ok() ? "" : row.error().to_string());
  }

  store::Store& store_;
  const Settings& settings_;
  SystemClock clock_;
  events::Events events_;
  audit::Audit audit_;
  const std::string body_ = std::string(400, 'x');
  std::atomic<int> failed_{0};
};

int main(int argc, char** argv) {
  Settings settings;
  if (argc < 2) return std::fprintf(stderr, "usage: store_bench URL [--threads N] [--seconds S] [--mode write|mixed|read|audit|counter] [--rate N]\n"), 2;
  settings.url = argv[1];
  for (int i = 2; i + 1 < argc; i += 2) {
    const std::string key = argv[i];
    if (key == "--threads") settings.threads = std::atoi(argv[i + 1]);
    if (key == "--seconds") settings.seconds = std::atof(argv[i + 1]);
    if (key == "--mode") settings.mode = argv[i + 1];
    if (key == "--rate") settings.rate = std::atoi(argv[i + 1]);
  }
  set_log_level(LogLevel::warn);
  store::Options options;
  options.url = settings.url;
  auto opened = store::Store::open(options);
  must(opened.ok(), opened.ok() ? "" : opened.error().to_string());
  Bench bench(**opened, settings);
  if (settings.mode == "write") bench.writes(0);
  else if (settings.mode == "mixed") bench.writes(2);
  else if (settings.mode == "read") bench.reads();
  else if (settings.mode == "audit") bench.audits();
  else if (settings.mode == "counter") bench.counters();
  else return 2;
  return 0;
}

}  // namespace
}  // namespace machiya::bench

int main(int argc, char** argv) { return machiya::bench::main(argc, argv); }
