// A small regular-expression matcher for patterns that stand in definitions: whole-text match, bounded work, no
// exceptions. Knows: literals, ., \d \w \s and escapes, [classes], ( ) groups, |, * + ? {m,n}; ^ and $ at the ends.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

namespace machiya {

/// Compiled pattern: immutable, thread-safe, cheap to copy.
class Pattern {
 public:
  /// Fails with invalid_input when the pattern is malformed or larger than 500 characters; `detail` says why.
  static Result<Pattern> compile(std::string_view source);
  /// True when the whole text matches, code point by code point. A match that needs more than 100,000 steps counts as no match.
  bool matches(std::string_view text) const;
  const std::string& source() const;

  struct Program;

 private:
  std::shared_ptr<const Program> program_;
};

}  // namespace machiya
