// /subscriptions (ETSI GS CIM 009 V1.8.1 §6.10, §6.11) and /csourceSubscriptions (§6.12, §6.13).
#pragma once
#include "sense/ngsild/call.h"
#include "sense/subscriptions/subscriptions.h"

namespace machiya::sense::ngsild {

/// `subscriptions` must outlive the router.
void add_subscription_routes(const Routes& routes, Subscriptions& subscriptions);
/// Needs Subscriptions::watch().
void add_source_subscription_routes(const Routes& routes, Subscriptions& subscriptions);

}  // namespace machiya::sense::ngsild
