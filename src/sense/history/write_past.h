// The evolution of an entity as NGSI-LD answers it: temporal (§4.5.6–§4.5.8), simplified temporal (§4.5.9), aggregated (§4.5.19).
#pragma once
#include <string>

#include "sense/entities/write.h"
#include "sense/history/history.h"

namespace machiya::sense {

enum class PastForm : std::uint8_t { instances, values, aggregates };

struct PastShape {
  Shape shape;                                                    ///< terms, sysAttrs, language, members
  PastForm form = PastForm::instances;
  TemporalQuery::Property property = TemporalQuery::Property::observed_at;
  bool bounded = true;                                            ///< a temporal query was asked
};

/// "2026-11-23T09:30:00Z", with milliseconds or µs only when there are any.
std::string moment_text(std::int64_t us);
/// {"id": …} without "@context".
void write_past(const HistoryEntity& entity, const PastShape& shape, std::string& out);

}  // namespace machiya::sense
