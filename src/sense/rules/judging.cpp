// Rules asked of entities, at changes and when time has passed; what comes of it waits for the next transaction.
#include <algorithm>

#include "base/log.h"
#include "sense/rules/inside.h"

namespace machiya::sense::rules {
namespace {

const char* event_of(What what) {
  switch (what) {
    case What::raised: return kRaised.data();
    case What::cleared:
    case What::ended: return kCleared.data();
    case What::acknowledged: return kAcknowledged.data();
    case What::withheld: return kWithheld.data();
    case What::restored: return kRestored.data();
    default: return nullptr;
  }
}

bool is_silent(const Rule& rule) { return !rule.silent.empty(); }

}  // namespace

std::string item_key(std::string_view tenant, std::string_view id) {
  std::string out;
  out.reserve(tenant.size() + id.size() + 1);
  out.append(tenant).append(1, '\x1f').append(id);
  return out;
}

void add_events(const AlarmRow& row, std::string_view type, const Steps& steps, std::vector<events::Draft>& out) {
  for (const Step& step : steps) {
    const char* event = event_of(step.what);
    if (event == nullptr) continue;
    out.push_back({event, row.public_id,
                   json::Value::object({{"alarm", row.public_id}, {"rule", row.rule}, {"priority", std::string(word(row.priority))}, {"tenant", row.tenant}, {"entity", row.entity},
                                        {"type", std::string(type)}, {"state", std::string(word(step.state))}, {"mode", std::string(word(step.mode))}, {"at", to_iso_utc(Instant{step.at_us})}})});
  }
}

void note_steps(AlarmRow& row, const Steps& steps, const std::string& shown) {
  for (const Step& step : steps) {
    row.changed_us = step.at_us;
    if (step.what == What::raised) row.raised_us = step.at_us, row.value = shown;
    if (step.what == What::restored) row.actor.clear(), row.actor_name.clear(), row.reason.clear();
  }
}

void Alarms::Inside::ensure_row(Running& run, const std::string& key, Item& item) {
  if (item.row.id != 0) return;
  item.row.id = next_id++, item.row.public_id = new_public_id(p.rng);
  item.row.rule = run.id, item.row.tenant = std::string(tenant_of(key)), item.row.entity = std::string(entity_of(key));
  by_public_id[item.row.public_id] = {&run, key};
}

void Alarms::Inside::keep(Running& run, const std::string& key, Item& item, const Alarm& before, const Steps& steps, std::string_view type, const std::string& note) {
  if (steps.empty() && before == item.row.alarm) return;
  ensure_row(run, key, item);
  if (run.rule) item.row.priority = run.rule->priority;
  note_steps(item.row, steps, note);
  for (const Step& step : steps) unwritten.lines.push_back({item.row.id, item.row.priority, {step, "", "", step.what == What::raised ? note : std::string()}});
  add_events(item.row, type, steps, unwritten.events);
  unwritten.alarms[item.row.id] = item.row;
  counters.steps += steps.size();
}

Item& Alarms::Inside::item_of(Running& run, std::string_view tenant, std::string_view id) { return run.items[item_key(tenant, id)]; }

Result<Verdict> Alarms::Inside::verdict(const Rule& rule, const Entity& entity, std::string_view tenant, bool active, std::int64_t at_us) {
  ++counters.judged;
  if (rule.windowed() && p.windows != nullptr && !windows_ready) {
    MACHIYA_CHECK(p.windows->ready());
    windows_ready = true;
  }
  return judge(rule, entity, tenant, active, at_us, p.windows);
}

void Alarms::Inside::judge_entity(Running& run, std::string_view tenant, const Entity& entity, std::int64_t at_us) {
  const Rule& rule = *run.rule;
  thread_local std::string key;
  key.assign(tenant).append(1, '\x1f').append(entity.id);
  auto found = run.items.find(key);
  const Alarm before = found == run.items.end() ? Alarm() : found->second.row.alarm;
  auto v = verdict(rule, entity, tenant, before.active, at_us);
  if (!v.ok()) {
    log(LogLevel::warn, "alarm-not-judged", {{"rule", run.id}, {"why", v.error().to_string()}});
    v = Verdict();
  }
  Alarm after = before;
  Steps steps;
  if (!v->applies) {
    end(after, at_us, true, steps);
  } else {
    if (v->suppress) design(after, *v->suppress, at_us, steps);
    // A rule of silence: whoever comes here has just spoken, or its time is judged by its timer.
    observe(after, rule.manners, is_silent(rule) ? std::optional(before.active && found != run.items.end() && found->second.heard_us + rule.silent_us <= at_us) : v->holds, at_us, steps);
  }
  const bool needs_item = rule.every_us > 0 || is_silent(rule);
  if (found == run.items.end()) {
    if (steps.empty() && after == before && !needs_item) return;
    found = run.items.emplace(key, Item()).first;
  }
  Item& item = found->second;
  item.row.alarm = after;
  if (rule.every_us > 0) item.look_us = at_us + rule.every_us;
  if (item.heard_us == kNoTime && is_silent(rule)) item.heard_us = std::max({started_us, last_heard(rule, entity), entity.created_us});
  keep(run, found->first, item, before, steps, rule.type, steps.empty() ? std::string() : shown(rule, v->values));
  arm(run, found->first, item);
}

void Alarms::Inside::end_entity(Running& run, std::string_view tenant, std::string_view id, std::int64_t at_us) {
  const auto found = run.items.find(item_key(tenant, id));
  if (found == run.items.end()) return;
  Item& item = found->second;
  const Alarm before = item.row.alarm;
  Steps steps;
  end(item.row.alarm, at_us, false, steps);
  keep(run, found->first, item, before, steps, run.rule ? run.rule->type : std::string(), "");
  if (item.row.id == 0) run.items.erase(found);   // its timers find nothing
  else item.look_us = item.timer_us = kNever, item.heard_us = kNoTime;
}

void Alarms::Inside::judge_change(Running& run, std::string_view tenant, const Record& record) {
  const Rule& rule = *run.rule;
  const Entity& entity = record.entity();
  if (record.deleted() || !entity.has_type(rule.type)) return end_entity(run, tenant, entity.id, record.at_us);
  const bool all = record.created() || !record.before->has_type(rule.type);
  bool matters = all;
  for (const AttributeChange& change : record.changes) {
    if (!rule.reads(change.name)) continue;
    matters = true;
    if (is_silent(rule) && change.what != AttributeChange::What::deleted && std::ranges::find(rule.silent, change.name) != rule.silent.end())
      item_of(run, tenant, entity.id).heard_us = record.at_us;
  }
  if (matters) judge_entity(run, tenant, entity, record.at_us);
}

void Alarms::Inside::arm(Running& run, const std::string& key, Item& item) {
  std::int64_t next = std::min(item.row.alarm.next_us(), item.look_us);
  if (run.rule && is_silent(*run.rule) && item.heard_us != kNoTime && !item.row.alarm.active && item.row.alarm.due_us == 0) next = std::min(next, item.heard_us + run.rule->silent_us);
  if (next >= item.timer_us) return;
  item.timer_us = next;
  timers.push({next, timer_sequence++, &run, key});
}

void Alarms::Inside::due(Running& run, const std::string& key, Item& item, std::int64_t at_us) {
  item.timer_us = kNever;
  if (!run.rule) return;
  const Rule& rule = *run.rule;
  const std::string_view tenant = tenant_of(key), id = entity_of(key);
  const Alarm before = item.row.alarm;
  Steps steps;
  elapse(item.row.alarm, rule.manners, at_us, steps);
  const bool quiet_too_long = is_silent(rule) && !item.row.alarm.active && item.row.alarm.due_us == 0 && item.heard_us != kNoTime && item.heard_us + rule.silent_us <= at_us;
  const bool look = item.look_us <= at_us;
  const EntityPtr entity = !steps.empty() || quiet_too_long || look ? p.entities.get(tenant, id) : nullptr;
  std::string note;
  if (entity && (!steps.empty() || quiet_too_long)) {
    const auto v = verdict(rule, *entity, tenant, before.active, at_us);
    if (v.ok()) note = shown(rule, v->values);
    if (quiet_too_long && (!v.ok() || v->applies)) {
      if (v.ok() && v->suppress) design(item.row.alarm, *v->suppress, at_us, steps);
      observe(item.row.alarm, rule.manners, true, at_us, steps);
    } else if (quiet_too_long) {
      item.heard_us = at_us;   // the rule is not about it now; it is looked at again when as much time has passed
    }
  }
  keep(run, key, item, before, steps, rule.type, note);
  item.look_us = look ? kNever : item.look_us;
  if (look && entity) return judge_entity(run, tenant, *entity, at_us);
  if (!entity && (look || quiet_too_long)) item.heard_us = kNoTime;   // gone; the journal says so, too
  arm(run, key, item);
}

}  // namespace machiya::sense::rules
