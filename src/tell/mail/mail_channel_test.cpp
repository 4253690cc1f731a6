// The channel against a scripted relay that breaks on demand, and against postfix's smtp-sink.
#include <arpa/inet.h>
#include <fcntl.h>
#include <gmock/gmock.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <mutex>
#include <thread>

#include "base/text.h"
#include "platform/outbound/testing/peer.h"
#include "tell/mail/mail_channel.h"

namespace machiya::tell {
namespace {
using outbound::testing::Peer;
using outbound::testing::Talk;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// Takes mail; does at a recipient's address what the address says: "dead@", "full@", "policy@"; "cut@" cuts once at the end of the mail, "drop@" once in the middle.
struct Relay {
  std::mutex mutex;
  std::vector<std::string> taken;      ///< recipients
  std::vector<std::string> senders;
  std::map<int, int> per_connection;   ///< mails by connection
  int connections = 0, cuts = 0;
  std::atomic<int> under_way{0}, most_under_way{0};   ///< mails between DATA and its answer
  std::string greeting = "220 relay.example";
  Peer peer{[this](Talk& talk) { run(talk); }};

  int enter() {
    std::lock_guard lock(mutex);
    return ++connections;
  }
  bool once() {
    std::lock_guard lock(mutex);
    return cuts++ == 0;
  }
  void run(Talk& talk) {
    const int mine = enter();
    talk.write(greeting + "\r\n");
    std::string to, from;
    for (std::string line; talk.read_line(line) && serve(talk, line, to, from, mine);) {}
  }
  bool serve(Talk& talk, const std::string& line, std::string& to, std::string& from, int mine) {
    if (starts_with(line, "EHLO")) return talk.write("250-relay.example\r\n250-PIPELINING\r\n250-ENHANCEDSTATUSCODES\r\n250 8BITMIME\r\n"), true;
    if (starts_with(line, "MAIL")) return from = line.substr(11, line.find('>') - 11), talk.write("250 ok\r\n"), true;
    if (starts_with(line, "RCPT")) {
      to = line.substr(9, line.find('>') - 9);
      const char* said = starts_with(to, "dead@") ? "550 5.1.1 unknown" : starts_with(to, "full@") ? "452 4.2.2 full" : starts_with(to, "policy@") ? "550 5.7.1 no" : "250 ok";
      if (said[0] != '2') to.clear();
      return talk.write(std::string(said) + "\r\n"), true;
    }
    if (line == "DATA") return take(talk, to, from, mine);
    if (line == "QUIT") return false;
    return talk.write("250 ok\r\n"), true;
  }
  bool take(Talk& talk, const std::string& to, const std::string& from, int mine) {
    if (to.empty()) return talk.write("503 5.5.1 no recipient\r\n"), true;
    if (starts_with(to, "drop@") && once()) return talk.cut(), false;
    const int now = ++under_way;
    for (int most = most_under_way; now > most && !most_under_way.compare_exchange_weak(most, now);) {}
    talk.write("354 go on\r\n");
    for (std::string line; line != ".";)
      if (!talk.read_line(line)) return false;
    if (starts_with(to, "cut@") && once()) return talk.cut(), false;
    {
      std::lock_guard lock(mutex);
      taken.push_back(to);
      senders.push_back(from);
      ++per_connection[mine];
    }
    --under_way;
    talk.write("250 2.0.0 taken\r\n");
    return true;
  }
};

const FakeClock kClock{Instant{1'790'000'000 * kSecond}};

Parcel parcel(const std::vector<std::string>& addresses, const std::string& key = "5c1a7b1e-7d1a-4b0e-9f43-1d2c3b4a5f60") {
  auto content = std::make_shared<Content>();
  content->lang = "ja";
  content->title = "大雨のお知らせ";
  content->body = "川の水が増えています。";
  content->sender = "大阪市";
  Parcel out;
  out.key = key;
  out.message = "m1";
  out.content = content;
  for (std::size_t i = 0; i < addresses.size(); ++i) out.to.push_back({static_cast<std::int64_t>(i), addresses[i], "https://city.example/leave/" + std::to_string(i), nullptr});
  return out;
}
std::vector<Fate> fates(const HandOff& done) {
  std::vector<Fate> out;
  for (const Outcome& one : done.each) out.push_back(one.fate);
  return out;
}

struct MailChannelTest : ::testing::Test {
  Relay relay;
  std::unique_ptr<outbound::Outbound> door = std::move(*outbound::Outbound::create({}));
  MailOptions options = [this] {
    MailOptions out;
    out.relay.url = "smtp://127.0.0.1:" + std::to_string(relay.peer.port());
    out.relay.accept_ms = 2000;
    out.from = "no-reply@city.example";
    out.connections = 2;
    return out;
  }();
  std::unique_ptr<MailChannel> channel() { return std::move(*MailChannel::create(options, *door, kClock)); }
};

TEST_F(MailChannelTest, EveryReplyHasItsMeaning) {
  auto mail = channel();
  const HandOff done = mail->hand_off(parcel({"a@x.example", "dead@x.example", "full@x.example", "policy@x.example", "no address", "花子@x.example", "b@x.example"}));
  EXPECT_THAT(fates(done), ElementsAre(Fate::accepted, Fate::dead_address, Fate::again, Fate::refused, Fate::dead_address, Fate::refused, Fate::accepted));
  EXPECT_EQ(done.each[1].reason, "smtp-550");
  EXPECT_FALSE(done.down);
  EXPECT_THAT(relay.taken, ElementsAre("a@x.example", "b@x.example"));
  EXPECT_EQ(relay.connections, 1);
  EXPECT_THAT(fates(mail->hand_off(parcel({"c@x.example"}))), ElementsAre(Fate::accepted));
  EXPECT_EQ(relay.connections, 1);   // the conversation was kept
  EXPECT_FALSE(mail->idempotent());
}

TEST_F(MailChannelTest, WhatABrokenConversationDidNotTakeGoesOverAnother) {
  auto mail = channel();
  EXPECT_THAT(fates(mail->hand_off(parcel({"a@x.example", "drop@x.example", "b@x.example"}))), Each(Fate::accepted));
  EXPECT_THAT(relay.taken, ElementsAre("a@x.example", "drop@x.example", "b@x.example"));
  EXPECT_EQ(relay.connections, 2);
  relay.cuts = 0;
  relay.taken.clear();
  // Cut between the end of the mail and the answer: only this one is in doubt.
  EXPECT_THAT(fates(mail->hand_off(parcel({"a@x.example", "cut@x.example", "b@x.example"}))), ElementsAre(Fate::accepted, Fate::unknown, Fate::accepted));
  EXPECT_THAT(relay.taken, ElementsAre("a@x.example", "b@x.example"));
}

TEST_F(MailChannelTest, ARelayThatIsAwayOrBusyIsDownAndNobodyIsLost) {
  relay.greeting = "421 4.3.2 too busy";
  HandOff done = channel()->hand_off(parcel({"a@x.example", "b@x.example", "no address"}));
  EXPECT_THAT(fates(done), ElementsAre(Fate::again, Fate::again, Fate::dead_address));
  EXPECT_TRUE(done.down);
  options.relay.url = "smtp://127.0.0.1:1";
  done = channel()->hand_off(parcel({"a@x.example"}));
  EXPECT_EQ(done.each[0].fate, Fate::again);
  EXPECT_TRUE(done.down);
  options.relay.url = "smtp://169.254.169.254";
  EXPECT_TRUE(channel()->hand_off(parcel({"a@x.example"})).down);
}

TEST_F(MailChannelTest, CarriersGetAtMostTheirShareOfAConversationAndOfConversations) {
  options.connections = 4;
  options.rules = {{"docomo", {"docomo.ne.jp"}, 10, 1, Charset::utf8, ""}};
  auto mail = channel();
  std::vector<std::thread> senders;
  std::atomic<int> accepted{0};
  for (int t = 0; t < 4; ++t)
    senders.emplace_back([&, t] {
      std::vector<std::string> addresses;
      for (int i = 0; i < 25; ++i) addresses.push_back("a.." + std::to_string(i) + "@docomo.ne.jp");
      for (const Outcome& one : mail->hand_off(parcel(addresses, std::to_string(t))).each) accepted += one.fate == Fate::accepted;
    });
  for (auto& one : senders) one.join();
  EXPECT_EQ(accepted, 100);
  EXPECT_EQ(relay.taken.size(), 100u);
  EXPECT_EQ(relay.taken[0].substr(0, 4), "\"a..");
  for (const auto& [connection, count] : relay.per_connection) EXPECT_LE(count, 10) << connection;
  EXPECT_GE(relay.connections, 10);
  EXPECT_EQ(relay.most_under_way, 1);   // four senders, one conversation at a time
  relay.most_under_way = 0;
  options.rules.clear();
  mail = channel();
  senders.clear();
  std::atomic<bool> together{false};
  for (int t = 0; t < 4; ++t)
    senders.emplace_back([&, t] {
      for (int i = 0; i < 2000 && !together; ++i) {
        mail->hand_off(parcel(std::vector<std::string>(20, "a@x.example"), std::to_string(t)));
        together = together || relay.most_under_way > 1;
      }
    });
  for (auto& one : senders) one.join();
  EXPECT_TRUE(together);   // without the rule they go side by side: the test can tell
}

TEST_F(MailChannelTest, EnvelopeSendersLeadBackAndMailsCanBeRecognised) {
  options.envelope_from = [](std::int64_t recipient) { return recipient == 1 ? std::string() : "bounce+" + std::to_string(recipient * 11) + "@city.example"; };
  auto mail = channel();
  mail->hand_off(parcel({"a@x.example", "b@x.example", "c@x.example"}));
  EXPECT_THAT(relay.senders, ElementsAre("bounce+0@city.example", "no-reply@city.example", "bounce+22@city.example"));
  const Parcel first = parcel({"a@x.example"});
  Parcel again = first;
  again.attempt = 2;
  EXPECT_EQ(*mail->mail_for(first, first.to[0]), *mail->mail_for(again, again.to[0]));
}

TEST_F(MailChannelTest, WhatCannotBeIsRefusedAtTheStart) {
  for (const auto& spoil : std::vector<std::function<void(MailOptions&)>>{[](MailOptions& o) { o.from = "nobody"; }, [](MailOptions& o) { o.reply_to = "x y"; }, [](MailOptions& o) { o.connections = 0; },
                                                                         [](MailOptions& o) { o.dkim = {{"city.example", "s", "no key"}}; }}) {
    MailOptions bad = options;
    spoil(bad);
    EXPECT_FALSE(MailChannel::create(bad, *door, kClock).ok());
  }
}

/// postfix's own sink, which is strict in ways of its own.
struct Sink {
  std::string folder;
  int port = 0;
  pid_t pid = -1;
  explicit Sink(std::vector<std::string> more) {
    char name[] = "/tmp/machiya-sink-XXXXXX";
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
    std::vector<std::string> words = {"/usr/sbin/smtp-sink"};
    if (::geteuid() == 0) words.insert(words.end(), {"-u", "nobody"});
    words.insert(words.end(), more.begin(), more.end());
    words.insert(words.end(), {"-D", "mail", "127.0.0.1:" + std::to_string(port), "20"});
    pid = ::fork();
    if (pid == 0) {
      std::vector<char*> argv;
      for (auto& w : words) argv.push_back(w.data());
      argv.push_back(nullptr);
      const int null = ::open("/dev/null", O_RDWR);
      ::dup2(null, 1);
      ::dup2(null, 2);
      if (::chdir(folder.c_str()) == 0) ::execv(argv[0], argv.data());
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

TEST_F(MailChannelTest, PostfixTakesThemWithAndWithoutPipelining) {
  if (::access("/usr/sbin/smtp-sink", X_OK) != 0) GTEST_SKIP() << "skipped: smtp-sink absent";
  for (const std::vector<std::string>& more : {std::vector<std::string>{}, std::vector<std::string>{"-p"}, std::vector<std::string>{"-e"}}) {
    Sink sink(more);
    options.relay.url = "smtp://127.0.0.1:" + std::to_string(sink.port);
    auto mail = channel();
    const Parcel sent = parcel({"a@x.example", "b@x.example", "c@x.example"});
    HandOff done;
    // The sink needs a moment to listen; the ledger would come again just so.
    for (int tries = 0; tries < 2000 && (done.each.empty() || done.down); ++tries) done = mail->hand_off(sent);
    EXPECT_THAT(fates(done), Each(Fate::accepted));
    const std::string box = sink.mail();
    EXPECT_THAT(box, HasSubstr("Message-ID: <"));
    EXPECT_THAT(box, HasSubstr("a@x.example"));
    EXPECT_THAT(box, HasSubstr("c@x.example"));
  }
}

TEST_F(MailChannelTest, PostfixRefusalsAndHangUps) {
  if (::access("/usr/sbin/smtp-sink", X_OK) != 0) GTEST_SKIP() << "skipped: smtp-sink absent";
  const std::pair<std::vector<std::string>, Fate> table[] = {
      {{"-r", "RCPT"}, Fate::again}, {{"-f", "RCPT"}, Fate::refused}, {{"-f", "."}, Fate::refused}, {{"-r", "."}, Fate::again}, {{"-q", "DATA"}, Fate::again}, {{"-q", "MAIL"}, Fate::again}};
  for (const auto& [more, fate] : table) {
    Sink sink(more);
    options.relay.url = "smtp://127.0.0.1:" + std::to_string(sink.port);
    auto mail = channel();
    HandOff done;
    for (int tries = 0; tries < 2000 && (done.each.empty() || done.each[0].reason == "smtp-unreached"); ++tries) done = mail->hand_off(parcel({"a@x.example"}));
    EXPECT_EQ(done.each[0].fate, fate) << more[0] << ' ' << more[1] << ' ' << done.each[0].reason;
  }
}

}  // namespace
}  // namespace machiya::tell
