// `machiya line-menu place | show`: the rich menu of the city's definition, below its chat in LINE.
#include <algorithm>
#include <cstdio>
#include <fstream>

#include "app/command.h"
#include "app/doors.h"
#include "app/furniture.h"
#include "app/house.h"
#include "app/settings.h"
#include "app/tell_channels.h"
#include "tell/line/line_menu.h"
#include "tell/line/line_menu_definition.h"

namespace machiya::app {
namespace {

/// What both commands begin with.
struct Opened {
  Settings settings;
  std::shared_ptr<Furniture> furniture;
  std::shared_ptr<const city::City> city;
  std::vector<const tell::LineMenu*> menus;
};
/// Fails with `exit` set; an error of the city is a fault of the thing checked.
Result<Opened> open_city(const Arguments& arguments, Exit& exit) {
  Opened out;
  exit = kUsage;
  if (!arguments.words().empty()) return Error(ErrorCode::invalid_input, "line-menu takes options only");
  MACHIYA_TRY(out.settings, settings_from(arguments));
  exit = kNotInOrder;
  MACHIYA_TRY(out.furniture, load_furniture(out.settings));
  out.city = out.furniture->city->current();
  out.menus = tell::line_menus_of(*out.city);
  if (out.menus.empty()) return Error(ErrorCode::not_found, "this city defines no menu (menus/*.yaml)", out.settings.city);
  return out;
}

Result<tell::LineOptions> options_of(const Opened& opened, const tell::LineMenu& menu) {
  const auto* channel = opened.city->get<tell::ChannelDefinition>("channel", menu.channel);
  if (!channel) return Error(ErrorCode::not_found, "there is no such channel", menu.channel);
  return line_options(*channel, opened.settings);
}

Result<std::vector<tell::LineMenuTab>> tabs_of(const Opened& opened, const tell::LineMenu& menu) {
  const std::string base = opened.settings.base_url.empty() ? "http://" + opened.settings.listen : opened.settings.base_url;
  return tell::read_line_menu(tell::line_menu_form(menu, base));
}

/// The picture that read_line_menu() names "TAB.png".
Result<std::string> picture_of(const tell::LineMenu& menu, const std::string& name) {
  for (std::size_t i = 0; i < menu.tabs.size(); ++i)
    if (menu.tabs[i].id + ".png" == name) return tell::draw_line_menu(menu, i);
  return Error(ErrorCode::not_found, "there is no such picture", name);
}

Result<void> place(const Opened& opened, const outbound::Outbound& door, const tell::LineMenu& menu) {
  MACHIYA_TRY(auto options, options_of(opened, menu));
  MACHIYA_TRY(const auto tabs, tabs_of(opened, menu));
  const tell::LineApi api(std::move(options), door);
  return tell::place_line_menu(api, tabs, [&](const std::string& name) { return picture_of(menu, name); }, tell::line_menu_family(menu));
}

Result<bool> show(const Opened& opened, const outbound::Outbound& door, const tell::LineMenu& menu) {
  MACHIYA_TRY(auto options, options_of(opened, menu));
  MACHIYA_TRY(const auto tabs, tabs_of(opened, menu));
  const tell::LineApi api(std::move(options), door);
  MACHIYA_TRY(const auto standing, tell::line_menu_standing(api, tabs));
  for (std::size_t i = 0; i < tabs.size(); ++i) {
    const std::string& name = tabs[i].request.text("name");
    const char* state = standing.tabs[i].empty() ? "is not at LINE" : standing.tabs[i] == name ? "is at LINE as defined" : "is another one at LINE";
    std::printf("  %s %s: %zu areas, %s%s\n", tabs[i].alias.c_str(), menu.tabs[i].name.in("ja").c_str(), tabs[i].request["areas"].size(), state,
                !standing.shown.empty() && standing.shown == standing.tabs[i] ? ", shown to everybody" : "");
  }
  const bool as_defined = standing.is(tabs);
  if (!as_defined) std::printf("  machiya line-menu place puts it there\n");
  return as_defined;
}

/// "menu.png" and tab "main": "menu-main.png".
std::string preview_name(const std::string& file, const std::string& tab) {
  const std::size_t dot = file.rfind('.'), slash = file.rfind('/');
  const bool ends = dot != std::string::npos && (slash == std::string::npos || dot > slash);
  return ends ? file.substr(0, dot) + "-" + tab + file.substr(dot) : file + "-" + tab + ".png";
}

Result<void> preview(const std::vector<const tell::LineMenu*>& menus, const std::string& file) {
  for (const tell::LineMenu* menu : menus)
    for (std::size_t i = 0; i < menu->tabs.size(); ++i) {
      MACHIYA_TRY(const std::string picture, tell::draw_line_menu(*menu, i));
      const std::string name = preview_name(file, menus.size() > 1 ? menu->id + "-" + menu->tabs[i].id : menu->tabs[i].id);
      std::ofstream out(name, std::ios::binary | std::ios::trunc);
      out.write(picture.data(), static_cast<std::streamsize>(picture.size()));
      out.close();
      if (!out) return Error(ErrorCode::unavailable, "cannot be written", name);
      std::printf("%s: %lld x %lld pixels, %zu bytes\n", name.c_str(), static_cast<long long>(menu->width), static_cast<long long>(menu->height), picture.size());
    }
  return {};
}

/// What an operator can do about it.
std::string advice(const Error& error) {
  if (error.where == tell::kLineMenuHalf) return "; the new menu is placed in part: run the command again";
  if (error.code == ErrorCode::forbidden) return "; LINE refuses the channel access token, or the address is not listed";
  if (error.code == ErrorCode::unavailable) return "; LINE was not reached or did not answer";
  return "";
}

}  // namespace

int line_menu_place(const Arguments& arguments) {
  Exit exit = kFailed;
  const auto opened = open_city(arguments, exit);
  if (!opened) return complain(opened.error().to_string(), exit);
  const auto door = door_out(opened->settings);
  if (!door) return complain(door.error().to_string());
  for (const tell::LineMenu* menu : opened->menus) {
    if (auto placed = place(*opened, **door, *menu); !placed.ok())
      return complain(placed.error().to_string() + advice(placed.error()) + (placed.error().where == tell::kLineMenuHalf ? "" : "; what stood there stands on"));
    std::printf("%s: %zu tabs are below the chat of %s, \"%s\" is shown first\n", menu->id.c_str(), menu->tabs.size(), menu->channel.c_str(), menu->tabs.front().name.in("ja").c_str());
  }
  return kDone;
}

int line_menu_show(const Arguments& arguments) {
  Exit exit = kFailed;
  const auto opened = open_city(arguments, exit);
  if (!opened) return complain(opened.error().to_string(), exit);
  if (arguments.has("preview")) {
    const auto written = preview(opened->menus, arguments.value("preview"));
    return written.ok() ? kDone : complain(written.error().to_string());
  }
  const auto door = door_out(opened->settings);
  if (!door) return complain(door.error().to_string());
  bool as_defined = true;
  for (const tell::LineMenu* menu : opened->menus) {
    std::printf("%s, below the chat of %s:\n", menu->id.c_str(), menu->channel.c_str());
    const auto shown = show(*opened, **door, *menu);
    if (!shown) return complain(shown.error().to_string() + advice(shown.error()));
    as_defined = as_defined && *shown;
  }
  return as_defined ? kDone : kNotInOrder;
}

}  // namespace machiya::app
