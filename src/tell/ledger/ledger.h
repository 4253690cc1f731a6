// The delivery ledger: one row for each person, message and channel; made in short transactions, handed to channels in parcels
// with a key each, settled with what became of every row, and able to be made again from hand-offs and events.
#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/rng.h"
#include "base/time.h"
#include "platform/store/lease.h"
#include "platform/store/store.h"
#include "tell/channel/channel.h"
#include "tell/ledger/delivery.h"

namespace machiya::tell {

/// A parcel that is being handed to a channel, without its addresses.
struct Claim {
  std::int64_t hand_off = 0;
  std::int64_t message = 0;
  int channel = 0;
  int lang = 0;
  Class cls = Class::many;
  bool drill = false;
  bool own = false;         ///< Order::own
  bool cancelled = false;   ///< its message was cancelled meanwhile: settle it without sending
  bool maybe = false;       ///< an earlier attempt may have been taken
  std::string key;
  int attempt = 1;
  std::int64_t first = 0, last = 0;
  Instant created;
  std::vector<std::int64_t> recipients;
};

/// What became of one row; only those that were not taken.
struct Ending {
  std::int64_t recipient = 0;
  RowState state = RowState::refused;
  std::string reason;
};
struct Settlement {
  std::vector<std::int64_t> taken;
  std::vector<Ending> ended;
  std::vector<std::int64_t> again;   ///< stay open
  bool maybe = false;                ///< some of `again` may have been taken
  Instant due;                       ///< when `again` is tried again
  std::string error;                 ///< the reason of `again`
  bool over = false;                 ///< no further attempt: `again` is given up
};

/// Thread-safe.
class Ledger {
 public:
  Ledger(store::Store& store, const Clock& clock, Rng& rng) : store_(store), clock_(clock), rng_(rng) {}

  /// Puts a message on its way in the caller's transaction; `conflict` when its public id is known. Segments of more than kInOneGo profiles
  /// or recipients take add_profiles()/add_recipients() and then release().
  Result<std::int64_t> place(store::Tx& tx, const Order& order);
  static constexpr std::size_t kInOneGo = 2'000;
  /// Rows of one parcel of Order::own: what is under way when a cancel comes is sent one by one.
  static constexpr int kMostOwn = 20;
  Result<void> add_profiles(store::Tx& tx, std::int64_t message, const std::vector<std::int64_t>& profiles);
  Result<void> add_recipients(store::Tx& tx, std::int64_t message, const std::vector<std::int64_t>& recipients);
  Result<void> release(store::Tx& tx, std::int64_t message);
  /// The last recipient that was added; 0: none. Whoever adds them in order goes on from here.
  Result<std::int64_t> last_added(store::ReadTx& tx, std::int64_t message);

  /// Makes the next rows of one message, in one transaction that aims at `aim_us`. `done` when there are no more; nothing when there is no
  /// message to expand. One thread of one process at a time (lease "tell-expander").
  struct Step {
    std::int64_t message = 0;
    std::int64_t rows = 0;
    std::int64_t work_us = 0;   ///< inside the transaction
    Class cls = Class::many;
    bool done = false;
  };
  Result<std::optional<Step>> expand(const store::Lease& lease, std::int64_t aim_us = 5'000);

  /// The next parcels of a channel: first what is to be tried again, then new rows, emergencies before everything. The owner of the lease
  /// alone. Nothing of a lane inside its quiet hours.
  struct Wanted {
    int channel = 0;
    int most = 500;        ///< rows of one parcel
    int parcels = 1;
    bool emergencies_only = false;
  };
  Result<std::vector<Claim>> claim(const store::Lease& lease, const Wanted& wanted);
  /// After a change of hands: what the former owner had under way is to be tried again by this one.
  Result<std::int64_t> take_over(const store::Lease& lease, int channel);
  /// Of a message that goes by one channel a person, whoever certainly was not reached gets a row in their next channel.
  Result<void> settle(store::Tx& tx, const store::Lease& lease, const Claim& claim, const Settlement& settlement);
  /// Returned mail and other late news.
  Result<void> came_back(store::Tx& tx, std::int64_t message, std::int64_t recipient, int channel, std::string_view reason);

  /// No row is claimed after this has committed. `conflict` when the message is done or cancelled.
  Result<void> cancel(store::Tx& tx, std::int64_t message);
  /// Closes messages that are finished, and the open rows of cancelled ones, a piece at a time; gives the number of rows or messages
  /// touched, 0 when there is nothing to do.
  Result<std::int64_t> tidy(std::int64_t aim_us = 5'000);

  struct Message {
    std::int64_t id = 0;
    std::string public_id;
    Class cls = Class::many;
    bool drill = false;
    MessageState state = MessageState::placing;
    std::string contents;
    Instant start, created;
    std::optional<Instant> cancelled;
    std::int64_t expanded_to = 0, last_recipient = 0;
  };
  Result<std::optional<Message>> message(store::ReadTx& tx, std::string_view public_id);
  Result<std::optional<Message>> message(store::ReadTx& tx, std::int64_t id);
  /// From lanes and hand-offs: cheap, for live pages.
  Result<std::vector<LaneTally>> progress(store::ReadTx& tx, std::int64_t message);
  /// By the rows themselves: exact, reads all of them.
  Result<std::vector<std::int64_t>> count(store::ReadTx& tx, std::int64_t message);
  /// The state of every row of a message, in the order of recipients.
  Result<void> rows(store::ReadTx& tx, std::int64_t message, const std::function<void(std::int64_t recipient, int channel, RowState state)>& each);
  struct Replay {
    std::int64_t rows = 0;
    std::int64_t differing = 0;
  };
  /// Makes every row's state again from hand-offs and events and compares.
  Result<Replay> replay(std::int64_t message);
  /// What this person got or did not get, newest first.
  struct Line {
    std::string public_id;
    int channel = 0;
    RowState state = RowState::open;
    Instant created;
  };
  Result<std::vector<Line>> lines_of(store::ReadTx& tx, std::int64_t recipient, int limit);
  /// Reasons of rows that ended badly, with their numbers.
  struct Reason {
    int channel = 0;
    RowState state = RowState::refused;
    std::string reason;
    std::int64_t rows = 0;
  };
  Result<std::vector<Reason>> reasons(store::ReadTx& tx, std::int64_t message);
  /// Is there anything to do for this channel? The earliest moment at which there may be; nothing: not before somebody places a message.
  Result<std::optional<Instant>> next_due(store::ReadTx& tx, int channel);

  static std::vector<store::Migration> migrations();

 private:
  store::Store& store_;
  const Clock& clock_;
  Rng& rng_;
  std::int64_t span_ = 2'000;   ///< recipients of the next expansion: only the expander's thread uses it
  std::int64_t sweep_span_ = 2'000;
};

/// RFC 9562 §5.4 version 4.
std::string new_uuid(Rng& rng);

}  // namespace machiya::tell
