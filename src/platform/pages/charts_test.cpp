#include "platform/pages/charts.h"

#include <gtest/gtest.h>

#include "platform/locale/locale.h"

namespace machiya::pages {
namespace {
std::string draw(const char* part, const Data& data) {
  auto catalogue = locale::Catalogue::load(MACHIYA_SOURCE_DIR "/web/locale");
  if (!catalogue) return catalogue.error().detail;
  auto templates = Templates::load(MACHIYA_SOURCE_DIR "/web/templates", *catalogue.value());
  if (!templates) return templates.error().detail;
  return templates.value()->render(part, data, "ja").html;
}
bool has(const std::string& text, const char* part) { return text.find(part) != std::string::npos; }
}  // namespace

TEST(Charts, BarsAreInProportion) {
  std::string svg = draw("parts/chart_bar", bar_chart("c", "区ごと", {{"北区", 200, "200件"}, {"西区", 50, "50件"}, {"港区", -5, "−5件"}}));
  EXPECT_TRUE(has(svg, "width=\"100%\" height=\"100%\"")) << svg;
  EXPECT_TRUE(has(svg, "width=\"25%\" height=\"100%\""));
  EXPECT_TRUE(has(svg, "width=\"0%\" height=\"100%\""));
  EXPECT_TRUE(has(svg, ">200件</span>"));
}
TEST(Charts, StacksAreCutInProportionAndLinked) {
  const std::vector<StackBar> bars = {{"北区", "30", "/a", {{10, "10", "/a1"}, {20, "20", "/a2"}}}, {"西区", "15", "", {{15, "15", ""}, {0, "0", ""}}}};
  const std::string flat = draw("parts/chart_stack", stack_chart("c", "区ごと", {"高木", "低木"}, bars, false));
  EXPECT_TRUE(has(flat, "x=\"0%\" width=\"33.3%\"")) << flat;
  EXPECT_TRUE(has(flat, "x=\"33.3%\" width=\"66.7%\""));
  EXPECT_TRUE(has(flat, "href=\"/a2\""));
  EXPECT_TRUE(has(flat, "北区, 低木: 20"));
  EXPECT_FALSE(has(flat, "x=\"50%\""));   // what is zero is not drawn
  const std::string upright = draw("parts/chart_stack", stack_chart("c", "月ごと", {"件数"}, bars, true));
  EXPECT_TRUE(has(upright, "viewBox=\"0 0 640 248\"")) << upright;
  EXPECT_TRUE(has(upright, "y=\"12\" width=\"56\" height=\"133.3\"")) << upright;   // 20 on top of 10, of 30
  EXPECT_FALSE(has(upright, "legend"));
  EXPECT_FALSE(draw("parts/chart_stack", stack_chart("c", "無", {"件数"}, {}, true)).empty());
}
/// The numbers beside the lines of an axis that goes up to `highest`.
std::vector<std::string> ticks_up_to(double highest) {
  const Data chart = stack_chart("c", "月ごと", {"件数"}, {{"4月", "", "", {{highest, "", ""}}}}, true);
  std::vector<std::string> out;
  for (const Data& tick : std::get<Data::List>(chart.find("columns")->find("ticks")->get())) out.push_back(std::get<std::string>(tick.find("text")->get()));
  return out;
}
TEST(Charts, CountsHaveWholeNumbersAtTheirAxis) {
  using List = std::vector<std::string>;
  EXPECT_EQ(ticks_up_to(0), (List{"0", "1"}));
  EXPECT_EQ(ticks_up_to(1), (List{"0", "1"}));
  EXPECT_EQ(ticks_up_to(3), (List{"0", "1", "2", "3"}));
  EXPECT_EQ(ticks_up_to(7), (List{"0", "2", "4", "6", "8"}));
  EXPECT_EQ(ticks_up_to(10), (List{"0", "5", "10"}));
  EXPECT_EQ(ticks_up_to(27), (List{"0", "10", "20", "30"}));
  EXPECT_EQ(ticks_up_to(1000), (List{"0", "250", "500", "750", "1,000"}));
  EXPECT_EQ(ticks_up_to(0.9), (List{"0", "0.5", "1"}));   // a mean may lie between
  for (int highest = 0; highest <= 999; ++highest) {
    const List ticks = ticks_up_to(highest);
    EXPECT_GE(std::stoi(ticks.back()) + (ticks.back() == "1,000" ? 999 : 0), highest);
    EXPECT_LE(ticks.size(), 5u) << highest;
    for (const std::string& tick : ticks) EXPECT_EQ(tick.find('.'), std::string::npos) << highest;
  }
}
TEST(Charts, LinesReachTheTopOfTheAxis) {
  std::string svg = draw("parts/chart_line", line_chart("c", "月ごと", {{"4月", 0, "0"}, {"5月", 1000, "1,000"}}));
  EXPECT_TRUE(has(svg, "d=\"M64 212L624 12\"")) << svg;
  EXPECT_TRUE(has(svg, ">1,000</text>"));
  EXPECT_TRUE(has(draw("parts/chart_line", line_chart("c", "無", {})), "<path class=\"chart__line\" d=\"\">"));
}
TEST(Charts, MapKeepsNorthUpAndSaysWhenItIsApproximate) {
  MapArea area{"北区", "/wards/27127", "12件", {{{34.6, 135.4}, {34.6, 135.6}, {34.8, 135.6}, {34.8, 135.4}}}, {34.7, 135.5}, 9};
  std::string svg = draw("parts/ward_map", ward_map("m", "区の地図", {area}, {{{34.8, 135.4}, "1", ""}}, true));
  EXPECT_TRUE(has(svg, "L600 0L0 0Z")) << svg;
  EXPECT_TRUE(has(svg, "ward-map__ward--4"));
  EXPECT_TRUE(has(svg, "cx=\"0\" cy=\"0\""));
  EXPECT_TRUE(has(svg, "概略図"));
}

}  // namespace machiya::pages
