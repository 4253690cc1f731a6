// /v2/registrations: context providers.
#pragma once
#include "sense/ngsiv2/call.h"
#include "sense/providers/providers.h"

namespace machiya::sense::ngsiv2 {

void add_registration_routes(const Routes& routes, Providers& providers);

}  // namespace machiya::sense::ngsiv2
