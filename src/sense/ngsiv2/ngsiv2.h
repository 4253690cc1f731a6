// The FIWARE NGSIv2 interface, as Orion serves it: routes of each resource. Rules stand in the pure files beside and in the engines below.
#pragma once
#include "sense/ngsiv2/call.h"

namespace machiya::sense::ngsiv2 {

void add_entity_routes(const Routes& routes);      ///< /v2/entities
void add_attribute_routes(const Routes& routes);   ///< /v2/entities/{id}/attrs/{attr}
void add_type_routes(const Routes& routes);        ///< /v2/types
void add_batch_routes(const Routes& routes);       ///< /v2/op
void add_info_routes(const Routes& routes);        ///< /v2, /version

}  // namespace machiya::sense::ngsiv2
