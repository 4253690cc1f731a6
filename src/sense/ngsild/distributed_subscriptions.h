// Subscriptions that sources take part in (§5.8.1.4, §5.8.2.4, §5.8.5.4): one is made at each source that may know of what was asked for; its notifications come
// here, are put together with what others know, asked the filters again, and told to the subscriber (§5.8.6).
#pragma once
#include <string>

#include "sense/ngsild/call.h"
#include "sense/subscriptions/subscriptions.h"

namespace machiya::sense::ngsild {

/// After `id` was made here of call.body. Sources that fail are warned of (NGSILD-Warning).
void subscribe_elsewhere(Call& call, const std::string& id, http::Response& response);
/// After a registration was made or changed: subscriptions that were there before it are made at its source, too, when they match. The call's terms are the registration's.
void offer_subscriptions(Call& call, const Subscriptions& subscriptions, const std::string& registration, http::Response& response);
/// After a registration was deleted: what its source tells is not heard any more.
void forget_source(Call& call, const std::string& registration);
/// After it was changed by call.body.
void update_elsewhere(Call& call, const std::string& id, http::Response& response);
/// Before or after it is deleted.
void unsubscribe_elsewhere(Call& call, const std::string& id, http::Response& response);
/// POST /federation/notifications/{token}: what sources tell.
void add_source_notification_routes(const Routes& routes, Subscriptions& subscriptions);

}  // namespace machiya::sense::ngsild
