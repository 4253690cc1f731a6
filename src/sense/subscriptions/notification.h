// What a subscriber is sent (§5.3.1, §5.8.6): entities as the subscription wants them, with what was before and what was deleted; and the message around them.
#pragma once
#include <string>
#include <utility>
#include <vector>

#include "sense/entities/codec.h"
#include "sense/subscriptions/subscription.h"

namespace machiya::sense {

/// The elements of "data" for one change: the entity, and with join=flat those that it leads to. JSON texts without @context. `linked` may be empty: no joins.
std::vector<std::string> data_of(const Subscription& subscription, const Record& record, const EntityLookup& linked);
/// The same for an entity as it is (periodic notifications).
std::vector<std::string> data_of(const Subscription& subscription, const Entity& entity, const EntityLookup& linked);

/// One message on its way out.
struct Parcel {
  std::string uri;
  std::string tenant;
  std::string content_type;   ///< "": none
  KeyValues headers;          ///< Link, NGSILD-Tenant, receiverInfo
  KeyValues notifier;         ///< notifierInfo
  std::string body;
  std::int64_t timeout_us = 0;   ///< 0: the notifier's own
  std::string method = "POST";
  bool bare = false;          ///< by MQTT the body alone is the message, not {"metadata", "body"}
  bool retain = false;        ///< by MQTT
  std::string topic, user, password;   ///< by MQTT; "": as the URI says
};
/// `id` is the notification's, a URI; `data` as data_of() made it, or registrations. `reason`: triggerReason of a CsourceNotification (§5.3.2); "": entities.
Parcel parcel_of(const Subscription& subscription, const std::string& id, std::int64_t notified_us, const std::vector<std::string>& data, std::string_view reason = {});

}  // namespace machiya::sense
