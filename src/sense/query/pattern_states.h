// The inside of a TextPattern: states, and how they are read from a regular expression.
#pragma once
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace machiya::sense::detail {

inline constexpr std::size_t kMaxStates = 2000;

struct Range {
  char32_t from, to;
};

struct State {
  enum class Code : std::uint8_t { any, set, split, jump, begin, end, word, no_word, done } code = Code::done;
  bool negated = false;
  std::vector<Range> set;
  std::uint16_t a = 0, b = 0;   ///< targets of split and jump
};

/// `fold`: the expression began with (?i).
Result<std::vector<State>> read_pattern(std::string_view source, bool& fold);

}  // namespace machiya::sense::detail
