// /v2/subscriptions on the engine of subscriptions: kept there, told by its queues.
#pragma once
#include "sense/ngsiv2/call.h"
#include "sense/subscriptions/subscriptions.h"

namespace machiya::sense::ngsiv2 {

void add_subscription_routes(const Routes& routes, Subscriptions& subscriptions);

}  // namespace machiya::sense::ngsiv2
