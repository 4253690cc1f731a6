// A process that sends what the ledger holds, to be killed: for tests/faults/tell_kill.mjs.
//   tell_child STORE KEYFILE seed N             fictitious people with LINE and mailboxes
//   tell_child STORE KEYFILE browsers FILE      people with nothing but the browsers of this file, one PushSubscription in JSON a line
//   tell_child STORE KEYFILE place [mail] [push] [drill] [emergency]   a message to everybody on LINE (and by mail, push); prints its public id
//   tell_child STORE KEYFILE run --line ORIGIN [--smtp URL] [--push ORIGIN --push-key PEM --ca PEM] [--forget-keys] [--cancel-at PERCENT] [--rate N]
//                                               sends until every message is over (exit 0); with --cancel-at it stops the last message there
//                                               and prints the time of the cancel's commit in ms
//   tell_child STORE KEYFILE report             one line of JSON: each message with its states, and what replaying found
// --forget-keys gives each attempt a key of its own: the harness must then find duplicates.
#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/json.h"
#include "platform/outbound/outbound.h"
#include "platform/vault/vault.h"
#include "tell/audiences/audiences.h"
#include "tell/audiences/seed.h"
#include "tell/ledger/contents.h"
#include "tell/ledger/ledger.h"
#include "tell/line/line_channel.h"
#include "tell/mail/mail_channel.h"
#include "tell/sending/sender.h"
#include "tell/webpush/webpush_channel.h"

namespace machiya::tell {
namespace {

[[noreturn]] void give_up(const Error& error) {
  std::fprintf(stderr, "%s\n", error.to_string().c_str());
  std::exit(1);
}
template <class T>
T need(Result<T> result) {
  if (!result.ok()) give_up(result.error());
  return std::move(*result);
}
void need(const Result<void>& result) {
  if (!result.ok()) give_up(result.error());
}

/// The sabotage: every attempt looks like a new parcel.
class Forgetful final : public Channel {
 public:
  Forgetful(Channel& channel, Rng& rng) : channel_(channel), rng_(rng) {}
  HandOff hand_off(const Parcel& parcel) override {
    Parcel other = parcel;
    other.key = new_uuid(rng_);
    return channel_.hand_off(other);
  }
  int most() const override { return channel_.most(); }
  int cost(const Parcel& parcel) const override { return channel_.cost(parcel); }
  bool idempotent() const override { return channel_.idempotent(); }

 private:
  Channel& channel_;
  Rng& rng_;
};

/// Smaller parcels than the channel would take, so that there is something to kill.
class Small final : public Channel {
 public:
  Small(Channel& channel, int most) : channel_(channel), most_(most) {}
  HandOff hand_off(const Parcel& parcel) override { return channel_.hand_off(parcel); }
  int most() const override { return most_; }
  int cost(const Parcel& parcel) const override { return channel_.cost(parcel); }
  bool idempotent() const override { return channel_.idempotent(); }

 private:
  Channel& channel_;
  int most_;
};

struct House {
  SystemClock clock;
  vault::SystemRng rng;
  std::unique_ptr<store::Store> store;
  std::unique_ptr<vault::Vault> vault;
  std::unique_ptr<Audiences> audiences;
  std::unique_ptr<Ledger> ledger;

  House(const std::string& url, const std::string& key) {
    store::Options options;
    options.url = url;
    store = need(store::Store::open(options));
    for (const auto& list : {vault::Vault::migrations(), Audiences::migrations(), Ledger::migrations()}) need(store->migrate(list));
    vault = need(vault::Vault::open(key, true));
    need(vault->bind_to(*store));
    audiences = std::make_unique<Audiences>(*store, *vault, clock, rng);
    ledger = std::make_unique<Ledger>(*store, clock, rng);
  }

  std::vector<Ledger::Message> messages() {
    std::vector<Ledger::Message> out;
    need(store->read([&](store::ReadTx& tx) -> Result<void> {
      out.clear();
      for (std::int64_t id = 1;; ++id) {
        MACHIYA_TRY(auto message, ledger->message(tx, id));
        if (!message) return {};
        out.push_back(std::move(*message));
      }
    }));
    return out;
  }
};

bool has(const std::vector<std::string>& words, const char* word) { return std::find(words.begin(), words.end(), word) != words.end(); }
std::string value(const std::vector<std::string>& words, const char* word) {
  const auto at = std::find(words.begin(), words.end(), word);
  return at == words.end() || std::next(at) == words.end() ? "" : *std::next(at);
}

void browsers(House& house, const std::string& file) {
  constexpr int kAtOnce = 200;
  const int channel = need(house.audiences->number("channel", "push"));
  const std::int64_t topic = std::int64_t{1} << need(house.audiences->number("topic", "disaster"));
  std::ifstream in(file);
  for (bool more = true; more;)
    need(house.store->write([&](store::Tx& tx) -> Result<void> {
      std::string line;
      for (int i = 0; i < kAtOnce && (more = static_cast<bool>(std::getline(in, line))); ++i) {
        MACHIYA_TRY(const std::int64_t recipient, house.audiences->subscribe(tx, 0, channel, line, topic, 0, "person"));
        (void)recipient;
      }
      return {};
    }));
}

std::string file_text(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

void place(House& house, const std::vector<std::string>& words) {
  Order order;
  order.public_id = new_public_id(house.rng), order.start = house.clock.now();
  order.channels = std::int64_t{1} << need(house.audiences->number("channel", "line"));
  if (has(words, "mail")) order.channels |= std::int64_t{1} << need(house.audiences->number("channel", "mail"));
  if (has(words, "push")) order.channels |= std::int64_t{1} << need(house.audiences->number("channel", "push"));
  order.drill = has(words, "drill");
  if (has(words, "emergency")) order.cls = Class::emergency;
  Contents contents;
  contents["ja"] = {"ja", "知らせ " + order.public_id, order.drill ? "drill-canary-text" : "本文", "", "https://city.example/messages/" + order.public_id, "市のページ", "大阪市", "止めるには", order.cls == Class::emergency};
  order.contents = to_json(contents);
  need(house.store->write([&](store::Tx& tx) { return house.ledger->place(tx, order); }));
  std::printf("%s\n", order.public_id.c_str());
}

bool all_over(House& house) {
  const auto all = house.messages();
  return std::all_of(all.begin(), all.end(), [](const Ledger::Message& m) { return m.state == MessageState::done || m.state == MessageState::cancelled; });
}

/// Stops the last message once so much of it was handed over; true when that is done.
bool cancel_at(House& house, int percent) {
  const auto all = house.messages();
  const Ledger::Message& last = all.back();
  if (last.state != MessageState::expanded) return last.state >= MessageState::done;
  Tally sum;
  const auto lanes = need(house.store->read([&](store::ReadTx& tx) { return house.ledger->progress(tx, last.id); }));
  for (const LaneTally& lane : lanes) sum.total += lane.tally.total, sum.taken += lane.tally.taken;
  if (sum.total == 0 || sum.taken * 100 < sum.total * percent) return false;
  need(house.store->write([&](store::Tx& tx) { return house.ledger->cancel(tx, last.id); }));
  std::printf("{\"cancelled_ms\":%lld,\"taken\":%lld,\"total\":%lld}\n", static_cast<long long>(house.clock.now().us / 1000), static_cast<long long>(sum.taken), static_cast<long long>(sum.total));
  std::fflush(stdout);
  return true;
}

void run(House& house, const std::vector<std::string>& words) {
  outbound::Options options;
  const std::string origin = value(words, "--line"), smtp = value(words, "--smtp");
  options.rules.push_back({origin, true});
  options.http_on_loopback = true;
  const std::string push_origin = value(words, "--push");
  if (!push_origin.empty()) options.rules.push_back({push_origin, true}), options.ca_file = value(words, "--ca");
  const auto door = need(outbound::Outbound::create(std::move(options)));
  LineChannelOptions line_options;
  line_options.api.base = line_options.api.data_base = origin, line_options.api.token = "sandbox-channel-token", line_options.api.timeout_ms = 2'000, line_options.api.busy_wait_ms = 20;
  LineChannel line(std::move(line_options), *door);
  Forgetful forgetful(line, house.rng);
  const std::string most = value(words, "--most");
  Small small(has(words, "--forget-keys") ? static_cast<Channel&>(forgetful) : line, most.empty() ? line.most() : std::atoi(most.c_str()));
  SenderOptions sending;
  sending.base_url = "https://city.example", sending.first_retry_ms = 50, sending.lease_s = 1;
  std::mutex mutex;
  std::condition_variable changes;
  sending.changed = [&](std::int64_t) { changes.notify_all(); };
  Sender sender(*house.store, *house.ledger, *house.audiences, house.clock, house.rng, sending);
  const std::string rate = value(words, "--rate");
  sender.add({"line", need(house.audiences->number("channel", "line")), &small, rate.empty() ? 0 : std::atof(rate.c_str()), 8, 1'000});
  std::unique_ptr<MailChannel> mail;
  if (!smtp.empty()) {
    MailOptions mails;
    mails.relay.url = smtp, mails.from = "no-reply@city.example", mails.connections = 4, mails.most = 20;
    mail = need(MailChannel::create(std::move(mails), *door, house.clock));
    sender.add({"mail", need(house.audiences->number("channel", "mail")), mail.get(), 0, 4, 1'000});
  }
  std::unique_ptr<WebPushChannel> push;
  if (!push_origin.empty()) {
    WebPushOptions pushes;
    pushes.vapid.key_pem = file_text(value(words, "--push-key")), pushes.vapid.subject = "mailto:push@city.example";
    push = need(WebPushChannel::create(std::move(pushes), *door, house.clock, house.rng));
    sender.add({"push", need(house.audiences->number("channel", "push")), push.get(), 0, 4, 1'000});
  }
  sender.start();
  const std::string percent = value(words, "--cancel-at");
  bool cancelled = percent.empty();
  while (!all_over(house)) {
    if (!cancelled) cancelled = cancel_at(house, std::atoi(percent.c_str()));
    if (cancelled && !percent.empty()) sender.wake();
    std::unique_lock lock(mutex);
    changes.wait_for(lock, std::chrono::milliseconds(10));   // changes are told twice a second; a cancel in mid-flight wants a closer look
  }
  sender.stop();
}

void report(House& house) {
  json::Value out = json::Value::array();
  for (const Ledger::Message& message : house.messages()) {
    const auto counts = need(house.store->read([&](store::ReadTx& tx) { return house.ledger->count(tx, message.id); }));
    const auto replay = need(house.ledger->replay(message.id));
    json::Value one = json::Value::object({{"id", message.public_id}, {"state", static_cast<int>(message.state)}, {"drill", message.drill}, {"rows", replay.rows}, {"differing", replay.differing}});
    for (int i = 0; i < kRowStates; ++i) one.set(std::string(name_of(static_cast<RowState>(i))), counts[static_cast<std::size_t>(i)]);
    out.push(std::move(one));
  }
  std::printf("%s\n", json::to_text(out).c_str());
}

int main_with(const std::vector<std::string>& words) {
  House house(words[0], words[1]);
  const std::string& what = words[2];
  if (what == "seed") {
    SeedOptions options;
    options.people = std::atoll(words[3].c_str()), options.topics = {"disaster"};
    need(seed_recipients(*house.store, *house.audiences, options));
  } else if (what == "browsers") {
    browsers(house, words[3]);
  } else if (what == "place") {
    place(house, words);
  } else if (what == "run") {
    run(house, words);
  } else if (what == "report") {
    report(house);
  } else {
    return 2;
  }
  return 0;
}

}  // namespace
}  // namespace machiya::tell

int main(int argc, char** argv) {
  const std::vector<std::string> words(argv + 1, argv + argc);
  if (words.size() < 3 || ((words[2] == "seed" || words[2] == "browsers") && words.size() < 4)) {
    std::fprintf(stderr, "usage: tell_child STORE KEYFILE seed N | browsers FILE | place | run --line ORIGIN | report\n");
    return 2;
  }
  return machiya::tell::main_with(words);
}
