// The LINE Messaging API as functions: one request each. What an answer means for a message is decided here.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "platform/outbound/outbound.h"
#include "tell/channel/channel.h"

namespace machiya::tell {

struct LineOptions {
  std::string base = "https://api.line.me";            ///< both must be among the origins that outbound may call
  std::string data_base = "https://api-data.line.me";  ///< pictures go here
  std::string token;                                   ///< channel access token; never logged, never in an error
  int timeout_ms = 10'000;                             ///< of one request
  std::int64_t busy_wait_ms = 1'000;                   ///< after a 429 that does not say how long
};

/// What became of a sending request.
struct LineReply {
  Outcome outcome;
  bool down = false;           ///< LINE did not answer, or refuses this channel as a whole (its token)
  std::int64_t wait_ms = 0;    ///< it asked to be left alone so long
  std::string request;         ///< LINE's id of the request that it accepted, which a 409 names too; "" when nothing was accepted
};

enum class LinePhase : std::uint8_t { waiting, sending, succeeded, failed };
/// How far a narrowcast has come. `error`, with `failed`: 1 within LINE, 2 too few recipients, 3 a retry of what was accepted, 4 an audience
/// below 50, 5 cancelled so that not only a part gets it; 0 otherwise.
struct LineProgress {
  LinePhase phase = LinePhase::waiting;
  std::int64_t succeeded = 0, failed = 0, aimed_at = 0;   ///< people, as far as LINE says
  int error = 0;
  bool over() const { return phase == LinePhase::succeeded || phase == LinePhase::failed; }
};

struct LineQuota {
  std::optional<std::int64_t> most;   ///< messages of this month; nothing: no limit (the plan for local governments)
  std::int64_t used = 0;
};
struct LineFollowers {
  std::vector<std::string> users;
  std::string next;   ///< asks for the next page; "": that was the last
};

/// Thread-safe.
class LineApi {
 public:
  LineApi(LineOptions options, const outbound::Outbound& door) : options_(std::move(options)), door_(door) {}

  /// Sending. `key`: X-Line-Retry-Key, a UUID; the same for the same request at each attempt within 24 hours of the first (afterwards LINE
  /// would deliver it once more). `messages`: one to five message objects.
  LineReply push(const std::string& to, const json::Value& messages, std::string_view key) const;
  LineReply multicast(const std::vector<std::string>& to, const json::Value& messages, std::string_view key) const;
  /// All friends whom LINE's own `recipient` and `filter` choose (null: everybody). This house never gives sensitive attributes to it.
  LineReply narrowcast(const json::Value& messages, std::string_view key, const json::Value& recipient = {}, const json::Value& filter = {}) const;
  /// LINE sends a narrowcast after its answer. `request`: LineReply::request of it, kept with the hand-off by whoever sends one (LINE forgets
  /// it after seven days). not_found for an id that LINE does not know (any more).
  Result<LineProgress> narrowcast_progress(std::string_view request) const;
  /// Everybody who is a friend: emergencies. 60 an hour (LINE's rate limits).
  LineReply broadcast(const json::Value& messages, std::string_view key) const;

  /// Does LINE take these messages? `how`: "push", "multicast", "narrowcast" or "broadcast". invalid_input with LINE's words when not.
  Result<void> validate(std::string_view how, const json::Value& messages) const;
  Result<LineQuota> quota() const;
  /// Ids of friends, at most `limit` (1 to 1000) of them; `start`: LineFollowers::next of the page before.
  Result<LineFollowers> followers(std::string_view start = {}, int limit = 1000) const;

  /// Any other request of the API: `path` begins with "/v2/". unavailable when nobody answered, not_found for 404, invalid_input for other 4xx
  /// (rate_limited for 429) with LINE's words, unavailable for 5xx.
  Result<json::Value> ask(std::string_view method, std::string_view path, const json::Value& body = {}) const;
  /// The picture of a rich menu. `type`: "image/png" or "image/jpeg".
  Result<void> upload(std::string_view menu, std::string_view type, std::string_view picture) const;

 private:
  LineReply send(std::string_view path, const json::Value& body, std::string_view key) const;
  outbound::Call call(std::string_view method, std::string_view base, std::string_view path) const;

  LineOptions options_;
  const outbound::Outbound& door_;
};

}  // namespace machiya::tell
