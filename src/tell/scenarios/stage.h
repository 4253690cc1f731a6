// The house of a scenario: real recipients, ledger, campaigns and outlets over its database; a clock that the scenario sets; channels and gateways
// that take everything and remember it.
#pragma once
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "platform/audit/audit.h"
#include "platform/locale/locale.h"
#include "platform/vault/vault.h"
#include "tell/outlets/archive_notice.h"
#include "tell/outlets/publications.h"
#include "tell/scenarios/runner.h"
#include "tell/sending/handing.h"
#include "tell/signage/signage.h"

namespace machiya::tell {

/// One person's one message in one channel.
struct Heard {
  std::int64_t recipient = 0;
  std::string message, channel, lang, text;
};

class Stage {
 public:
  explicit Stage(const MessageScenarioParts& parts);
  /// Only these channels and outlets are configured from now on; no channels: all of the city.
  Result<void> configure(const std::vector<std::string>& channels, const std::vector<std::string>& outlets);
  /// Everything that is due now is made, sent and written down.
  Result<void> deliver();
  /// What stands on the signs now.
  Result<std::shared_ptr<const signage::Air>> signs();

  FakeClock clock{Instant{0}};
  vault::SystemRng rng;
  audit::Audit audit;
  Audiences audiences;
  Ledger ledger;
  std::unique_ptr<Campaigns> campaigns;
  std::unique_ptr<Archive> archive;
  std::unique_ptr<Publications> outlets;
  std::vector<Heard> heard;

 private:
  class Listener;
  struct Ear {
    std::unique_ptr<Channel> channel;
    Line line;
  };
  Result<bool> hand_over(const Ear& ear);
  Result<store::Lease> lease(const std::string& name);

  const MessageScenarioParts& parts_;
  SenderOptions options_;
  Handing handing_;
  std::vector<Ear> ears_;
  std::int64_t bits_ = 0;
};

}  // namespace machiya::tell
