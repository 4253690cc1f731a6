// The rich menu below the chat: tabs that switch without us, made from a definition and put in place without a moment without a menu.
#pragma once
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "tell/line/line_api.h"

namespace machiya::tell {

/// One tab. `request` is LINE's rich menu object.
struct LineMenuTab {
  std::string alias;     ///< ^[a-z0-9_-]{1,32}$; other tabs lead here by it
  std::string image;     ///< name of the picture; ".png", ".jpg" or ".jpeg"
  json::Value request;
};

/// The definition as data (canonical JSON of a room's definition), checked by LINE's limits:
///   {"bar": "メニュー", "width": 2500, "height": 1686,
///    "tabs": [{"id": "main", "name": "メインメニュー", "image": "main.png",
///              "areas": [{"at": [x, y, width, height], "label": "便利・オススメ", "tab": "useful"},
///                        {"at": […], "label": "…", "link": "https://…"}, {"at": […], "label": "…", "say": "…"}, {"at": […], "label": "…", "post": "…"}]}]}
/// Each area has a label: it is read aloud. definition_error names the member by its JSON pointer in `where`.
Result<std::vector<LineMenuTab>> read_line_menu(const json::Value& definition);

/// Makes every tab with its picture, then lets the aliases point at them, shows the first to everybody and removes what the aliases pointed at
/// before. A failure before the aliases leaves the old menus as they are and removes what was made; a later one has kLineMenuHalf as Error::where,
/// and placing again mends it. `picture`: bytes of an image by its name. `family`, when not "": menus at LINE whose names begin so are this
/// definition's own; those of them that nothing needs any more, and their aliases, are removed (tabs that went, placings that broke off).
Result<void> place_line_menu(const LineApi& api, const std::vector<LineMenuTab>& tabs, const std::function<Result<std::string>(const std::string& name)>& picture, std::string_view family = {});
inline constexpr const char* kLineMenuHalf = "line-menu-half";

/// What stands at LINE.
struct LineMenuStanding {
  std::vector<std::string> tabs;   ///< for each tab the name of the menu that its alias leads to; "" when there is none
  std::string shown;               ///< name of the menu that everybody sees; "": none
  /// Everybody sees the first tab, and all of them are as asked for.
  bool is(const std::vector<LineMenuTab>& tabs) const;
};
Result<LineMenuStanding> line_menu_standing(const LineApi& api, const std::vector<LineMenuTab>& tabs);

}  // namespace machiya::tell
