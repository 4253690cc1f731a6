#include "tell/line/line_menu.h"

#include <algorithm>
#include <map>

#include "base/text.h"
#include "tell/channel/characters.h"
#include "tell/line/line_message.h"

namespace machiya::tell {
namespace {
using json::Value;
// Messaging API reference, "Rich menu object": width 800 to 2500, height at least 250, width / height at least 1.45, 20 areas, bar of 14
// characters, name of 300. Picture: at most 1 MB.
constexpr std::int64_t kLeastWidth = 800, kMostWidth = 2500, kLeastHeight = 250;
constexpr std::size_t kMostAreas = 20, kMostBar = 14, kMostName = 300, kMostAlias = 32, kMostMessage = 300;

Error wrong(const std::string& where, const std::string& what) { return Error(ErrorCode::definition_error, what, where); }

bool is_alias(std::string_view text) {
  return !text.empty() && text.size() <= kMostAlias && std::all_of(text.begin(), text.end(), [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_'; });
}
bool ends_with(std::string_view text, std::string_view end) { return text.size() >= end.size() && text.substr(text.size() - end.size()) == end; }
std::string image_type(std::string_view name) {
  if (ends_with(name, ".png")) return "image/png";
  return ends_with(name, ".jpg") || ends_with(name, ".jpeg") ? "image/jpeg" : "";
}
Result<std::string> words(const Value& from, const std::string& name, std::size_t most, const std::string& where) {
  const std::string& out = from.text(name);
  if (out.empty() || utf16_units(out) > most) return wrong(where + "/" + name, "1 to " + std::to_string(most) + " characters");
  return out;
}

Result<Value> read_action(const Value& area, const Value& tabs, const std::string& where) {
  MACHIYA_TRY(const std::string label, words(area, "label", kMostLineLabel, where));
  if (area.has("tab")) {
    const std::string& id = area.text("tab");
    const bool known = std::any_of(tabs.items().begin(), tabs.items().end(), [&](const Value& one) { return one.text("id") == id; });
    if (!known) return wrong(where + "/tab", "there is no tab " + id);
    return Value::object({{"type", "richmenuswitch"}, {"label", label}, {"richMenuAliasId", id}, {"data", "tab=" + id}});
  }
  if (area.has("link")) {
    const std::string uri = line_uri(area.text("link"));
    if (uri.empty()) return wrong(where + "/link", "no address that LINE takes");
    return Value::object({{"type", "uri"}, {"label", label}, {"uri", uri}});
  }
  if (area.has("say")) {
    MACHIYA_TRY(const std::string say, words(area, "say", kMostMessage, where));
    return Value::object({{"type", "message"}, {"label", label}, {"text", say}});
  }
  MACHIYA_TRY(const std::string post, words(area, "post", kMostMessage, where));
  return Value::object({{"type", "postback"}, {"label", label}, {"data", post}, {"displayText", label}});
}

Result<Value> read_area(const Value& area, const Value& tabs, std::int64_t width, std::int64_t height, const std::string& where) {
  const Value& at = area["at"];
  const auto number = [&](std::size_t i) { return at[i].as_int(-1); };
  const bool inside = at.size() == 4 && number(0) >= 0 && number(1) >= 0 && number(2) >= 1 && number(3) >= 1 && number(2) <= width && number(3) <= height &&
                      number(0) <= width - number(2) && number(1) <= height - number(3);
  if (!inside) return wrong(where + "/at", "left, top, width and height within the picture");
  MACHIYA_TRY(Value action, read_action(area, tabs, where));
  return Value::object({{"bounds", Value::object({{"x", number(0)}, {"y", number(1)}, {"width", number(2)}, {"height", number(3)}})}, {"action", std::move(action)}});
}

Result<LineMenuTab> read_tab(const Value& tab, const Value& definition, bool first, const std::string& where) {
  const std::int64_t width = definition["width"].as_int(), height = definition["height"].as_int();
  LineMenuTab out;
  out.alias = tab.text("id");
  out.image = tab.text("image");
  if (!is_alias(out.alias)) return wrong(where + "/id", "1 to 32 of a to z, 0 to 9, - and _");
  if (image_type(out.image).empty()) return wrong(where + "/image", "a .png or .jpg");
  MACHIYA_TRY(const std::string name, words(tab, "name", kMostName, where));
  MACHIYA_TRY(const std::string bar, words(definition, "bar", kMostBar, ""));
  const Value& from = tab["areas"];
  if (from.size() == 0 || from.size() > kMostAreas) return wrong(where + "/areas", "1 to 20 areas");
  Value areas = Value::array();
  for (std::size_t i = 0; i < from.size(); ++i) {
    MACHIYA_TRY(Value area, read_area(from[i], definition["tabs"], width, height, where + "/areas/" + std::to_string(i)));
    areas.push(std::move(area));
  }
  out.request = Value::object({{"size", Value::object({{"width", width}, {"height", height}})}, {"selected", first}, {"name", name}, {"chatBarText", bar}, {"areas", std::move(areas)}});
  return out;
}

/// Made so far; removed again when it does not come to the end.
struct Made {
  const LineApi& api;
  std::vector<std::string> ids;
  bool done = false;
  ~Made() {
    // What cannot be removed now is only a menu that nobody sees: LINE keeps a thousand of them.
    for (const std::string& id : ids)
      if (!done) (void)api.ask("DELETE", "/v2/bot/richmenu/" + id).ok();
  }
};
}  // namespace

Result<std::vector<LineMenuTab>> read_line_menu(const Value& definition) {
  const std::int64_t width = definition["width"].as_int(), height = definition["height"].as_int();
  if (width < kLeastWidth || width > kMostWidth || height < kLeastHeight || width * 100 < height * 145)
    return wrong("/width", "800 to 2500 wide, at least 250 high, at least 1.45 times as wide as high");
  const Value& tabs = definition["tabs"];
  if (tabs.size() == 0) return wrong("/tabs", "at least one tab");
  std::vector<LineMenuTab> out;
  for (std::size_t i = 0; i < tabs.size(); ++i) {
    const std::string where = "/tabs/" + std::to_string(i);
    MACHIYA_TRY(LineMenuTab tab, read_tab(tabs[i], definition, i == 0, where));
    for (const LineMenuTab& other : out)
      if (other.alias == tab.alias) return wrong(where + "/id", "a second tab " + tab.alias);
    out.push_back(std::move(tab));
  }
  return out;
}

namespace {
using Names = std::map<std::string, std::string>;   ///< alias → id of its menu, or id of a menu → name

Result<Names> aliases_at(const LineApi& api) {
  MACHIYA_TRY(const Value said, api.ask("GET", "/v2/bot/richmenu/alias/list"));
  Names out;
  for (const Value& one : said["aliases"].items()) out[one.text("richMenuAliasId")] = one.text("richMenuId");
  return out;
}
Result<Names> menus_at(const LineApi& api) {
  MACHIYA_TRY(const Value said, api.ask("GET", "/v2/bot/richmenu/list"));
  Names out;
  for (const Value& one : said["richmenus"].items()) out[one.text("richMenuId")] = one.text("name");
  return out;
}

/// Gone already is as good as removed.
Result<void> remove(const LineApi& api, const std::string& path) {
  auto removed = api.ask("DELETE", path);
  return removed.ok() || removed.error().code == ErrorCode::not_found ? Result<void>() : Result<void>(removed.error());
}

/// From here on people may see the new ones: nothing is taken back any more.
Result<void> show(const LineApi& api, const std::vector<LineMenuTab>& tabs, const std::vector<std::string>& made, const Names& before) {
  for (std::size_t i = 0; i < tabs.size(); ++i) {
    const bool known = before.count(tabs[i].alias) > 0;
    Value body = Value::object({{"richMenuId", made[i]}});
    if (!known) body.set("richMenuAliasId", tabs[i].alias);
    MACHIYA_TRY([[maybe_unused]] const Value done, api.ask("POST", known ? "/v2/bot/richmenu/alias/" + tabs[i].alias : "/v2/bot/richmenu/alias", body));
  }
  MACHIYA_TRY([[maybe_unused]] const Value shown, api.ask("POST", "/v2/bot/user/all/richmenu/" + made.front()));
  return {};
}

/// What the aliases pointed at, and of the family all that is not among `made`.
Result<void> clear_away(const LineApi& api, const std::vector<LineMenuTab>& tabs, const std::vector<std::string>& made, const Names& before, std::string_view family) {
  std::vector<std::string> old;
  for (const LineMenuTab& tab : tabs)
    if (const auto known = before.find(tab.alias); known != before.end()) old.push_back(known->second);
  if (!family.empty()) {
    MACHIYA_TRY(const Names menus, menus_at(api));
    const auto ours = [&](const std::string& id) { const auto menu = menus.find(id); return menu != menus.end() && menu->second.compare(0, family.size(), family) == 0; };
    for (const auto& [alias, id] : before) {
      const bool stays = std::any_of(tabs.begin(), tabs.end(), [&, &name = alias](const LineMenuTab& tab) { return tab.alias == name; });
      if (!stays && ours(id)) MACHIYA_CHECK(remove(api, "/v2/bot/richmenu/alias/" + alias));
    }
    for (const auto& [id, name] : menus)
      if (ours(id) && std::find(made.begin(), made.end(), id) == made.end() && std::find(old.begin(), old.end(), id) == old.end()) old.push_back(id);
  }
  for (const std::string& id : old) MACHIYA_CHECK(remove(api, "/v2/bot/richmenu/" + id));
  return {};
}
}  // namespace

Result<void> place_line_menu(const LineApi& api, const std::vector<LineMenuTab>& tabs, const std::function<Result<std::string>(const std::string& name)>& picture, std::string_view family) {
  if (tabs.empty()) return Error(ErrorCode::invalid_input, "no tab", "line");
  MACHIYA_TRY(const Names before, aliases_at(api));
  Made made{api, {}, false};
  for (const LineMenuTab& tab : tabs) {
    MACHIYA_TRY(const std::string bytes, picture(tab.image));
    MACHIYA_TRY(const Value created, api.ask("POST", "/v2/bot/richmenu", tab.request));
    made.ids.push_back(created.text("richMenuId"));
    MACHIYA_CHECK(api.upload(made.ids.back(), image_type(tab.image), bytes));
  }
  made.done = true;
  auto shown = show(api, tabs, made.ids, before);
  if (shown.ok()) shown = clear_away(api, tabs, made.ids, before, family);
  return shown.ok() ? shown : Result<void>(Error(shown.error().code, shown.error().detail, kLineMenuHalf));
}

bool LineMenuStanding::is(const std::vector<LineMenuTab>& asked) const {
  if (asked.empty() || tabs.size() != asked.size() || shown != asked.front().request.text("name")) return false;
  for (std::size_t i = 0; i < asked.size(); ++i)
    if (tabs[i] != asked[i].request.text("name")) return false;
  return true;
}

Result<LineMenuStanding> line_menu_standing(const LineApi& api, const std::vector<LineMenuTab>& tabs) {
  MACHIYA_TRY(const Names aliases, aliases_at(api));
  MACHIYA_TRY(const Names menus, menus_at(api));
  const auto name_of = [&](const std::string& id) { const auto menu = menus.find(id); return menu == menus.end() ? std::string() : menu->second; };
  LineMenuStanding out;
  for (const LineMenuTab& tab : tabs) {
    const auto alias = aliases.find(tab.alias);
    out.tabs.push_back(alias == aliases.end() ? "" : name_of(alias->second));
  }
  auto shown = api.ask("GET", "/v2/bot/user/all/richmenu");
  if (!shown.ok() && shown.error().code != ErrorCode::not_found) return shown.error();
  if (shown.ok()) out.shown = name_of(shown->text("richMenuId"));
  return out;
}

}  // namespace machiya::tell
