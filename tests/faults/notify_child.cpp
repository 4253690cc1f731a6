// Both ends of the context broker's notifications, to be killed: for notify_kill.cpp.
//   notify_child broker FOLDER PORT --updates N --rate R [--lossy] [--together N]
//       goes on with updates of 200 entities until N are written in all; then prints "written", tells what is left and ends with "told".
//       Each write that was acknowledged stands in FOLDER/written. --lossy: one message in 200 is thrown away; the harness must find it.
//   notify_child receiver FOLDER PORT
//       answers 204 after the message's entities and numbers stand in FOLDER/received.
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <thread>
#include <vector>

#include "base/rng.h"
#include "sense/broker/journal_store.h"
#include "sense/entities/read.h"
#include "sense/subscriptions/subscriptions.h"

namespace machiya::sense {
namespace {

constexpr int kEntities = 200, kTogether = 50;

template <class T> T need(Result<T> result) {
  if (result.ok()) return std::move(*result);
  std::fprintf(stderr, "%s\n", result.error().to_string().c_str());
  std::exit(1);
}
void need(const Result<void>& result) {
  if (result.ok()) return;
  std::fprintf(stderr, "%s\n", result.error().to_string().c_str());
  std::exit(1);
}

/// A file that keeps what was written to it when the process is killed.
class Lines {
 public:
  explicit Lines(const std::string& path) : fd_(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600)) {
    if (fd_ < 0) std::exit(1);
  }
  void add(const std::string& lines) {
    if (::write(fd_, lines.data(), lines.size()) != static_cast<ssize_t>(lines.size())) std::exit(1);
  }

 private:
  int fd_;
};

// ---- the receiver

/// "urn:e:7 12" for each entity of the message: {"id":"urn:e:7","type":"T","n":12}.
std::string entries(const std::string& body) {
  std::string out;
  for (std::size_t at = 0; (at = body.find("{\"id\":\"urn:e:", at)) != std::string::npos; ++at) {
    const std::size_t id = at + 7, end = body.find('"', id), n = body.find("\"n\":", end);
    if (n == std::string::npos) break;
    out += body.substr(id, end - id) + " " + std::to_string(std::atol(body.c_str() + n + 4)) + "\n";
  }
  return out;
}

void serve(int fd, Lines& received) {
  std::string in;
  char buffer[65536];
  for (;;) {
    std::size_t head;
    while ((head = in.find("\r\n\r\n")) == std::string::npos) {
      const ssize_t n = ::read(fd, buffer, sizeof buffer);
      if (n <= 0) return void(::close(fd));
      in.append(buffer, static_cast<std::size_t>(n));
    }
    const std::size_t length_at = in.find("Content-Length: ");
    const std::size_t length = length_at < head ? static_cast<std::size_t>(std::atol(in.c_str() + length_at + 16)) : 0;
    while (in.size() < head + 4 + length) {
      const ssize_t n = ::read(fd, buffer, sizeof buffer);
      if (n <= 0) return void(::close(fd));
      in.append(buffer, static_cast<std::size_t>(n));
    }
    received.add(entries(in.substr(head + 4, length)));
    in.erase(0, head + 4 + length);
    static constexpr std::string_view kAnswer = "HTTP/1.1 204 No Content\r\n\r\n";
    if (::send(fd, kAnswer.data(), kAnswer.size(), MSG_NOSIGNAL) < 0) return void(::close(fd));
  }
}

int receive(const std::string& folder, int port) {
  Lines received(folder + "/received");
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;
  ::setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET, address.sin_addr.s_addr = htonl(INADDR_LOOPBACK), address.sin_port = htons(static_cast<std::uint16_t>(port));
  if (::bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 || ::listen(listener, 64) != 0) return 1;
  std::printf("ready\n"), std::fflush(stdout);
  for (;;) {
    const int fd = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0) continue;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    std::thread([fd, &received] { serve(fd, received); }).detach();
  }
}

// ---- the broker

/// The sabotage.
class Lossy final : public Notifier {
 public:
  explicit Lossy(Notifier& behind) : behind_(behind) {}
  Handed hand_over(const Parcel& parcel) override { return ++seen_ % 200 == 0 ? Handed{} : behind_.hand_over(parcel); }

 private:
  Notifier& behind_;
  std::atomic<int> seen_{0};
};

struct House {
  SystemClock clock;
  SeededRng rng{static_cast<std::uint64_t>(::getpid())};
  Contexts contexts{nullptr};
  std::unique_ptr<store::Store> store;
  std::unique_ptr<outbound::Outbound> door;
  std::unique_ptr<Notifier> http, lossy;
  std::unique_ptr<EntityStore> entities;
  std::unique_ptr<Subscriptions> subscriptions;

  House(const std::string& folder, int port, bool is_lossy, int together) {
    store::Options options;
    options.url = "sqlite:" + folder + "/house.db";
    store = need(store::Store::open(options));
    for (const auto& list : {journal_migrations(), Subscriptions::migrations()}) need(store->migrate(list));
    entities = need(EntityStore::open(need(open_file_journal(folder + "/broker")), clock, rng));
    const std::string origin = "http://127.0.0.1:" + std::to_string(port);
    outbound::Options out;
    out.rules.push_back({origin, true}), out.http_on_loopback = true;
    door = need(outbound::Outbound::create(std::move(out)));
    http = make_http_notifier(*door, 5000);
    lossy = std::make_unique<Lossy>(*http);
    Subscriptions::Options how;
    how.delivery.first_wait_us = 20'000, how.delivery.longest_wait_us = 200'000, how.delivery.most_tries = 1'000'000, how.delivery.most_together = static_cast<std::size_t>(together);
    subscriptions = need(Subscriptions::open(*store, *entities, contexts, {is_lossy ? lossy.get() : http.get(), nullptr}, clock, rng, how));
    tree::Arena arena;
    const auto body = tree::parse(R"({"id":"urn:s","type":"Subscription","entities":[{"type":"T"}],"notification":{"format":"keyValues","endpoint":{"uri":")" + origin + R"(/n"}}})", arena);
    const auto made = subscriptions->create("", *body, *contexts.core(), "null");
    if (!made.ok() && made.error().code != ErrorCode::conflict) need(Result<void>(made.error()));
    subscriptions->start();
  }

  long count(int entity) const {
    const EntityPtr e = entities->get("", "urn:e:" + std::to_string(entity));
    return e ? static_cast<long>(e->attributes[0].instances[0].value.number()) : 0;
  }
  // Sets the next number of some entities, and notes what was acknowledged.
  void update(const std::vector<std::pair<int, long>>& next, Lines& written) {
    std::vector<EntityStore::Item> items;
    for (const auto& [entity, n] : next)
      items.push_back({"urn:e:" + std::to_string(entity), [this, entity = entity, n = n](const EntityPtr& current, const ChangeContext& context) -> Result<Change> {
                         tree::Arena arena;
                         const auto body = tree::parse(R"({"id":"urn:e:)" + std::to_string(entity) + R"(","type":"T","n":{"type":"Property","value":)" + std::to_string(n) + "}}", arena);
                         const auto draft = read_entity(*body, BodyOf::entity, *contexts.core(), arena);
                         if (!draft.ok()) return draft.error();
                         return current ? append_attributes(current, *draft, false, context) : create_entity(*draft, context);
                       }});
    const auto done = entities->write_all("", items);
    std::string lines;
    for (std::size_t i = 0; i < done.size(); ++i)
      if (done[i].ok()) lines += items[i].id + " " + std::to_string(next[i].second) + "\n";
    written.add(lines);
  }
};

int broke(const std::string& folder, int port, long updates, long rate, bool lossy, int together) {
  House house(folder, port, lossy, together);
  Lines written(folder + "/written");
  std::vector<long> counts(kEntities);
  long total = 0;
  for (int e = 0; e < kEntities; ++e) total += counts[static_cast<std::size_t>(e)] = house.count(e);
  std::printf("begins %ld\n", total), std::fflush(stdout);
  const auto start = std::chrono::steady_clock::now();
  for (long done = 0; total < updates;) {
    std::vector<std::pair<int, long>> next;
    for (int i = 0; i < kTogether; ++i) {
      const int e = static_cast<int>((total + i) % kEntities);
      next.emplace_back(e, ++counts[static_cast<std::size_t>(e)]);
    }
    house.update(next, written);
    total += kTogether, done += kTogether;
    std::this_thread::sleep_until(start + std::chrono::microseconds(done * 1'000'000 / rate));
  }
  std::printf("written %ld\n", total), std::fflush(stdout);
  while (house.subscriptions->needed() <= house.entities->last()) std::this_thread::sleep_until(std::chrono::steady_clock::now() + std::chrono::milliseconds(20));
  house.subscriptions.reset();
  std::printf("told\n"), std::fflush(stdout);
  return 0;
}

}  // namespace
}  // namespace machiya::sense

int main(int argc, char** argv) {
  if (argc < 4) return 2;
  const std::string role = argv[1], folder = argv[2];
  const int port = std::atoi(argv[3]);
  if (role == "receiver") return machiya::sense::receive(folder, port);
  long updates = 10'000, rate = 5'000;
  int together = 50;
  bool lossy = false;
  for (int i = 4; i < argc; ++i) {
    const std::string word = argv[i];
    if (word == "--lossy") lossy = true;
    if (i + 1 == argc) continue;
    if (word == "--updates") updates = std::atol(argv[i + 1]);
    if (word == "--rate") rate = std::atol(argv[i + 1]);
    if (word == "--together") together = std::atoi(argv[i + 1]);
  }
  return machiya::sense::broke(folder, port, updates, rate, lossy, together);
}
