// Imports and bulk edits without end, until it is killed: "ack import N", "ack bulk N" after each.
//   register_child URL FOLDER FIRST
#include <iostream>

#include "ask/registers/testing.h"
#include "base/log.h"
#include "tests/faults/register_groups.h"

int main(int argc, char** argv) {
  using namespace machiya;
  using namespace machiya::registers;
  if (argc < 4) return 2;
  set_log_level(LogLevel::warn);
  store::Options options;
  options.url = argv[1];
  auto store = store::Store::open(options);
  if (!store.ok()) return std::cerr << store.error().to_string() << "\n", 1;
  if (auto done = (*store)->migrate(registers::testing::Hall::migrations()); !done.ok()) return std::cerr << done.error().to_string() << "\n", 1;
  SystemClock clock;
  vault::SystemRng rng;
  registers::testing::Hall hall(**store, argv[2], registers::testing::small_city(std::string(argv[2]) + "/city"), clock, rng);
  const Register& reg = hall.reg("park-trees");
  const auto who = registers::testing::staff("決裁", "a1", {"approver"}, "health");
  for (int group = std::atoi(argv[3]);; ++group) {
    std::vector<Values> rows;
    for (int i = 0; i < faults::kGroup; ++i)
      rows.push_back(Values::object({{"tag", std::to_string(1'000'000 + group * faults::kGroup + i).substr(1)}, {"species", "zelkova"}, {"girth", 1}, {"cost", group}}));
    auto added = hall.registers->add_many(reg, rows, "", who, "r");
    if (!added.ok()) return std::cerr << "import: " << added.error().to_string() << "\n", 1;
    std::cout << "ack import " << group << std::endl;
    Query query;
    query.where = {{"cost", "is", std::to_string(group)}};
    auto bulk = hall.registers->do_bulk(reg, query, Values::object({{"girth", 2}, {"owner_name", "誰か"}}), faults::kGroup, "", who, "r");
    if (!bulk.ok()) return std::cerr << "bulk: " << bulk.error().to_string() << "\n", 1;
    std::cout << "ack bulk " << group << std::endl;
  }
}
