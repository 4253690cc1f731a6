#include "platform/outbound/stream.h"

#include <gtest/gtest.h>
#include <poll.h>

#include "platform/outbound/testing/peer.h"

namespace machiya::outbound {
namespace {

Result<std::vector<Address>> here(const std::string&) { return std::vector<Address>{*parse_address("127.0.0.1")}; }

/// What comes until the other side ends, or `wanted` bytes are there.
std::string hear(Stream& stream, std::size_t wanted) {
  std::string out;
  char bytes[256];
  while (out.size() < wanted) {
    pollfd fd{stream.descriptor(), POLLIN, 0};
    if (::poll(&fd, 1, 20'000) <= 0) break;
    const long n = stream.read(bytes, sizeof bytes);
    if (n < 0) break;
    out.append(bytes, static_cast<std::size_t>(n));
  }
  return out;
}

TEST(Streams, ListsWhatMayBeCalled) {
  EXPECT_EQ(Streams::create({.rules = {{"https://broker.example"}}}).error().code, ErrorCode::invalid_input);
  EXPECT_EQ(Streams::create({.rules = {{"mqtts://broker.example/topic"}}}).error().code, ErrorCode::invalid_input);
  EXPECT_EQ(Streams::create({.rules = {{"mqtt://broker.example"}}, .plain_inside = true}).error().code, ErrorCode::forbidden);
  EXPECT_EQ(Streams::create({.rules = {{"mqtt://broker.example", true}}}).error().code, ErrorCode::forbidden);
  const auto door = Streams::create({.rules = {{"mqtts://broker.example"}, {"mqtts://inside.example", true}}, .resolve = here});
  ASSERT_TRUE(door.ok());
  EXPECT_EQ((*door)->open("mqtts://other.example", 1'000).error().code, ErrorCode::forbidden);
  EXPECT_EQ((*door)->open("mqtts://broker.example:9999", 1'000).error().code, ErrorCode::forbidden);
  EXPECT_EQ((*door)->open("mqtts://broker.example", 1'000).error().code, ErrorCode::forbidden);   // its name leads to this machine
}

TEST(Streams, ThisMachineMayBeOpenAsAWholeAndNothingElseIs) {
  testing::Peer peer([](testing::Talk& talk) { talk.write("hello"); });
  const auto door = Streams::create({.this_machine = true});
  ASSERT_TRUE(door.ok());
  const auto stream = (*door)->open("mqtt://127.0.0.1:" + std::to_string(peer.port()), 20'000);
  ASSERT_TRUE(stream.ok()) << stream.error().to_string();
  EXPECT_EQ(hear(**stream, 5), "hello");
  EXPECT_EQ((*door)->open("mqtt://10.0.0.5", 1'000).error().code, ErrorCode::forbidden);
}

TEST(Streams, SpeaksTlsWithWhomItTrusts) {
  testing::Peer peer([](testing::Talk& talk) {
    if (!talk.start_tls()) return;
    std::string word;
    if (talk.read_bytes(4, word)) talk.write("heard " + word);
  });
  const std::string url = "mqtts://relay.example:" + std::to_string(peer.port());
  StreamOptions options{.rules = {{url, true}}, .ca_file = peer.ca_file(), .resolve = here};
  const auto door = Streams::create(options);
  const auto stream = (*door)->open(url, 20'000);
  ASSERT_TRUE(stream.ok()) << stream.error().to_string();
  char none = 0;
  EXPECT_EQ((*stream)->read(&none, 1), 0);   // does not wait
  ASSERT_TRUE((*stream)->write("word", 20'000));
  EXPECT_EQ(hear(**stream, 10), "heard word");
  EXPECT_EQ(hear(**stream, 1), "");   // the end
  options.ca_file.clear();
  const auto stranger = Streams::create(options);
  EXPECT_EQ((*stranger)->open(url, 20'000).error().code, ErrorCode::unavailable);
  const std::string other = "mqtts://another.example:" + std::to_string(peer.port());
  const auto misnamed = Streams::create({.rules = {{other, true}}, .ca_file = peer.ca_file(), .resolve = here});
  EXPECT_EQ((*misnamed)->open(other, 20'000).error().code, ErrorCode::unavailable);
}

TEST(Streams, SpeaksPlainlyInsideOnly) {
  testing::Peer peer([](testing::Talk& talk) {
    std::string word;
    if (talk.read_bytes(4, word)) talk.write("heard " + word);
  });
  const std::string url = "mqtt://10-0-0-5.example:" + std::to_string(peer.port());
  const auto door = Streams::create({.rules = {{url, true}}, .plain_inside = true, .resolve = here});
  const auto stream = (*door)->open(url, 20'000);
  ASSERT_TRUE(stream.ok()) << stream.error().to_string();
  ASSERT_TRUE((*stream)->write("word", 20'000));
  EXPECT_EQ(hear(**stream, 10), "heard word");
}

}  // namespace
}  // namespace machiya::outbound
