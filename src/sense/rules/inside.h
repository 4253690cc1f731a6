// The inside of Alarms: what waits, what runs, what is not yet written.
#pragma once
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <queue>
#include <thread>
#include <unordered_map>
#include <unordered_set>

#include "platform/events/events.h"
#include "sense/broker/image.h"
#include "sense/rules/alarms.h"
#include "sense/rules/judge.h"

namespace machiya::sense::rules {

/// One entity under one rule.
struct Item {
  AlarmRow row;
  std::int64_t heard_us = kNoTime;    ///< when it last spoke, of rules of silence
  std::int64_t look_us = kNever;      ///< when it is looked at without a change
  std::int64_t timer_us = kNever;     ///< the timer that counts; others of this item are stale
};
/// Tenant, 0x1f, id of the entity → item. Nodes stay where they are.
using Items = std::unordered_map<std::string, Item, HashText, std::equal_to<>>;

struct Running {
  std::string id;
  RulePtr rule;         ///< nullptr: the city no longer has it
  Items items;
  bool judge_all = false, arm_all = false;   ///< the entities that are there wait to be judged; to get their timers
};

struct Timer {
  std::int64_t at_us = 0;
  std::uint64_t sequence = 0;         ///< of two for one time the older one counts first
  Running* running = nullptr;
  std::string key;
  bool operator>(const Timer& other) const { return at_us != other.at_us ? at_us > other.at_us : sequence > other.sequence; }
};

/// A change that waits; it keeps the record's memory.
struct Waiting {
  EntityStore::Number number = 0;
  std::string tenant;
  Record record;
};

/// What the next transaction writes.
struct Unwritten {
  struct Line {
    std::int64_t alarm = 0;
    Priority priority = Priority::medium;
    Entry entry;
  };
  std::map<std::int64_t, AlarmRow> alarms;
  std::vector<Line> lines;
  std::vector<events::Draft> events;
  std::optional<std::map<std::string, std::string>> hashes;   ///< of the rules by which everything is judged
  bool empty() const { return alarms.empty() && !hashes; }
};

struct Alarms::Inside {
  Inside(Parts parts, Options options) : p(std::move(parts)), options(options) {}
  Parts p;
  const Options options;

  // What the broker told; held only for moments, by its thread too.
  mutable std::mutex feed_mutex;
  std::condition_variable wake;
  std::deque<std::shared_ptr<const Waiting>> feed;
  std::unordered_set<std::string, HashText, std::equal_to<>> types;   ///< that rules are about
  EntityStore::Number told = 0;          ///< the newest that the broker told
  EntityStore::Number lost = 0;          ///< from here on the feed had no room: the journal has it; 0: nothing is lost
  bool ending = false;
  bool news = false;

  // Everything else.
  mutable std::mutex mutex;
  std::map<std::string, Running> running;                              ///< by rule
  ByText<std::vector<Running*>> by_type;
  std::unordered_map<std::string, std::pair<Running*, std::string>> by_public_id;
  std::priority_queue<Timer, std::vector<Timer>, std::greater<>> timers;
  std::uint64_t timer_sequence = 0;
  std::int64_t next_id = 1, started_us = 0;
  EntityStore::Number judged = 0, written = 0;
  std::map<std::string, std::string> hashes;
  bool windows_ready = false;
  Unwritten unwritten;
  Counters counters;
  std::thread thread;

  void follow(EntityStore::Number number, const Record& record);
  bool filters(const Record& record) const;   ///< with feed_mutex

  // alarms_feed.cpp; with mutex
  bool take_some();
  Result<void> take_journal(EntityStore::Number from, EntityStore::Number to);
  void take(EntityStore::Number number, std::string_view tenant, const Record& record);
  bool scan();
  bool advance(std::int64_t to_us);
  Result<void> write();
  void run();

  // judging.cpp; with mutex
  void judge_change(Running& running, std::string_view tenant, const Record& record);
  void judge_entity(Running& running, std::string_view tenant, const Entity& entity, std::int64_t at_us);
  void end_entity(Running& running, std::string_view tenant, std::string_view id, std::int64_t at_us);
  void due(Running& running, const std::string& key, Item& item, std::int64_t at_us);
  void arm(Running& running, const std::string& key, Item& item);
  Result<Verdict> verdict(const Rule& rule, const Entity& entity, std::string_view tenant, bool active, std::int64_t at_us);
  Item& item_of(Running& running, std::string_view tenant, std::string_view id);
  /// Keeps what `steps` and the alarm's new state mean for the next transaction. `before`: to see whether there is anything.
  void keep(Running& running, const std::string& key, Item& item, const Alarm& before, const Steps& steps, std::string_view type, const std::string& note);
  void ensure_row(Running& running, const std::string& key, Item& item);
};

/// The drafts of events for these steps.
void add_events(const AlarmRow& row, std::string_view type, const Steps& steps, std::vector<events::Draft>& out);
/// What the steps say of the row: when it was raised, when changed, and that nobody withholds it any more.
void note_steps(AlarmRow& row, const Steps& steps, const std::string& shown);
Result<void> write_rows(store::Tx& tx, const Unwritten& what, events::Events& events);

std::string item_key(std::string_view tenant, std::string_view id);
inline std::string_view tenant_of(std::string_view key) { return key.substr(0, key.find('\x1f')); }
inline std::string_view entity_of(std::string_view key) { return key.substr(key.find('\x1f') + 1); }

}  // namespace machiya::sense::rules
