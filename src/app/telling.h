// The wing that tells, built from what the operator configured: recipients, ledger, channels, sender, campaigns.
#pragma once
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "app/settings.h"
#include "base/rng.h"
#include "city/city.h"
#include "platform/identity/principal.h"
#include "platform/store/store.h"
#include "tell/audiences/audiences.h"
#include "tell/campaigns/campaigns.h"
#include "tell/campaigns/case_messages.h"
#include "tell/channel/channel.h"
#include "tell/ledger/ledger.h"
#include "tell/outlets/archive_notice.h"
#include "tell/outlets/publications.h"
#include "tell/returned/mail_returns.h"
#include "tell/sending/sender.h"

namespace machiya::audit {
class Audit;
}
namespace machiya::outbound {
class Outbound;
}
namespace machiya::vault {
class Vault;
}

namespace machiya::app {

struct TellingParts {
  const Settings& settings;
  store::Store& store;
  vault::Vault& vault;
  audit::Audit& audit;
  const outbound::Outbound& door;
  const locale::Catalogue& texts;
  const Clock& clock;
  Rng& rng;
  std::function<std::shared_ptr<const city::City>()> city;
  std::string base_url;
  std::function<bool(const identity::Principal&, std::string_view permission, std::string_view department)> may;
  std::function<void(std::int64_t message)> changed;   ///< numbers of a message have changed: live pages
  std::function<void()> placed = {};   ///< something was released or cancelled: signs
  /// SenderOptions::own: each recipient's own part of a link.
  std::function<Result<std::map<std::int64_t, std::string>>(store::ReadTx&, const std::string& message, const std::vector<std::int64_t>& recipients)> own = {};
  bool sends = true;   ///< false: a command that only reads; no channels
};

/// Thread-safe. Channels of the city's definitions that the operator did not configure are not there: nothing is sent by them.
class Telling {
 public:
  /// Errors name the setting.
  static Result<std::unique_ptr<Telling>> open(TellingParts parts);
  ~Telling();
  tell::Audiences& audiences() { return *audiences_; }
  tell::Ledger& ledger() { return *ledger_; }
  tell::Campaigns& campaigns() { return *campaigns_; }
  tell::Sender& sender() { return *sender_; }
  tell::Publications& outlets() { return *outlets_; }
  /// A message as the public reads it, drills marked.
  Result<bulletins::Notice> notice(const tell::Campaign& campaign);
  /// Reports of mails that came back; nullptr while mails go out without envelope senders of their own.
  tell::MailReturns* mail_returns() { return mail_returns_.get(); }
  /// Ids of the channels that can be used.
  const std::vector<std::string>& channels() const { return ids_; }
  /// One of them; nullptr for others.
  tell::Channel* channel(std::string_view id) const {
    for (std::size_t i = 0; i < ids_.size(); ++i)
      if (ids_[i] == id) return channels_[i].get();
    return nullptr;
  }
  /// The same as bits of their numbers.
  std::int64_t channel_bits() const { return bits_; }
  void start();
  void stop();
  static std::vector<store::Migration> migrations();

 private:
  explicit Telling(TellingParts parts) : p_(std::move(parts)) {}
  Result<void> build();
  Result<void> build_outlets();
  TellingParts p_;
  std::unique_ptr<tell::Audiences> audiences_;
  std::unique_ptr<tell::Ledger> ledger_;
  std::unique_ptr<tell::ReturnPath> return_path_;   ///< before the channels, which hold it
  std::unique_ptr<tell::MailReturns> mail_returns_;
  std::vector<std::unique_ptr<tell::Channel>> channels_;
  std::vector<std::string> ids_;
  std::int64_t bits_ = 0;
  std::unique_ptr<tell::Sender> sender_;
  std::unique_ptr<tell::Campaigns> campaigns_;
  std::unique_ptr<tell::Archive> archive_;   ///< of what the outlets are told
  std::unique_ptr<tell::Publications> outlets_;
};

}  // namespace machiya::app
