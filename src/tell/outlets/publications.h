// The ledger of outlets: what is put before the public, where, when, and what became of it.
#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/rng.h"
#include "base/time.h"
#include "platform/store/store.h"
#include "tell/campaigns/campaigns.h"
#include "tell/channel/channel.h"
#include "tell/outlets/definition.h"
#include "tell/outlets/form.h"

namespace machiya::tell {

enum class PublicationState : std::uint8_t { waits = 0, published = 1, refused = 2, given_up = 3, withdrawn = 4, drill = 5 };
std::string_view name_of(PublicationState state);

struct Publication {
  std::int64_t id = 0;
  std::string message, thread, outlet, part;
  Class cls = Class::many;
  PublicationState state = PublicationState::waits;
  std::string key;                  ///< a UUID, the same at each attempt
  std::string content_type, body;   ///< as it leaves
  int attempts = 0;
  std::string reason;               ///< of the last answer, or the rule for which it was refused
  Instant due, created, changed;
};

/// A gateway of the operator that takes what is pushed. Thread-safe.
class Gateway {
 public:
  virtual ~Gateway() = default;
  struct Taken {
    Outcome outcome;
    std::int64_t wait_ms = 0;   ///< it asked to be left alone so long
  };
  /// Blocks until it answered or its time is over.
  virtual Taken put(const Publication& publication) = 0;
};

/// What the operator configured of one outlet.
struct OutletSetting {
  FormSettings form;
  std::shared_ptr<Gateway> gateway;   ///< null for those that are fetched here
};

/// A problem of form, with its outlet.
struct OutletFinding {
  std::string outlet, part;
  bulletins::Problem problem;
  bool stops = false;   ///< nothing goes there as long as it stands
};

struct PublicationParts {
  store::Store& store;
  const Clock& clock;
  Rng& rng;
  std::function<std::shared_ptr<const city::City>()> city;
  /// The message as a notice, released or not; of a drill it says so (status exercise).
  std::function<Result<bulletins::Notice>(const Campaign&)> notice;
  std::map<std::string, OutletSetting> settings;   ///< by outlet; those that are not here are not configured, except those fetched here
  std::function<void(const std::string& message)> changed;   ///< live pages; short
};

/// Thread-safe. Threads of start(): one for each outlet that is pushed, so that one that hangs keeps none waiting.
class Publications {
 public:
  explicit Publications(PublicationParts parts);
  ~Publications();

  /// The forms of a message that is being released, made before the transaction; the result writes their rows within it. Ordinary messages
  /// go to the outlets that take them. After the commit: wake().
  using Writes = std::function<Result<void>(store::Tx&)>;
  Result<Writes> prepare(const Campaign& campaign);
  /// What has not left yet will not leave, and what is fetched here is not there any more.
  Result<void> withdraw(store::Tx& tx, std::string_view message);
  /// What its forms are told before it is released, by outlet.
  Result<std::vector<OutletFinding>> findings(const Campaign& campaign) const;

  Result<std::vector<Publication>> of(std::string_view message) const;
  /// Given up before: once more, with all its attempts. not_found when it was not given up.
  Result<void> again(std::string_view message, std::string_view outlet, std::string_view part);
  /// Outlets that can be used here, in the order of the city's files.
  std::vector<std::string> configured() const;

  /// Hands over everything that is due, once, in this thread; gives how many. For tests and scenarios.
  Result<int> run_due();
  void start();
  void stop();
  void wake();

  static std::vector<store::Migration> migrations();
  static constexpr std::int64_t kFirstWait = kSecond, kLongestWait = kMinute;   ///< between attempts: doubles, ±20 %
  static constexpr std::int64_t kLease = 20 * kSecond;                          ///< longer than a gateway's time limit (http_gateway.h); so long a row of a process that died waits

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace machiya::tell
