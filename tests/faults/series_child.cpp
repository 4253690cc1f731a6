// The process that series_kill kills: writes batches for ever and prints "ack THREAD NUMBER" after each durable one.
//   series_child FOLDER START…   one thread for each START, the number of its first batch
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include "base/log.h"
#include "tests/faults/series_plan.h"

namespace {

void say(const std::string& text) {
  const std::string line = text + "\n";
  // One write(2) a line: what was printed before the kill arrives whole.
  if (::write(1, line.data(), line.size()) < 0) _exit(0);
}

void write_for_ever(machiya::sense::series::Store& store, int thread, std::uint64_t number) {
  using namespace machiya;
  std::atomic<std::uint64_t> acknowledged{number - 1};
  for (;; ++number) {
    while (number - acknowledged > faults::kInFlight) std::this_thread::yield();
    auto points = faults::batch(store, thread, number);
    if (!points.ok()) return say("error " + points.error().to_string());
    store.append_later(std::move(*points), [&acknowledged, thread, number](const Result<sense::series::Appended>& done) {
      if (!done.ok()) say("error " + done.error().to_string());
      say("ack " + std::to_string(thread) + " " + std::to_string(number));
      acknowledged = number;
    });
  }
}

}  // namespace

int main(int argc, char** argv) {
  using namespace machiya;
  set_log_level(LogLevel::warn);
  sense::series::Options options;
  options.head_points = 2'000;   // so that flushes and compactions are under way at any moment
  auto store = sense::series::open_files(argv[1], options);
  if (!store.ok()) return say("error " + store.error().to_string()), 1;
  std::vector<std::thread> threads;
  for (int i = 2; i < argc; ++i) threads.emplace_back([&, i] { write_for_ever(**store, i - 2, std::strtoull(argv[i], nullptr, 10)); });
  for (;;)
    if (auto done = (*store)->compact(); !done.ok()) say("error " + done.error().to_string());
}
