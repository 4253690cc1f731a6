// The NGSI-LD interface (ETSI GS CIM 009 V1.8.1 §6): routes of each resource. Rules stand in the engines below.
#pragma once
#include "sense/ngsild/call.h"

namespace machiya::sense::ngsild {

void add_entity_routes(const Routes& routes);      ///< /entities
void add_attribute_routes(const Routes& routes);   ///< /entities/{id}/attrs
void add_batch_routes(const Routes& routes);       ///< /entityOperations
void add_discovery_routes(const Routes& routes);   ///< /types, /attributes

}  // namespace machiya::sense::ngsild
