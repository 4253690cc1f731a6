// What operators do with alarms.
#include <algorithm>

#include "base/text.h"
#include "platform/audit/audit.h"
#include "sense/rules/inside.h"

namespace machiya::sense::rules {
namespace {

using Change = std::function<Result<void>(Alarm&, std::int64_t at_us, Steps&)>;

struct Act {
  std::string action;                ///< of the audit
  std::string note;
  bool withholds = false;            ///< who and why stand with the alarm
};

Result<void> act(Alarms::Inside& in, std::string_view id, const Deed& deed, const Act& what, const Change& change) {
  std::lock_guard hold(in.mutex);
  const auto place = in.by_public_id.find(std::string(id));
  if (place == in.by_public_id.end()) return Error(ErrorCode::not_found, "no such alarm");
  Running& run = *place->second.first;
  const auto found = run.items.find(place->second.second);
  if (found == run.items.end() || !run.rule) return Error(ErrorCode::not_found, "its rule is no more");
  if (!in.p.may(deed.who, kAct, run.rule->owner)) return Error(ErrorCode::forbidden, "may not act on alarms");
  MACHIYA_CHECK(in.write());   // what happened before comes first
  Item& item = found->second;
  AlarmRow row = item.row;
  Steps steps;
  const std::int64_t now_us = in.p.clock.now().us;
  MACHIYA_CHECK(change(row.alarm, now_us, steps));
  if (row.id == 0) return Error(ErrorCode::not_found, "no such alarm");
  note_steps(row, steps, row.value);
  if (what.withholds) row.actor = deed.who.actor(), row.actor_name = deed.who.name, row.reason = what.note;
  Unwritten out;
  out.alarms[row.id] = row;
  for (const Step& step : steps) out.lines.push_back({row.id, row.priority, {step, deed.who.actor(), deed.who.name, &step == &steps.front() ? what.note : std::string()}});
  add_events(row, run.rule->type, steps, out.events);
  MACHIYA_CHECK(in.p.store.write([&](store::Tx& tx) -> Result<void> {
    MACHIYA_CHECK(write_rows(tx, out, in.p.events));
    audit::Entry entry;
    entry.actor = deed.who.actor(), entry.action = "alarm." + what.action, entry.object = "alarm:" + row.public_id, entry.request = deed.request;
    entry.facts = json::Value::object({{"rule", row.rule}});
    return in.p.audit.append(tx, entry);
  }));
  item.row = std::move(row);
  in.arm(run, found->first, item);
  in.counters.steps += steps.size();
  if (in.p.changed) in.p.changed();
  return {};
}

/// A reason or a comment: there is one, and it is not too long.
Result<std::string> noted(std::string_view text, const char* field) {
  const std::string_view out = trim(text);
  if (out.empty()) return Error(ErrorCode::invalid_input, "missing", field);
  const auto length = std::ranges::count_if(out, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; });
  if (static_cast<std::size_t>(length) > Alarms::kLongestNote) return Error(ErrorCode::invalid_input, "too long", field);
  return std::string(out);
}

}  // namespace

Result<void> Alarms::acknowledge(std::string_view id, const Deed& deed) {
  return act(*in_, id, deed, {"acknowledge", ""}, [](Alarm& a, std::int64_t at, Steps& s) { return rules::acknowledge(a, at, s); });
}
Result<void> Alarms::reset(std::string_view id, const Deed& deed) {
  return act(*in_, id, deed, {"reset", ""}, [](Alarm& a, std::int64_t at, Steps& s) { return rules::reset(a, at, s); });
}
Result<void> Alarms::shelve(std::string_view id, Instant until, std::string_view reason, const Deed& deed) {
  const std::int64_t now_us = in_->p.clock.now().us;
  if (until.us <= now_us || until.us > now_us + kLongestShelf) return Error(ErrorCode::invalid_input, "an end within seven days is needed", "until");
  MACHIYA_TRY(const std::string why, noted(reason, "reason"));
  return act(*in_, id, deed, {"shelve", why, true}, [&](Alarm& a, std::int64_t at, Steps& s) { return rules::shelve(a, until.us, at, s); });
}
Result<void> Alarms::unshelve(std::string_view id, const Deed& deed) {
  return act(*in_, id, deed, {"unshelve", ""}, [](Alarm& a, std::int64_t at, Steps& s) { return rules::unshelve(a, at, s); });
}
Result<void> Alarms::take_out(std::string_view id, std::string_view reason, const Deed& deed) {
  MACHIYA_TRY(const std::string why, noted(reason, "reason"));
  return act(*in_, id, deed, {"take-out", why, true}, [](Alarm& a, std::int64_t at, Steps& s) { return rules::take_out(a, at, s); });
}
Result<void> Alarms::put_back(std::string_view id, const Deed& deed) {
  return act(*in_, id, deed, {"put-back", ""}, [](Alarm& a, std::int64_t at, Steps& s) { return rules::put_back(a, at, s); });
}
Result<void> Alarms::comment(std::string_view id, std::string_view text, const Deed& deed) {
  MACHIYA_TRY(const std::string words, noted(text, "comment"));
  return act(*in_, id, deed, {"comment", words}, [](Alarm& a, std::int64_t at, Steps& s) -> Result<void> {
    s.push_back({What::commented, at, a.state, a.mode()});
    return {};
  });
}

}  // namespace machiya::sense::rules
