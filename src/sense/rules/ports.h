// What the rules need to know and cannot know themselves.
#pragma once
#include <cstdint>
#include <string_view>

#include "base/result.h"
#include "sense/series/series.h"

namespace machiya::sense::rules {

/// Values of an attribute over a time. Called by the engine's thread.
class Windows {
 public:
  virtual ~Windows() = default;
  /// Afterwards of() knows everything that the broker had acknowledged when this was called.
  virtual Result<void> ready() = 0;
  /// Of the attribute's (expanded) numbers of the default dataset; a count of 0 when there are none.
  virtual Result<series::Aggregate> of(std::string_view tenant, std::string_view entity, std::string_view attribute, series::Span span) = 0;
};

}  // namespace machiya::sense::rules
