// Windows over the history that the broker keeps: numbers lie in its store of series.
#pragma once
#include <vector>

#include "sense/history/history.h"
#include "sense/rules/ports.h"

namespace machiya::sense::rules {

/// The series that hold the numbers of one attribute's default dataset; several when its unit changed.
std::vector<series::SeriesId> series_of(const History& history, std::string_view tenant, std::string_view entity, std::string_view attribute);
/// Aggregates of several series as of one. `distinct` is not kept.
series::Aggregate merged(const series::Aggregate& a, const series::Aggregate& b);

/// Both must outlive this.
class HistoryWindows final : public Windows {
 public:
  HistoryWindows(History& history, series::Store& numbers) : history_(history), numbers_(numbers) {}
  Result<void> ready() override { return history_.settle(); }
  Result<series::Aggregate> of(std::string_view tenant, std::string_view entity, std::string_view attribute, series::Span span) override;

 private:
  History& history_;
  series::Store& numbers_;
};

}  // namespace machiya::sense::rules
