#include "platform/pages/charts.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "platform/locale/locale.h"

namespace machiya::pages {
namespace {

/// Words without their readings: an SVG cannot hold ruby (HTML parsers close the picture at it).
std::string plain_words(const std::string& text) {
  std::string out;
  for (const locale::TextPiece& piece : locale::parse_text(text)) out += piece.text;
  return out;
}

std::string number(double v) {
  char buffer[32];
  std::snprintf(buffer, sizeof buffer, "%.1f", v);
  std::string out = buffer;
  if (out.size() > 2 && out.substr(out.size() - 2) == ".0") out.resize(out.size() - 2);
  return out == "-0" ? "0" : out;
}

Data table_rows(const std::vector<ChartPoint>& points) {
  Data rows;
  for (const ChartPoint& p : points) rows.push(Data().set("label", p.label).set("text", p.text));
  return rows;
}

bool is_whole(double v) { return v == std::floor(v); }

/// An axis that holds every value and zero, with a line at every step.
struct Axis {
  double low = 0, high = 1, step = 1;
  int lines() const { return static_cast<int>(std::lround((high - low) / step)) + 1; }
  double line(int i) const { return low + step * i; }
};

/// The step is the next of 1, 2, 2.5, 5 × 10^n of which four are enough. Whole values have whole steps (half a case is none), others tenths.
Axis axis_of(double low, double high, bool whole) {
  constexpr double kAlike = 1 + 1e-12;   // 0.1 + 0.2 is still 0.3
  low = std::min(low, 0.0), high = std::max(high, 0.0);
  if (!(high > low)) return {};
  const double finest = whole ? 1 : 0.1, least = std::max(finest, (high - low) / 4), unit = std::pow(10, std::floor(std::log10(least)));
  double step = 10 * unit;
  for (double times : {5.0, 2.5, 2.0, 1.0})
    if (least <= times * unit * kAlike && is_whole(std::round(times * unit / finest * 100) / 100)) step = times * unit;
  return {std::floor(low / step / kAlike) * step, std::ceil(high / step / kAlike) * step, step};
}

std::string grouped(double v) {
  if (std::floor(v) != v || std::abs(v) > 9e15) return number(v);
  std::string digits = number(std::abs(v)), out;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    if (i > 0 && (digits.size() - i) % 3 == 0) out += ',';
    out += digits[i];
  }
  return v < 0 ? "−" + out : out;
}

/// Degrees to drawing units, north up, longitudes narrowed by the latitude.
struct Projection {
  double west, north, scale_x, scale_y;
  std::string x(GeoPoint p) const { return number((p.lon - west) * scale_x); }
  std::string y(GeoPoint p) const { return number((north - p.lat) * scale_y); }
};

}  // namespace

Data bar_chart(std::string id, std::string title, const std::vector<ChartPoint>& points) {
  double top = 0;
  for (const ChartPoint& p : points) top = std::max(top, p.value);
  Data bars;
  for (const ChartPoint& p : points)
    bars.push(Data().set("label", p.label).set("text", p.text).set("percent", number(top > 0 ? std::max(0.0, p.value) / top * 100 : 0)));
  Data out;
  return out.set("id", std::move(id)).set("title", std::move(title)).set("bars", std::move(bars));
}

Data line_chart(std::string id, std::string title, const std::vector<ChartPoint>& points) {
  constexpr double kLeft = 64, kTop = 12, kWidth = 560, kHeight = 200;
  double low = 0, high = 0;
  for (const ChartPoint& p : points) low = std::min(low, p.value), high = std::max(high, p.value);
  const Axis axis = axis_of(low, high, std::all_of(points.begin(), points.end(), [](const ChartPoint& p) { return is_whole(p.value); }));
  auto at_y = [&](double v) { return kTop + (axis.high - v) / (axis.high - axis.low) * kHeight; };
  std::string line;
  Data dots, labels, ticks;
  std::size_t every = points.size() / 7 + 1;
  for (std::size_t i = 0; i < points.size(); ++i) {
    double x = kLeft + (points.size() > 1 ? kWidth * static_cast<double>(i) / static_cast<double>(points.size() - 1) : kWidth / 2);
    line += (i == 0 ? "M" : "L") + number(x) + " " + number(at_y(points[i].value));
    dots.push(Data().set("x", number(x)).set("y", number(at_y(points[i].value))).set("text", points[i].label + " " + points[i].text));
    if (i % every == 0) labels.push(Data().set("x", number(x)).set("y", number(kTop + kHeight + 24)).set("label", points[i].label));
  }
  for (int i = 0; i < axis.lines(); ++i) {
    const double v = axis.line(i);
    ticks.push(Data().set("y", number(at_y(v))).set("text_y", number(at_y(v) + 4)).set("text", grouped(v)));
  }
  Data out;
  out.set("id", std::move(id)).set("title", std::move(title)).set("width", "640").set("height", number(kTop + kHeight + 36));
  out.set("left", number(kLeft)).set("right", number(kLeft + kWidth)).set("text_x", number(kLeft - 8));
  return out.set("line", line).set("dots", std::move(dots)).set("labels", std::move(labels)).set("ticks", std::move(ticks)).set("rows", table_rows(points));
}

namespace {

double sum_of(const StackBar& bar) {
  double sum = 0;
  for (const StackBar::Part& part : bar.parts) sum += std::max(0.0, part.value);
  return sum;
}

Data part_data(const std::string& title, const StackBar::Part& part, std::size_t series) {
  Data out = Data().set("n", static_cast<int>(series % kSeries) + 1).set("title", title + " " + part.text).set("href", part.href);
  if (series % kSeries != 0) out.set("hatch", static_cast<int>(series % kSeries) + 1);
  return out;
}

std::string name_of(const StackBar& bar, const std::vector<std::string>& series, std::size_t i) {
  return series.size() > 1 && i < series.size() ? bar.label + ", " + series[i] + ":" : bar.label + ":";
}

/// Upright bars on an axis from zero.
void columns(Data& out, const std::vector<std::string>& series, const std::vector<StackBar>& bars, double highest, bool whole) {
  constexpr double kLeft = 64, kTop = 12, kWidth = 560, kHeight = 200;
  const Axis axis = axis_of(0, highest, whole);
  const double top = axis.high, step = kWidth / static_cast<double>(std::max<std::size_t>(bars.size(), 1)), wide = std::min(step * 0.76, 56.0);
  const std::size_t every = bars.size() / 7 + 1;
  Data list{Data::List{}}, labels{Data::List{}}, ticks{Data::List{}};
  for (std::size_t i = 0; i < bars.size(); ++i) {
    const double x = kLeft + step * static_cast<double>(i) + (step - wide) / 2;
    double below = 0;
    for (std::size_t s = 0; s < bars[i].parts.size(); ++s) {
      const double value = std::max(0.0, bars[i].parts[s].value);
      if (value <= 0) continue;
      Data part = part_data(name_of(bars[i], series, s), bars[i].parts[s], s);
      part.set("x", number(x)).set("width", number(wide)).set("y", number(kTop + kHeight * (1 - (below + value) / top))).set("height", number(std::max(1.0, kHeight * value / top)));
      list.push(std::move(part));
      below += value;
    }
    if (i % every == 0) labels.push(Data().set("x", number(x + wide / 2)).set("y", number(kTop + kHeight + 24)).set("label", bars[i].label));
  }
  for (int i = 0; i < axis.lines(); ++i) {
    const double v = axis.line(i);
    ticks.push(Data().set("y", number(kTop + kHeight * (1 - v / top))).set("text_y", number(kTop + kHeight * (1 - v / top) + 4)).set("text", grouped(v)));
  }
  out.set("columns", Data().set("parts", std::move(list)).set("labels", std::move(labels)).set("ticks", std::move(ticks)).set("width", "640").set("height", number(kTop + kHeight + 36))
                         .set("left", number(kLeft)).set("right", number(kLeft + kWidth)).set("text_x", number(kLeft - 8)));
}

}  // namespace

Data stack_chart(std::string id, std::string title, const std::vector<std::string>& series, const std::vector<StackBar>& bars, bool over_time) {
  double highest = 0;
  bool whole = true;
  for (const StackBar& bar : bars) {
    highest = std::max(highest, sum_of(bar));
    whole = whole && std::all_of(bar.parts.begin(), bar.parts.end(), [](const StackBar::Part& part) { return is_whole(part.value); });
  }
  Data out = Data().set("id", std::move(id)).set("title", std::move(title));
  Data legend{Data::List{}}, list{Data::List{}};
  for (std::size_t i = 0; i < series.size() && series.size() > 1; ++i) legend.push(part_data("", {}, i).set("label", series[i]));
  if (series.size() > 1) out.set("legend", Data().set("items", std::move(legend)));
  if (over_time) {
    columns(out, series, bars, highest, whole);
    return out;
  }
  for (const StackBar& bar : bars) {
    Data parts{Data::List{}};
    double before = 0;
    for (std::size_t s = 0; s < bar.parts.size(); ++s) {
      const double value = std::max(0.0, bar.parts[s].value);
      if (value <= 0) continue;
      parts.push(part_data(name_of(bar, series, s), bar.parts[s], s).set("x", number(before / highest * 100)).set("width", number(value / highest * 100)));
      before += value;
    }
    list.push(Data().set("label", bar.label).set("text", bar.text).set("href", bar.href).set("parts", std::move(parts)));
  }
  return std::move(out.set("bars", Data().set("items", std::move(list))));
}

Data ward_map(std::string id, std::string title, const std::vector<MapArea>& areas, const std::vector<MapPin>& pins, bool approximate) {
  constexpr double kWidth = 600, kRadian = 3.14159265358979323846 / 180;
  double west = 180, east = -180, south = 90, north = -90;
  for (const MapArea& area : areas)
    for (const Ring& ring : area.rings)
      for (GeoPoint p : ring)
        west = std::min(west, p.lon), east = std::max(east, p.lon), south = std::min(south, p.lat), north = std::max(north, p.lat);
  if (!(east > west) || !(north > south)) west = 135, east = 136, south = 34, north = 35;
  double scale_x = kWidth / (east - west), scale_y = scale_x / std::cos((south + north) / 2 * kRadian);
  Projection to{west, north, scale_x, scale_y};
  Data list, marks;
  for (const MapArea& area : areas) {
    std::string path;
    for (const Ring& ring : area.rings) {
      for (std::size_t i = 0; i < ring.size(); ++i) path += (i == 0 ? "M" : "L") + to.x(ring[i]) + " " + to.y(ring[i]);
      if (!ring.empty()) path += "Z";
    }
    list.push(Data().set("name", plain_words(area.name)).set("href", area.href).set("text", area.text).set("path", path).set("shade", std::clamp(area.shade, 0, 4))
                  .set("x", to.x(area.label)).set("y", to.y(area.label)));
  }
  for (const MapPin& pin : pins)
    marks.push(Data().set("label", plain_words(pin.label)).set("href", pin.href).set("x", to.x(pin.at)).set("y", to.y(pin.at)));
  Data out;
  out.set("id", std::move(id)).set("title", std::move(title)).set("width", number(kWidth)).set("height", number((north - south) * scale_y));
  return out.set("areas", std::move(list)).set("pins", std::move(marks)).set("approximate", approximate);
}

}  // namespace machiya::pages
