// What comes back: delivery status notifications (RFC 3464 in RFC 6522) and complaints (ARF, RFC 5965), read from the raw mail. Pure; whatever arrives is
// hostile.
#pragma once
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace machiya::tell {

enum class ReportKind : unsigned char {
  dead,      ///< the address is no more
  soft,      ///< this mail did not arrive: full box, policy, a relay away for days; the address may be alive
  complaint  ///< the person told their provider that they do not want it
};
struct MailReport {
  std::string token;    ///< whose: what `token_of` found in the envelope recipient, or else in the report
  ReportKind kind = ReportKind::soft;
  std::string status;   ///< "5.1.1"; "" when it says none
  std::string message;  ///< which mail, as message_id_of() (compose.h) made it for its Message-ID; "" when the report does not hold its head
};

/// `envelope_to`: the address that the report was delivered to (Return-Path of the mail that came back); "" when it is not known. Nothing for a mail that is
/// no report, says that all is well or only late, or belongs to nobody. Reads the first megabyte, 32 parts, a depth of 4.
std::optional<MailReport> read_report(std::string_view raw, std::string_view envelope_to,
                                      const std::function<std::optional<std::string>(std::string_view address)>& token_of);

}  // namespace machiya::tell
