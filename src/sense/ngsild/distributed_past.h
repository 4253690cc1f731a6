// Evolutions that registered sources of history tell of (§5.7.3, §5.7.4), put together with our own.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "sense/ngsild/distribution.h"
#include "sense/ngsild/temporal_asking.h"

namespace machiya::sense::ngsild {

/// Evolutions as JSON without @context, and what sources could not say.
struct PastTold {
  std::vector<std::string> texts;
  std::vector<federation::Warning> warnings;
};
/// Would sources be asked? `id`: for one entity; "": for a query.
bool past_leaves(Call& call, const PastAsking& asking, const std::string& id);
/// `ours`: what this broker knows. Instances of one attribute stand one after the other, each instanceId once; aggregated values are those of whoever comes first.
/// Of a query the sources are asked for `most` entities.
PastTold with_sources(Call& call, const PastAsking& asking, const std::string& id, std::vector<std::string> ours, std::size_t most);

}  // namespace machiya::sense::ngsild
