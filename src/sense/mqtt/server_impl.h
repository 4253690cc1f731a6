// Inside of the listener: what its threads share, and one thread with its connections.
#pragma once
#include <atomic>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <vector>

#include "platform/http/tls.h"
#include "sense/mqtt/mqtt.h"
#include "sense/mqtt/state_store.h"

namespace machiya::sense::mqtt {

struct Shared;
class IoThread;

struct Connection {
  int fd = -1;
  std::uint64_t id = 0;
  IoThread* thread = nullptr;
  std::unique_ptr<http::TlsSession> tls;
  Link* link = nullptr;           // router's lock
  enum class State : std::uint8_t { waiting, authenticating, connected } state = State::waiting;
  std::string address;
  std::int64_t opened_us = 0, closing_us = 0;
  std::string partial;            ///< received, not yet a packet
  std::string connect;            ///< the CONNECT that the gate looks at
  std::string sending;
  std::size_t sent = 0;           ///< of `sending`
  bool close_when_sent = false, dead = false, starved = false;
  bool paused = false;            ///< not read: too much of it waits for the disk
  std::uint32_t events = 0;       ///< that epoll watches
};

/// One epoll loop. A turn: read what is there; with the router's lock: feed it, submit what must be on disk, collect what goes out; send.
class IoThread {
 public:
  IoThread(Shared& shared, int number);
  ~IoThread();
  void start();
  void join();
  /// A task for its next turn, under the router's lock. Thread-safe.
  void post(std::function<void(IoThread&)> task);
  void wake();
  void listen(int fd, std::shared_ptr<http::TlsContext> tls);
  /// Under the router's lock.
  void add(int fd, const std::shared_ptr<http::TlsContext>& tls, std::string address, Instant now);
  void hand_over(Link* link) { inbox_.push_back(link); }

 private:
  struct Listening {
    int fd;
    std::shared_ptr<http::TlsContext> tls;
  };
  struct Chunk {
    Connection* connection;
    std::size_t at, size;
    bool ended;
  };
  void run();
  void turn();
  void read(Connection& c);
  void accept_all(const Listening& listening);
  void with_lock(Instant now);
  void feed(Connection& c, std::string_view bytes, Instant now);
  std::size_t feed_frames(Connection& c, std::string_view data, Instant now);
  void on_first(Connection& c, const Frame& frame, Instant now);
  void authenticated(std::uint64_t id, Result<MqttPrincipal> principal, Instant now);
  void collect(Instant now);
  void take_out(Connection& c, Instant now);
  void flush(Connection& c);
  void watch(Connection& c);
  void every_second(Instant now);
  void close(Connection& c, Instant now);
  void bury();

  Shared& shared_;
  const int number_;
  int epoll_ = -1, wake_ = -1;
  std::thread thread_;
  std::vector<Listening> listening_;
  std::unordered_map<std::uint64_t, std::unique_ptr<Connection>> connections_;
  std::uint64_t next_id_ = 1;
  std::string arena_;
  std::size_t arena_used_ = 0;
  std::vector<Chunk> chunks_;
  std::vector<std::uint64_t> ready_again_;     // TLS holds more than was taken
  std::vector<Connection*> to_flush_, flushed_, dead_;
  std::vector<Link*> inbox_;                   // router's lock
  std::vector<std::pair<std::uint64_t, MqttLogin>> logins_;
  std::mutex mutex_;
  std::vector<std::function<void(IoThread&)>> tasks_;   // under mutex_
  std::int64_t last_second_us_ = 0;
  bool hurry_ = false;                         // a starved reader has taken something
};

struct Shared {
  MqttServerOptions options;
  MqttGate& gate;
  MqttIngest* ingest;
  const Clock& clock;
  Rng& rng;
  std::mutex router_mutex;
  std::unique_ptr<Router> router;             // under router_mutex, and all below
  std::unique_ptr<StateStore> store;
  struct Pending {
    int parts = 0;
    bool not_taken = false, done = false;
    AppendLog::Number number = 0;
    std::vector<MqttMessage> messages;
  };
  std::map<std::uint64_t, Pending> pending;
  bool failed = false;
  std::int64_t retry_us = 0;
  std::uint64_t complained = 0;
  std::atomic<std::size_t> connections{0};
  std::atomic<bool> stopping{false};
  std::vector<std::unique_ptr<IoThread>> threads;
  std::size_t next_thread = 0;                // of thread 0 alone

  struct Completion {
    std::uint64_t sequence;
    bool of_log;
    Result<AppendLog::Number> result;
  };
  std::mutex completions_mutex;
  std::vector<Completion> completions;        // under completions_mutex

  RouterOptions router_options() const;
  /// All with router_mutex held.
  Result<void> load(Instant now);
  void submit(IoThread& by, Instant now);
  void take_completions(Instant now);
  void finish(std::uint64_t sequence, Pending& p, Instant now);
  void fail(const Error& why, Instant now);
  void try_again(Instant now);
  void complain();   ///< of messages that found a queue full
  void complete(IoThread& by, Completion completion);   ///< from any thread
};

}  // namespace machiya::sense::mqtt
