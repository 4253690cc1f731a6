// What a write of several things tells of each (§5.2.16–§5.2.18).
#pragma once
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sense/entities/change.h"
#include "sense/ngsild/call.h"

namespace machiya::sense::ngsild {

/// {"updated": […], "notUpdated": [{"attributeName", "reason"}]}: names expanded (§6.3.6).
std::string update_result(const Change& change);

/// The outcome of a batch: ids that succeeded, ids with their error.
struct BatchResult {
  std::vector<std::string> success;
  std::vector<std::pair<std::string, Error>> errors;
  std::vector<std::string> further;   ///< errors of other brokers, each as JSON of a BatchEntityError
  bool clean() const { return errors.empty() && further.empty(); }
  /// {"success": […], "errors": [{"entityId", "error"}]}
  std::string text() const;
};

}  // namespace machiya::sense::ngsild
