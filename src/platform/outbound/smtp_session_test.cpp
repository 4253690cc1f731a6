// The conversation with a relay against scripted relays on loopback (TLS, faults, smuggling) and against postfix's smtp-sink.
#include <gmock/gmock.h>

#include <mutex>
#include <vector>

#include "base/text.h"
#include "platform/outbound/outbound.h"
#include "platform/outbound/smtp_session.h"
#include "platform/outbound/testing/peer.h"

namespace machiya::outbound {
namespace {
using testing::Peer;
using testing::Talk;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using State = SmtpOutcome::State;

/// A relay that keeps to RFC 5321 unless it is told otherwise.
struct Relay {
  std::vector<std::string> offers = {"PIPELINING", "8BITMIME", "SIZE 100000", "ENHANCEDSTATUSCODES", "SMTPUTF8"};
  std::string greeting = "220 relay.example ready";
  std::string tls_offer;               ///< "STARTTLS" or ""
  std::string auth;                    ///< the answer to credentials
  std::string before_tls;              ///< said in the clear right behind "220 go ahead"
  std::function<std::string(const std::string&)> recipient = [](const std::string&) { return std::string("250 2.1.5 ok"); };
  std::function<std::string(const std::string&)> mail = [](const std::string&) { return std::string("250 2.1.0 ok"); };
  std::function<std::string(const std::string&)> accept = [](const std::string&) { return std::string("250 2.0.0 taken"); };   ///< "cut", "silence"
  bool always_data = false;            ///< 354 even without a recipient
  std::mutex mutex;
  std::vector<std::string> commands, mails;
  bool early = false;                  ///< a command came before its turn though pipelining was not offered
  Peer peer{[this](Talk& talk) { run(talk); }, "DNS:relay.example"};

  void note(const std::string& line) {
    std::lock_guard lock(mutex);
    commands.push_back(line);
  }
  bool pipelining() const { return std::find(offers.begin(), offers.end(), "PIPELINING") != offers.end(); }
  void say(Talk& talk, const std::string& line) {
    if (!pipelining() && talk.waiting() > 0) early = true;
    talk.write(line + "\r\n");
  }
  void hello(Talk& talk, bool tls) {
    std::string out = "250-relay.example\r\n";
    for (const auto& one : offers) out += "250-" + one + "\r\n";
    if (!tls && !tls_offer.empty()) out += "250-" + tls_offer + "\r\n";
    if (tls && !auth.empty()) out += "250-AUTH LOGIN PLAIN\r\n";
    talk.write(out + "250 HELP\r\n");
  }
  void run(Talk& talk) {
    bool tls = false, has_recipient = false;
    talk.write(greeting + "\r\n");
    for (std::string line; talk.read_line(line);) {
      note(line);
      if (starts_with(line, "EHLO")) hello(talk, tls);
      else if (line == "STARTTLS") {
        talk.write("220 go ahead\r\n" + before_tls);
        if (!talk.start_tls()) return;
        tls = true;
      } else if (starts_with(line, "AUTH")) say(talk, auth);
      else if (starts_with(line, "MAIL")) say(talk, mail(line)), has_recipient = false;
      else if (starts_with(line, "RCPT")) {
        const std::string said = recipient(line);
        has_recipient |= said[0] == '2';
        say(talk, said);
      } else if (line == "DATA") {
        if (!has_recipient && !always_data) say(talk, "503 5.5.1 no recipient");
        else if (!take(talk)) return;
      } else if (line == "QUIT") return say(talk, "221 bye");
      else say(talk, "250 2.0.0 ok");
    }
  }
  bool take(Talk& talk) {
    say(talk, "354 go on");
    std::string text;
    for (std::string line; talk.read_line(line);) {
      if (line == ".") {
        const std::string said = accept(text);
        if (said == "cut") return talk.cut(), false;
        {
          std::lock_guard lock(mutex);
          mails.push_back(text);
        }
        if (said == "silence") return talk.read_bytes(1 << 30, text);   // until the client goes
        talk.write(said + "\r\n");
        return true;
      }
      text += (line[0] == '.' ? line.substr(1) : line) + "\r\n";
    }
    return false;
  }
};

std::unique_ptr<Outbound> door(const Relay& relay) {
  Options options;
  options.ca_file = relay.peer.ca_file();
  options.resolve = [](const std::string&) -> Result<std::vector<Address>> { return std::vector{*parse_address("127.0.0.1")}; };
  return std::move(*Outbound::create(std::move(options)));
}
SmtpOptions to(const Relay& relay, const std::string& host = "relay.example") {
  SmtpOptions out;
  out.url = "smtp://" + host + ":" + std::to_string(relay.peer.port());
  out.helo = "city.example";
  out.reply_ms = 2000;
  out.accept_ms = 300;
  return out;
}
SmtpLetter letter(const std::string& to, std::string_view text = "Subject: x\r\n\r\nhello\r\n") {
  SmtpLetter out;
  out.from = "b@city.example";
  out.to = to;
  out.text = text;
  return out;
}
std::vector<State> states(const std::vector<SmtpOutcome>& outcomes) {
  std::vector<State> out;
  for (const auto& one : outcomes) out.push_back(one.state);
  return out;
}

TEST(Smtp, MailsGoOutOneBehindTheOther) {
  Relay relay;
  auto session = door(relay)->open_mail(to(relay));
  ASSERT_TRUE(session.ok()) << session.error().to_string();
  EXPECT_TRUE((*session)->abilities().pipelining && (*session)->abilities().eight_bit && (*session)->abilities().utf8);
  EXPECT_EQ((*session)->abilities().size, 100000u);
  const std::string dots = ".\r\n..\r\na\r\n.b\r\n";
  const std::vector<SmtpLetter> letters = {letter("a@x.example"), letter("b@x.example", dots), letter("c@x.example", "no end of line")};
  const auto done = (*session)->deliver(letters);
  EXPECT_THAT(states(done), ElementsAre(State::accepted, State::accepted, State::accepted));
  EXPECT_EQ(done[0].code, 250);
  EXPECT_EQ(done[0].status, "2.0.0");
  EXPECT_THAT(relay.mails, ElementsAre("Subject: x\r\n\r\nhello\r\n", dots, "no end of line\r\n"));
  EXPECT_THAT(relay.commands[1], HasSubstr("MAIL FROM:<b@city.example> SIZE="));
  EXPECT_TRUE((*session)->alive());
  EXPECT_TRUE((*session)->probe());
  (*session)->quit();
  EXPECT_FALSE((*session)->alive());
}

TEST(Smtp, NothingIsPipelinedWhereItIsNotOffered) {
  Relay relay;
  relay.offers = {"8BITMIME"};
  relay.recipient = [](const std::string& line) { return line.find("nobody") == std::string::npos ? "250 ok" : "550 5.1.1 unknown"; };
  auto session = door(relay)->open_mail(to(relay));
  ASSERT_TRUE(session.ok());
  const std::vector<SmtpLetter> letters = {letter("a@x.example"), letter("nobody@x.example"), letter("c@x.example")};
  EXPECT_THAT(states((*session)->deliver(letters)), ElementsAre(State::accepted, State::refused, State::accepted));
  EXPECT_FALSE(relay.early);
  EXPECT_EQ(relay.mails.size(), 2u);
}

TEST(Smtp, ARefusedRecipientOrSenderDoesNotTouchTheOthers) {
  for (const bool always_data : {false, true}) {
    Relay relay;
    relay.always_data = always_data;
    relay.recipient = [](const std::string& line) {
      if (line.find("nobody") != std::string::npos) return "550 5.1.1 unknown user";
      return line.find("full") != std::string::npos ? "452 4.2.2 full" : "250 ok";
    };
    relay.mail = [](const std::string& line) { return line.find("bad@") != std::string::npos ? "550 5.7.1 not you" : "250 ok"; };
    relay.accept = [&](const std::string& text) { return text.find("spam") != std::string::npos ? "554 5.7.1 no" : always_data && text.empty() ? "554 5.5.1 nobody" : "250 ok"; };
    auto session = door(relay)->open_mail(to(relay));
    ASSERT_TRUE(session.ok());
    std::vector<SmtpLetter> letters = {letter("a@x.example"), letter("nobody@x.example"), letter("b@x.example"), letter("full@x.example"), letter("c@x.example", "spam\r\n"),
                                       letter("d@x.example"), letter("e@x.example"), letter("f@x.example")};
    letters[5].from = "bad@city.example";
    const auto done = (*session)->deliver(letters);
    EXPECT_THAT(states(done), ElementsAre(State::accepted, State::refused, State::accepted, State::refused, State::refused, State::refused, State::accepted, State::accepted));
    EXPECT_EQ(done[1].code, 550);
    EXPECT_EQ(done[1].status, "5.1.1");
    EXPECT_EQ(done[3].code, 452);
    EXPECT_EQ(done[4].code, 554);
    EXPECT_EQ(done[5].status, "5.7.1");
  }
}

TEST(Smtp, WhatWasTakenBeforeTheLineBrokeIsKnown) {
  for (const std::string& end : {std::string("cut"), std::string("silence")}) {
    Relay relay;
    int count = 0;
    relay.accept = [&](const std::string&) { return ++count == 3 ? end : std::string("250 2.0.0 taken"); };
    auto session = door(relay)->open_mail(to(relay));
    ASSERT_TRUE(session.ok());
    const std::vector<SmtpLetter> letters(6, letter("a@x.example"));
    EXPECT_THAT(states((*session)->deliver(letters)), ElementsAre(State::accepted, State::accepted, State::unknown, State::unsent, State::unsent, State::unsent));
    EXPECT_FALSE((*session)->alive());
    EXPECT_THAT(states((*session)->deliver(letters))[0], State::unsent);
  }
}

TEST(Smtp, ARelayThatClosesOrIsBusySaysSo) {
  Relay busy;
  busy.greeting = "421 4.3.2 too busy";
  EXPECT_THAT(door(busy)->open_mail(to(busy)).error().detail, HasSubstr("421"));
  Relay closing;
  int count = 0;
  closing.recipient = [&](const std::string&) { return ++count == 2 ? "421 4.3.2 closing" : "250 ok"; };
  auto session = door(closing)->open_mail(to(closing));
  ASSERT_TRUE(session.ok());
  const std::vector<SmtpLetter> letters(3, letter("a@x.example"));
  const auto done = (*session)->deliver(letters);
  EXPECT_THAT(states(done), ElementsAre(State::accepted, State::refused, State::unsent));
  EXPECT_EQ(done[1].code, 421);
  Relay nonsense;
  nonsense.greeting = "HTTP/1.1 200 OK";
  EXPECT_EQ(door(nonsense)->open_mail(to(nonsense)).error().code, ErrorCode::unavailable);
  Relay endless;
  endless.greeting = std::string(5000, '2');
  EXPECT_EQ(door(endless)->open_mail(to(endless)).error().code, ErrorCode::unavailable);
}

TEST(Smtp, TlsIsRequiredVerifiedAndBegunCleanly) {
  Relay relay;
  relay.tls_offer = "STARTTLS";
  relay.auth = "235 2.7.0 welcome";
  SmtpOptions options = to(relay);
  options.user = "city";
  options.password = "geheim";
  auto session = door(relay)->open_mail(options);
  ASSERT_TRUE(session.ok()) << session.error().to_string();
  EXPECT_TRUE((*session)->encrypted());
  EXPECT_EQ(relay.commands.back(), "AUTH PLAIN AGNpdHkAZ2VoZWlt");   // NUL city NUL geheim
  EXPECT_THAT(states((*session)->deliver(std::vector{letter("a@x.example"), letter("b@x.example")})), ElementsAre(State::accepted, State::accepted));

  options.url = to(relay, "other.example").url;   // a certificate for another name
  EXPECT_THAT(door(relay)->open_mail(options).error().detail, HasSubstr("not to be trusted"));
  EXPECT_EQ(relay.commands.back(), "STARTTLS");    // and no password went out
  options.user.clear();
  EXPECT_TRUE(door(relay)->open_mail(options).ok());   // opportunistic: better than in the clear
  options.require_tls = true;
  EXPECT_FALSE(door(relay)->open_mail(options).ok());

  Relay plain;
  options = to(plain);
  options.user = "city";
  EXPECT_THAT(door(plain)->open_mail(options).error().detail, HasSubstr("no TLS"));
  Relay injected;
  injected.tls_offer = "STARTTLS";
  injected.before_tls = "250 2.0.0 said by somebody in between\r\n";
  EXPECT_FALSE(door(injected)->open_mail(to(injected)).ok());
  Relay refuses;
  refuses.tls_offer = "STARTTLS";
  refuses.auth = "535 5.7.8 no";
  options = to(refuses);
  options.user = "city";
  EXPECT_THAT(door(refuses)->open_mail(options).error().detail, HasSubstr("535"));
}

TEST(Smtp, NoSecondMailIsSmuggled) {
  Relay relay;
  auto session = door(relay)->open_mail(to(relay));
  ASSERT_TRUE(session.ok());
  for (const char* text : {"a\n.\nMAIL FROM:<x@y.example>\r\n", "a\r.\r\n", "a\n", "\r"}) {
    const auto done = (*session)->deliver(std::vector{letter("a@x.example", text)});
    EXPECT_EQ(done[0].state, State::refused) << text;
  }
  for (const char* address : {"a@x.example>\r\nRCPT TO:<b@x.example", "a@x.example> SIZE=1", "", "a\nb"})
    EXPECT_EQ((*session)->deliver(std::vector{letter(address)})[0].state, State::refused);
  EXPECT_EQ(relay.commands.size(), 1u);   // EHLO
}

TEST(Smtp, WhatTheRelayCannotTakeIsNotOffered) {
  Relay relay;
  relay.offers = {"PIPELINING", "SIZE 50"};
  auto session = door(relay)->open_mail(to(relay));
  ASSERT_TRUE(session.ok());
  std::vector<SmtpLetter> letters = {letter("a@x.example"), letter("b@x.example", "short\r\n"), letter("c@x.example", std::string_view("0123456789012345678901234567890123456789012345678\r\n")),
                                     letter("d@x.example"), letter("e@x.example", "short\r\n")};
  letters[0].utf8 = true;
  letters[3].eight_bit = true;
  const auto done = (*session)->deliver(letters);
  EXPECT_THAT(states(done), ElementsAre(State::refused, State::accepted, State::refused, State::refused, State::accepted));
  EXPECT_EQ(done[2].code, 552);
  EXPECT_EQ(relay.mails.size(), 2u);
}

TEST(Smtp, NoRelayAtAnAddressThatMayNotBeCalled) {
  Relay relay;
  for (const char* bad : {"169.254.169.254", "0.0.0.0", "fe80::1"}) {
    Options options;
    options.resolve = [&](const std::string&) -> Result<std::vector<Address>> { return std::vector{*parse_address("127.0.0.1"), *parse_address(bad)}; };
    EXPECT_EQ((*Outbound::create(options))->open_mail(to(relay)).error().code, ErrorCode::forbidden) << bad;
  }
  SmtpOptions http = to(relay);
  http.url = "https://relay.example";
  EXPECT_EQ(door(relay)->open_mail(http).error().code, ErrorCode::forbidden);
  EXPECT_EQ(relay.peer.visits(), 0);
}

}  // namespace
}  // namespace machiya::outbound
