// The order of texts in a language: ICU, as RFC 6067 names its collations.
#pragma once
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

namespace machiya::sense::detail {

/// Immutable; any thread may ask.
class Collation {
 public:
  /// A BCP 47 tag with perhaps -u-co-…, -u-ks-…; empty, "und" or "und-x-icu": the root. malformed_request for what is no tag, no language or no collation.
  static Result<Collation> open(std::string_view tag);
  /// Bytes whose order is the texts' order.
  std::string key(std::string_view text) const;

 private:
  struct Deleter { void operator()(void* collator) const; };
  std::shared_ptr<void> collator_;
};

}  // namespace machiya::sense::detail
