// "Did you mean …": the nearest of the names that would be right.
#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace machiya::city {

/// Edit distance with transpositions (optimal string alignment), in code points.
int edit_distance(std::string_view a, std::string_view b);
/// The nearest candidate within a third of the word's length (at least 1, at most 4 edits);
/// "" when none is near or the word has fewer than three characters.
std::string nearest(std::string_view word, const std::vector<std::string>& candidates);

}  // namespace machiya::city
