// Alarms over the entities of the context broker: rules are judged at every change that concerns them, delays and silence are deadlines, and what becomes of
// an alarm is written with its event and the place in the broker's journal in one transaction.
#pragma once
#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/rng.h"
#include "base/time.h"
#include "platform/identity/principal.h"
#include "platform/store/store.h"
#include "sense/broker/entity_store.h"
#include "sense/rules/ports.h"
#include "sense/rules/rule.h"

namespace machiya::audit {
class Audit;
}
namespace machiya::events {
class Events;
}

namespace machiya::sense::rules {

inline constexpr std::string_view kRead = "alarm.read", kAct = "alarm.act";
/// {alarm, rule, priority, tenant, entity, type, state, mode, at}: cleared when the condition is gone, or when entity or rule are.
inline constexpr std::string_view kRaised = "alarm.raised.v1", kCleared = "alarm.cleared.v1", kAcknowledged = "alarm.acknowledged.v1", kWithheld = "alarm.withheld.v1", kRestored = "alarm.restored.v1";

/// One rule and one entity.
struct AlarmRow {
  std::int64_t id = 0;               ///< 0: there is no row yet
  std::string public_id, rule, tenant, entity;
  Priority priority = Priority::medium;
  Alarm alarm;
  std::int64_t raised_us = 0, changed_us = 0;   ///< 0: never
  std::string value;                 ///< what the rule looked at when it was raised
  std::string actor, actor_name, reason;   ///< of who withheld it
};
/// One line of an alarm's history.
struct Entry {
  Step step;
  std::string actor, actor_name, note;     ///< actor "": the rule itself
};
struct AlarmFilter {
  enum class Show : std::uint8_t { open, unacknowledged, withheld } show = Show::open;
  std::optional<Priority> priority;
  std::optional<std::vector<std::string>> rules;   ///< only these; not set: any
};
struct AlarmCounts {
  std::array<std::int64_t, 3> open{};   ///< by priority
  std::int64_t unacknowledged = 0, withheld = 0;
};
/// Who acts, for the audit.
struct Deed {
  const identity::Principal& who;
  std::string request;
};
/// What was raised, for the key figures (figures.h).
struct RaisedList {
  struct One {
    std::int64_t alarm, at_us;
    Priority priority;
  };
  std::vector<One> all;              ///< by time
  std::int64_t standing = 0;         ///< now, for a day and longer
};

/// Any thread may call.
class Alarms {
 public:
  struct Parts {
    store::Store& store;
    EntityStore& entities;
    Windows* windows = nullptr;                ///< nullptr: values over a time are unknown
    audit::Audit& audit;
    events::Events& events;
    Clock& clock;
    Rng& rng;
    std::function<bool(const identity::Principal&, std::string_view permission, std::string_view department)> may;
    std::function<void()> changed;             ///< after something became of an alarm; may be absent
  };
  struct Options {
    std::size_t most_waiting = 100'000;        ///< changes in memory; what comes later is read from the journal
    std::int64_t keep_us = 400 * kDay;         ///< of the alarms' journal
  };
  /// What the engine did since it was opened.
  struct Counters {
    std::uint64_t seen = 0;                    ///< changes of entities that some rule may be about
    std::uint64_t judged = 0;                  ///< rule × change
    std::uint64_t steps = 0;                   ///< transitions
    std::uint64_t behind = 0;                  ///< changes that wait
  };
  static std::vector<store::Migration> migrations();
  static void declare(events::Events& events);
  /// Before the first write to `entities`; everything given must outlive this. Nothing is judged before start().
  static Result<std::unique_ptr<Alarms>> open(Parts parts, Options options);
  /// Ends the thread; what was not judged is read from the journal at the next start.
  ~Alarms();
  void start();
  void stop();
  /// The rules from now on: entities that are there are judged by those that are new or different, alarms of those that are gone end.
  void use(std::vector<RulePtr> rules);

  // For pages. Read from the database.
  Result<std::vector<AlarmRow>> list(const AlarmFilter& filter, int limit) const;
  Result<AlarmCounts> counts(const std::optional<std::vector<std::string>>& rules) const;
  /// not_found.
  Result<AlarmRow> find(std::string_view public_id) const;
  Result<std::vector<AlarmRow>> of_entity(std::string_view tenant, std::string_view entity) const;
  /// Newest first.
  Result<std::vector<Entry>> history(const AlarmRow& row, int limit) const;
  Result<RaisedList> raised(std::int64_t from_us, std::int64_t to_us) const;
  Result<std::vector<AlarmRow>> by_keys(const std::vector<std::int64_t>& keys) const;

  // What operators do; each is a line of the alarm's history and an audit row. forbidden; not_found; conflict; invalid_input names the field.
  Result<void> acknowledge(std::string_view id, const Deed& deed);
  Result<void> reset(std::string_view id, const Deed& deed);
  /// Until `until`, at most kLongestShelf from now; with a reason.
  Result<void> shelve(std::string_view id, Instant until, std::string_view reason, const Deed& deed);
  Result<void> unshelve(std::string_view id, const Deed& deed);
  Result<void> take_out(std::string_view id, std::string_view reason, const Deed& deed);
  Result<void> put_back(std::string_view id, const Deed& deed);
  Result<void> comment(std::string_view id, std::string_view text, const Deed& deed);
  static constexpr std::int64_t kLongestShelf = 7 * kDay;
  static constexpr std::size_t kLongestNote = 500;   ///< characters (code points)

  /// Records of the broker's journal below this number are not needed here.
  EntityStore::Number needed() const;
  Counters counters() const;
  /// Work of every few minutes: the cursor is written, old history goes.
  Result<void> tend();
  /// Without start(): everything that is due now, on the calling thread. For tests and scenarios.
  Result<void> pump();

  struct Inside;

 private:
  explicit Alarms(std::shared_ptr<Inside> inside);
  std::shared_ptr<Inside> in_;   // the broker's follower has it, too
};

}  // namespace machiya::sense::rules
