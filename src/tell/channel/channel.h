// What the ledger hands to a channel and what comes back: the one interface that LINE, mail, Web Push, SMS and voice implement.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace machiya::tell {

/// One message as a person reads it, in one language. Channels make their own form of it: Flex, MIME, JSON, speech.
struct Content {
  std::string lang;    ///< of base/text's language tags: "ja", "ja-easy", "en", "zh-Hans", "ko", "vi"
  std::string title;   ///< one line; never empty
  std::string body;    ///< plain text; an empty line parts paragraphs
  std::string short_text;   ///< for channels that count characters (SMS); "": title
  std::string link;    ///< absolute address of the message's own page; "": none
  std::string link_text;    ///< what the link says, in this language
  std::string sender;       ///< the city's name, in this language
  std::string leave_text;   ///< "why you get this, and how to stop it", in this language; shown with Addressee::leave
  bool emergency = false;
};

/// One person's address in one channel.
struct Addressee {
  std::int64_t recipient = 0;   ///< the ledger's key; never leaves the process
  std::string address;          ///< LINE user id, mailbox, Web Push subscription (JSON of PushSubscription.toJSON()), E.164 number
  std::string leave;            ///< this person's address of "why do I get this" and of RFC 8058's one-click POST; "": none
  std::shared_ptr<const Content> own;   ///< with this person's own variables; null: the parcel's
};

/// One request's worth, or a few: what is claimed, sent and written down together.
struct Parcel {
  std::string key;   ///< a UUID (RFC 9562 §5.4), the same at each attempt: idempotency key wherever the channel has one
  std::string message;   ///< public id of the message, for Message-ID and Topic
  std::shared_ptr<const Content> content;
  std::vector<Addressee> to;   ///< at most Channel::most()
  int attempt = 1;
};

enum class Fate : std::uint8_t {
  accepted,       ///< the channel took it (now, or at an earlier attempt that we never heard of)
  again,          ///< it was busy or away and certainly did not take it: the same parcel later
  unknown,        ///< it may have taken it (no answer in time, 5xx after the body): the same parcel, with the same key, later
  refused,        ///< it will never take this message for this address
  dead_address    ///< the address is no more: nothing is sent to it again
};
struct Outcome {
  Fate fate = Fate::again;
  std::string reason;   ///< "line-400", "smtp-550", "push-410"; never content, never an address
};

struct HandOff {
  std::vector<Outcome> each;    ///< one for each of Parcel::to, in its order
  bool down = false;            ///< the channel as a whole did not answer: its circuit breaker counts this
  std::int64_t wait_ms = 0;     ///< it asked to be left alone so long (Retry-After); 0: it did not
};

/// Thread-safe: several parcels are handed off at a time, by sender threads that may wait.
class Channel {
 public:
  virtual ~Channel() = default;
  /// Blocks until the channel answered or its time is over. Never throws for what the channel does.
  virtual HandOff hand_off(const Parcel& parcel) = 0;
  /// Addressees of one parcel at most.
  virtual int most() const = 0;
  /// How many of the channel's rate window this parcel uses: requests, or mails.
  virtual int cost(const Parcel& parcel) const = 0;
  /// The channel takes the same key once, so that a parcel may be sent again without fear.
  virtual bool idempotent() const = 0;
  /// How long after its first use a key still protects; a parcel that may have been taken is not tried again later than that. LINE: 24 hours.
  virtual std::int64_t key_seconds() const { return 23 * 3600; }
};

/// What a parcel of so many addressees with one content would use of the rate window.
inline int cost_of(const Channel& channel, int addressees) {
  Parcel parcel;
  parcel.to.resize(static_cast<std::size_t>(addressees));
  return channel.cost(parcel);
}

/// All of a parcel met the same end.
inline HandOff whole(const Parcel& parcel, Fate fate, std::string_view reason) {
  HandOff out;
  out.each.assign(parcel.to.size(), Outcome{fate, std::string(reason)});
  return out;
}

}  // namespace machiya::tell
