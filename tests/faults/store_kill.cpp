// kill -9 at random under load, again and again on the same database: every acknowledged act must be there, whole, with
// one effect of its event, in an intact audit chain.
//   store_kill [--rounds N] [--engine sqlite|postgres|both] [--seed N] [--sabotage 1]
// With --sabotage it damages the database itself before each check: it must then end with faults.
#include <cstdlib>

#include "tests/faults/kill_rounds.h"
#include "tests/faults/ledger.h"

namespace machiya::faults {
namespace {

class StoreKill final : public KillTest {
 public:
  explicit StoreKill(std::string url) : url_(std::move(url)) {}
  std::vector<std::string> child() const override { return {STORE_CHILD, url_, "ledger", "8"}; }
  bool acknowledge(const std::string& line) override {
    if (line.rfind("ack ", 0) != 0) return false;
    acknowledged_.push_back(std::atoll(line.c_str() + 4));
    return true;
  }
  std::vector<std::string> check(store::Store& store) override {
    Ledger ledger(store);
    if (auto ready = ledger.migrate(); !ready.ok()) return {ready.error().to_string()};
    return ledger.check(acknowledged_);
  }

 private:
  std::string url_;
  std::vector<std::int64_t> acknowledged_;
};

}  // namespace
}  // namespace machiya::faults

int main(int argc, char** argv) {
  using namespace machiya::faults;
  return kill_rounds(argc, argv, {"store_kill", "writes", "DELETE FROM line WHERE half = 2", [](const auto& database) { return std::make_unique<StoreKill>(database.url()); }});
}
