// The city's LINE account as a counter: who became a friend, who went, which topics they tap, whose account they say they are.
#pragma once
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/rng.h"
#include "base/time.h"
#include "city/city.h"
#include "platform/store/store.h"
#include "tell/audiences/audiences.h"
#include "tell/line/line_webhook.h"

namespace machiya::locale {
class Catalogue;
}

namespace machiya::tell {

/// Thread-safe.
class LineDesk {
 public:
  /// Sends `messages` (an array of LINE message objects) as the answer to an event; in the transaction of what the event did.
  using Reply = std::function<Result<void>(store::Tx&, const std::string& token, const json::Value& messages)>;
  struct Parts {
    store::Store& store;
    vault::Vault& vault;
    Audiences& audiences;
    const locale::Catalogue& texts;
    const Clock& clock;
    Rng& rng;
    std::function<std::shared_ptr<const city::City>()> city;
    Reply reply;   ///< absent: nobody is answered
  };
  explicit LineDesk(Parts parts) : p_(std::move(parts)) {}

  static constexpr int kCodeMinutes = 10;
  static constexpr int kDaysKept = 7;        ///< of event ids; LINE redelivers for less
  static constexpr std::size_t kPerPage = 11;   ///< topics of one answer: 13 quick replies at most, two of them lead to the other pages

  /// A code "ABCD-2345" for this person (key of identity), in place of an earlier one.
  Result<std::string> new_code(store::Tx& tx, std::int64_t person);
  /// Every event of a verified webhook, each in a transaction of its own and once, however often it is delivered. The first error ends it:
  /// LINE delivers again what was not answered with 200.
  Result<void> take(const LineDelivery& delivery);

 private:
  struct Topic {
    std::string id;
    city::Text name;
    std::int64_t bit = 0;
  };
  struct Desk {
    int channel = 0;
    std::vector<Topic> topics;
  };
  Result<Desk> desk() const;
  Result<void> take_one(store::Tx& tx, const Desk& desk, const LineEvent& event);
  Result<void> befriend(store::Tx& tx, const Desk& desk, const LineEvent& event);
  Result<Recipient> friend_of(store::Tx& tx, const Desk& desk, const std::string& user, int lang);
  Result<void> hear(store::Tx& tx, const Desk& desk, const LineEvent& event);
  Result<void> tap(store::Tx& tx, const Desk& desk, const LineEvent& event);
  Result<bool> link(store::Tx& tx, const Desk& desk, const LineEvent& event);
  Result<void> answer_topics(store::Tx& tx, const Desk& desk, const LineEvent& event, const Recipient& recipient, std::size_t page);
  Result<void> answer(store::Tx& tx, const LineEvent& event, const Recipient& recipient, std::string_view key);
  std::string who(const std::string& user) const;

  Parts p_;
};

/// The code in what somebody wrote: full-width, lower case, with or without the hyphen; "" when it is none.
std::string code_in(std::string_view text);

}  // namespace machiya::tell
