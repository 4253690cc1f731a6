// What context sources told of entities for a subscription of ours (§5.8.6): asked the filters again, then told like everything else.
#include "sense/subscriptions/inside.h"

namespace machiya::sense {

bool Subscriptions::splits(const std::string& tenant, const std::string& id) const {
  std::shared_lock hold(in_->known);
  const Inside::Kept* kept = in_->find(tenant, id, About::entities);
  return kept != nullptr && in_->delivery.look(*kept->slot).subscription->split;
}

Result<void> Subscriptions::tell(const std::string& tenant, const std::string& id, std::span<const EntityPtr> entities) {
  SlotPtr slot;
  SubscriptionPtr s;
  {
    std::shared_lock hold(in_->known);
    const Inside::Kept* kept = in_->find(tenant, id, About::entities);
    if (kept == nullptr) return Error(ErrorCode::not_found, "there is no such subscription");
    slot = kept->slot;
  }
  const Delivery::Look look = in_->delivery.look(*slot);
  s = look.subscription;
  const std::int64_t now_us = in_->clock.now().us;
  if (!s->active || s->expired(now_us)) return {};
  if (s->throttling_us > 0 && look.fired_us != kNoTime && now_us - look.fired_us < s->throttling_us) return {};
  const GatePtr gate = in_->gate_of(*s);
  const EntityLookup lookup = in_->lookup_of(tenant);
  std::vector<std::string> texts;
  for (const EntityPtr& e : entities) {
    const EntityPtr shown = seen(gate.get(), e);
    if (!shown || !s->query.matches(*shown, &lookup)) continue;
    for (std::string& text : data_of(*s, *shown, lookup)) texts.push_back(std::move(text));
  }
  if (texts.empty()) return {};
  in_->delivery.add_sources(slot, std::move(texts), {}, now_us);
  in_->wake();
  return {};
}

}  // namespace machiya::sense
