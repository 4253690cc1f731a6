// /csourceRegistrations (ETSI GS CIM 009 V1.8.1 §6.8, §6.9).
#pragma once
#include "sense/ngsild/call.h"
#include "sense/registrations/registrations.h"
#include "sense/subscriptions/subscriptions.h"

namespace machiya::sense::ngsild {

/// `registrations` and `subscriptions` must outlive the router. nullptr: sources that come later are offered no subscriptions.
void add_registration_routes(const Routes& routes, Registrations& registrations, const Subscriptions* subscriptions = nullptr);

/// Discovery (§5.10.2) of parameters: entities, attributes, csf, geo, scope and temporal query. Points into itself: it stays where it is.
struct RegistrationAsking {
  Filter csf;
  std::optional<GeoQuery> geo;
  ScopeQuery scope;
  Wanted wanted;
  Call::Page page;
};
/// BadRequestData for what the standard does not allow, and when neither types nor attributes (nor q, nor a place) are asked for.
Result<void> read_registration_query(Call& call, RegistrationAsking& out);

}  // namespace machiya::sense::ngsild
