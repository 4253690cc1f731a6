// The scanner's door, against a clamd that keeps to the protocol (clamd(8), INSTREAM) and says what it is told to.
#include "platform/blobs/clamd.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <thread>

namespace machiya::blobs {
namespace {
using namespace std::string_literals;

/// Reads one INSTREAM by the book, keeps what came and answers; can also hang up or fall silent.
class StrictClamd {
 public:
  explicit StrictClamd(std::string answer, std::size_t most = SIZE_MAX) : answer_(std::move(answer)), most_(most) {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in any{};
    any.sin_family = AF_INET;
    any.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ::bind(listener_, reinterpret_cast<sockaddr*>(&any), sizeof any);
    ::listen(listener_, 4);
    socklen_t size = sizeof any;
    ::getsockname(listener_, reinterpret_cast<sockaddr*>(&any), &size);
    address = "127.0.0.1:" + std::to_string(ntohs(any.sin_port));
    thread_ = std::thread([this] { serve(); });
  }
  ~StrictClamd() {
    ::shutdown(listener_, SHUT_RDWR);
    ::close(listener_);
    thread_.join();
  }
  std::string address, got;
  bool by_the_book = false;

 private:
  bool take(int fd, char* out, std::size_t size) {
    for (std::size_t have = 0; have < size;) {
      const ssize_t n = ::recv(fd, out + have, size - have, 0);
      if (n <= 0) return false;
      have += static_cast<std::size_t>(n);
    }
    return true;
  }
  void serve() {
    const int fd = ::accept(listener_, nullptr, nullptr);
    if (fd < 0) return;
    char command[10];
    if (take(fd, command, sizeof command) && std::string(command, sizeof command) == "zINSTREAM\0"s) {
      for (std::uint32_t length = 0; take(fd, reinterpret_cast<char*>(&length), 4);) {
        length = ntohl(length);
        if (length == 0) {
          by_the_book = true;
          break;
        }
        std::string piece(length, '\0');
        if (!take(fd, piece.data(), length)) break;
        got += piece;
        if (got.size() > most_) break;
      }
    }
    [[maybe_unused]] auto sent = ::send(fd, answer_.data(), answer_.size(), MSG_NOSIGNAL);
    if (answer_.empty()) {   // silent until the client goes
      char byte;
      while (::recv(fd, &byte, 1, 0) > 0) {}
    }
    ::shutdown(fd, SHUT_WR);
    char rest[65536];
    while (::recv(fd, rest, sizeof rest, 0) > 0) {}
    ::close(fd);
  }
  std::string answer_;
  std::size_t most_;
  int listener_;
  std::thread thread_;
};

Result<Verdict> ask(const std::string& address, std::string_view content, int limit_ms = 20'000) {
  ClamdOptions options;
  options.socket = address;
  options.limit = std::chrono::milliseconds(limit_ms);
  MACHIYA_TRY(const auto clamd, Clamd::open(options));
  return clamd->scan(content);
}

TEST(ClamdTest, SendsTheWholeFileAndBelievesItsWords) {
  const std::string content = std::string(200'000, 'x') + "end"s;
  for (const auto& [answer, infected, name] : {std::tuple{"stream: OK\0"s, false, ""s}, {"stream: Test.Signature.UNOFFICIAL FOUND\0"s, true, "Test.Signature.UNOFFICIAL"s}}) {
    StrictClamd server(answer);
    const auto verdict = ask(server.address, content);
    ASSERT_TRUE(verdict.ok()) << verdict.error().to_string();
    EXPECT_EQ(verdict->infected, infected);
    EXPECT_EQ(verdict->name, name);
    EXPECT_TRUE(server.by_the_book);
    EXPECT_EQ(server.got, content);
  }
}

TEST(ClamdTest, WhatIsNoVerdictIsNeverClean) {
  for (const std::string& answer : {"stream: OKAY\0"s, "OK\0"s, "stream: \0"s, "stream:  FOUND"s, "INSTREAM size limit exceeded. ERROR\0"s, "UNKNOWN COMMAND\0"s, "\0"s, "stream: OK"s, std::string(9000, 'y')}) {
    StrictClamd server(answer);
    const auto verdict = ask(server.address, "abc");
    ASSERT_FALSE(verdict.ok()) << answer;
    EXPECT_EQ(verdict.error().code, ErrorCode::unavailable);
  }
}

TEST(ClamdTest, ASizeLimitIsSaidEvenWhenItComesInTheMiddle) {
  StrictClamd server("INSTREAM size limit exceeded. ERROR\0"s, 100'000);
  const auto verdict = ask(server.address, std::string(2'000'000, 'z'));
  ASSERT_FALSE(verdict.ok());
  EXPECT_NE(verdict.error().detail.find("StreamMaxLength"), std::string::npos) << verdict.error().detail;
}

TEST(ClamdTest, NobodyThereAndASilentOneEndInTime) {
  std::string gone;
  {
    StrictClamd server("stream: OK\0"s);
    gone = server.address;
  }
  EXPECT_EQ(ask(gone, "abc").error().code, ErrorCode::unavailable);
  StrictClamd silent("");
  EXPECT_EQ(ask(silent.address, "abc", 50).error().code, ErrorCode::unavailable);
  EXPECT_EQ(ask("unix:/nowhere/clamd.ctl", "abc").error().code, ErrorCode::unavailable);
}

/// script/prove starts one with a single signature, for the text "machiya-test-signature".
TEST(RealClamd, FindsItsSignatureAndNothingElse) {
  const char* socket = std::getenv("MACHIYA_TEST_CLAMD");
  if (!socket) GTEST_SKIP() << "MACHIYA_TEST_CLAMD names no clamd (script/prove clamd starts one)";
  const auto found = ask(socket, std::string(100'000, 'x') + "machiya-test-signature" + std::string(100'000, 'y'));
  ASSERT_TRUE(found.ok()) << found.error().to_string();
  EXPECT_TRUE(found->infected);
  EXPECT_EQ(found->name, "Machiya.Test.UNOFFICIAL");
  const auto clean = ask(socket, std::string(20u << 20, 'x'));
  ASSERT_TRUE(clean.ok()) << clean.error().to_string();
  EXPECT_FALSE(clean->infected);
  const auto large = ask(socket, std::string(30u << 20, 'x'));
  EXPECT_EQ(large.error().code, ErrorCode::unavailable);
}

TEST(ClamdTest, AddressesOfNeitherFormAreRefused) {
  for (const char* address : {"", "clamd.example.jp:3310", "127.0.0.1", "127.0.0.1:0", "127.0.0.1:99999", "127.0.0.1:80x", "unix:"})
    EXPECT_EQ(ask(address, "abc").error().code, ErrorCode::invalid_input) << address;
}

}  // namespace
}  // namespace machiya::blobs
