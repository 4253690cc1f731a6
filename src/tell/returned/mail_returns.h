// Mails that came back, and complaints: each report finds its recipient by the envelope sender that only this house can read, and its mail by its Message-ID.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "platform/store/store.h"
#include "tell/audiences/audiences.h"
#include "tell/ledger/ledger.h"
#include "tell/mail/report.h"
#include "tell/mail/return_path.h"

namespace machiya::http {
class Router;
}

namespace machiya::tell {

/// Scope of API clients that may hand in reports.
inline constexpr std::string_view kMailReportsScope = "mail-reports";
inline constexpr std::string_view kMailReportsApi = "/api/v1/mail/reports";

/// References must outlive it.
struct MailReturnsParts {
  store::Store& store;
  Audiences& audiences;
  Ledger& ledger;
  const Clock& clock;
  const ReturnPath& path;
  int channel = 0;   ///< number of the channel of mails
};

/// What a report did.
struct MailReturned {
  std::string report = "none";   ///< "dead", "soft", "complaint"; "none": it is no report, or about nobody here
  bool known = false;            ///< the same bytes came within kRemembered: nothing was done again
  int messages = 0;              ///< rows of the ledger that now say that they came back
};

/// Thread-safe.
class MailReturns {
 public:
  static constexpr std::int64_t kRemembered = 7 * kDay;
  /// How long after it was taken a mail may come back: relays give up after 4 to 5 days (RFC 5321 §4.5.4.1), and write then.
  static constexpr std::int64_t kLately = 6 * kDay;
  /// Larger ones are refused: a report holds at most the mail itself.
  static constexpr std::uint64_t kMostBytes = 1 << 20;

  explicit MailReturns(const MailReturnsParts& parts) : p_(parts) {}

  /// `raw`: the whole mail as it was delivered (RFC 5322). A dead address is not written to again, and the mail that came back is marked in the ledger;
  /// a report that does not name its mail marks all that were taken for an address that is dead. Three soft failures count as dead. Who complained has
  /// left the channel, by "complaint".
  Result<MailReturned> take(std::string_view raw);

  static std::vector<store::Migration> migrations();

 private:
  struct Named {
    std::int64_t message = 0, address = 0;   ///< 0: not found
  };
  Result<Named> named(store::ReadTx& tx, std::int64_t recipient, const std::string& message_id);
  Result<MailReturned> act(store::Tx& tx, const MailReport& report, std::int64_t recipient);
  Result<int> came_back(store::Tx& tx, std::int64_t message, std::int64_t recipient, const std::string& reason);

  MailReturnsParts p_;
};

/// POST /api/v1/mail/reports, scope "mail-reports": message/rfc822, answered with what it did (docs/operators.md). `returns` null: 503, mails have no envelope
/// senders of their own here (yet: what came waits at the mail server).
void add_mail_report_routes(http::Router& router, MailReturns* returns);

}  // namespace machiya::tell
