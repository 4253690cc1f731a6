// Charts over the whole register: counts by one column, filtered, split, and sums.
#include <iostream>

#include "bench/registers/bench.h"

namespace machiya::registers::bench {

void charts(Bench& bench) {
  struct Kind {
    const char* name;
    ChartRule rule;
    std::vector<Condition> where;
  };
  const std::vector<Kind> kinds = {
      {"by species", {.by = "species"}, {}},
      {"by park", {.by = "park"}, {}},
      {"by species, one park", {.by = "species"}, {{"park", "is", parks_of(bench)[0]}}},
      {"by species, half of the rows", {.by = "species"}, {{"girth", "from", "2500"}}},
      {"by fiscal year of planting", {.by = "planted", .bucket = Bucket::fiscal_year}, {}},
      {"by month of inspection, one species", {.by = "next_inspection", .bucket = Bucket::month}, {{"species", "is", "cherry"}}},
      {"by species, one girth", {.by = "species"}, {{"girth", "is", "77"}}},
      {"by species, split by state", {.by = "species", .split = "state"}, {}},
      {"sum of costs by species", {.by = "species", .measure = Measure::sum, .of = "cost"}, {}},
      {"sum of costs by species, planted in half a year", {.by = "species", .measure = Measure::sum, .of = "cost"}, {{"planted", "from", "2010-01-01"}, {"planted", "to", "2010-06-30"}}},
  };
  for (const Kind& kind : kinds) {
    Query query;
    query.where = kind.where;
    std::vector<double> times;
    for (int i = 0; i < 5; ++i) {
      const auto start = std::chrono::steady_clock::now();
      auto chart = bench.hall->registers->chart(bench.trees(), kind.rule, query, bench.who, "ja");
      if (!chart.ok()) give_up(chart.error());
      times.push_back(ms_since(start));
    }
    std::cout << "  chart " << kind.name << ": " << quantiles(times) << std::endl;
  }
}

}  // namespace machiya::registers::bench
