// The MQTT listener alone: for the kill test, the bench and clients of others. mqtt_child --folder F --port P [--threads N]
// [--synced FILE] [--tls CERT KEY]: prints "ready PORT" and serves until its input ends.
//
// With --synced it writes down, where a SIGKILL cannot take it back, how long each file was when it was last synced: the kill test cuts the
// files to that, as a loss of power would.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <iostream>
#include <mutex>

#include "base/log.h"
#include "platform/http/tls.h"
#include "sense/mqtt/mqtt.h"
#include "tests/faults/mqtt_synced.h"

namespace {

machiya::faults::SyncedFiles* synced = nullptr;
std::mutex synced_mutex;

/// What fdatasync promised: the bytes that were there before it was called.
int sync_and_note(int fd, long call) {
  struct stat before {};
  const bool known = ::fstat(fd, &before) == 0 && S_ISREG(before.st_mode);
  const int result = static_cast<int>(::syscall(call, fd));
  if (result != 0 || synced == nullptr || !known) return result;
  std::lock_guard guard(synced_mutex);
  auto* row = synced->row_of(before.st_ino);
  if (row != nullptr) row->bytes = static_cast<std::uint64_t>(before.st_size);
  return result;
}

/// Everybody may do everything. For tests.
class OpenGate final : public machiya::sense::MqttGate {
 public:
  void authenticate(const machiya::sense::MqttLogin& login, std::function<void(machiya::Result<machiya::sense::MqttPrincipal>)> done) override {
    if (login.user == "nobody") return done(machiya::Error(machiya::ErrorCode::unauthenticated, "a user that is refused"));
    done(machiya::sense::MqttPrincipal{login.user.value_or("anyone")});
  }
  bool may_publish(const machiya::sense::MqttPrincipal&, std::string_view topic) override { return !topic.starts_with("forbidden/"); }
  bool may_subscribe(const machiya::sense::MqttPrincipal&, std::string_view filter) override { return !filter.starts_with("forbidden/"); }
};

class SystemRng final : public machiya::Rng {
 public:
  void fill(void* out, std::size_t size) override {
    if (::getentropy(out, size) != 0) std::abort();
  }
};

void map_synced(const char* file) {
  const int fd = ::open(file, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0 || ::ftruncate(fd, sizeof(machiya::faults::SyncedFiles)) != 0) std::abort();
  void* at = ::mmap(nullptr, sizeof(machiya::faults::SyncedFiles), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (at == MAP_FAILED) std::abort();
  synced = static_cast<machiya::faults::SyncedFiles*>(at);
}

}  // namespace

extern "C" int fsync(int fd) { return sync_and_note(fd, SYS_fsync); }
extern "C" int fdatasync(int fd) { return sync_and_note(fd, SYS_fdatasync); }

int main(int argc, char** argv) {
  using namespace machiya;
  sense::MqttServerOptions options;
  std::uint16_t port = 0;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string key = argv[i];
    if (key == "--folder") options.folder = argv[i + 1];
    else if (key == "--port") port = static_cast<std::uint16_t>(std::atoi(argv[i + 1]));
    else if (key == "--threads") options.threads = std::atoi(argv[i + 1]);
    else if (key == "--checkpoint") options.checkpoint_bytes = std::strtoull(argv[i + 1], nullptr, 10);
    else if (key == "--synced") map_synced(argv[i + 1]);
    else if (key == "--tls" && i + 2 < argc) {
      auto tls = http::TlsContext::load(argv[i + 1], argv[i + 2]);
      if (!tls.ok()) return std::cerr << tls.error().to_string() << "\n", 1;
      options.listen.push_back({"127.0.0.1", 0, *tls});
      ++i;
    } else return std::cerr << "unknown: " << key << "\n", 2;
  }
  options.listen.insert(options.listen.begin(), {"127.0.0.1", port, nullptr});
  set_log_level(LogLevel::warn);
  OpenGate gate;
  SystemClock clock;
  SystemRng rng;
  auto server = sense::MqttServer::start(options, gate, nullptr, clock, rng);
  if (!server.ok()) return std::cerr << server.error().to_string() << "\n", 1;
  std::cout << "ready";
  for (std::size_t i = 0; i < options.listen.size(); ++i) std::cout << " " << (*server)->port(i);
  std::cout << std::endl;
  std::string line;
  while (std::getline(std::cin, line)) {
    const auto f = (*server)->figures();
    std::cout << "received " << f.received << " sent " << f.sent << " syncs " << f.syncs << " dropped " << f.dropped_full + f.dropped_qos0 << " sessions " << f.sessions
              << " checkpoints " << f.checkpoints << std::endl;
  }
}
