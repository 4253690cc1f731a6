// Whom the city tells things: recipients, their addresses (sealed), what they chose and agreed to, and segments of them.
#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "base/rng.h"
#include "base/time.h"
#include "platform/store/store.h"

namespace machiya::vault {
class Vault;
}

namespace machiya::tell {
namespace audiences_dao {
struct Sealed;
}

/// One channel of one recipient, as the page of preferences shows it.
struct Subscribed {
  int channel = 0;
  std::int64_t topics = 0;   ///< bits
  int rank = 0;              ///< the person's order of channels, 0 first
};
struct Recipient {
  std::int64_t id = 0;
  std::int64_t person = 0;       ///< key of identity; 0: no account
  std::string leave_id;          ///< unguessable: names them in links of mails
  int lang = 0;                  ///< position in locale::kLanguages
  json::Value attributes;        ///< {} unless they told something about themselves
  std::vector<Subscribed> channels;
};
/// An address for one parcel, opened.
struct Reached {
  std::int64_t recipient = 0;
  std::int64_t id = 0;       ///< of the address
  std::string address;
  std::string leave_id;
};
/// Who did it, for the record of consent: "person", "mail-link", "line-webhook", "channel", "staff:…".
using ByWhom = std::string_view;

/// Thread-safe.
class Audiences {
 public:
  Audiences(store::Store& store, vault::Vault& vault, const Clock& clock, Rng& rng) : store_(store), vault_(vault), clock_(clock), rng_(rng) {}

  /// The number of a channel ("line") or the bit number of a topic ("disaster"); a new name gets the next. Topics: 0–61.
  Result<int> number(std::string_view kind, std::string_view name);
  /// "" for an unknown number.
  Result<std::string> name(std::string_view kind, int number);

  Result<std::int64_t> recipient_of(store::Tx& tx, std::int64_t person, int lang);
  Result<std::optional<Recipient>> by_person(store::ReadTx& tx, std::int64_t person);
  Result<std::optional<Recipient>> by_leave_id(store::ReadTx& tx, std::string_view leave_id);
  Result<std::optional<Recipient>> by_id(store::ReadTx& tx, std::int64_t recipient);
  /// Who is reached at this address now.
  Result<std::optional<std::int64_t>> by_address(store::ReadTx& tx, int channel, std::string_view address);

  /// The same for many addresses, or for keys of persons, in their order; 0: nobody.
  Result<std::vector<std::int64_t>> by_addresses(store::ReadTx& tx, int channel, const std::vector<std::string>& addresses);
  Result<std::vector<std::int64_t>> by_persons(store::ReadTx& tx, const std::vector<std::int64_t>& persons);
  /// The channels in which these are reached, and their language, in the order of recipients and channels.
  struct Way {
    std::int64_t recipient = 0;
    int channel = 0, lang = 0;
  };
  Result<std::vector<Way>> ways(store::ReadTx& tx, const std::vector<std::int64_t>& recipients);

  /// An address that has proved to be theirs (log-in, webhook of the channel, opt-in): used from now on for these topics. `recipient` 0
  /// makes one. An address that somebody else had becomes theirs: one mailbox is one person to the ledger. Gives the recipient.
  Result<std::int64_t> subscribe(store::Tx& tx, std::int64_t recipient, int channel, std::string_view address, std::int64_t topics, int lang, ByWhom by);
  /// First half of the double opt-in: nothing is sent to the address but the link that carries the token that this gives.
  static constexpr int kOptInHours = 24;
  Result<std::string> ask(store::Tx& tx, int channel, std::string_view address, std::int64_t topics, int lang);
  /// Second half; not_found for a wrong, old or used token.
  Result<std::int64_t> confirm(store::Tx& tx, std::string_view token, ByWhom by);
  /// False when nothing was to be left. Emergencies do not reach a channel that was left either.
  Result<bool> leave(store::Tx& tx, std::int64_t recipient, int channel, ByWhom by);
  /// not_found when the recipient has no such channel.
  Result<void> choose(store::Tx& tx, std::int64_t recipient, int channel, std::int64_t topics, ByWhom by);
  /// What they tell about themselves, replaced as a whole; {} takes the consent back. invalid_input for an attribute that is not known.
  Result<void> describe(store::Tx& tx, std::int64_t recipient, const json::Value& attributes, ByWhom by);
  Result<void> speak(store::Tx& tx, std::int64_t recipient, int lang);
  /// Channels in the order in which they want them.
  Result<void> prefer(store::Tx& tx, std::int64_t recipient, const std::vector<int>& channels);
  /// The channel says that an address is no more (`address` 0: all of this recipient in it). `soft`: only after the third time (RFC 3463
  /// class 4) with no more than kSoftDays between two.
  static constexpr int kSoftDays = 60;
  Result<void> failed(store::Tx& tx, std::int64_t recipient, int channel, std::int64_t address, bool soft, std::string_view reason);
  /// Everything of a recipient; their rows of the ledger stay, as numbers.
  Result<void> erase(store::Tx& tx, std::int64_t recipient);

  /// Addresses in use of these recipients, all of a recipient that has several; only those older than `before`, so that a parcel that is
  /// tried again holds the same ones.
  Result<std::vector<Reached>> addresses(store::ReadTx& tx, int channel, const std::vector<std::int64_t>& recipients, Instant before);

  /// Of one recipient, also those that are dead or left by now, the newest first: to tell which of them a report of the channel is about.
  Result<std::vector<Reached>> used_addresses(store::ReadTx& tx, int channel, std::int64_t recipient);

  /// What recipients told about themselves, each answer that somebody gave once.
  Result<void> each_profile(store::ReadTx& tx, const std::function<void(std::int64_t profile, const json::Value& attributes)>& each);

  struct Consent {
    int channel = 0;
    std::string what, detail, by_whom;
    Instant at;
  };
  Result<std::vector<Consent>> consents(store::ReadTx& tx, std::int64_t recipient);

  static std::vector<store::Migration> migrations();

 private:
  Result<std::optional<Recipient>> with_channels(store::ReadTx& tx, std::optional<Recipient> recipient);
  Result<std::int64_t> create(store::Tx& tx, std::int64_t person, int lang);
  Result<std::int64_t> profile_of(store::Tx& tx, const json::Value& attributes);
  std::string digest(int channel, std::string_view address) const;
  Result<std::vector<Reached>> opened(store::ReadTx& tx, int channel, std::vector<audiences_dao::Sealed> sealed);
  Result<std::string> open(store::ReadTx& tx, std::int64_t key, int channel, std::string_view sealed);

  store::Store& store_;
  vault::Vault& vault_;
  const Clock& clock_;
  Rng& rng_;
  std::mutex names_mutex_;
  std::map<std::pair<std::string, std::string>, int> numbers_;
};

}  // namespace machiya::tell
