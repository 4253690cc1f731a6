// What staff ask: dead letters, and why a subscription fires or does not.
#include <algorithm>

#include "sense/entities/stamp.h"
#include "sense/subscriptions/inside.h"
#include "sense/subscriptions/subscription_text.h"

namespace machiya::sense {
namespace {
using tree::Value;

const Error kEnough(ErrorCode::gone, "enough");

/// Tries one subscription at past changes, throttling as it would have been.
class Trial {
 public:
  Trial(const Subscription& s, const EntityLookup& lookup, std::size_t lines) : s_(s), lookup_(lookup), lines_(lines) {}
  Rehearsal out;

  void see(EntityStore::Number number, const Record& record) {
    ++out.looked_at;
    if (out.from_us == kNoTime) out.from_us = record.at_us;
    const Why why = judge(s_, record, &lookup_, fired_us_);
    if (++out.counts[why] <= lines_) out.lines.push_back({number, record.at_us, std::string(record.entity().id), explain(s_, record, &lookup_, fired_us_)});
    if (why == Why::fires) fired_us_ = record.at_us;
  }

 private:
  const Subscription& s_;
  const EntityLookup& lookup_;
  std::size_t lines_;
  std::int64_t fired_us_ = kNoTime;
};

/// What whoever made it says of it (§5.2.12).
std::string description_of(const StoredSubscription& stored) {
  tree::Arena arena;
  const auto body = tree::parse(stored.body, arena);
  if (!body.ok()) return {};
  const std::string_view name = (*body)["subscriptionName"].text();
  return std::string(name.empty() ? (*body)["description"].text() : name);
}

}  // namespace

std::string Rehearsal::to_json() const {
  std::string out = "{\"lookedAt\":" + std::to_string(looked_at);
  if (from_us != kNoTime) out += ",\"from\":" + tree::quoted(stamp_text(from_us));
  out += ",\"counts\":{";
  const char* comma = "";
  for (const auto& [why, count] : counts) out += comma + tree::quoted(why_text(why)) + ":" + std::to_string(count), comma = ",";
  out += "},\"changes\":[";
  comma = "";
  for (const Line& line : lines) {
    out += std::string(comma) + "{\"number\":" + std::to_string(line.number) + ",\"at\":" + tree::quoted(stamp_text(line.at_us)) + ",\"entity\":" + tree::quoted(line.entity) +
           ",\"fires\":" + (line.judgement.why == Why::fires ? "true" : "false") + ",\"why\":" + tree::quoted(why_text(line.judgement.why)) + ",\"terms\":[";
    const char* between = "";
    for (const ExplainedTerm& t : line.judgement.terms) {
      out += std::string(between) + "{\"part\":" + tree::quoted(t.part) + ",\"term\":" + tree::quoted(t.term) + ",\"held\":" + (t.held ? "true" : "false") + ",\"found\":" + tree::quoted(t.found) + "}";
      between = ",";
    }
    out += "]}", comma = ",";
  }
  return out + "]}";
}

std::vector<Subscriptions::Overview> Subscriptions::overview() const {
  const std::int64_t now_us = in_->clock.now().us;
  std::vector<Overview> out;
  std::shared_lock hold(in_->known);
  for (const auto& [tenant, held] : in_->tenants)
    for (const auto& [id, kept] : held.subscriptions) {
      const Delivery::Look look = in_->delivery.look(*kept.slot);
      const Subscription& s = *look.subscription;
      out.push_back({tenant, id, description_of(kept.stored), s.endpoint.key, s.active, s.expired(now_us), kept.about == About::registrations, look.waiting,
                     in_->delivery.state(*kept.slot, in_->matched)});
    }
  return out;
}

std::string dead_letters_json(const std::vector<DeadLetter>& letters) {
  std::string out = "[";
  for (const DeadLetter& l : letters) {
    if (out.size() > 1) out += ',';
    out += "{\"key\":" + std::to_string(l.key) + ",\"subscription\":" + tree::quoted(l.subscription) + ",\"entity\":" + tree::quoted(l.entity) + ",\"changedAt\":" + tree::quoted(stamp_text(l.changed_us)) +
           ",\"givenUpAt\":" + tree::quoted(stamp_text(l.given_up_us)) + ",\"tries\":" + std::to_string(l.tries) + ",\"cause\":" + tree::quoted(l.cause) + ",\"data\":" + l.data + "}";
  }
  return out + "]";
}

Result<Rehearsal> Subscriptions::rehearse(const std::string& tenant, const Value& body, const Terms& terms, std::int64_t from_us, std::int64_t until_us, std::size_t lines) const {
  StoredSubscription stored;
  stored.tenant = tenant, stored.id = "urn:ngsi-ld:Subscription:rehearsal", stored.context = "null";
  MACHIYA_TRY(stored.body, read_subscription(body, terms, stored.id, in_->clock.now().us));
  MACHIYA_TRY(const SubscriptionPtr subscription, compile(stored, in_->contexts));
  const EntityLookup lookup = in_->lookup_of(tenant);
  Trial trial(*subscription, lookup, lines);
  auto done = in_->entities.replay(in_->entities.first(), [&](EntityStore::Number number, const Record& record) -> Result<void> {
    if (until_us != kNoTime && record.at_us >= until_us) return kEnough;
    if (record.tenant == tenant && (from_us == kNoTime || record.at_us >= from_us)) trial.see(number, record);
    return {};
  });
  if (!done.ok() && done.error().code != ErrorCode::gone) return done.error();
  return std::move(trial.out);
}

Result<Rehearsal> Subscriptions::why(const std::string& tenant, const std::string& id, const std::string& entity, std::size_t lines) const {
  SubscriptionPtr subscription;
  {
    std::shared_lock hold(in_->known);
    const Inside::Kept* kept = in_->find(tenant, id, About::entities);
    if (kept == nullptr) return Error(ErrorCode::not_found, "there is no such subscription");
    subscription = in_->delivery.look(*kept->slot).subscription;
  }
  const EntityLookup lookup = in_->lookup_of(tenant);
  Trial trial(*subscription, lookup, lines);
  auto done = in_->entities.replay(in_->entities.first(), [&](EntityStore::Number number, const Record& record) -> Result<void> {
    if (record.tenant == tenant && record.entity().id == entity) trial.see(number, record);
    return {};
  });
  if (!done.ok()) return done.error();
  return std::move(trial.out);
}

Result<std::vector<DeadLetter>> Subscriptions::dead_letters(const std::string& tenant, const std::string& id, int limit, int offset) const {
  return in_->store.read([&](store::ReadTx& tx) { return read_dead_letters(tx, tenant, id, limit, offset); });
}

Result<void> Subscriptions::retry(std::int64_t key) {
  auto letter = in_->store.read([&](store::ReadTx& tx) { return read_dead_letter(tx, key); });
  if (!letter.ok()) return letter.error();
  if (!*letter) return Error(ErrorCode::not_found, "there is no such letter");
  SubscriptionPtr subscription;
  {
    std::shared_lock hold(in_->known);
    const Inside::Kept* kept = in_->find((*letter)->tenant, (*letter)->subscription);
    if (kept == nullptr) return Error(ErrorCode::not_found, "there is no such subscription");
    subscription = in_->delivery.look(*kept->slot).subscription;
  }
  const std::string& data = (*letter)->data;
  const std::string elements = data.substr(1, data.size() - 2);
  const Handed handed = in_->hand_over(*subscription, elements.empty() ? std::vector<std::string>() : std::vector<std::string>{elements});
  if (handed.state != Handed::State::taken) return Error(ErrorCode::unavailable, handed.cause);
  return forget(key);
}

Result<void> Subscriptions::forget(std::int64_t key) {
  return in_->store.write([&](store::Tx& tx) { return delete_dead_letter(tx, key); });
}

}  // namespace machiya::sense
