// Mail as a channel of the city: each person's own mail, signed, over a few kept conversations with the operator's relay.
#pragma once
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/time.h"
#include "platform/outbound/outbound.h"
#include "platform/outbound/smtp_session.h"
#include "tell/channel/channel.h"
#include "tell/mail/dkim.h"
#include "tell/mail/domain_rules.h"

namespace machiya::tell {

struct MailOptions {
  outbound::SmtpOptions relay;
  std::string from;                  ///< "no-reply@city.example"
  std::string reply_to;              ///< "": none
  std::vector<DkimKey> dkim;         ///< none: mails go out unsigned (the relay may sign)
  std::vector<DomainRule> rules = japanese_carriers();
  int connections = 8;               ///< conversations at a time
  int most = 100;                    ///< mails of one parcel
  int wait_ms = 10'000;              ///< for a free conversation
  int idle_ms = 30'000;              ///< a conversation at rest for longer is asked (NOOP) before it is used again
  /// The envelope sender for a recipient of the ledger (ReturnPath::address); without it, and where it gives "", `from`.
  std::function<std::string(std::int64_t recipient)> envelope_from;
};

/// Thread-safe: as many parcels at a time as there are connections; the others wait.
class MailChannel final : public Channel {
 public:
  /// invalid_input for addresses that are none, numbers below 1, and what DkimSigner refuses.
  static Result<std::unique_ptr<MailChannel>> create(MailOptions options, const outbound::Outbound& door, const Clock& clock);
  ~MailChannel() override;

  /// The whole mail for one person as hand_off() sends it, signature included. invalid_input for an address that is none.
  Result<std::string> mail_for(const Parcel& parcel, const Addressee& to) const;

  HandOff hand_off(const Parcel& parcel) override;
  int most() const override;
  int cost(const Parcel& parcel) const override { return static_cast<int>(parcel.to.size()); }
  bool idempotent() const override { return false; }

 private:
  MailChannel();
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace machiya::tell
