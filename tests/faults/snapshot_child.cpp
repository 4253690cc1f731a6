// Snapshots in a process that gets killed: snapshot_child STORE FIRST makes them for ever, each of kOfSnapshot entities of one value, then writes the next value to all of
// them at once; every third one is deleted. Prints "made N", "written N", "gone N" after each durable step.
#include <unistd.h>

#include <cstdlib>
#include <iostream>

#include "base/log.h"
#include "sense/entities/read.h"
#include "tests/faults/snapshot_group.h"

namespace machiya::faults {
namespace {
using namespace sense;

void say(const std::string& text) {
  const std::string line = text + "\n";
  // One write(2) a line: what was printed before the kill arrives whole.
  if (::write(1, line.data(), line.size()) < 0) _exit(0);
}

class Child {
 public:
  explicit Child(store::Store& store) : snapshots_(Snapshots::open(store, names_, clock_, rng_, kLimits).value()) {}

  void turn(int n) {
    std::vector<EntityPtr> entities;
    const ChangeContext context{names_, clock_.now().us, [] { return std::string("urn:i:1"); }};
    for (int e = 0; e < kOfSnapshot; ++e) entities.push_back(valued(e, 1)(nullptr, context).value().after);
    SnapshotWish wish;
    wish.id = snapshot_id(n), wish.queries = "[]";
    done(snapshots_->create("", wish, {{QueryOutcome::success, ""}}, entities), "made", n);
    std::vector<EntityStore::Item> items;
    for (int e = 0; e < kOfSnapshot; ++e) items.push_back({entity_id(e), valued(e, 2)});
    const auto written = snapshots_->use("", wish.id)->write_all(items);
    done(written.front(), "written", n);
    if (n % 3 == 0) done(snapshots_->remove("", wish.id), "gone", n);
  }

 private:
  SystemClock clock_;
  SeededRng rng_{static_cast<std::uint64_t>(::getpid())};
  Names names_;
  Contexts contexts_{nullptr};
  std::unique_ptr<Snapshots> snapshots_;

  EntityStore::Make valued(int entity, int value) {
    return [this, entity, value](const EntityPtr& current, const ChangeContext& context) -> Result<Change> {
      tree::Arena arena;
      MACHIYA_TRY(const tree::Value body, tree::parse(R"({"id":")" + entity_id(entity) + R"(","type":"Counter","n":)" + std::to_string(value) + "}", arena));
      MACHIYA_TRY(const Draft draft, read_entity(body, BodyOf::append, *contexts_.core(), arena));
      return current ? append_attributes(current, draft, false, context) : create_entity(draft, context);
    };
  }
  template <class T> static void done(const Result<T>& result, const char* what, int n) { say(result.ok() ? std::string(what) + " " + std::to_string(n) : "error " + result.error().to_string()); }
};

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  set_log_level(LogLevel::error);
  store::Options options;
  options.url = argv[1];
  auto store = store::Store::open(options);
  if (!store.ok()) return std::cerr << store.error().to_string() << "\n", 1;
  if (auto migrated = (*store)->migrate(Snapshots::migrations()); !migrated.ok()) return std::cerr << migrated.error().to_string() << "\n", 1;
  Child child(**store);
  for (int n = std::atoi(argv[2]);; ++n) child.turn(n);
}

}  // namespace
}  // namespace machiya::faults

int main(int argc, char** argv) { return machiya::faults::main(argc, argv); }
