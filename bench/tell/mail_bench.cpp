// Mails a second into a relay: composed, signed when keys are given, handed over by the channel itself.
//   mail_bench URL CONNECTIONS SECONDS [SELECTOR=KEY.pem ...] [ca=ROOT.pem]   prints {"mails","lost","per_second","bytes","seconds"}; with a root TLS is required
#include <atomic>
#include <chrono>
#include <fstream>
#include <iostream>
#include <thread>
#include <vector>

#include "tell/mail/mail_channel.h"

using namespace machiya;

namespace {
tell::Parcel parcel(std::size_t at) {
  static const auto content = [] {
    auto made = std::make_shared<tell::Content>();
    made->lang = "ja";
    made->title = "大雨に関するお知らせ";
    made->body = "大阪市からのお知らせです。\n\n";
    for (int i = 0; i < 6; ++i) made->body += "今夜から明日の朝にかけて、雷を伴った激しい雨が降るおそれがあります。\n";
    made->link = "https://city.example/m/01h8xk3v9m2q4r6s8t0w2y4z6b";
    made->link_text = "くわしく見る";
    made->sender = "大阪市";
    made->leave_text = "このメールが届く理由と止め方";
    return made;
  }();
  tell::Parcel out;
  out.key = "5c1a7b1e-7d1a-4b0e-9f43-" + std::to_string(100'000'000'000 + at);
  out.message = "m1";
  out.content = content;
  for (std::size_t i = 0; i < 100; ++i)
    out.to.push_back({static_cast<std::int64_t>(100 * at + i), "person" + std::to_string(100 * at + i) + "@x.example", "https://city.example/leave/01h8xk3v9m2q4r6s8t0w2y4z6b", nullptr});
  return out;
}
}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) return 2;
  tell::MailOptions options;
  options.relay.url = argv[1];
  options.from = "no-reply@city.example";
  options.connections = std::atoi(argv[2]);
  options.wait_ms = 60'000;
  outbound::Options outside;
  for (int i = 4; i < argc; ++i) {
    const std::string word = argv[i];
    if (word.starts_with("ca=")) {
      outside.ca_file = word.substr(3);
      options.relay.require_tls = true;
      continue;
    }
    std::ifstream in(word.substr(word.find('=') + 1));
    options.dkim.push_back({"city.example", word.substr(0, word.find('=')), std::string((std::istreambuf_iterator<char>(in)), {})});
  }
  const double seconds = std::atof(argv[3]);
  const SystemClock clock;
  const auto door = outbound::Outbound::create(outside);
  const auto mail = tell::MailChannel::create(options, **door, clock);
  if (!mail.ok()) {
    std::cerr << mail.error().to_string() << '\n';
    return 1;
  }
  const tell::Parcel sample = parcel(0);
  const std::size_t bytes = (*mail)->mail_for(sample, sample.to[0])->size();
  std::atomic<std::size_t> next{1}, taken{0}, lost{0};
  const auto begin = std::chrono::steady_clock::now();
  const auto spent = [&] { return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count(); };
  std::vector<std::thread> senders;
  for (int i = 0; i < options.connections; ++i)
    senders.emplace_back([&] {
      while (spent() < seconds)
        for (const tell::Outcome& one : (*mail)->hand_off(parcel(next++)).each) ++(one.fate == tell::Fate::accepted ? taken : lost);
    });
  for (auto& one : senders) one.join();
  const double took = spent();
  std::cout << "{\"mails\":" << taken << ",\"lost\":" << lost << ",\"per_second\":" << static_cast<std::int64_t>(static_cast<double>(taken) / took) << ",\"bytes\":" << bytes << ",\"seconds\":" << took << "}\n";
  return lost == 0 ? 0 : 1;
}
