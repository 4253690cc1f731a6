// What alarms cost the broker: ENTITIES entities of one type with three rules (a limit with delays, a condition over two attributes, silence) among rules of
// other types, CHANGES changes at RATE a second. Beside it the plain way: every rule asked at every change. usage: rules_bench [ENTITIES] [CHANGES] [RATE]
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <thread>

#include "base/temporary_folder.h"
#include "city/city.h"
#include "city/test_folder.h"
#include "platform/audit/audit.h"
#include "platform/events/events.h"
#include "platform/vault/vault.h"
#include "sense/broker/entity_store.h"
#include "sense/entities/read.h"
#include "sense/rules/alarms.h"
#include "sense/rules/judge.h"

namespace {
using namespace machiya;
using namespace machiya::sense;
using Steady = std::chrono::steady_clock;

constexpr int kOtherTypes = 19;

double seconds(Steady::time_point since) { return std::chrono::duration<double>(Steady::now() - since).count(); }

[[noreturn]] void die(const std::string& why) {
  std::fprintf(stderr, "rules_bench: %s\n", why.c_str());
  std::exit(1);
}

/// Processor time of the calling thread.
double thread_seconds() {
  timespec t{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) / 1e9;
}

std::vector<rules::RulePtr> definitions(const city::TestFolder& folder) {
  folder.write("departments.yaml", "source: X\ndepartments:\n  - { id: construction, name: { ja: 建設局, en: Construction Bureau } }\n");
  for (int t = 0; t <= kOtherTypes; ++t) {
    const std::string type = "Type" + std::to_string(t), head = "version: 1\nname: X\nowner: construction\nentity: " + type + "\npriority: low\nrationalisation: { cause: a, consequence: b, action: c }\n";
    const auto put = [&](const std::string& id, const std::string& body) { folder.write("alarms/" + id + ".yaml", "alarm: " + id + "\n" + head + body); };
    put("limit-" + std::to_string(t), "values: [ { value: n, attribute: n } ]\nlimit: { value: n, above: 990, deadband: 10 }\non-delay: PT1M\n");
    put("both-" + std::to_string(t), "values: [ { value: n, attribute: n }, { value: m, attribute: m } ]\nwhen: n > 900 and m > 900\n");
    put("silent-" + std::to_string(t), "silent: { attributes: [n], for: PT1H }\n");
  }
  const auto loaded = folder.load({rules::alarm_kind()});
  if (!loaded.city) die(city::to_line(loaded.faults.front()));
  return rules::rules_of(*loaded.city);
}

struct World {
  TemporaryFolder folder{"rules-bench"};
  SystemClock clock;
  vault::SystemRng rng;
  Contexts contexts{nullptr};
  std::unique_ptr<store::Store> store;
  std::unique_ptr<EntityStore> entities;

  World() {
    auto opened = store::Store::open({.url = "sqlite:" + folder.path() + "/house.db"});
    if (!opened.ok()) die(opened.error().to_string());
    store = std::move(*opened);
    std::vector<store::Migration> all = rules::Alarms::migrations();
    for (const auto& list : {audit::Audit::migrations(), events::Events::migrations()}) all.insert(all.end(), list.begin(), list.end());
    if (!store->migrate(all).ok()) die("migrations");
    auto journal = open_file_journal(folder.path() + "/entities");
    if (!journal.ok()) die(journal.error().to_string());
    entities = std::move(*EntityStore::open(std::move(*journal), clock, rng));
  }
  /// Writes `count` entities from `from` on in one go.
  void put(int from, int count, int entities_in_all, unsigned seed) {
    std::deque<tree::Arena> arenas;
    std::deque<Draft> drafts;
    std::vector<EntityStore::Item> items;
    for (int i = 0; i < count; ++i) {
      const unsigned e = static_cast<unsigned>(from + i) * 2'654'435'761u % static_cast<unsigned>(entities_in_all), n = (e * 31 + seed * 17) % 1000;
      tree::Arena& arena = arenas.emplace_back();
      const auto body = tree::parse(R"({"id":"urn:ngsi-ld:Type0:)" + std::to_string(e) + R"(","type":"Type0","n":{"type":"Property","value":)" + std::to_string(n) + R"(},"m":{"type":"Property","value":)" + std::to_string((n + e) % 1000) + "}}", arena);
      auto draft = read_entity(*body, BodyOf::entity, *contexts.core(), arena);
      if (!draft.ok()) die(draft.error().to_string());
      drafts.push_back(std::move(*draft));
      items.push_back({std::string(drafts.back().id), [d = &drafts.back()](const EntityPtr& now, const ChangeContext& context) -> Result<Change> {
                         return now ? append_attributes(now, *d, false, context) : create_entity(*d, context);
                       }});
    }
    for (const auto& done : entities->write_all("", items))
      if (!done.ok()) die(done.error().to_string());
  }
};

/// Changes as fast as they go, or at a rate; answers how many seconds it took.
double feed(World& world, int count, int entities, int rate) {
  constexpr int kAtOnce = 100;
  const auto began = Steady::now();
  for (int done = 0; done < count; done += kAtOnce) {
    world.put(done, kAtOnce, entities, 1 + static_cast<unsigned>(done / entities));
    // A load generator keeps its rate.
    if (rate > 0) std::this_thread::sleep_until(began + std::chrono::microseconds(static_cast<std::int64_t>(done + kAtOnce) * 1'000'000 / rate));
  }
  return seconds(began);
}

}  // namespace

int main(int argc, char** argv) {
  const int entities = argc > 1 ? std::atoi(argv[1]) : 100'000, changes = argc > 2 ? std::atoi(argv[2]) : 100'000, rate = argc > 3 ? std::atoi(argv[3]) : 5'000;
  const city::TestFolder folder;
  const auto rules = definitions(folder);
  double without = 0;
  {
    World world;
    feed(world, entities, entities, 0);
    without = feed(world, changes, entities, 0);
  }
  World world;
  audit::Audit audit(*world.store, world.clock);
  events::Events events(*world.store, world.clock);
  rules::Alarms::declare(events);
  auto opened = rules::Alarms::open({*world.store, *world.entities, nullptr, audit, events, world.clock, world.rng, [](const identity::Principal&, std::string_view, std::string_view) { return true; }, {}}, {});
  if (!opened.ok()) die(opened.error().to_string());
  rules::Alarms& alarms = **opened;
  alarms.use(rules);
  alarms.start();
  feed(world, entities, entities, 0);
  const double with = feed(world, changes, entities, 0);
  const auto caught_up = Steady::now();
  while (alarms.counters().behind > 0) std::this_thread::yield();
  std::printf("%d entities, %zu rules (3 of their type): the broker takes %.0f changes/s without rules, %.0f with; judged %.2f s later\n", entities, rules.size(), changes / without, changes / with, seconds(caught_up));
  std::uint64_t most_behind = 0;
  bool over = false;
  std::thread watch([&] {
    while (!over) most_behind = std::max(most_behind, alarms.counters().behind), std::this_thread::yield();
  });
  const double took = feed(world, changes, entities, rate);
  over = true;
  watch.join();
  std::printf("at %d changes/s asked, %.0f kept: at most %llu changes wait for the rules\n", rate, changes / took, static_cast<unsigned long long>(most_behind));
  alarms.stop();

  // The rules' own time: the same changes judged from the queue, and by a look at all rules.
  feed(world, changes, entities, 0);
  const auto before = alarms.counters();
  const double began = thread_seconds();
  if (!alarms.pump().ok()) die("pump");
  const double ours = thread_seconds() - began;
  const auto after = alarms.counters();
  std::printf("ours: %.2f µs of processor time a change (%.1f rules asked, %.3f transitions)\n", ours * 1e6 / changes, static_cast<double>(after.judged - before.judged) / changes,
              static_cast<double>(after.steps - before.steps) / changes);
  std::uint64_t held = 0;
  int looked_at = 0;
  const double plain_began = thread_seconds();
  for (int i = 0; i < changes; ++i) {
    const EntityPtr e = world.entities->get("", "urn:ngsi-ld:Type0:" + std::to_string(i % entities));
    if (!e) continue;
    ++looked_at;
    for (const rules::RulePtr& rule : rules) {
      const auto verdict = rules::judge(*rule, *e, "", false, 0, nullptr);
      held += verdict.ok() && verdict->holds.value_or(false) && e->has_type(rule->type) ? 1 : 0;
    }
  }
  const double plain = thread_seconds() - plain_began;
  std::printf("every rule at every change: %.2f µs a change (%llu conditions held)\n", plain * 1e6 / std::max(1, looked_at), static_cast<unsigned long long>(held));
}
