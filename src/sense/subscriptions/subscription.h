// A subscription to entities (ETSI GS CIM 009 V1.8.1 §5.2.12–§5.2.15), parsed once: who is asked about, what makes it fire, how and where it is told.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "sense/entities/write.h"
#include "sense/query/query.h"

namespace machiya::sense {

/// What makes a subscription fire (§5.2.12 notificationTrigger), as bits.
enum Trigger : unsigned { kEntityCreated = 1, kEntityUpdated = 2, kEntityDeleted = 4, kAttributeCreated = 8, kAttributeUpdated = 16, kAttributeDeleted = 32 };
/// The bit of "entityCreated" …; 0 for another word.
unsigned trigger_of(std::string_view word);

using KeyValues = std::vector<std::pair<std::string, std::string>>;

/// §5.2.15.
struct Endpoint {
  enum class Accept : std::uint8_t { json, ld_json, geo_json };
  std::string uri;
  std::string key;              ///< scheme, host and port: what one circuit breaker stands for
  bool mqtt = false;            ///< mqtt or mqtts; else HTTP
  Accept accept = Accept::json;
  KeyValues receiver, notifier; ///< receiverInfo: headers; notifierInfo: how to speak (MQTT-Version, MQTT-QoS)
  std::int64_t timeout_us = 0, cooldown_us = 0;   ///< 0: not said
};

/// What somebody subscribed to: entities (§5.8), or registrations of context sources (§5.11).
enum class About : std::uint8_t { entities, registrations, entities_v2 };   ///< the last: made by NGSIv2, and told in its form (v2_form.h)

class V2Form;

/// Immutable; shared between matching and delivery.
struct Subscription {
  std::string tenant, id;
  About about = About::entities;
  EntityQuery query;                       ///< selectors, q, geoQ, scopeQ
  std::vector<std::string> watched;        ///< expanded; empty: any attribute
  Filter csf;                              ///< which sources (§4.9)
  std::optional<TemporalQuery> when;       ///< temporalQ: sources of history, of this time; only of registrations
  unsigned triggers = kAttributeCreated | kAttributeUpdated;
  bool active = true;                      ///< isActive
  std::int64_t expires_us = kNoTime;
  std::int64_t throttling_us = 0, interval_us = 0;   ///< 0: none
  std::vector<std::string> datasets;       ///< empty: all instances
  LanguageFilter language;
  bool has_language = false;
  Format format = Format::normalized;
  bool sys_attrs = false, show_changes = false;
  Selection members;
  enum class Join : std::uint8_t { none, flat, inline_ } join = Join::none;
  int join_level = 1;
  Endpoint endpoint;
  TermsPtr terms;                          ///< names in notifications
  std::string context;                     ///< JSON of their @context
  std::string context_url;                 ///< for the Link header: the context's URL
  std::string viewer;                      ///< Gate::key() of who made it; "" where there are no gates
  std::shared_ptr<const V2Form> v2;        ///< of NGSIv2: what triggers and how it is told; nullptr for all others
  std::int64_t armed_us = kNoTime;         ///< it fires once after this instant (oneshot); kNoTime: as often as it likes
  bool split = false;                      ///< splitEntities: parts of an entity may lie with several sources, so filters are asked of the whole
  bool expired(std::int64_t now_us) const { return expires_us != kNoTime && expires_us <= now_us; }
};
using SubscriptionPtr = std::shared_ptr<const Subscription>;

/// A subscription as it is kept.
struct StoredSubscription {
  std::string tenant, id;
  std::string body;                        ///< subscription_text.h
  std::string context;                     ///< JSON of the @context that it came with, or its jsonldContext's
  std::int64_t created_us = kNoTime, modified_us = kNoTime;
  std::uint64_t since = 0;                 ///< records of the journal up to here are none of its business
  std::string viewer;                      ///< Gate::key() of who made it
};

/// Parses what is kept. invalid_input: not what the standard allows. A context that cannot be had (any more) is no error: names then stay IRIs and the core
/// context stands in notifications, which is as true.
Result<SubscriptionPtr> compile(const StoredSubscription& stored, Contexts& contexts);

}  // namespace machiya::sense
