// Mailing codes: the text, and a whole conversation with postfix's smtp-sink.
#include <arpa/inet.h>
#include <fcntl.h>
#include <gmock/gmock.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "platform/identity/smtp_sender.h"
#include "platform/locale/locale.h"
#include "platform/outbound/outbound.h"

namespace machiya::identity {
namespace {
using ::testing::HasSubstr;
using ::testing::Not;
constexpr const char* kSink = "/usr/sbin/smtp-sink";

std::unique_ptr<locale::Catalogue> texts() { return std::move(*locale::Catalogue::load(std::string(MACHIYA_SOURCE_DIR) + "/web/locale")); }

std::string unbase64(std::string_view in) {
  const std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  unsigned buffer = 0;
  int bits = 0;
  for (char c : in) {
    const auto v = alphabet.find(c);
    if (v == std::string_view::npos) continue;
    buffer = buffer << 6 | static_cast<unsigned>(v);
    bits += 6;
    if (bits >= 8) out += static_cast<char>(buffer >> (bits -= 8) & 255);
  }
  return out;
}
std::string body_of(const std::string& mail, std::string_view gap) {
  return unbase64(std::string_view(mail).substr(mail.find(gap) + gap.size()));
}

TEST(CodeMail, HoldsTheCodeAndNothingOfAnybodyElse) {
  auto catalogue = texts();
  for (std::string_view lang : locale::kLanguages) {
    const std::string mail = code_mail("no-reply@city.example", "hanako@example.jp", "123456", lang, *catalogue, Instant{1'790'000'000 * kSecond});
    EXPECT_THAT(mail, HasSubstr("To: <hanako@example.jp>\r\n"));
    EXPECT_THAT(mail, HasSubstr("Date: Mon, 21 Sep 2026 14:13:20 +0000\r\n"));
    const std::string body = body_of(mail, "\r\n\r\n");
    EXPECT_THAT(body, HasSubstr("123456"));
    EXPECT_THAT(body, Not(HasSubstr("hanako")));
    EXPECT_THAT(mail.substr(0, mail.find("\r\n\r\n")), Not(HasSubstr("123456")));  // subjects show on locked screens
    for (std::size_t at = 0; at < mail.size();) {
      const std::size_t end = mail.find("\r\n", at);
      ASSERT_NE(end, std::string::npos);
      EXPECT_LE(end - at, 78u);  // RFC 5322 §2.1.1
      at = end + 2;
    }
    for (char c : mail) EXPECT_LT(static_cast<unsigned char>(c), 0x80);
  }
}

/// smtp-sink on a free port, writing every mail into one file.
struct Sink {
  std::string folder;
  int port = 0;
  pid_t pid = -1;

  explicit Sink(std::vector<std::string> more = {}) {
    char name[] = "/tmp/machiya-mail-XXXXXX";
    folder = ::mkdtemp(name);
    ::chmod(folder.c_str(), 0777);
    const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    EXPECT_EQ(::bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
    port = ntohs(address.sin_port);
    ::close(fd);
    std::vector<std::string> words = {kSink, "-c", "-D", "mail", "127.0.0.1:" + std::to_string(port), "20"};
    if (::geteuid() == 0) words.insert(words.begin() + 1, {"-u", "nobody"});
    words.insert(words.begin() + 1, more.begin(), more.end());
    pid = ::fork();
    if (pid == 0) {
      std::vector<char*> argv;
      for (auto& w : words) argv.push_back(w.data());
      argv.push_back(nullptr);
      const int null = ::open("/dev/null", O_RDWR);
      ::dup2(null, 1);
      ::dup2(null, 2);
      if (::chdir(folder.c_str()) == 0) ::execv(kSink, argv.data());
      ::_exit(127);
    }
  }
  ~Sink() {
    ::kill(pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
    std::filesystem::remove_all(folder);
  }
  std::string mail() const {
    std::ifstream in(folder + "/mail", std::ios::binary);
    return std::string((std::istreambuf_iterator<char>(in)), {});
  }
};

SmtpOptions options(const Sink& sink) {
  SmtpOptions o;
  o.url = "smtp://127.0.0.1:" + std::to_string(sink.port);
  o.from = "no-reply@city.example";
  o.attempts = 10;          // the sink needs a moment to listen: the sender's own patience is what is tested
  o.first_retry_ms = 20;
  return o;
}
std::unique_ptr<outbound::Outbound> door() { return std::move(*outbound::Outbound::create({})); }
bool no_sink() { return ::access(kSink, X_OK) != 0; }

TEST(SmtpSender, DeliversToAMailServer) {
  if (no_sink()) GTEST_SKIP() << "postfix is not installed";
  Sink sink;
  auto catalogue = texts();
  const auto out = door();
  FakeClock clock{Instant{1'790'000'000 * kSecond}};
  ::testing::internal::CaptureStderr();
  {
    SmtpSender sender(options(sink), *out, *catalogue, clock);
    ASSERT_TRUE(sender.send("hanako@example.jp", "123456", "ja").ok());
    sender.flush();
    EXPECT_EQ(sender.counts().sent, 1);
    EXPECT_EQ(sender.counts().failed, 0);
  }
  const std::string log = ::testing::internal::GetCapturedStderr();
  EXPECT_THAT(log, Not(HasSubstr("hanako")));
  EXPECT_THAT(log, Not(HasSubstr("123456")));
  const std::string mail = sink.mail();
  EXPECT_THAT(mail, HasSubstr("X-Mail-Args: <no-reply@city.example>"));
  EXPECT_THAT(mail, HasSubstr("X-Rcpt-Args: <hanako@example.jp>"));
  EXPECT_THAT(body_of(mail, "Content-Transfer-Encoding: base64\n\n"), HasSubstr("123456"));
}

TEST(SmtpSender, ARefusalIsCountedAndNamesNobody) {
  if (no_sink()) GTEST_SKIP() << "postfix is not installed";
  Sink sink({"-f", "RCPT"});   // 500 at RCPT
  auto catalogue = texts();
  const auto out = door();
  FakeClock clock{Instant{1'790'000'000 * kSecond}};
  ::testing::internal::CaptureStderr();
  {
    SmtpOptions o = options(sink);
    o.attempts = 2;
    SmtpSender sender(o, *out, *catalogue, clock);
    ASSERT_TRUE(sender.send("hanako@example.jp", "123456", "en").ok());
    sender.flush();
    EXPECT_EQ(sender.counts().sent, 0);
    EXPECT_EQ(sender.counts().failed, 1);
  }
  const std::string log = ::testing::internal::GetCapturedStderr();
  EXPECT_THAT(log, HasSubstr("login-mail-lost"));
  EXPECT_THAT(log, Not(HasSubstr("hanako")));
}

TEST(SmtpSender, WithoutTlsNoPasswordIsSpoken) {
  if (no_sink()) GTEST_SKIP() << "postfix is not installed";
  Sink sink;
  auto catalogue = texts();
  const auto out = door();
  FakeClock clock{Instant{1'790'000'000 * kSecond}};
  SmtpOptions o = options(sink);
  o.attempts = 2;
  o.user = "machiya";
  o.password = "secret";
  ::testing::internal::CaptureStderr();
  SmtpSender sender(o, *out, *catalogue, clock);
  ASSERT_TRUE(sender.send("hanako@example.jp", "123456", "en").ok());
  sender.flush();
  EXPECT_THAT(::testing::internal::GetCapturedStderr(), Not(HasSubstr("secret")));
  EXPECT_EQ(sender.counts().failed, 1);
  EXPECT_EQ(sink.mail(), "");
}

TEST(SmtpSender, AFullQueueRefuses) {
  auto catalogue = texts();
  const auto out = door();
  FakeClock clock{Instant{0}};
  SmtpOptions o;
  o.url = "smtp://127.0.0.1:1";
  o.queue = 0;
  SmtpSender sender(o, *out, *catalogue, clock);
  EXPECT_EQ(sender.send("a@example.jp", "1", "ja").error().code, ErrorCode::unavailable);
}

}  // namespace
}  // namespace machiya::identity
