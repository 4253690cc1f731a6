// What one Web Push message costs before it goes out: subscription read, text sealed, sender's token looked up, headers made.
//   webpush_bench KEY.pem rate THREADS SECONDS <subscriptions   prints {"threads","per_second"}
//   webpush_bench KEY.pem send THREADS SECONDS                  hands parcels to a push service in this process, over TLS on loopback; prints the same
//   webpush_bench KEY.pem seal <lines                           a line {"subscription":{…},"body":"…"} each; prints headers and message
#include <atomic>
#include <chrono>
#include <fstream>
#include <iostream>
#include <thread>
#include <vector>

#include "base/json.h"
#include "platform/outbound/testing/peer.h"
#include "platform/vault/vault.h"
#include "tell/webpush/testing.h"
#include "tell/webpush/webpush_channel.h"

using namespace machiya;

namespace {
tell::Content content_of(std::string body) {
  tell::Content out;
  out.lang = "ja";
  out.title = "大雨のお知らせ";
  out.body = std::move(body);
  out.link = "https://city.example/m/01h8xk3v9m2q4r6s8t0w2y4z6b";
  return out;
}

int seal(const tell::WebPushChannel& push) {
  for (std::string line; std::getline(std::cin, line);) {
    const auto value = json::parse(line);
    if (!value.ok()) return 1;
    const auto call = push.request(json::to_text((*value)["subscription"]), content_of(value->text("body")), "m1");
    if (!call.ok()) {
      std::cout << json::to_text(json::Value::object({{"error", call.error().to_string()}})) << '\n';
      continue;
    }
    json::Value out = json::Value::object({{"message", vault::base64url(call->body)}});
    for (const auto& [name, text] : call->headers) out.set(name, text);
    std::cout << json::to_text(out) << '\n';
  }
  return 0;
}

int rate(const tell::WebPushChannel& push, int threads, double seconds) {
  std::vector<std::string> subscriptions;
  for (std::string line; std::getline(std::cin, line);) subscriptions.push_back(line);
  const tell::Content content = content_of(std::string(120, 'x'));
  std::atomic<std::int64_t> made{0};
  std::atomic<bool> broken{subscriptions.empty()};
  const auto begin = std::chrono::steady_clock::now();
  const auto spent = [&] { return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count(); };
  const auto work = [&](std::size_t at) {
    for (; !broken && spent() < seconds; ++at, ++made)
      if (!push.request(subscriptions[at % subscriptions.size()], content, "m1").ok()) broken = true;
  };
  std::vector<std::thread> all;
  for (int i = 0; i < threads; ++i) all.emplace_back(work, static_cast<std::size_t>(i) * 997);
  for (auto& one : all) one.join();
  if (broken) return 1;
  std::cout << "{\"threads\":" << threads << ",\"per_second\":" << static_cast<std::int64_t>(static_cast<double>(made) / spent()) << "}\n";
  return 0;
}

/// Takes everything, as quickly as a thread for each connection can.
void take_all(outbound::testing::Talk& talk) {
  if (!talk.start_tls()) return;
  for (outbound::testing::Request request; outbound::testing::read_request(talk, request);) talk.write("HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n");
}

int send(tell::WebPushOptions options, int threads, double seconds) {
  outbound::testing::Peer service(take_all, "DNS:push.example");
  const std::string origin = "https://push.example:" + std::to_string(service.port());
  outbound::Options outside;
  outside.rules = {{origin, true}};
  outside.ca_file = service.ca_file();
  outside.resolve = [](const std::string&) -> Result<std::vector<outbound::Address>> { return std::vector{*outbound::parse_address("127.0.0.1")}; };
  const auto door = outbound::Outbound::create(outside);
  vault::SystemRng rng;
  SystemClock clock;
  const auto push = tell::WebPushChannel::create(std::move(options), **door, clock, rng);
  tell::Parcel parcel;
  parcel.message = "m1";
  parcel.content = std::make_shared<tell::Content>(content_of(std::string(120, 'x')));
  for (int i = 0; i < (*push)->most(); ++i) parcel.to.push_back({i, tell::testing::new_browser().subscription(origin + "/p/" + std::to_string(i)), "", nullptr});
  std::atomic<std::int64_t> taken{0}, lost{0};
  const auto begin = std::chrono::steady_clock::now();
  const auto spent = [&] { return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count(); };
  std::vector<std::thread> all;
  for (int i = 0; i < threads; ++i)
    all.emplace_back([&] {
      while (spent() < seconds)
        for (const tell::Outcome& one : (*push)->hand_off(parcel).each) ++(one.fate == tell::Fate::accepted ? taken : lost);
    });
  for (auto& one : all) one.join();
  std::cout << "{\"threads\":" << threads << ",\"per_second\":" << static_cast<std::int64_t>(static_cast<double>(taken) / spent()) << ",\"lost\":" << lost << ",\"connections\":" << service.visits() << "}\n";
  return lost == 0 ? 0 : 1;
}
}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  std::ifstream in(argv[1]);
  tell::WebPushOptions options;
  options.vapid = {std::string((std::istreambuf_iterator<char>(in)), {}), "mailto:push@city.example", 12};
  if (argc == 5 && std::string(argv[2]) == "send") return send(std::move(options), std::atoi(argv[3]), std::atof(argv[4]));
  vault::SystemRng rng;
  SystemClock clock;
  const auto door = outbound::Outbound::create({});
  const auto push = tell::WebPushChannel::create(std::move(options), **door, clock, rng);
  if (!push.ok()) {
    std::cerr << push.error().to_string() << '\n';
    return 1;
  }
  if (std::string(argv[2]) == "seal") return seal(**push);
  return argc == 5 ? rate(**push, std::atoi(argv[3]), std::atof(argv[4])) : 2;
}
