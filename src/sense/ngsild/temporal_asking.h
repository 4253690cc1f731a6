// What a request for an evolution asks: query, temporal query, form of the answer.
#pragma once
#include "sense/history/write_past.h"
#include "sense/ngsild/asking.h"

namespace machiya::sense::ngsild {

struct PastAsking {
  Asking asking;
  HistoryWindow window;
  PastForm form = PastForm::instances;
  Aggregating aggregating;
  /// For the history; points into this.
  HistoryAsking question() const;
  PastShape shape() const;
};

extern const std::vector<std::string_view> kTemporalRetrieveParameters, kTemporalQueryParameters, kTemporalBodyParameters;

/// BadRequestData for what the standard does not allow. `out` stays where it is.
Result<void> read_past_retrieve(Call& call, PastAsking& out);
Result<void> read_past_query(Call& call, PastAsking& out);
/// Of POST entityOperations/query: temporalQ, aggrParams.
Result<void> read_past_body(Call& call, PastAsking& out);

}  // namespace machiya::sense::ngsild
