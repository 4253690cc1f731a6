// Reports of mails that came back, from the raw bytes to addresses, consent and ledger.
#include "tell/returned/mail_returns.h"

#include <gmock/gmock.h>

#include "platform/http/http.h"
#include "tell/mail/compose.h"
#include "tell/testing/house.h"

namespace machiya::tell {
namespace {
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

class MailReturnsTest : public testing::TellTest {
 protected:
  MailReturnsTest() { migrate(MailReturns::migrations()); }

  /// The channel of mails takes everything there is; gives the keys of the parcels by message and recipient.
  std::map<std::int64_t, std::map<std::int64_t, std::string>> send_all() {
    expand_all();
    const store::Lease held = lease("mail");
    std::map<std::int64_t, std::map<std::int64_t, std::string>> keys;
    auto claims = ledger->claim(held, {mail, 500, 10, false});
    EXPECT_TRUE(claims.ok());
    for (const Claim& claim : *claims) {
      for (const std::int64_t one : claim.recipients) keys[claim.message][one] = claim.key;
      Settlement s;
      s.taken = claim.recipients;
      EXPECT_TRUE(store().write([&](store::Tx& tx) { return ledger->settle(tx, held, claim, s); }).ok());
    }
    EXPECT_TRUE(store().write([&](store::Tx& tx) { return store::release_lease(tx, held); }).ok());
    return keys;
  }
  std::string id_of(const std::string& key, std::int64_t recipient, const std::string& address) { return "Message-ID: <" + message_id_of(key, {recipient, address, {}, nullptr}) + "@city.example>\r\n"; }

  /// As a relay writes it (RFC 3464); `head`: of the mail that came back.
  std::string bounce(std::int64_t recipient, const std::string& status, const std::string& head = {}) {
    return "Return-Path: <>\r\nX-Original-To: " + path.address(recipient) + "\r\nFrom: MAILER-DAEMON@relay.example\r\nSubject: Undelivered Mail Returned to Sender\r\nMIME-Version: 1.0\r\n"
           "Content-Type: multipart/report; report-type=delivery-status; boundary=\"b\"\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nSorry.\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\n"
           "Reporting-MTA: dns; relay.example\r\n\r\nFinal-Recipient: rfc822; hanako@x.example\r\nAction: failed\r\nStatus: " + status + "\r\n\r\n--b\r\nContent-Type: text/rfc822-headers\r\n\r\n" + head +
           "Subject: x\r\n\r\n--b--\r\n";
  }
  /// As a provider writes it (RFC 5965).
  std::string complaint(std::int64_t recipient) {
    return "From: fbl@provider.example\r\nTo: abuse@city.example\r\nMIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=feedback-report; boundary=\"b\"\r\n\r\n--b\r\n"
           "Content-Type: text/plain\r\n\r\nA complaint.\r\n--b\r\nContent-Type: message/feedback-report\r\n\r\nFeedback-Type: abuse\r\nUser-Agent: X/1\r\nVersion: 1\r\nOriginal-Mail-From: <" +
           path.address(recipient) + ">\r\n\r\n--b\r\nContent-Type: message/rfc822\r\n\r\nReturn-Path: <" + path.address(recipient) + ">\r\nSubject: x\r\n\r\nText.\r\n--b--\r\n";
  }
  MailReturned take(const std::string& raw) {
    auto done = returns.take(raw);
    EXPECT_TRUE(done.ok()) << done.error().to_string();
    return done.ok() ? *done : MailReturned{"error"};
  }
  bool reached(std::int64_t recipient) {
    auto found = store().read([&](store::ReadTx& tx) { return audiences->addresses(tx, mail, {recipient}, clock.now()); });
    return found.ok() && !found->empty();
  }
  std::vector<std::string> consents(std::int64_t recipient) {
    auto all = store().read([&](store::ReadTx& tx) { return audiences->consents(tx, recipient); });
    std::vector<std::string> out;
    for (const auto& one : *all) out.push_back(one.what + " " + one.detail + " " + one.by_whom);
    return out;
  }
  std::vector<std::string> reasons(std::int64_t message) {
    auto all = store().read([&](store::ReadTx& tx) { return ledger->reasons(tx, message); });
    std::vector<std::string> out;
    for (const auto& one : *all) out.push_back(one.reason);
    return out;
  }

  ReturnPath path{"a secret of thirty-two bytes, no less", "bounce+", "reports.city.example"};
  MailReturns returns{{store(), *audiences, *ledger, clock, path, mail}};
};
MACHIYA_ON_BOTH_ENGINES(MailReturnsTest);

TEST_P(MailReturnsTest, a_dead_address_ends_and_the_mail_it_names_came_back) {
  const std::int64_t hanako = subscribe(mail, "hanako@x.example", sports), taro = subscribe(mail, "taro@x.example", sports);
  const std::int64_t first = place(order(sports)), second = place(order(sports));
  const auto keys = send_all();
  ASSERT_EQ(keys.at(first).size(), 2u);
  const auto done = take(bounce(hanako, "5.1.1", id_of(keys.at(first).at(hanako), hanako, "hanako@x.example")));
  EXPECT_EQ(done.report, "dead");
  EXPECT_EQ(done.messages, 1);
  EXPECT_FALSE(reached(hanako));
  EXPECT_TRUE(reached(taro));
  EXPECT_EQ(count(first, RowState::came_back), 1);
  EXPECT_EQ(count(second, RowState::came_back), 0);   // nobody said so
  EXPECT_THAT(reasons(first), Contains("mail-5.1.1"));
  EXPECT_THAT(consents(hanako), Contains("dead mail-5.1.1 channel"));
  expect_replay(first, 2);
  // The second report comes when the address is dead already: it still finds its mail.
  EXPECT_EQ(take(bounce(hanako, "5.1.1", id_of(keys.at(second).at(hanako), hanako, "hanako@x.example"))).messages, 1);
  EXPECT_EQ(count(second, RowState::came_back), 1);
}

TEST_P(MailReturnsTest, only_the_address_that_the_mail_went_to_ends) {
  const std::int64_t hanako = subscribe(mail, "old@x.example", sports);
  const std::int64_t message = place(order(sports));
  const auto keys = send_all();
  subscribe(mail, "new@x.example", sports, 0, hanako);
  EXPECT_EQ(take(bounce(hanako, "5.1.1", id_of(keys.at(message).at(hanako), hanako, "old@x.example"))).messages, 1);
  auto left = store().read([&](store::ReadTx& tx) { return audiences->addresses(tx, mail, {hanako}, clock.now()); });
  ASSERT_EQ(left->size(), 1u);
  EXPECT_EQ(left->front().address, "new@x.example");
}

TEST_P(MailReturnsTest, a_report_that_names_no_mail_or_anothers_marks_what_was_taken_lately) {
  const std::int64_t hanako = subscribe(mail, "hanako@x.example", sports), taro = subscribe(mail, "taro@x.example", sports);
  const std::int64_t first = place(order(sports)), second = place(order(sports));
  const auto keys = send_all();
  EXPECT_EQ(take(bounce(hanako, "5.1.1", "Message-ID: <0123456789abcdef0123456789abcdef@city.example>\r\n")).messages, 2);
  EXPECT_THAT(reasons(first), Contains("mail-5.1.1-unnamed"));
  // Another person's mail in the report of this one: not theirs, nothing of it is touched.
  EXPECT_EQ(take(bounce(hanako, "5.1.0", id_of(keys.at(second).at(taro), taro, "taro@x.example"))).messages, 0);
  EXPECT_TRUE(reached(taro));
  EXPECT_EQ(count(second, RowState::came_back), 1);
}

TEST_P(MailReturnsTest, three_soft_failures_end_an_address_and_the_same_report_counts_once) {
  const std::int64_t hanako = subscribe(mail, "hanako@x.example", sports);
  const std::int64_t message = place(order(sports));
  const auto keys = send_all();
  const std::string full = bounce(hanako, "5.2.2", id_of(keys.at(message).at(hanako), hanako, "hanako@x.example"));
  EXPECT_EQ(take(full).messages, 1);   // that mail did not arrive
  for (int i = 0; i < 5; ++i) {
    const auto again = take(full);
    EXPECT_TRUE(again.known);
    EXPECT_EQ(again.report, "soft");
  }
  EXPECT_TRUE(reached(hanako));
  EXPECT_EQ(take(bounce(hanako, "4.4.1")).messages, 0);
  EXPECT_TRUE(reached(hanako));
  take(bounce(hanako, "4.4.7"));
  EXPECT_FALSE(reached(hanako));
}

TEST_P(MailReturnsTest, failures_of_long_ago_are_forgotten) {
  const std::int64_t hanako = subscribe(mail, "hanako@x.example", sports);
  take(bounce(hanako, "4.4.1"));
  take(bounce(hanako, "4.4.2"));
  ASSERT_TRUE(store().write([&](store::Tx& tx) { return tx.execute("UPDATE recipient_address SET changed_us = changed_us - :d", {{"d", 61 * kDay}}); }).ok());
  take(bounce(hanako, "4.4.7"));
  EXPECT_TRUE(reached(hanako));
}

TEST_P(MailReturnsTest, who_complains_has_left) {
  const std::int64_t hanako = subscribe(mail, "hanako@x.example", sports);
  EXPECT_EQ(take(complaint(hanako)).report, "complaint");
  EXPECT_FALSE(reached(hanako));
  EXPECT_THAT(consents(hanako), Contains("left  complaint"));
  EXPECT_TRUE(take(complaint(hanako)).known);
  const auto about = store().read([&](store::ReadTx& tx) { return audiences->by_id(tx, hanako); });
  EXPECT_TRUE((*about)->channels.empty());
}

TEST_P(MailReturnsTest, what_is_no_report_or_of_another_house_does_nothing) {
  const std::int64_t hanako = subscribe(mail, "hanako@x.example", sports);
  const ReturnPath other("another secret of thirty-two bytes ...", "bounce+", "reports.city.example");
  std::string forged = bounce(hanako, "5.1.1");
  forged.replace(forged.find(path.address(hanako)), path.address(hanako).size(), other.address(hanako));
  for (const std::string& raw : {forged, bounce(hanako + 1'000, "5.1.1"), std::string("hello"), std::string("\0\xff", 2)}) EXPECT_EQ(take(raw).report, "none") << raw.substr(0, 60);
  std::string fine = bounce(hanako, "2.0.0");
  fine.replace(fine.find("Action: failed"), 14, "Action: delivered");
  EXPECT_EQ(take(fine).report, "none");
  EXPECT_TRUE(reached(hanako));
  const auto kept = store().read([&](store::ReadTx& tx) { return tx.query_one("SELECT count(*) FROM mail_report"); });
  EXPECT_EQ((*kept)->integer(0), 0);
}

TEST_P(MailReturnsTest, digests_are_kept_for_a_week) {
  const std::int64_t hanako = subscribe(mail, "hanako@x.example", sports);
  take(bounce(hanako, "4.4.1"));
  ASSERT_TRUE(store().write([&](store::Tx& tx) { return tx.execute("UPDATE mail_report SET at_us = at_us - :d", {{"d", MailReturns::kRemembered + kSecond}}); }).ok());
  EXPECT_FALSE(take(bounce(hanako, "4.4.1")).known);
  const auto kept = store().read([&](store::ReadTx& tx) { return tx.query_one("SELECT count(*) FROM mail_report"); });
  EXPECT_EQ((*kept)->integer(0), 1);
}

TEST_P(MailReturnsTest, the_door_takes_raw_mails_and_tells_no_address) {
  const std::int64_t hanako = subscribe(mail, "hanako@x.example", sports);
  http::Router router;
  add_mail_report_routes(router, &returns);
  const auto post = [&](const std::string& type, const std::string& body) {
    http::Request r;
    r.method = http::Method::post, r.path = r.target = std::string(kMailReportsApi), r.body = body, r.headers = {{"content-type", type}};
    return router.dispatch(r);
  };
  EXPECT_EQ(post("application/json", "{}").status, 415);
  EXPECT_EQ(post("message/rfc822", "").status, 400);
  const auto done = post("message/rfc822; charset=utf-8", bounce(hanako, "5.1.1"));
  EXPECT_EQ(done.status, 200);
  EXPECT_EQ(done.body, R"({"report":"dead","known":false,"messages":0})");
  EXPECT_FALSE(reached(hanako));
  http::Router without;
  add_mail_report_routes(without, nullptr);
  http::Request r;
  r.method = http::Method::post, r.path = r.target = std::string(kMailReportsApi), r.body = "x", r.headers = {{"content-type", "message/rfc822"}};
  EXPECT_EQ(without.dispatch(r).status, 503);
}

}  // namespace
}  // namespace machiya::tell
