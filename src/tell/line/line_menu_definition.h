// The city's definition of a rich menu (menus/*.yaml): tabs with a grid of areas, and the pictures that are drawn from their words.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "city/city.h"

namespace machiya::tell {

/// Left, top, width and height in pixels of the picture.
using LineBounds = std::array<std::int64_t, 4>;
/// "\n" in the Japanese of `label` breaks the line in the picture and is not read aloud. What a tap does: one of link, say, post and tab is not empty. `link`: a path of this site, or an address.
struct LineMenuArea {
  city::Text label;
  LineBounds at{};
  std::string link, say, post, tab;
};
struct LineMenuSheet {
  std::string id;
  city::Text name;
  LineBounds at{};   ///< of its name in the bar of tabs; nothing when there is one tab only
  std::vector<LineMenuArea> areas;
};
/// Kind "line-menu". Immutable.
struct LineMenu final : city::Definition {
  std::string id, channel, bar;
  std::int64_t width = 0, height = 0;
  std::vector<LineMenuSheet> tabs;
};
/// Faults: words that are too long or do not fit into their area, rows that are not filled, a tab or procedure that is not there, a second menu
/// for one channel.
city::Kind line_menu_kind();
/// In the order of the city's files.
std::vector<const LineMenu*> line_menus_of(const city::City& city);

/// Begins the names of every LINE menu made from this definition, and of no other.
std::string line_menu_family(const LineMenu& menu);
/// The definition as read_line_menu() takes it. `base_url` ("https://city.example.jp") completes paths of this site. The name of each tab holds
/// a digest of its request and words, by which is seen whether what stands at LINE is this definition.
json::Value line_menu_form(const LineMenu& menu, std::string_view base_url);

/// PNG of one tab as LINE takes it (Messaging API reference, "Requirements for rich menu image": at most 1 MB). `tab` < tabs.size(). Text has a
/// contrast of at least 7:1. definition_error when words do not fit, not_found when this machine has no font for them. Thread-safe.
Result<std::string> draw_line_menu(const LineMenu& menu, std::size_t tab);
/// Places of words that do not fit even when they are small, as JSON pointers into the definition.
std::vector<std::string> line_menu_misfits(const LineMenu& menu);

}  // namespace machiya::tell
