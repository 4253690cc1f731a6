#include "tell/line/line_menu_definition.h"

#include <algorithm>

#include "platform/jose/keys.h"
#include "tell/channel/characters.h"
#include "tell/line/line_menu.h"
#include "tell/line/line_message.h"

namespace machiya::tell {
namespace {
using json::Value;
constexpr std::int64_t kWidth = 2500, kLarge = 1686, kCompact = 843;   // reference, "Requirements for rich menu image"
constexpr std::int64_t kBar = 270;                                     // of the tabs, above the areas
constexpr std::size_t kMostBarText = 14, kMostAreas = 20;
constexpr std::string_view kProcedures = "/procedures/";

std::string at(std::size_t tab) { return "/tabs/" + std::to_string(tab); }
std::string at(std::size_t tab, std::size_t area) { return at(tab) + "/areas/" + std::to_string(area); }

/// Words as they are read aloud: without the line breaks of the picture.
std::string spoken(const city::Text& words) {
  std::string out = words.in("ja");
  out.erase(std::remove(out.begin(), out.end(), '\n'), out.end());
  return out;
}

/// Columns and rows become pixels; what is left over by division goes to the last column and row.
void place_areas(LineMenu& menu, std::size_t tab, const Value& areas, std::int64_t columns, Diagnostics& faults) {
  const std::int64_t top = menu.tabs.size() < 2 ? 0 : kBar;
  std::int64_t cells = 0;
  for (const Value& one : areas.items()) cells += one["wide"].as_int(1);
  const std::int64_t rows = (cells + columns - 1) / columns;
  std::int64_t column = 0, row = 0;
  for (std::size_t i = 0; i < areas.size(); ++i) {
    const std::int64_t wide = areas[i]["wide"].as_int(1);
    if (column + wide > columns) return faults.error(at(tab, i), "この段に入りきりません(columnsは" + std::to_string(columns) + ")", "this row has no room for it (columns: " + std::to_string(columns) + ")");
    const std::int64_t left = menu.width / columns * column, above = top + (menu.height - top) / rows * row;
    const std::int64_t right = column + wide == columns ? menu.width : menu.width / columns * (column + wide);
    const std::int64_t below = row + 1 == rows ? menu.height : top + (menu.height - top) / rows * (row + 1);
    menu.tabs[tab].areas[i].at = {left, above, right - left, below - above};
    column += wide;
    if (column == columns) column = 0, ++row;
  }
  if (column != 0) faults.error(at(tab) + "/areas", "最後の段が埋まっていません", "the last row is not filled");
}

void place_names(LineMenu& menu) {
  const auto count = static_cast<std::int64_t>(menu.tabs.size());
  if (count < 2) return;
  for (std::int64_t i = 0; i < count; ++i) {
    const std::int64_t left = menu.width / count * i, right = i + 1 == count ? menu.width : menu.width / count * (i + 1);
    menu.tabs[static_cast<std::size_t>(i)].at = {left, 0, right - left, kBar};
  }
}

void check_words(const city::Text& words, const std::string& where, Diagnostics& faults) {
  const std::size_t units = utf16_units(spoken(words));
  if (units > kMostLineLabel)
    faults.error(where + "/ja", "LINEの上限の" + std::to_string(kMostLineLabel) + "字を超えています(" + std::to_string(units) + "字)", "LINE takes " + std::to_string(kMostLineLabel) + " characters; these are " + std::to_string(units));
}

LineMenuArea read_area(const Value& one, const LineMenu& menu, std::size_t own, const std::string& where, Diagnostics& faults) {
  LineMenuArea area{city::Text(one["label"]), {}, one.text("link"), one.text("say"), one.text("post"), one.text("tab")};
  check_words(area.label, where + "/label", faults);
  const std::array taps = {&area.link, &area.say, &area.post, &area.tab};
  const auto given = std::count_if(taps.begin(), taps.end(), [](const std::string* one) { return !one->empty(); });
  if (given != 1) faults.error(where, "link・say・post・tab のうち一つだけを書きます", "exactly one of link, say, post and tab must stand here");
  for (const auto& [text, key] : {std::pair{&area.say, "/say"}, std::pair{&area.post, "/post"}})
    if (utf16_units(*text) > 300) faults.error(where + key, "300字までです", "at most 300 characters");
  if (!area.link.empty() && area.link[0] != '/' && line_uri(area.link).empty()) faults.error(where + "/link", "LINEが受け取らない宛先です", "LINE does not take this address");
  if (!area.tab.empty()) {
    const auto found = std::find_if(menu.tabs.begin(), menu.tabs.end(), [&](const LineMenuSheet& sheet) { return sheet.id == area.tab; });
    if (found == menu.tabs.end()) faults.error(where + "/tab", "「" + area.tab + "」というタブはありません", "there is no tab \"" + area.tab + "\"");
    else if (found - menu.tabs.begin() == static_cast<std::ptrdiff_t>(own)) faults.error(where + "/tab", "今のタブへの切り替えです", "it leads to the tab that it stands on");
  }
  return area;
}

std::shared_ptr<const city::Definition> compile(const Value& body, const city::Source& source, Diagnostics& faults) {
  auto out = std::make_shared<LineMenu>();
  out->id = source.id, out->channel = body.text("channel"), out->bar = body.text("bar");
  out->width = kWidth, out->height = body.text("size") == "compact" ? kCompact : kLarge;
  if (utf16_units(out->bar) > kMostBarText) faults.error("/bar", "14字までです", "at most 14 characters");
  const Value& tabs = body["tabs"];
  for (std::size_t i = 0; i < tabs.size(); ++i) {
    LineMenuSheet sheet{tabs[i].text("tab"), city::Text(tabs[i]["name"]), {}, {}};
    check_words(sheet.name, at(i) + "/name", faults);
    if (std::any_of(out->tabs.begin(), out->tabs.end(), [&](const LineMenuSheet& other) { return other.id == sheet.id; }))
      faults.error(at(i) + "/tab", "「" + sheet.id + "」は二度書かれています", "\"" + sheet.id + "\" stands here twice");
    out->tabs.push_back(std::move(sheet));
  }
  place_names(*out);
  for (std::size_t i = 0; i < tabs.size(); ++i) {
    const Value& areas = tabs[i]["areas"];
    if (areas.size() + tabs.size() - 1 > kMostAreas)   // a tap on each other tab's name is an area, too
      faults.error(at(i) + "/areas", "ほかのタブへの切り替えを含めて20までです", "at most 20 together with the other tabs");
    for (std::size_t k = 0; k < areas.size(); ++k) out->tabs[i].areas.push_back(read_area(areas[k], *out, i, at(i, k), faults));
    place_areas(*out, i, areas, body["columns"].as_int(1), faults);
  }
  if (!faults.ok()) return out;
  for (const std::string& where : line_menu_misfits(*out)) faults.error(where, "読める大きさでは領域に入りきりません", "it does not fit into its area at a size that can be read");
  // What LINE's own limits say of the whole; everything above is only said more exactly.
  if (const auto read = read_line_menu(line_menu_form(*out, "https://city.example")); !read.ok()) faults.error(read.error().where, "LINEの定めに合いません: " + read.error().detail, "LINE does not take it: " + read.error().detail);
  return out;
}

void link(const city::City& city, const city::Source& source, const city::Definition& definition, Diagnostics& faults) {
  const auto& menu = static_cast<const LineMenu&>(definition);
  for (const LineMenu* other : line_menus_of(city))
    if (other->id != source.id && other->channel == menu.channel)
      faults.error("/channel", "「" + menu.channel + "」のメニューは「" + other->id + "」にもあります", "\"" + menu.channel + "\" has a menu in \"" + other->id + "\", too");
  for (std::size_t i = 0; i < menu.tabs.size(); ++i)
    for (std::size_t k = 0; k < menu.tabs[i].areas.size(); ++k) {
      const std::string& link = menu.tabs[i].areas[k].link;
      if (link.rfind(kProcedures, 0) != 0) continue;
      const std::string procedure = link.substr(kProcedures.size(), link.find_first_of("/?#", kProcedures.size()) - kProcedures.size());
      if (!city.find("procedure", procedure)) faults.error(at(i, k) + "/link", "「" + procedure + "」という手続きはありません", "there is no procedure \"" + procedure + "\"");
    }
}

Value bounds(const LineBounds& from) {
  Value out = Value::array();
  for (const std::int64_t n : from) out.push(Value(static_cast<long long>(n)));
  return out;
}
}  // namespace

city::Kind line_menu_kind() {
  city::Kind kind;
  kind.name = "line-menu", kind.folder = "menus", kind.compile = compile, kind.link = link;
  return kind;
}

std::vector<const LineMenu*> line_menus_of(const city::City& city) {
  std::vector<const LineMenu*> out;
  for (const city::Loaded* loaded : city.all("line-menu")) out.push_back(static_cast<const LineMenu*>(loaded->definition.get()));
  return out;
}

std::string line_menu_family(const LineMenu& menu) { return "machiya " + menu.id + "/"; }

json::Value line_menu_form(const LineMenu& menu, std::string_view base_url) {
  while (!base_url.empty() && base_url.back() == '/') base_url.remove_suffix(1);
  Value tabs = Value::array();
  for (const LineMenuSheet& sheet : menu.tabs) {
    Value areas = Value::array(), shown = Value::array();   // `shown`: words that stand in the picture only
    for (const LineMenuArea& area : sheet.areas) {
      Value one = Value::object({{"at", bounds(area.at)}, {"label", spoken(area.label)}});
      if (!area.link.empty()) one.set("link", area.link[0] == '/' ? std::string(base_url) + area.link : area.link);
      for (const auto& [key, text] : {std::pair{"say", &area.say}, std::pair{"post", &area.post}, std::pair{"tab", &area.tab}})
        if (!text->empty()) one.set(key, *text);
      areas.push(std::move(one));
      shown.push(area.label.in("ja")), shown.push(area.label.has("en") ? area.label.in("en") : "");
    }
    for (const LineMenuSheet& other : menu.tabs) {
      shown.push(other.name.in("ja")), shown.push(other.name.has("en") ? other.name.in("en") : "");
      if (&other != &sheet) areas.push(Value::object({{"at", bounds(other.at)}, {"label", spoken(other.name)}, {"tab", other.id}}));
    }
    const Value digested = Value::object({{"bar", menu.bar}, {"height", Value(static_cast<long long>(menu.height))}, {"areas", areas}, {"shown", std::move(shown)}});
    const std::string digest = jose::sha256(json::to_canonical(digested));
    std::string mark;
    for (std::size_t i = 0; i < 8; ++i)
      for (const int half : {4, 0}) mark += "0123456789abcdef"[(static_cast<unsigned char>(digest[i]) >> half) & 15];
    tabs.push(Value::object({{"id", sheet.id}, {"name", line_menu_family(menu) + sheet.id + " " + mark}, {"image", sheet.id + ".png"}, {"areas", std::move(areas)}}));
  }
  return Value::object({{"bar", menu.bar}, {"width", Value(static_cast<long long>(menu.width))}, {"height", Value(static_cast<long long>(menu.height))}, {"tabs", std::move(tabs)}});
}

}  // namespace machiya::tell
