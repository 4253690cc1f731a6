#include "sense/rules/alarms.h"

#include <algorithm>

#include "base/log.h"
#include "platform/events/events.h"
#include "sense/rules/alarms_dao.h"
#include "sense/rules/inside.h"

namespace machiya {
std::vector<store::Migration> sql_migrations_rules();
}

namespace machiya::sense::rules {
namespace {

json::Value schema_of_event() {
  auto properties = json::Value::object();
  auto required = json::Value(json::Value::Array{});
  for (const char* name : {"alarm", "rule", "priority", "tenant", "entity", "type", "state", "mode", "at"}) {
    properties.set(name, json::Value::object({{"type", "string"}}));
    required.push(json::Value(name));
  }
  return json::Value::object({{"type", "object"}, {"properties", std::move(properties)}, {"required", std::move(required)}, {"additionalProperties", false}});
}

}  // namespace

std::vector<store::Migration> Alarms::migrations() { return sql_migrations_rules(); }

void Alarms::declare(events::Events& events) {
  for (const std::string_view type : {kRaised, kCleared, kAcknowledged, kWithheld, kRestored}) events.declare({std::string(type), "rules", schema_of_event(), true});
}

Alarms::Alarms(std::shared_ptr<Inside> inside) : in_(std::move(inside)) {}
Alarms::~Alarms() { stop(); }

Result<std::unique_ptr<Alarms>> Alarms::open(Parts parts, Options options) {
  auto in = std::make_shared<Inside>(std::move(parts), options);
  Inside& i = *in;
  i.started_us = i.p.clock.now().us;
  const EntityStore::Number last = i.p.entities.last();
  MACHIYA_CHECK(i.p.store.read([&](store::ReadTx& tx) -> Result<void> {
    MACHIYA_TRY(const auto cursor, dao::cursor(tx));
    // The first time nothing that was is judged; after that, what the journal still has.
    i.judged = i.written = cursor ? std::min<EntityStore::Number>(*cursor, last) : last;
    MACHIYA_TRY(i.hashes, dao::rules(tx));
    return dao::each_alarm(tx, [&](AlarmRow row) {
      Running& run = i.running[row.rule];
      run.id = row.rule;
      i.next_id = std::max(i.next_id, row.id + 1);
      const std::string key = item_key(row.tenant, row.entity);
      i.by_public_id[row.public_id] = {&run, key};
      run.items[key].row = std::move(row);
    });
  }));
  i.told = last;
  if (i.judged < last) i.lost = std::max(i.judged + 1, i.p.entities.first());
  i.p.entities.follow([in](EntityStore::Number number, const Record& record) { in->follow(number, record); });
  return std::unique_ptr<Alarms>(new Alarms(std::move(in)));
}

void Alarms::start() {
  {
    std::lock_guard hold(in_->feed_mutex);
    in_->ending = false;
  }
  if (!in_->thread.joinable()) in_->thread = std::thread([in = in_.get()] { in->run(); });
}

void Alarms::stop() {
  {
    std::lock_guard hold(in_->feed_mutex);
    in_->ending = true;
  }
  in_->wake.notify_all();
  if (in_->thread.joinable()) in_->thread.join();
}

void Alarms::use(std::vector<RulePtr> rules) {
  std::lock_guard hold(in_->mutex);
  const std::int64_t now_us = in_->p.clock.now().us;
  in_->by_type.clear();
  std::unordered_set<std::string, HashText, std::equal_to<>> types;
  std::map<std::string, RulePtr> by_id;
  for (RulePtr& rule : rules) by_id[rule->id] = std::move(rule);
  for (auto& [id, run] : in_->running) {
    if (by_id.contains(id)) continue;
    // Rows of a rule that was gone before this process began are ended here, too.
    for (auto& [key, item] : run.items) {
      const Alarm before = item.row.alarm;
      Steps steps;
      end(item.row.alarm, now_us, false, steps);
      in_->keep(run, key, item, before, steps, run.rule ? run.rule->type : std::string(), "");
    }
    std::erase_if(run.items, [](const auto& one) { return one.second.row.id == 0; });
    run.rule = nullptr;
  }
  for (auto& [id, rule] : by_id) {
    Running& run = in_->running[id];
    const auto known = in_->hashes.find(id);
    const bool same = run.rule && run.rule->hash == rule->hash;
    run.id = id;
    run.judge_all = run.judge_all || known == in_->hashes.end() || known->second != rule->hash;
    run.arm_all = run.arm_all || (!same && (!rule->silent.empty() || rule->every_us > 0));
    run.rule = rule;
    in_->by_type[rule->type].push_back(&run);
    types.insert(rule->type);
  }
  // Timers are made anew: delays and rhythms may be others now.
  in_->timers = {};
  for (auto& [id, run] : in_->running)
    for (auto& [key, item] : run.items) {
      item.timer_us = kNever;
      if (run.rule) in_->arm(run, key, item);
    }
  std::lock_guard feed(in_->feed_mutex);
  in_->types = std::move(types);
  in_->news = true;
  in_->wake.notify_all();
}

Result<std::vector<AlarmRow>> Alarms::list(const AlarmFilter& filter, int limit) const {
  return in_->p.store.read([&](store::ReadTx& tx) { return dao::list(tx, filter, limit); });
}
Result<AlarmCounts> Alarms::counts(const std::optional<std::vector<std::string>>& rules) const {
  return in_->p.store.read([&](store::ReadTx& tx) { return dao::counts(tx, rules); });
}
Result<AlarmRow> Alarms::find(std::string_view public_id) const {
  MACHIYA_TRY(auto row, in_->p.store.read([&](store::ReadTx& tx) { return dao::find(tx, public_id); }));
  if (!row) return Error(ErrorCode::not_found, "no such alarm");
  return std::move(*row);
}
Result<std::vector<AlarmRow>> Alarms::of_entity(std::string_view tenant, std::string_view entity) const {
  return in_->p.store.read([&](store::ReadTx& tx) { return dao::of_entity(tx, tenant, entity); });
}
Result<std::vector<Entry>> Alarms::history(const AlarmRow& row, int limit) const {
  return in_->p.store.read([&](store::ReadTx& tx) { return dao::entries(tx, row.id, limit); });
}
Result<RaisedList> Alarms::raised(std::int64_t from_us, std::int64_t to_us) const {
  return in_->p.store.read([&](store::ReadTx& tx) -> Result<RaisedList> {
    RaisedList out;
    MACHIYA_CHECK(dao::each_raised(tx, from_us, to_us, [&](std::int64_t alarm, std::int64_t at_us, Priority priority) { out.all.push_back({alarm, at_us, priority}); }));
    MACHIYA_TRY(out.standing, dao::standing(tx, in_->p.clock.now().us - kDay));
    return out;
  });
}
Result<std::vector<AlarmRow>> Alarms::by_keys(const std::vector<std::int64_t>& keys) const {
  return in_->p.store.read([&](store::ReadTx& tx) { return dao::by_keys(tx, keys); });
}

EntityStore::Number Alarms::needed() const {
  std::lock_guard hold(in_->mutex);
  return in_->written + 1;
}

Alarms::Counters Alarms::counters() const {
  std::lock_guard hold(in_->mutex);
  Counters out = in_->counters;
  std::lock_guard feed(in_->feed_mutex);
  out.behind = in_->told > in_->judged ? in_->told - in_->judged : 0;
  return out;
}

Result<void> Alarms::tend() {
  std::lock_guard hold(in_->mutex);
  MACHIYA_CHECK(in_->write());
  const EntityStore::Number cursor = in_->judged;
  const std::int64_t before_us = in_->p.clock.now().us - in_->options.keep_us;
  MACHIYA_CHECK(in_->p.store.write([&](store::Tx& tx) -> Result<void> {
    MACHIYA_TRY(const std::int64_t gone, dao::forget_entries(tx, before_us));
    (void)gone;
    return dao::put_cursor(tx, cursor);
  }));
  in_->written = cursor;
  return {};
}

}  // namespace machiya::sense::rules
