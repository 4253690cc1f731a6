// The NGSI-LD interface (ETSI GS CIM 009 V1.8.1 §6): routes of each resource. Rules stand in the engines below.
#pragma once
#include "sense/ngsild/call.h"

namespace machiya::sense::ngsild {

void add_entity_routes(const Routes& routes);      ///< /entities
void add_attribute_routes(const Routes& routes);   ///< /entities/{id}/attrs
void add_batch_routes(const Routes& routes);       ///< /entityOperations
void add_discovery_routes(const Routes& routes);   ///< /types, /attributes
void add_context_routes(const Routes& routes);     ///< /jsonldContexts; needs Broker::hosted
void add_entity_map_routes(const Routes& routes);  ///< /entityMaps; needs Broker::maps
void add_snapshot_routes(const Routes& routes);    ///< /snapshots; needs Broker::snapshots
void add_info_routes(const Routes& routes);        ///< /info/sourceIdentity

}  // namespace machiya::sense::ngsild
