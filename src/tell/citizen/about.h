// What people can say about themselves: the words that segments know (attributes age and events of segment.h).
#pragma once
#include <string_view>
#include <vector>

namespace machiya::tell {

/// Age bands, and events in a household. Each has a text "messages.age.<id>" and "messages.event.<id>".
inline const std::vector<std::string_view>& about_ages() {
  static const std::vector<std::string_view> all = {"under-20", "20s", "30s", "40s", "50s", "60s", "70s", "80-plus"};
  return all;
}
inline const std::vector<std::string_view>& about_events() {
  static const std::vector<std::string_view> all = {"pregnancy", "birth", "school-entry", "moved-in", "retirement", "care"};
  return all;
}

}  // namespace machiya::tell
