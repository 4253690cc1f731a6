#include "sense/subscriptions/match.h"

#include <algorithm>

#include "sense/entities/stamp.h"
#include "sense/subscriptions/subscription_text.h"
#include "sense/subscriptions/v2_form.h"

namespace machiya::sense {
namespace {

unsigned bit_of(AttributeChange::What what) {
  return what == AttributeChange::What::created ? kAttributeCreated : what == AttributeChange::What::updated ? kAttributeUpdated : kAttributeDeleted;
}

// The triggers that what happened to the entity pulls. §5.2.12: entityUpdated is the three of attributes together.
unsigned pulled_by_entity(const Record& record) { return record.created() ? kEntityCreated : record.deleted() ? kEntityDeleted : kEntityUpdated; }

bool about(const Subscription& s, const AttributeChange& change) { return s.watched.empty() || watches(s, change.name); }

bool pulls(const Subscription& s, const Record& record, const AttributeChange& change) {
  return (s.triggers & (bit_of(change.what) | pulled_by_entity(record))) != 0;
}

bool triggered(const Subscription& s, const Record& record) {
  if (s.v2) return s.v2->triggered(record);
  if (std::ranges::any_of(record.changes, [&](const AttributeChange& c) { return pulls(s, record, c); })) return true;
  // An entity without attributes comes and goes, and types and scopes change, too.
  return record.changes.empty() && (s.triggers & pulled_by_entity(record)) != 0 && (record.created() || record.deleted() || record.after->modified_us == record.at_us);
}

bool watched(const Subscription& s, const Record& record) {
  if (s.watched.empty()) return true;
  return std::ranges::any_of(record.changes, [&](const AttributeChange& c) { return about(s, c) && pulls(s, record, c); });
}

bool throttled(const Subscription& s, const Record& record, std::int64_t fired_us) {
  return s.throttling_us > 0 && fired_us != kNoTime && record.at_us - fired_us < s.throttling_us;
}

std::string list_of(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& w : words) out += (out.empty() ? "" : ", ") + w;
  return out;
}

std::string triggers_text(unsigned triggers) {
  std::vector<std::string> words;
  for (const char* w : {"entityCreated", "entityUpdated", "entityDeleted", "attributeCreated", "attributeUpdated", "attributeDeleted"})
    if (triggers & trigger_of(w)) words.emplace_back(w);
  return list_of(words);
}

std::string changes_text(const Record& record) {
  std::vector<std::string> words{triggers_text(pulled_by_entity(record))};
  for (const AttributeChange& c : record.changes) words.push_back(triggers_text(bit_of(c.what)) + " " + std::string(c.name));
  return list_of(words);
}

}  // namespace

bool watches(const Subscription& s, std::string_view attribute) { return std::ranges::find(s.watched, attribute) != s.watched.end(); }

std::string_view why_text(Why why) {
  switch (why) {
    case Why::fires: return "fires";
    case Why::periodic: return "it comes at an interval";
    case Why::paused: return "it is paused";
    case Why::expired: return "it has expired";
    case Why::trigger: return "no trigger for what happened";
    case Why::watched: return "no watched attribute changed";
    case Why::entity: return "the entity is not selected";
    case Why::throttled: return "too soon after the last one";
  }
  return {};
}

Why judge(const Subscription& s, const Record& record, const EntityLookup* lookup, std::int64_t fired_us) {
  if (s.interval_us > 0) return Why::periodic;
  if (!s.active) return Why::paused;
  if (s.expired(record.at_us)) return Why::expired;
  // One that fires once has done so since it was armed.
  if (s.armed_us != kNoTime && fired_us != kNoTime && fired_us >= s.armed_us) return Why::paused;
  if (!triggered(s, record)) return Why::trigger;
  if (!s.v2 && !watched(s, record)) return Why::watched;
  if (!s.query.matches(record.entity(), lookup)) return Why::entity;
  if (throttled(s, record, fired_us)) return Why::throttled;
  return Why::fires;
}

Judgement explain(const Subscription& s, const Record& record, const EntityLookup* lookup, std::int64_t fired_us) {
  Judgement out{judge(s, record, lookup, fired_us), {}};
  const auto add = [&](const char* part, std::string term, bool held, std::string found) { out.terms.push_back({part, std::move(term), held, std::move(found)}); };
  if (s.interval_us > 0) add("timeInterval", std::to_string(s.interval_us / 1'000'000) + " s", false, "");
  add("isActive", "true", s.active, s.active ? "true" : "false");
  if (s.expires_us != kNoTime) add("expiresAt", stamp_text(s.expires_us), !s.expired(record.at_us), stamp_text(record.at_us));
  add("notificationTrigger", triggers_text(s.triggers), triggered(s, record), changes_text(record));
  if (!s.watched.empty()) add("watchedAttributes", list_of(s.watched), watched(s, record), changes_text(record));
  Explanation explained = s.query.explain(record.entity(), lookup);
  for (ExplainedTerm& term : explained.terms) {
    if (s.terms) term.term = compacted_names(term.term, *s.terms);
    out.terms.push_back(std::move(term));
  }
  if (s.throttling_us > 0) add("throttling", std::to_string(s.throttling_us / 1'000'000) + " s", !throttled(s, record, fired_us), fired_us == kNoTime ? "never fired" : "fired at " + stamp_text(fired_us));
  return out;
}

}  // namespace machiya::sense
