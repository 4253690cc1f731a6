// All SQL of the ledger.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tell/ledger/ledger.h"

namespace machiya::tell::ledger_dao {

Result<std::int64_t> insert_message(store::Tx& tx, const Order& order, MessageState state, std::int64_t last_recipient, Instant now);
Result<void> insert_profiles(store::Tx& tx, std::int64_t message, const std::vector<std::int64_t>& profiles);
Result<void> insert_recipients(store::Tx& tx, std::int64_t message, const std::vector<std::int64_t>& recipients);
Result<std::int64_t> last_added(store::ReadTx& tx, std::int64_t message);
Result<bool> set_state(store::Tx& tx, std::int64_t message, MessageState from, MessageState to);
Result<std::int64_t> last_recipient(store::ReadTx& tx);

/// What expanding needs to know.
struct Expansion {
  std::int64_t message = 0;
  Class cls = Class::many;
  MessageState state = MessageState::expanding;
  std::int64_t topics = 0, channels = 0, follows = 0, expanded_to = 0, last_recipient = 0;
  bool first_only = false, segmented = false, listed = false;
};
Result<std::optional<Expansion>> next_expansion(store::ReadTx& tx);
/// The first recipient above `from` who may be meant; nothing when there is none.
Result<std::optional<std::int64_t>> next_recipient(store::ReadTx& tx, const Expansion& e, std::int64_t from);
Result<std::int64_t> insert_rows(store::Tx& tx, const Expansion& e, std::int64_t from, std::int64_t to, RowState state);
Result<void> add_to_lanes(store::Tx& tx, std::int64_t message, std::int64_t from, std::int64_t to);
Result<void> set_expanded(store::Tx& tx, std::int64_t message, std::int64_t to, bool done);

struct Lane {
  std::int64_t message = 0;
  int lang = 0;
  std::int64_t handed_to = 0, left = 0;
  Class cls = Class::many;
  MessageState state = MessageState::expanding;
  Quiet quiet;
  bool drill = false, own = false;
};
Result<std::vector<Lane>> open_lanes(store::ReadTx& tx, int channel, Instant now, bool emergencies_only);
Result<std::vector<std::int64_t>> open_rows(store::ReadTx& tx, std::int64_t message, int channel, int lang, std::int64_t after, std::int64_t until, std::int64_t limit);
Result<std::optional<MessageState>> state_of(store::ReadTx& tx, std::int64_t message);
/// False when the lane has moved since.
Result<bool> move_lane(store::Tx& tx, std::int64_t message, int channel, int lang, std::int64_t from, std::int64_t to, std::int64_t rows);
Result<std::int64_t> insert_hand_off(store::Tx& tx, const Claim& claim, std::int64_t fence, Instant now);
/// To be tried again and due, emergencies first; without recipients.
Result<std::vector<Claim>> due_hand_offs(store::ReadTx& tx, int channel, Instant now, int limit, bool emergencies_only);
/// False when somebody else has it.
Result<bool> start_attempt(store::Tx& tx, std::int64_t hand_off, std::int64_t fence);
Result<std::int64_t> take_over(store::Tx& tx, int channel, std::int64_t fence, Instant now);
Result<std::optional<Instant>> next_due(store::ReadTx& tx, int channel);

/// For a message that goes by one channel a person: rows in the next channel of these people, who were not reached by `claim`'s, each with a
/// hand-off of its own that any owner of that channel may take. Gives how many.
Result<std::int64_t> fall_back(store::Tx& tx, const Claim& claim, const std::vector<std::int64_t>& recipients, const std::function<std::string()>& new_key, Instant now);

/// All open rows of the range end in `state`.
Result<std::int64_t> end_range(store::Tx& tx, const Claim& claim, RowState state);
Result<std::int64_t> end_rows(store::Tx& tx, const Claim& claim, const std::vector<std::int64_t>& recipients, RowState state);
Result<bool> end_taken(store::Tx& tx, std::int64_t message, std::int64_t recipient, int channel, RowState state);
struct EventRow {
  std::int64_t message = 0, recipient = 0;
  int channel = 0;
  std::int64_t hand_off = 0;
  RowState state = RowState::refused;
  std::string reason;
};
Result<void> insert_events(store::Tx& tx, const std::vector<EventRow>& events, Instant now);
/// `conflict` when another owner has it.
Result<void> settle(store::Tx& tx, std::int64_t hand_off, std::int64_t fence, const Settlement& s, bool open, Instant now);

Result<bool> cancel(store::Tx& tx, std::int64_t message, Instant now);
/// The cancelled message whose rows are to be closed next: one without a parcel under way.
struct Sweep {
  std::int64_t message = 0, swept_to = 0, expanded_to = 0;
};
Result<std::optional<Sweep>> next_sweep(store::ReadTx& tx);
Result<std::int64_t> cancel_rows(store::Tx& tx, std::int64_t message, std::int64_t from, std::int64_t to);
Result<void> set_swept(store::Tx& tx, std::int64_t message, std::int64_t to, bool done);
Result<std::int64_t> finish_messages(store::Tx& tx, Instant now);
Result<bool> anything_to_finish(store::ReadTx& tx, Instant now);

Result<std::optional<Ledger::Message>> message(store::ReadTx& tx, std::string_view public_id, std::int64_t id);
Result<std::vector<LaneTally>> progress(store::ReadTx& tx, std::int64_t message);
Result<std::vector<std::int64_t>> count(store::ReadTx& tx, std::int64_t message);
Result<std::vector<Ledger::Line>> lines_of(store::ReadTx& tx, std::int64_t recipient, int limit);
Result<std::vector<Ledger::Reason>> reasons(store::ReadTx& tx, std::int64_t message);

struct Settled {
  int channel = 0, lang = 0;
  std::int64_t first = 0, last = 0;
  bool open = false;
};
/// In the order of channel, language and first.
Result<std::vector<Settled>> hand_offs(store::ReadTx& tx, std::int64_t message);
struct LastEvent {
  std::int64_t recipient = 0;
  int channel = 0;
  RowState state = RowState::refused;
};
/// The last event of each row, in the order of recipient and channel.
Result<std::vector<LastEvent>> last_events(store::ReadTx& tx, std::int64_t message);
Result<void> stream_rows(store::ReadTx& tx, std::int64_t message,
                         const std::function<bool(std::int64_t recipient, int channel, int lang, RowState state)>& each);

}  // namespace machiya::tell::ledger_dao
