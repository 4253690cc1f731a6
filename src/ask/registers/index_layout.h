// What the rows of a register rest on beside their own values: which columns are indexed and searched, and how columns are worked out.
// When a reload changes it, the rows that are there are brought along (index_walk.cpp). Pure.
#pragma once
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ask/registers/register.h"

namespace machiya::registers {

/// Changes when rows have to be indexed, searched or worked out anew. One text for everything that matters, and nothing else.
std::string index_layout(const Register& reg);

/// What has to be done for rows that may have one of several layouts.
struct LayoutChange {
  bool worked_out = false;              ///< formulas or deadlines are others
  bool searched = false;                ///< other columns are searched
  std::vector<json::Value> dropped;     ///< columns that were searched, or by other texts, as their layout describes them
  /// `since`: as IndexWalk has it.
  static LayoutChange between(std::string_view since, std::string_view layout);
};
/// (field, text) of columns that were searched, like search_terms().
std::vector<std::pair<std::string, std::string>> dropped_terms(const Register& reg, const LayoutChange& change, const json::Value& values);
/// `since` of a walk to another layout, begun over one that was under way (or `done`); nothing known: "[null]".
std::string since_with(std::string_view since, std::string_view layout, bool done);

}  // namespace machiya::registers
