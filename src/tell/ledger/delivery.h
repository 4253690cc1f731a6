// The words of the ledger: what a message is on its way, and what became of it for one person in one channel.
#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"

namespace machiya::tell {

/// What is sent first: higher overtakes lower.
enum class Class : std::uint8_t { many = 0, personal = 1, emergency = 2 };

/// One row of the ledger: one person, one message, one channel. Everything but `open` is final, except that what was taken may come back.
enum class RowState : std::uint8_t {
  open = 0,
  taken = 1,        ///< the channel accepted it
  refused = 2,      ///< the channel never takes this message for this address
  dead_address = 3,
  no_address = 4,   ///< they left the channel between the order and the sending
  cancelled = 5,    ///< the message was cancelled before it was sent to them
  uncertain = 6,    ///< given up, and nobody knows whether it arrived
  given_up = 7,     ///< given up, and certainly not sent
  came_back = 8     ///< taken, and then returned (bounce)
};
inline constexpr int kRowStates = 9;
std::string_view name_of(RowState state);

enum class MessageState : std::uint8_t { placing = 0, expanding = 1, expanded = 2, done = 3, cancelling = 4, cancelled = 5 };

/// Minutes of the day in Japan within which nothing is sent; both -1: none. `from` > `to` spans midnight.
struct Quiet {
  int from = -1, to = -1;
  bool covers(Instant t) const;
};

/// What is to be sent to whom. `contents` as the campaign rendered them: language → JSON of the channel's content.
struct Order {
  std::string public_id;              ///< base/rng's new_public_id
  Class cls = Class::many;
  bool drill = false;                 ///< nothing of it leaves the house
  std::int64_t topics = 0;            ///< bits; whoever chose one of them. 0: everybody who can be reached
  std::int64_t channels = -1;         ///< bits of channel numbers
  bool first_only = false;            ///< one channel a person, the first in their order; the next only when it fails
  std::vector<std::int64_t> profiles; ///< with `segmented`: only recipients with one of these
  bool segmented = false;
  std::vector<std::int64_t> recipients;   ///< with `listed`: these and nobody else
  bool listed = false;
  bool own = false;                   ///< everyone's content is their own (contents.h, has_own()): parcels stay small, for each of their people is a request
  std::int64_t follows = 0;           ///< message whose hearers hear this one too, whatever the segment says; 0: none
  std::string contents = "{}";
  Quiet quiet;                        ///< does not bind emergencies
  Instant start;
};

/// The language of a lane or row is a position in locale::kLanguages; this bit more marks a lane of those whom an earlier channel did not
/// reach: hand-offs are ranges of a lane, and these people stand between others.
inline constexpr int kFallBack = 16;
inline constexpr int language_of(int lane) { return lane & (kFallBack - 1); }

/// Counts of one lane or message.
struct Tally {
  std::int64_t total = 0;      ///< rows
  std::int64_t handed = 0;     ///< rows that were put into a hand-off
  std::int64_t taken = 0;
  std::int64_t failed = 0;     ///< ended otherwise
};
struct LaneTally {
  int channel = 0;
  int lang = 0;
  Tally tally;
};

}  // namespace machiya::tell
