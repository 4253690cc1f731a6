// What a citizen is told about their own case: events of cases become messages by the city's templates.
#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "platform/events/events.h"
#include "tell/campaigns/campaigns.h"

namespace machiya::tell {

struct CaseMessageParts {
  Audiences& audiences;
  Ledger& ledger;
  const locale::Catalogue& texts;
  const Clock& clock;
  Rng& rng;
  std::function<std::shared_ptr<const city::City>()> city;
  std::string base_url;
  /// Whose case it is; nothing for reports without a person.
  std::function<Result<std::optional<std::int64_t>>(store::ReadTx&, std::string_view number)> applicant;
  /// The mailbox that they log in with; "" when there is none.
  std::function<Result<std::string>(store::ReadTx&, std::int64_t person)> mailbox;
  std::function<city::Text(const std::string& procedure)> procedure_name;
  std::function<void()> wake;
  std::int64_t channels = -1;   ///< bits of those that can be used here
};

/// Thread-safe.
class CaseMessages {
 public:
  explicit CaseMessages(CaseMessageParts parts) : p_(std::move(parts)) {}
  /// Subscribes to the events of cases; before Events::start().
  Result<void> connect(events::Events& events);
  /// Places the message that the event calls for, in the transaction of its delivery: once for each event.
  Result<void> told(store::Tx& tx, const events::Event& event);
  /// The template for an event: one that names the procedure before a general one; nullptr when there is none.
  static const Template* template_for(const city::City& city, std::string_view type, const json::Value& payload);

 private:
  CaseMessageParts p_;
  int mail_ = 0;   ///< number of the channel of mailboxes
};

}  // namespace machiya::tell
