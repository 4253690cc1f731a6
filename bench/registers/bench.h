// A register of many rows for measuring: the service on SQLite or PostgreSQL with the settings that the server has.
#pragma once
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "ask/registers/testing.h"

namespace machiya::registers::bench {

struct Wanted {
  std::int64_t rows = 1'000'000;
  int seconds = 10;          ///< of each measurement of saves
  int pause_ms = 1000;       ///< that a person thinks between two saves, on average; 0: none
  int times = 100;           ///< of each kind of list
  std::int64_t beside = 100'000;   ///< rows of the import that runs beside the editors
  std::string folder;        ///< of the SQLite file and the master key; what is filled already is used again
  std::string url;           ///< of a PostgreSQL database; "": SQLite in `folder`
  std::string kind;          ///< only lists whose name has this
  std::string only;          ///< "fill", "lists", "charts", "saves", "import"; "": all of them
};

/// The service over one open database, filled up to the wanted rows.
struct Bench {
  explicit Bench(const Wanted& wanted);
  const Register& trees() const { return hall->reg("bench-trees"); }

  Wanted wanted;
  SystemClock clock;
  vault::SystemRng rng;
  std::unique_ptr<store::Store> store;
  std::unique_ptr<testing::Hall> hall;
  identity::Principal who = testing::staff("決裁", "a1", {"approver"}, "health");
  std::int64_t rows = 0;     ///< that are there

 private:
  void fill();
};

/// Row number i of the register; equal for equal i.
Values row_of(std::int64_t i, const std::vector<std::string>& parks);
/// The public ids of the parks.
std::vector<std::string> parks_of(Bench& bench);

void lists(Bench& bench);
void charts(Bench& bench);
/// 64 people save single cells: without a pause, with one, and with one while lists are read.
void saves(Bench& bench);
/// 64 people with a pause save single cells while one import runs.
void import_beside(Bench& bench);

[[noreturn]] void give_up(const Error& e);
double ms_since(std::chrono::steady_clock::time_point t);
/// "p50 … p95 … p99 … max … n …" in milliseconds.
std::string quantiles(std::vector<double> ms);

}  // namespace machiya::registers::bench
