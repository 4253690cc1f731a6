// Charts and maps drawn on the server as SVG: the numbers become coordinates here, the templates parts/chart_bar,
// parts/chart_line, parts/chart_stack and parts/ward_map draw them. The numbers stand beside the bars, and in a table under the line.
#pragma once
#include <string>
#include <vector>

#include "base/geo.h"
#include "platform/pages/pages.h"

namespace machiya::pages {

struct ChartPoint {
  std::string label;
  double value = 0;
  std::string text;  ///< the value as people read it ("1,234件")
};
/// Data for {{#chart}}{{>parts/chart_bar}}{{/chart}}: horizontal bars from zero; negative values are drawn as zero.
Data bar_chart(std::string id, std::string title, const std::vector<ChartPoint>& points);
/// Data for {{#chart}}{{>parts/chart_line}}{{/chart}}: points at equal distances, from zero (or the smallest negative value).
Data line_chart(std::string id, std::string title, const std::vector<ChartPoint>& points);

/// One bar, cut into parts in the order of the series.
struct StackBar {
  std::string label, text, href;           ///< href may be empty: no link
  struct Part {
    double value = 0;                      ///< negative values are drawn as zero
    std::string text, href;
  };
  std::vector<Part> parts;
};
/// So many series are told apart by colour and hatching.
inline constexpr std::size_t kSeries = 8;
/// Data for {{#chart}}{{>parts/chart_stack}}{{/chart}}: horizontal bars beside their labels, or upright ones for values over time. The picture
/// is for the eye and the pointer; the caller puts a table with the same links beside it, for everybody. One series has no legend.
Data stack_chart(std::string id, std::string title, const std::vector<std::string>& series, const std::vector<StackBar>& bars, bool over_time);

struct MapArea {
  std::string name, href, text;  ///< href and text may be empty
  std::vector<Ring> rings;
  GeoPoint label;
  int shade = 0;                 ///< 0 to 4
};
struct MapPin {
  GeoPoint at;
  std::string label, href;
};
/// Data for {{#map}}{{>parts/ward_map}}{{/map}}. `approximate` puts the note "概略図" under the map.
Data ward_map(std::string id, std::string title, const std::vector<MapArea>& areas, const std::vector<MapPin>& pins, bool approximate);

}  // namespace machiya::pages
