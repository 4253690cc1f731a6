// Reports that come back, as relays and providers write them, and in every broken form.
#include <gmock/gmock.h>

#include "base/rng.h"
#include "tell/mail/report.h"
#include "tell/mail/return_path.h"
#include "tell/mail/smtp_fate.h"

namespace machiya::tell {
namespace {
const ReturnPath kPath("a secret of thirty-two bytes, no less", "bounce+", "Reports.City.Example");
std::optional<MailReport> read(const std::string& raw, const std::string& to) {
  return read_report(raw, to, [](std::string_view address) { return kPath.token_of(address); });
}

std::string notification(const std::string& action, const std::string& status, const std::string& diagnostic = {}, const std::string& returned = {}) {
  return "From: MAILER-DAEMON@relay.example (Mail Delivery System)\r\nSubject: Undelivered\r\nAuto-Submitted: auto-replied\r\nMIME-Version: 1.0\r\n"
         "Content-Type: multipart/report; report-type=delivery-status;\r\n\tboundary=\"B/1\"\r\n\r\nThis is MIME.\r\n--B/1\r\nContent-Type: text/plain\r\n\r\nSorry.\r\n\r\n--B/1\r\n"
         "Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; relay.example\r\nArrival-Date: Mon, 21 Sep 2026 23:13:20 +0900\r\n\r\n"
         "Final-Recipient: rfc822; hanako@x.example\r\nAction: " + action + "\r\nStatus: " + status + "\r\n" + (diagnostic.empty() ? "" : "Diagnostic-Code: smtp; " + diagnostic + "\r\n") +
         "\r\n--B/1\r\nContent-Type: text/rfc822-headers\r\n\r\n" + returned + "Subject: x\r\n\r\n--B/1--\r\n";
}

TEST(ReturnPath, LeadsBackAndTellsNothing) {
  const std::string seven = kPath.address(7);
  EXPECT_EQ(seven.size(), 7u + 26 + 1 + 20);
  EXPECT_TRUE(seven.starts_with("bounce+") && seven.ends_with("@reports.city.example"));
  for (const std::int64_t recipient : {std::int64_t{0}, std::int64_t{7}, std::int64_t{2'750'000}, std::int64_t{1} << 62}) {
    const auto token = kPath.token_of(kPath.address(recipient));
    ASSERT_TRUE(token);
    EXPECT_EQ(kPath.recipient(*token), recipient);
  }
  std::string shouted = seven;
  for (char& c : shouted) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  EXPECT_EQ(kPath.recipient(*kPath.token_of(shouted)), 7);
  EXPECT_EQ(kPath.address(7), seven);   // the same at each attempt
  const ReturnPath other("another secret of thirty-two bytes ...", "bounce+", "reports.city.example");
  EXPECT_FALSE(other.recipient(*kPath.token_of(seven)));
  std::string token = *kPath.token_of(seven);
  for (std::size_t i = 0; i < token.size(); ++i) {
    std::string forged = token;
    forged[i] = forged[i] == 'z' ? 'y' : 'z';
    EXPECT_FALSE(kPath.recipient(forged)) << i;
  }
  for (const char* bad : {"bounce+x@reports.city.example", "no-reply@city.example", "", "bounce+@reports.city.example"}) EXPECT_FALSE(kPath.token_of(bad)) << bad;
  EXPECT_FALSE(kPath.recipient("uuuuuuuuuuuuuuuuuuuuuuuuuu"));
}

TEST(SmtpFate, RepliesMeanWhatTheyMean) {
  struct Row {
    int code;
    const char* status;
    Fate fate;
  };
  for (const Row& row : {Row{250, "2.0.0", Fate::accepted}, Row{421, "4.3.2", Fate::again}, Row{450, "", Fate::again}, Row{452, "4.2.2", Fate::again}, Row{550, "5.1.1", Fate::dead_address},
                         Row{550, "", Fate::dead_address}, Row{551, "", Fate::dead_address}, Row{553, "", Fate::dead_address}, Row{553, "5.1.3", Fate::dead_address}, Row{550, "5.0.0", Fate::dead_address},
                         Row{550, "5.2.1", Fate::dead_address}, Row{550, "5.1.10", Fate::dead_address}, Row{550, "5.7.1", Fate::refused}, Row{550, "5.7.26", Fate::refused}, Row{552, "5.2.2", Fate::refused},
                         Row{554, "", Fate::refused}, Row{554, "5.7.1", Fate::refused}, Row{553, "5.1.8", Fate::refused}, Row{550, "5.1.7", Fate::refused}, Row{530, "5.7.0", Fate::again},
                         Row{550, "4.4.7", Fate::again}, Row{501, "", Fate::refused}, Row{0, "", Fate::again}})
    EXPECT_EQ(fate_of_reply(row.code, row.status), row.fate) << row.code << ' ' << row.status;
}

TEST(Report, FailuresAreDeadOrSoft) {
  struct Row {
    const char *action, *status, *diagnostic;
    std::optional<ReportKind> kind;
  };
  for (const Row& row : {Row{"failed", "5.1.1", "550 5.1.1 <x>: user unknown", ReportKind::dead}, Row{"Failed", "5.1.1 (bad mailbox)", "", ReportKind::dead}, Row{"failed", "5.0.0", "550 Unknown user", ReportKind::dead},
                         Row{"failed", "5.0.0", "554 no", ReportKind::soft}, Row{"failed", "5.2.2", "552 full", ReportKind::soft}, Row{"failed", "5.7.1", "550 5.7.1 policy", ReportKind::soft},
                         Row{"failed", "4.4.7", "", ReportKind::soft}, Row{"failed", "nonsense", "", ReportKind::soft}, Row{"delayed", "4.4.1", "", std::nullopt}, Row{"delivered", "2.0.0", "", std::nullopt},
                         Row{"relayed", "2.0.0", "", std::nullopt}}) {
    const auto report = read(notification(row.action, row.status, row.diagnostic), kPath.address(7));
    ASSERT_EQ(report.has_value(), row.kind.has_value()) << row.action << ' ' << row.status;
    if (!report) continue;
    EXPECT_EQ(report->kind, *row.kind) << row.status << ' ' << row.diagnostic;
    EXPECT_EQ(kPath.recipient(report->token), 7);
  }
  EXPECT_EQ(read(notification("failed", "5.1.1"), kPath.address(7))->status, "5.1.1");
}

TEST(Report, WhoseItIsStandsInTheEnvelopeOrInTheMailThatCameBack) {
  EXPECT_FALSE(read(notification("failed", "5.1.1"), "postmaster@city.example"));
  EXPECT_EQ(kPath.recipient(read(notification("failed", "5.1.1", "", "Return-Path: <" + kPath.address(9) + ">\r\n"), "")->token), 9);
  EXPECT_EQ(kPath.recipient(read("X-Original-To: " + kPath.address(8) + "\r\n" + notification("failed", "5.1.1"), "")->token), 8);
  // Inside another mail, encoded, with bare line feeds.
  std::string inner = notification("failed", "5.1.1");
  std::string bare;
  for (const char c : inner)
    if (c != '\r') bare += c;
  EXPECT_TRUE(read(bare, kPath.address(7)));
}

TEST(Report, ComplaintsAreTheStrongest) {
  const std::string complaint =
      "From: feedback@provider.example\r\nMIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=feedback-report; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nAbuse.\r\n--b\r\n"
      "Content-Type: message/feedback-report\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nFeedback-Type: abuse\r\nUser-Agent: x/1\r\nVersion: 1\r\nOriginal-Mail-From: <" + kPath.address(12) +
      ">\r\n\r\n--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: x\r\n\r\nhello\r\n--b--\r\n";
  const auto report = read(complaint, "abuse@city.example");
  ASSERT_TRUE(report);
  EXPECT_EQ(report->kind, ReportKind::complaint);
  EXPECT_EQ(kPath.recipient(report->token), 12);
  std::string fine = complaint;
  fine.replace(fine.find("abuse\r\nUser"), 5, "not-spam");
  EXPECT_FALSE(read(fine, kPath.address(12)));
}

TEST(Report, LettersInOwnWordsAndPeopleWhoAreAway) {
  const std::string head = "From: Mail Delivery Subsystem <MAILER-DAEMON@carrier.example>\r\nSubject: Returned mail\r\n\r\n";
  EXPECT_EQ(read(head + "<hanako@carrier.example>... User unknown\r\n", kPath.address(7))->kind, ReportKind::dead);
  EXPECT_EQ(read(head + "I could not deliver it.\r\n", kPath.address(7))->kind, ReportKind::soft);
  EXPECT_FALSE(read(head + "It will be retried for five days.\r\n", kPath.address(7)));
  EXPECT_FALSE(read("From: hanako@x.example\r\nAuto-Submitted: auto-replied (vacation)\r\nSubject: away\r\n\r\nUser unknown\r\n", kPath.address(7)));
  EXPECT_FALSE(read("From: hanako@x.example\r\nSubject: thanks\r\n\r\nUser unknown\r\n", kPath.address(7)));
}

TEST(Report, BrokenMailsReadAsLessAndNeverHurt) {
  const std::string whole = notification("failed", "5.1.1", "550 5.1.1 no", "Return-Path: <" + kPath.address(9) + ">\r\n");
  SeededRng rng(5);
  int read_still = 0;
  for (int i = 0; i < 3000; ++i) {
    std::string raw = whole.substr(0, i % 3 == 0 ? rng.below(whole.size()) : whole.size());
    for (std::uint64_t n = rng.below(8); n > 0 && !raw.empty(); --n) raw[rng.below(raw.size())] = static_cast<char>(rng.below(256));
    read_still += read(raw, kPath.address(7)).has_value();
  }
  EXPECT_GT(read_still, 500);
  EXPECT_LT(read_still, 3000);
  std::string nested;   // a hundred deep
  for (int i = 0; i < 100; ++i) nested += "Content-Type: multipart/mixed; boundary=b" + std::to_string(i) + "\r\n\r\n--b" + std::to_string(i) + "\r\n";
  EXPECT_FALSE(read(nested + notification("failed", "5.1.1"), kPath.address(7)));
  EXPECT_FALSE(read(std::string(2'000'000, '\n'), kPath.address(7)));
  EXPECT_FALSE(read("", kPath.address(7)));
}

}  // namespace
}  // namespace machiya::tell
