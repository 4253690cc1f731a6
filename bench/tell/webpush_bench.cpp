// What one Web Push message costs before it goes out: subscription read, text sealed, sender's token looked up, headers made.
//   webpush_bench KEY.pem rate THREADS SECONDS <subscriptions   prints {"threads","per_second"}
//   webpush_bench KEY.pem seal <lines                           a line {"subscription":{…},"body":"…"} each; prints headers and message
#include <atomic>
#include <chrono>
#include <fstream>
#include <iostream>
#include <thread>
#include <vector>

#include "base/json.h"
#include "platform/vault/vault.h"
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
}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  std::ifstream in(argv[1]);
  tell::WebPushOptions options;
  options.vapid = {std::string((std::istreambuf_iterator<char>(in)), {}), "mailto:push@city.example", 12};
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
