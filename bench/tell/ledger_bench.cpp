// How fast a message to everybody becomes rows of the ledger, and how long each transaction is.
//   ledger_bench URL [RECIPIENTS [fill]]: fills `reach` once (2.3 channels a person on average), places a message to everybody,
// makes its rows ("fill": not) and tells rows per second, the longest transactions and the memory of this process.
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "platform/vault/vault.h"
#include "tell/audiences/audiences.h"
#include "tell/ledger/contents.h"
#include "tell/ledger/ledger.h"

namespace machiya::tell {
namespace {
using Clock = std::chrono::steady_clock;
double seconds_since(Clock::time_point t) { return std::chrono::duration<double>(Clock::now() - t).count(); }

/// Channel shares add up to 2.3: LINE 0.8, mail 0.6, push 0.5, SMS 0.4; languages: Japanese 0.95, the others 0.01 each.
Result<void> fill(store::Store& store, std::int64_t people) {
  constexpr std::int64_t kStep = 20'000;
  const std::string numbers = store.engine() == store::Engine::sqlite
                                  ? "WITH RECURSIVE n(i) AS (SELECT :from UNION ALL SELECT i + 1 FROM n WHERE i + 1 < :to) "
                                  : "WITH n(i) AS (SELECT * FROM generate_series(CAST(:from AS BIGINT), CAST(:to AS BIGINT) - 1)) ";
  for (std::int64_t from = 1; from <= people; from += kStep) {
    auto done = store.write([&](store::Tx& tx) {
      return tx.execute(numbers +
                            "INSERT INTO reach (recipient, channel, topics, lang, profile, rank) SELECT n.i, c.channel, 9223372036854775807,"
                            " CASE WHEN n.i % 100 < 95 THEN 0 ELSE n.i % 100 - 94 END, 1, 0 FROM n JOIN (SELECT 0 AS channel, 80 AS share UNION ALL SELECT 1, 60"
                            " UNION ALL SELECT 2, 50 UNION ALL SELECT 3, 40) c ON (n.i * 7919 + c.channel * 31) % 100 < c.share",
                        {{"from", from}, {"to", std::min(from + kStep, people + 1)}});
    });
    if (!done.ok()) return std::move(done).error();
  }
  return {};
}

int fail(const Error& error) {
  std::fprintf(stderr, "%s\n", error.to_string().c_str());
  return 1;
}

int run(const std::string& url, std::int64_t people, bool fill_only) {
  store::Options options;
  options.url = url;
  auto store = store::Store::open(options);
  if (!store.ok()) return fail(store.error());
  for (const auto& list : {vault::Vault::migrations(), Audiences::migrations(), Ledger::migrations()})
    if (auto done = (*store)->migrate(list); !done.ok()) return fail(done.error());
  SystemClock clock;
  vault::SystemRng rng;
  Ledger ledger(**store, clock, rng);
  auto start = Clock::now();
  if (auto filled = fill(**store, people); !filled.ok()) return fail(filled.error());
  std::printf("filled in %.1f s\n", seconds_since(start));
  if (fill_only) return 0;

  Order order;
  order.public_id = new_public_id(rng), order.start = clock.now();
  order.contents = to_json({{"ja", {"ja", "t", "b"}}});
  auto placed = (*store)->write([&](store::Tx& tx) { return ledger.place(tx, order); });
  if (!placed.ok()) return fail(placed.error());
  auto lease = (*store)->write([&](store::Tx& tx) { return store::take_lease(tx, clock, "tell-expander", "bench", 3'600 * kSecond); });
  std::vector<double> work, whole;
  std::int64_t rows = 0;
  start = Clock::now();
  while (true) {
    const auto began = Clock::now();
    auto step = ledger.expand(**lease);
    if (!step.ok()) return fail(step.error());
    if (!*step) break;
    rows += (*step)->rows;
    work.push_back(static_cast<double>((*step)->work_us) / 1000), whole.push_back(seconds_since(began) * 1000);
  }
  const double took = seconds_since(start);
  std::sort(work.begin(), work.end()), std::sort(whole.begin(), whole.end());
  const auto at = [](const std::vector<double>& v, double q) { return v[std::min(v.size() - 1, static_cast<std::size_t>(q * static_cast<double>(v.size())))]; };
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  std::printf("people %lld rows %lld seconds %.1f rows/s %.0f transactions %zu\n", static_cast<long long>(people), static_cast<long long>(rows), took, static_cast<double>(rows) / took, work.size());
  std::printf("inside a transaction ms: p50 %.1f p99 %.1f max %.1f; with its commit: p50 %.1f p99 %.1f max %.1f; memory %ld MB\n", at(work, .5), at(work, .99), work.back(), at(whole, .5),
              at(whole, .99), whole.back(), usage.ru_maxrss / 1024);
  return 0;
}

}  // namespace
}  // namespace machiya::tell

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: ledger_bench URL [RECIPIENTS [fill]]\n");
    return 2;
  }
  return machiya::tell::run(argv[1], argc > 2 ? std::atoll(argv[2]) : 2'750'000, argc > 3);
}
