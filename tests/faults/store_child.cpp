// The process that gets killed, or hands the writer over.
//   store_child URL ledger THREADS   writes for ever and prints "ack N" after each durable write
//   store_child URL holder           writes, prints "ready"; at "yield" hands over and prints "yielded", then what a write and
//                                    a read give; ends with its input
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <iostream>
#include <string>
#include <thread>
#include <vector>

#include "base/log.h"
#include "tests/faults/ledger.h"

namespace machiya::faults {
namespace {

void say(const std::string& text) {
  const std::string line = text + "\n";
  // One write(2) a line: what was printed before the kill arrives whole.
  if (::write(1, line.data(), line.size()) < 0) _exit(0);
}

int run_ledger(store::Store& store, int threads) {
  Ledger ledger(store);
  if (auto ready = ledger.migrate(); !ready.ok()) {
    std::cerr << ready.error().to_string() << "\n";
    return 1;
  }
  ledger.start();
  std::vector<std::thread> writers;
  for (int i = 0; i < threads; ++i)
    writers.emplace_back([&] {
      for (;;) {
        auto id = ledger.write();
        say(id.ok() ? "ack " + std::to_string(*id) : "error " + id.error().to_string());
      }
    });
  for (auto& w : writers) w.join();
  return 0;
}

int run_holder(store::Store& store) {
  const auto add = [&] {
    return store.write([](store::Tx& tx) { return tx.execute("INSERT INTO note (who) VALUES ('old')"); });
  };
  if (!store.migrate({{"note", 1, "note", "CREATE TABLE note (id ID, who TEXT);", ""}}).ok() || !add().ok()) return 1;
  say("ready");
  for (std::string line; std::getline(std::cin, line);) {
    if (line != "yield") continue;
    // Ten writes are queued when the hand-over begins: they must be finished by this process.
    for (int i = 0; i < 10; ++i)
      store.write_later([](store::Tx& tx) -> Result<void> {
        auto done = tx.execute("INSERT INTO note (who) VALUES ('queued')");
        if (!done.ok()) return std::move(done).error();
        return {};
      });
    store.yield_writer();
    say("yielded");
    const auto refused = add();
    say(refused.ok() ? "wrote" : std::string(refused.error().info().name));
    const auto rows = store.read([](store::ReadTx& tx) { return tx.query("SELECT count(*) FROM note"); });
    say(rows.ok() ? "reads" : rows.error().to_string());
  }
  return 0;
}

int main(int argc, char** argv) {
  if (argc < 3) {
    std::cerr << "usage: store_child URL ledger THREADS | store_child URL holder\n";
    return 2;
  }
  set_log_level(LogLevel::warn);
  store::Options options;
  options.url = argv[1];
  auto opened = store::Store::open(options);
  if (!opened.ok()) {
    std::cerr << opened.error().to_string() << "\n";
    return 1;
  }
  if (std::strcmp(argv[2], "ledger") == 0) return run_ledger(**opened, argc > 3 ? std::atoi(argv[3]) : 4);
  return run_holder(**opened);
}

}  // namespace
}  // namespace machiya::faults

int main(int argc, char** argv) { return machiya::faults::main(argc, argv); }
