// The broker's store in a process that gets killed: entity_child FOLDER THREADS counts one entity up in each thread for ever, and prints "ack THREAD VALUE" after each
// durable write. One thread writes snapshots and cuts the log meanwhile.
#include <unistd.h>

#include <cstdlib>
#include <iostream>
#include <thread>
#include <vector>

#include "base/log.h"
#include "sense/broker/entity_store.h"

namespace machiya::faults {
namespace {
using namespace sense;

void say(const std::string& text) {
  const std::string line = text + "\n";
  // One write(2) a line: what was printed before the kill arrives whole.
  if (::write(1, line.data(), line.size()) < 0) _exit(0);
}

Result<Change> count_up(const std::string& id, const Contexts& contexts, const EntityPtr& current, const ChangeContext& context, std::int64_t& value) {
  value = current ? static_cast<std::int64_t>(current->attributes[0].instances[0].value.number()) + 1 : 1;
  tree::Arena arena;
  auto body = tree::parse(R"({"id":")" + id + R"(","type":"Counter","n":)" + std::to_string(value) + R"(,"text":")" + std::string(static_cast<std::size_t>(value % 500), 'x') + "\"}", arena);
  auto draft = read_entity(*body, BodyOf::append, *contexts.core(), arena);
  if (!draft.ok()) return draft.error();
  return current ? append_attributes(current, *draft, false, context) : create_entity(*draft, context);
}

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  set_log_level(LogLevel::error);
  SystemClock clock;
  SeededRng rng(static_cast<std::uint64_t>(::getpid()));
  Contexts contexts(nullptr);
  auto journal = open_file_journal(argv[1]);
  if (!journal.ok()) return std::cerr << journal.error().to_string() << "\n", 1;
  auto store = EntityStore::open(std::move(*journal), clock, rng);
  if (!store.ok()) return std::cerr << store.error().to_string() << "\n", 1;
  std::vector<std::thread> threads;
  for (int t = 0; t < std::atoi(argv[2]); ++t)
    threads.emplace_back([&, t, id = "urn:counter:" + std::to_string(t)] {
      for (;;) {
        std::int64_t value = 0;
        auto made = (*store)->write("", id, [&](const EntityPtr& current, const ChangeContext& context) { return count_up(id, contexts, current, context, value); });
        say(made.ok() ? "ack " + std::to_string(t) + " " + std::to_string(value) : "error " + made.error().to_string());
      }
    });
  for (;;) {
    const auto before = (*store)->last();
    while ((*store)->last() < before + 200) std::this_thread::yield();
    if (auto done = (*store)->compact((*store)->last() + 1); !done.ok()) say("error " + done.error().to_string());
  }
}

}  // namespace
}  // namespace machiya::faults

int main(int argc, char** argv) { return machiya::faults::main(argc, argv); }
