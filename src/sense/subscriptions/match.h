// Does a change concern a subscription, and if not, why? Pure: the same change gives the same answer when the journal is replayed.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "sense/entities/codec.h"
#include "sense/subscriptions/subscription.h"

namespace machiya::sense {

/// Fires, or the first reason not to.
enum class Why : std::uint8_t { fires, periodic, paused, expired, trigger, watched, entity, throttled };
std::string_view why_text(Why why);

/// `fired_us`: when the change happened for which it fired last (kNoTime: never). Linked entities in q are asked of `lookup`.
Why judge(const Subscription& subscription, const Record& record, const EntityLookup* lookup, std::int64_t fired_us);

/// The same in full: every condition with what was found. Values of the entity stand in it: only for who may read it.
struct Judgement {
  Why why = Why::fires;
  std::vector<ExplainedTerm> terms;
};
Judgement explain(const Subscription& subscription, const Record& record, const EntityLookup* lookup, std::int64_t fired_us);

/// Does it watch the attribute?
bool watches(const Subscription& subscription, std::string_view attribute);

}  // namespace machiya::sense
