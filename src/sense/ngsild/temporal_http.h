// /temporal/entities and /temporal/entityOperations/query: the evolution of entities (§6.18–§6.24).
#pragma once
#include "sense/history/history.h"
#include "sense/ngsild/call.h"

namespace machiya::sense::ngsild {

struct TemporalOptions {
  /// Of one attribute in one answer; beyond it the answer is a part (206, §6.3.10). Aggregated answers are never parts.
  std::size_t most_instances = 1000;
};

/// `history` must outlive the router.
void add_temporal_routes(const Routes& routes, History& history, TemporalOptions options = {});

}  // namespace machiya::sense::ngsild
