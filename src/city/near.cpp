#include "city/near.h"

#include <algorithm>

#include "base/text.h"

namespace machiya::city {

int edit_distance(std::string_view left, std::string_view right) {
  const std::u32string a = to_utf32(left), b = to_utf32(right);
  std::vector<int> before(b.size() + 1), row(b.size() + 1), next(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = static_cast<int>(j);
  for (std::size_t i = 1; i <= a.size(); ++i) {
    next[0] = static_cast<int>(i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      next[j] = std::min({row[j] + 1, next[j - 1] + 1, row[j - 1] + (a[i - 1] != b[j - 1])});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) next[j] = std::min(next[j], before[j - 2] + 1);
    }
    before.swap(row);
    row.swap(next);
  }
  return row[b.size()];
}

std::string nearest(std::string_view word, const std::vector<std::string>& candidates) {
  const std::size_t length = count_code_points(word);
  if (length < 3 || length > 64) return {};
  const int allowed = std::clamp(static_cast<int>(length) / 3, 1, 4);
  int best = allowed + 1;
  std::string found;
  for (const std::string& candidate : candidates) {
    if (candidate.size() > 80) continue;
    const int distance = edit_distance(word, candidate);
    if (distance < best) best = distance, found = candidate;
  }
  return found;
}

}  // namespace machiya::city
