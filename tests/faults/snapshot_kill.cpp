// kill -9 at random while snapshots are made, written to and deleted: each is there with all its entities or not at all, a write reached all of them or none, and what
// was acknowledged is so.
//   snapshot_kill [--rounds N] [--engine sqlite|postgres|both] [--seed N] [--sabotage 1]
#include <cstdio>
#include <map>

#include "tests/faults/kill_rounds.h"
#include "tests/faults/snapshot_group.h"

namespace machiya::faults {
namespace {
using namespace sense;

enum class Step { made = 1, written, gone };

class SnapshotKill final : public KillTest {
 public:
  explicit SnapshotKill(std::string url) : url_(std::move(url)) {}
  std::vector<std::string> child() const override { return {SNAPSHOT_CHILD, url_, std::to_string(known_.empty() ? 0 : known_.rbegin()->first + 2)}; }   // one more may be there
  bool acknowledge(const std::string& line) override {
    int n = 0;
    char what[16] = {};
    if (std::sscanf(line.c_str(), "%15s %d", what, &n) != 2) return false;
    const std::string word = what;
    if (word != "made" && word != "written" && word != "gone") return false;
    known_[n] = word == "made" ? Step::made : word == "written" ? Step::written : Step::gone;
    return true;
  }
  std::vector<std::string> check(store::Store& store) override {
    SystemClock clock;
    SeededRng rng(1);
    Names names;
    auto snapshots = Snapshots::open(store, names, clock, rng, kLimits);
    if (!snapshots.ok()) return {"it does not start: " + snapshots.error().to_string()};
    std::vector<std::string> faults;
    for (const Snapshot& s : (*snapshots)->list(""))
      if (const std::string state = state_of(**snapshots, s.id); state != "made" && state != "written") faults.push_back(s.id + " is " + state);
    for (const auto& [n, step] : known_) {
      const std::string state = state_of(**snapshots, snapshot_id(n));
      // What was acknowledged last, or the step behind it.
      const bool right = step == Step::made ? state == "made" || state == "written" : step == Step::written ? state == "written" || (n % 3 == 0 && state == "gone") : state == "gone";
      if (!right) faults.push_back(snapshot_id(n) + " is " + state + ", acknowledged was step " + std::to_string(static_cast<int>(step)));
    }
    return faults;
  }

 private:
  std::string url_;
  std::map<int, Step> known_;

  static std::string state_of(Snapshots& snapshots, const std::string& id) {
    const SnapshotEntitiesPtr entities = snapshots.use("", id);
    if (!entities) return "gone";
    std::map<int, int> values;
    for (int e = 0; e < kOfSnapshot; ++e) {
      const EntityPtr entity = entities->get(entity_id(e));
      ++values[entity ? static_cast<int>(entity->attributes[0].instances[0].value.number()) : 0];
    }
    return values[1] == kOfSnapshot ? "made" : values[2] == kOfSnapshot ? "written" : "torn: " + std::to_string(values[1]) + " made, " + std::to_string(values[2]) + " written";
  }
};

}  // namespace
}  // namespace machiya::faults

int main(int argc, char** argv) {
  using namespace machiya::faults;
  return kill_rounds(argc, argv, {"snapshot_kill", "steps", "DELETE FROM sense_snapshot_entity WHERE id = 'urn:e:7'",
                                  [](const machiya::store::testing::TestDatabase& database) { return std::make_unique<SnapshotKill>(database.url()); }, 5});
}
