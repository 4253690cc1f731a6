// A register of a million rows: imports, lists, saves by 64 people at once, an import beside them.
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <iostream>

#include "base/log.h"
#include "bench/registers/bench.h"

namespace machiya::registers::bench {

double ms_since(std::chrono::steady_clock::time_point t) { return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - t).count(); }

std::string quantiles(std::vector<double> v) {
  if (v.empty()) return "nothing measured";
  std::sort(v.begin(), v.end());
  const auto at = [&](double q) { return v[std::min(v.size() - 1, static_cast<std::size_t>(q * static_cast<double>(v.size())))]; };
  char text[120];
  std::snprintf(text, sizeof text, "p50 %.1f, p95 %.1f, p99 %.1f, max %.1f ms, n %zu", at(0.5), at(0.95), at(0.99), v.back(), v.size());
  return text;
}

void give_up(const Error& e) {
  std::cerr << e.to_string() << "\n";
  std::exit(1);
}

namespace {

void run(const Wanted& wanted) {
  std::cout << (wanted.url.empty() ? "SQLite" : "PostgreSQL") << ", " << wanted.rows << " rows" << std::endl;
  Bench bench(wanted);
  const auto part = [&](const char* name) { return wanted.only.empty() || wanted.only == name; };
  if (part("lists")) lists(bench);
  if (part("charts")) charts(bench);
  if (part("saves")) saves(bench);
  if (part("import")) import_beside(bench);
}

/// On databases of its own that are gone afterwards.
void run_fresh(Wanted wanted, const std::string& engine) {
  for (const auto one : {store::Engine::sqlite, store::Engine::postgres}) {
    if (engine != "both" && engine != (one == store::Engine::sqlite ? "sqlite" : "postgres")) continue;
    const auto database = store::testing::make_database(one);
    wanted.folder = database->folder();
    wanted.url = one == store::Engine::sqlite ? "" : database->url();
    run(wanted);
  }
}

}  // namespace
}  // namespace machiya::registers::bench

int main(int argc, char** argv) {
  machiya::registers::bench::Wanted wanted;
  std::string engine = "both";
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string key = argv[i];
    if (key == "--rows") wanted.rows = std::atoll(argv[i + 1]);
    else if (key == "--engine") engine = argv[i + 1];
    else if (key == "--seconds") wanted.seconds = std::atoi(argv[i + 1]);
    else if (key == "--pause-ms") wanted.pause_ms = std::atoi(argv[i + 1]);
    else if (key == "--times") wanted.times = std::atoi(argv[i + 1]);
    else if (key == "--beside") wanted.beside = std::atoll(argv[i + 1]);
    else if (key == "--folder") wanted.folder = argv[i + 1];
    else if (key == "--store") wanted.url = argv[i + 1];
    else if (key == "--kind") wanted.kind = argv[i + 1];
    else if (key == "--only") wanted.only = argv[i + 1];
    else return std::cerr << "usage: registers_bench [--rows N] [--engine sqlite|postgres|both] [--seconds N] [--pause-ms N] [--times N] [--beside N]\n"
                             "                       [--only fill|lists|charts|saves|import] [--kind WORD] [--folder DIR [--store postgresql://…]]\n", 2;
  }
  machiya::set_log_level(machiya::LogLevel::warn);
  if (wanted.folder.empty()) machiya::registers::bench::run_fresh(wanted, engine);
  else machiya::registers::bench::run(wanted);
}
