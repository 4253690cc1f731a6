#include "tell/returned/mail_returns.h"

#include <set>

#include "platform/vault/vault.h"
#include "tell/ledger/statistics.h"
#include "tell/mail/compose.h"
#include "tell/returned/mail_returns_dao.h"

namespace machiya {
std::vector<store::Migration> sql_migrations_returned();
}

namespace machiya::tell {
namespace dao = mail_returns_dao;
namespace {
constexpr int kMostParcels = 1'000;   ///< of one person within kLately

std::string name_of(ReportKind kind) { return kind == ReportKind::dead ? "dead" : kind == ReportKind::soft ? "soft" : "complaint"; }
std::string reason_of(const MailReport& report) { return "mail-" + (report.status.empty() ? name_of(report.kind) : report.status); }
}  // namespace

std::vector<store::Migration> MailReturns::migrations() { return sql_migrations_returned(); }

Result<MailReturned> MailReturns::take(std::string_view raw) {
  // Only a token that opens counts: a report may quote addresses that merely look like one.
  const auto report = read_report(raw, {}, [this](std::string_view address) {
    auto token = p_.path.token_of(address);
    return token && p_.path.recipient(*token) ? token : std::nullopt;
  });
  if (!report) return MailReturned{};
  const std::int64_t recipient = *p_.path.recipient(report->token);
  const std::string digest = vault::sha256_hex(raw);
  return p_.store.write([&](store::Tx& tx) -> Result<MailReturned> {
    const Instant now = p_.clock.now();
    MACHIYA_CHECK(dao::forget(tx, Instant{now.us - kRemembered}));
    MACHIYA_TRY(const auto person, p_.audiences.by_id(tx, recipient));
    if (!person) return MailReturned{};   // erased meanwhile
    MACHIYA_TRY(const bool fresh, dao::remember(tx, digest, report->kind, now));
    if (!fresh) return MailReturned{name_of(report->kind), true, 0};
    return act(tx, *report, recipient);
  });
}

Result<MailReturned> MailReturns::act(store::Tx& tx, const MailReport& report, std::int64_t recipient) {
  MailReturned out{name_of(report.kind), false, 0};
  if (report.kind == ReportKind::complaint) {
    MACHIYA_TRY(const bool left, p_.audiences.leave(tx, recipient, p_.channel, "complaint"));
    (void)left;   // an earlier complaint, or their own doing, came first
    return out;
  }
  MACHIYA_TRY(const Named mail, named(tx, recipient, report.message));
  const std::string reason = reason_of(report);
  MACHIYA_CHECK(p_.audiences.failed(tx, recipient, p_.channel, mail.address, report.kind == ReportKind::soft, reason));
  if (mail.message != 0) {
    MACHIYA_TRY(out.messages, came_back(tx, mail.message, recipient, reason));
    return out;
  }
  if (report.kind == ReportKind::soft) return out;   // one of several did not arrive, and it does not say which
  MACHIYA_TRY(const auto lately, ledger_statistics::taken(tx, recipient, p_.channel, Instant{p_.clock.now().us - kLately}, kMostParcels));
  std::set<std::int64_t> messages;
  for (const auto& one : lately) messages.insert(one.message);
  for (const std::int64_t message : messages) {
    MACHIYA_TRY(const int marked, came_back(tx, message, recipient, reason + "-unnamed"));
    out.messages += marked;
  }
  return out;
}

Result<MailReturns::Named> MailReturns::named(store::ReadTx& tx, std::int64_t recipient, const std::string& message_id) {
  if (message_id.empty()) return Named{};
  // The id is a digest over parcel, person and address: it is made again for whatever was taken lately, and compared.
  MACHIYA_TRY(const auto lately, ledger_statistics::taken(tx, recipient, p_.channel, Instant{p_.clock.now().us - kLately}, kMostParcels));
  MACHIYA_TRY(const auto addresses, p_.audiences.used_addresses(tx, p_.channel, recipient));
  for (const auto& parcel : lately)
    for (const Reached& one : addresses)
      if (message_id_of(parcel.key, {recipient, one.address, {}, nullptr}) == message_id) return Named{parcel.message, one.id};
  return Named{};
}

Result<int> MailReturns::came_back(store::Tx& tx, std::int64_t message, std::int64_t recipient, const std::string& reason) {
  const auto done = p_.ledger.came_back(tx, message, recipient, p_.channel, reason);
  if (!done.ok() && done.error().code == ErrorCode::not_found) return 0;   // came back before, by another report
  if (!done.ok()) return done.error();
  return 1;
}

}  // namespace machiya::tell
