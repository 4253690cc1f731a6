// For tests of channels: a machine on loopback that answers as it is told, a door that lets nothing else out, and a parcel.
#pragma once
#include <gtest/gtest.h>

#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "platform/outbound/outbound.h"
#include "platform/outbound/testing/peer.h"
#include "tell/channel/channel.h"

namespace machiya::tell::testing {

/// Only these origins, over HTTP as it is on loopback.
inline std::unique_ptr<outbound::Outbound> door_to(const std::vector<std::string>& origins) {
  outbound::Options options;
  options.http_on_loopback = true;
  for (const std::string& origin : origins) options.rules.push_back({origin, true});
  return std::move(*outbound::Outbound::create(std::move(options)));
}

inline Parcel parcel_of(Content content, std::vector<std::string> addresses) {
  Parcel out;
  out.key = "5c1a7b1e-7d1a-4b0e-9f43-1d2c3b4a5f60", out.message = "m1";
  out.content = std::make_shared<Content>(std::move(content));
  for (std::size_t i = 0; i < addresses.size(); ++i) out.to.push_back({static_cast<std::int64_t>(i), std::move(addresses[i]), "", nullptr});
  return out;
}
inline Content content_of(const char* title, const char* body, bool emergency = false) {
  Content out;
  out.lang = "ja", out.title = title, out.body = body, out.emergency = emergency;
  return out;
}

/// A fixture's base: what it is asked, and what it answers.
struct PlayedService {
  /// `otherwise`: its answer when none is left.
  explicit PlayedService(std::string otherwise) : otherwise_(std::move(otherwise)) {}

  std::mutex mutex;
  std::vector<outbound::testing::Request> requests;
  std::string heads;                  ///< header lines of every answer
  std::vector<std::string> answers;   ///< "200 {}", "429" (with Retry-After: 7), "cut"…, used up in order
  std::string otherwise_;
  outbound::testing::Peer peer{[this](outbound::testing::Talk& talk) { run(talk); }};

  std::string origin() const { return "http://127.0.0.1:" + std::to_string(peer.port()); }
  void run(outbound::testing::Talk& talk) {
    for (outbound::testing::Request request; outbound::testing::read_request(talk, request);) {
      std::string answer = otherwise_, more;
      {
        std::lock_guard lock(mutex);
        requests.push_back(request);
        more = heads;
        if (!answers.empty()) answer = answers.front(), answers.erase(answers.begin());
      }
      if (answer == "cut") return talk.cut();
      const std::string status = answer.substr(0, 3), body = answer.size() > 4 ? answer.substr(4) : "";
      talk.write("HTTP/1.1 " + status + " Said\r\n" + (answer == "429" ? "Retry-After: 7\r\n" : "") + more + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
    }
  }
};

}  // namespace machiya::tell::testing
