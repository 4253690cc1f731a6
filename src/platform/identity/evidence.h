// What a clerk saw, as a word.
#pragma once
#include <algorithm>
#include <string_view>

namespace machiya::identity {

/// "my-number-card", "drivers-licence": a kind of proof, never what stands on it.
inline bool is_evidence(std::string_view s) {
  return !s.empty() && s.size() <= 40 &&
         std::all_of(s.begin(), s.end(), [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; });
}

}  // namespace machiya::identity
