// The definition of a menu: what `machiya check` says of it, what LINE is asked for, and the picture.
#include "tell/line/line_menu_definition.h"

#include <gmock/gmock.h>

#include "tell/line/line_menu.h"

namespace machiya::tell {
namespace {
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr const char* kMenu = R"({"line-menu":"city-menu","version":1,"name":{"ja":"メニュー"},"channel":"line","bar":"メニュー","size":"large","columns":3,"tabs":[
  {"tab":"main","name":{"ja":"メインメニュー","en":"Main menu"},"areas":[
    {"label":{"ja":"手続き","en":"Procedures"},"link":"/procedures"},{"label":{"ja":"届く情報を\n選ぶ"},"post":"topics:1"},{"label":{"ja":"電話"},"link":"tel:0643017285"},
    {"label":{"ja":"ごみの日"},"say":"ごみの日","wide":2},{"label":{"ja":"便利"},"tab":"useful"}]},
  {"tab":"useful","name":{"ja":"便利・オススメ"},"areas":[{"label":{"ja":"通報"},"link":"/reports","wide":3}]}]})";

/// Its faults as "pointer: English".
std::vector<std::string> faults_of(const json::Value& body, std::shared_ptr<const LineMenu>* made = nullptr) {
  Diagnostics faults;
  const auto out = line_menu_kind().compile(body, {"line-menu", body.text("line-menu"), 1, 2, "menus/city-menu.yaml", ""}, faults);
  if (made) *made = std::dynamic_pointer_cast<const LineMenu>(out);
  std::vector<std::string> list;
  for (const Diagnostic& one : faults.list()) list.push_back(one.pointer + ": " + one.en);
  return list;
}
std::shared_ptr<const LineMenu> menu() {
  std::shared_ptr<const LineMenu> out;
  EXPECT_THAT(faults_of(*json::parse(kMenu), &out), ElementsAre());
  return out;
}
/// kMenu with the member at `pointer` replaced.
std::vector<std::string> with(const std::string& pointer, const char* value) {
  json::Value body = *json::parse(kMenu);
  const std::size_t at = pointer.rfind('/');
  const_cast<json::Value*>(body.at_pointer(pointer.substr(0, at)))->set(pointer.substr(at + 1), *json::parse(value));
  return faults_of(body);
}

TEST(LineMenuDefinition, RowsAndColumnsBecomePixelsAndTheTabsAreSwitches) {
  const auto made = menu();
  EXPECT_EQ(made->tabs[0].at, (LineBounds{0, 0, 1250, 270}));
  EXPECT_EQ(made->tabs[1].at, (LineBounds{1250, 0, 1250, 270}));
  EXPECT_EQ(made->tabs[0].areas[0].at, (LineBounds{0, 270, 833, 708}));
  EXPECT_EQ(made->tabs[0].areas[2].at, (LineBounds{1666, 270, 834, 708}));
  EXPECT_EQ(made->tabs[0].areas[3].at, (LineBounds{0, 978, 1666, 708}));
  EXPECT_EQ(made->tabs[1].areas[0].at, (LineBounds{0, 270, 2500, 1416}));
  const auto tabs = read_line_menu(line_menu_form(*made, "https://city.example/"));
  ASSERT_TRUE(tabs.ok()) << tabs.error().to_string();
  const json::Value& areas = tabs->front().request["areas"];
  ASSERT_EQ(areas.size(), 6u);
  EXPECT_EQ(areas[std::size_t{0}]["action"].text("uri"), "https://city.example/procedures");
  EXPECT_EQ(areas[1]["action"].text("label"), "届く情報を選ぶ") << "read aloud without the break";
  EXPECT_EQ(areas[2]["action"].text("uri"), "tel:0643017285");
  EXPECT_EQ(areas[5]["action"].text("type"), "richmenuswitch");
  EXPECT_EQ(areas[5]["action"].text("richMenuAliasId"), "useful");
  EXPECT_EQ(areas[5]["bounds"]["x"].as_int(), 1250);
}

TEST(LineMenuDefinition, ItsNameAtLineTellsWhetherItIsThisDefinition) {
  const auto name = [](const LineMenu& menu, const char* base) { return line_menu_form(menu, base)["tabs"][std::size_t{0}].text("name"); };
  const auto made = menu();
  EXPECT_THAT(name(*made, "https://city.example"), HasSubstr(line_menu_family(*made) + "main "));
  EXPECT_EQ(name(*made, "https://city.example"), name(*menu(), "https://city.example/"));
  EXPECT_NE(name(*made, "https://city.example"), name(*made, "https://other.example"));
  for (const char* pointer : {"/tabs/0/areas/0/label", "/tabs/1/name"}) {
    json::Value body = *json::parse(kMenu);
    const_cast<json::Value*>(body.at_pointer(pointer))->set("en", "Other words");
    std::shared_ptr<const LineMenu> other;
    EXPECT_THAT(faults_of(body, &other), ElementsAre());
    EXPECT_NE(name(*made, "https://city.example"), name(*other, "https://city.example")) << pointer << ": words that only the picture has";
  }
}

TEST(LineMenuDefinition, FaultsAreNamedAtTheirPlace) {
  EXPECT_THAT(with("/bar", R"("一二三四五六七八九十一二三四五")"), ElementsAre("/bar: at most 14 characters"));
  EXPECT_THAT(with("/tabs/1/tab", R"("main")"), ElementsAre("/tabs/1/tab: \"main\" stands here twice", "/tabs/0/areas/4/tab: there is no tab \"useful\""));
  EXPECT_THAT(with("/tabs/0/areas/4/tab", R"("main")"), ElementsAre("/tabs/0/areas/4/tab: it leads to the tab that it stands on"));
  EXPECT_THAT(with("/tabs/0/areas/0/say", R"("手続き")"), ElementsAre("/tabs/0/areas/0: exactly one of link, say, post and tab must stand here"));
  EXPECT_THAT(with("/tabs/0/areas/0/label", R"({"ja":"一二三四五六七八九十一二三四五六七八九十一"})"), ElementsAre("/tabs/0/areas/0/label/ja: LINE takes 20 characters; these are 21"));
  EXPECT_THAT(with("/tabs/0/areas/3/wide", "1"), ElementsAre("/tabs/0/areas: the last row is not filled"));
  EXPECT_THAT(with("/tabs/0/areas/3/wide", "3"), ElementsAre("/tabs/0/areas: the last row is not filled"));
  EXPECT_THAT(with("/tabs/0/areas/1/wide", "3"), ElementsAre("/tabs/0/areas/1: this row has no room for it (columns: 3)"));
  EXPECT_THAT(with("/tabs/0/areas/2/link", R"x("javascript:alert(1)")x"), ElementsAre("/tabs/0/areas/2/link: LINE does not take this address"));
}

TEST(LineMenuDefinition, WordsThatDoNotFitAtAReadableSizeAreAFault) {
  json::Value body = *json::parse(kMenu);
  body.set("columns", 5), body.set("size", "compact");
  json::Value areas = json::Value::array();
  for (int i = 0; i < 15; ++i) areas.push(*json::parse(R"({"label":{"ja":"国民健康保険の加入と届出","en":"National health insurance"},"link":"/procedures"})"));
  const_cast<json::Value*>(body.at_pointer("/tabs/1"))->set("areas", std::move(areas));
  body.find("tabs")->items()[0].set("areas", *json::parse(R"([{"label":{"ja":"手続き"},"link":"/procedures","wide":5}])"));
  const auto faults = faults_of(body);
  ASSERT_EQ(faults.size(), 15u) << faults.front() << faults.back();
  EXPECT_EQ(faults[14], "/tabs/1/areas/14/label: it does not fit into its area at a size that can be read");
}

TEST(LineMenuDefinition, ThePictureIsAPngOfItsSizeAndDiffersByTab) {
  const auto made = menu();
  std::vector<std::string> drawn;
  for (std::size_t i = 0; i < made->tabs.size(); ++i) {
    const auto picture = draw_line_menu(*made, i);
    ASSERT_TRUE(picture.ok()) << picture.error().to_string();
    EXPECT_EQ(picture->substr(0, 8), std::string("\x89PNG\r\n\x1a\n", 8));
    EXPECT_EQ(picture->substr(16, 8), std::string("\x00\x00\x09\xc4\x00\x00\x06\x96", 8)) << "2500 x 1686";
    EXPECT_LT(picture->size(), 1024u * 1024u);
    EXPECT_EQ(*picture, *draw_line_menu(*made, i)) << "the same each time";
    drawn.push_back(*picture);
  }
  EXPECT_NE(drawn[0], drawn[1]);
  EXPECT_EQ(draw_line_menu(*made, 2).error().code, ErrorCode::invalid_input);
}

}  // namespace
}  // namespace machiya::tell
