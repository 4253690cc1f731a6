// Signs in the city: which screens there are, what is on the air for them, what takes them over, and what they showed.
#pragma once
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/result.h"
#include "base/rng.h"
#include "platform/identity/principal.h"
#include "platform/store/store.h"
#include "tell/campaigns/campaigns.h"
#include "tell/signage/programme.h"

namespace machiya::audit {
class Audit;
}

namespace machiya::signage {

/// Permission of policy.yaml, and the scope of API clients that post alerts.
inline constexpr std::string_view kManage = "signage.manage", kAlertScope = "signage.alert";
/// Players and staff's pages listen to it.
inline constexpr std::string_view kHubTopic = "signage";

struct Parts {
  store::Store& store;
  tell::Campaigns& campaigns;
  audit::Audit& audit;
  const Clock& clock;
  Rng& rng;
  std::function<std::shared_ptr<const city::City>()> city;
  std::function<bool(const identity::Principal&, std::string_view permission, std::string_view department)> may;
  /// A released message as a notice; hazard only when its template says what kind of event it is.
  std::function<Result<bulletins::Notice>(const tell::Campaign&)> notice;
  /// What screens show may have changed: players are told. Short.
  std::function<void(std::int64_t revision)> changed;
};

/// What a player says that it showed. Times are the player's own, corrected by the house's clock.
struct Play {
  std::int64_t sequence = 0;   ///< from 1, within one installation of a player
  Instant at;
  std::string item, lang;
  std::int64_t shown_ms = 0;
};
struct Seen {
  Instant at;
  std::string item, lang;      ///< "" when it did not say
  int page = 0;                ///< of a notice that has several; 0: it did not say
  bool plain = false;          ///< the page without script
};
struct ReportLine {
  std::string item, lang;
  std::int64_t times = 0, shown_ms = 0;
  Instant first, last;
};

/// Thread-safe.
class Signage {
 public:
  explicit Signage(Parts parts) : p_(std::move(parts)) {}
  ~Signage() { stop(); }
  /// Looks every half second whether another process changed something.
  void start();
  void stop();

  // Staff. `forbidden` without the permission in the screen's department; invalid_input with the field in `where`. All are audited.
  Result<std::string> create(const Settings& settings, const identity::Principal& who, std::string_view request);
  /// `conflict` when somebody changed it since `revision`.
  Result<void> change(std::string_view public_id, int revision, const Settings& settings, const identity::Principal& who, std::string_view request);
  /// The player's address stops working; a new one is given.
  Result<void> replace_token(std::string_view public_id, const identity::Principal& who, std::string_view request);
  /// Its player shows nothing any more; what it showed stays on record.
  Result<void> retire(std::string_view public_id, const identity::Principal& who, std::string_view request);
  /// Takes an alert off all screens before it ends by itself. Needs the permission in every department ("").
  Result<void> end_alert(std::string_view thread, const identity::Principal& who, std::string_view request);
  Result<Screen> find(std::string_view public_id, const identity::Principal& who);
  Result<std::vector<Screen>> list(const identity::Principal& who);

  // Players. not_found for a token that no screen has (any more).
  Result<Screen> by_token(std::string_view token);
  struct Taken {
    int stored = 0, known = 0, refused = 0;
    std::int64_t through = 0;   ///< the highest sequence of this batch: everything up to it may be forgotten by the player
  };
  static constexpr std::size_t kMostPlays = 500;
  /// Keeps what was not kept before; refused: no such language, a time of the future, a sequence below 1. limit_exceeded above kMostPlays.
  Result<Taken> record(const Screen& screen, std::string_view player, const std::vector<Play>& plays);
  void seen(const Screen& screen, const Seen& seen);
  Result<std::optional<Seen>> last_seen(store::ReadTx& tx, const Screen& screen);
  Result<std::vector<ReportLine>> report(const Screen& screen, Instant from, Instant to);

  /// An alert of somebody else. Gives its key, the same when it was posted before. invalid_input as read_cap() and notice_of().
  struct Posted {
    std::string key;
    bool takes_screens = false, known = false;
  };
  Result<Posted> post_cap(std::string_view cap, const std::string& client, std::string_view request);

  /// At most kFresh old, or as new as the last change.
  Result<std::shared_ptr<const Air>> air();
  static constexpr std::int64_t kFresh = 5 * kSecond;
  static constexpr std::int64_t kStanding = 72 * kHour;   ///< an emergency of the house that nobody ends leaves the screens then
  static constexpr std::int64_t kClear = 3 * kHour;       ///< an all-clear is shown so long
  static constexpr std::int64_t kOutside = 24 * kHour;    ///< an outside alert that does not say when it expires
  /// A message was released or cancelled, or the city reloaded.
  void changed();

  static std::vector<store::Migration> migrations();

 private:
  Result<std::shared_ptr<const Air>> read_air(std::int64_t revision);
  Result<void> check(const Settings& settings) const;
  Result<Screen> required(store::ReadTx& tx, std::string_view public_id, const identity::Principal& who);
  Result<void> note(store::Tx& tx, std::string_view action, std::string_view object, const identity::Principal& who, std::string_view request);
  Result<void> write(const std::function<Result<void>(store::Tx&)>& work);
  void watch();

  Parts p_;
  std::mutex air_mutex_;
  std::shared_ptr<const Air> air_;
  std::atomic<std::int64_t> revision_{-1};
  std::mutex thread_mutex_;
  std::condition_variable wakes_;
  bool running_ = false;
  std::thread watcher_;
};

}  // namespace machiya::signage
