#include "sense/livemap/mvt.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace machiya::sense::livemap {
namespace {

constexpr int kPoint = 1, kLine = 2, kPolygon = 3;        // GeomType
constexpr std::uint32_t kMove = 1, kTo = 2, kClose = 7;   // §4.3.1

void varint(std::uint64_t v, std::string& out) {
  for (; v >= 0x80; v >>= 7) out += static_cast<char>(v | 0x80);
  out += static_cast<char>(v);
}
void key(int field, int wire, std::string& out) { varint(static_cast<std::uint64_t>(field) << 3 | static_cast<std::uint64_t>(wire), out); }
void bytes(int field, std::string_view text, std::string& out) {
  key(field, 2, out);
  varint(text.size(), out);
  out += text;
}
std::uint64_t zigzag(std::int64_t v) { return static_cast<std::uint64_t>(v) << 1 ^ static_cast<std::uint64_t>(v >> 63); }
void command(std::uint32_t id, std::size_t count, std::string& out) { varint((static_cast<std::uint64_t>(count) << 3) | id, out); }

/// Commands with the place where the pen stands.
struct Pen {
  std::string out;
  Unit at;
  void go(Unit to) {
    varint(zigzag(std::int64_t{to.x} - at.x), out);
    varint(zigzag(std::int64_t{to.y} - at.y), out);
    at = to;
  }
  void path(const Line& line) {
    command(kMove, 1, out);
    go(line[0]);
    command(kTo, line.size() - 1, out);
    for (std::size_t i = 1; i < line.size(); ++i) go(line[i]);
  }
};

/// Without units that stand where the one before stands.
Line steps_of(const Line& line, bool ring) {
  Line out;
  for (const Unit u : line)
    if (out.empty() || !(out.back() == u)) out.push_back(u);
  while (ring && out.size() > 1 && out.front() == out.back()) out.pop_back();
  return out;
}

/// Twice the area; positive where the ring turns clockwise on the screen, as outer rings do.
std::int64_t area_of(const Line& ring) {
  std::int64_t sum = 0;
  for (std::size_t i = 0; i < ring.size(); ++i) {
    const Unit a = ring[i], b = ring[(i + 1) % ring.size()];
    sum += std::int64_t{a.x} * b.y - std::int64_t{b.x} * a.y;
  }
  return sum;
}

}  // namespace

void TileLayer::begin(std::uint64_t id) { id_ = id, tags_.clear(); }

void TileLayer::tag_value(std::string_view name, std::string value) {
  auto k = keys_.find(name);
  if (k == keys_.end()) k = keys_.emplace(std::string(name), static_cast<std::uint32_t>(key_list_.size())).first, key_list_.emplace_back(name);
  auto v = values_.find(value);
  if (v == values_.end()) v = values_.emplace(value, static_cast<std::uint32_t>(value_list_.size())).first, value_list_.push_back(std::move(value));
  varint(k->second, tags_);
  varint(v->second, tags_);
}

void TileLayer::tag(std::string_view name, std::string_view text) {
  std::string value;
  bytes(1, text, value);
  tag_value(name, std::move(value));
}

void TileLayer::tag(std::string_view name, double number) {
  if (number == std::floor(number) && std::abs(number) < 9007199254740992.0) return tag(name, static_cast<std::int64_t>(number));
  std::string value;
  key(3, 1, value);
  const auto bits = std::bit_cast<std::uint64_t>(number);
  for (int i = 0; i < 8; ++i) value += static_cast<char>(bits >> (8 * i));
  tag_value(name, std::move(value));
}

void TileLayer::tag(std::string_view name, std::int64_t number) {
  std::string value;
  key(number < 0 ? 6 : 5, 0, value);   // sint for what is below zero, uint for the rest
  varint(number < 0 ? zigzag(number) : static_cast<std::uint64_t>(number), value);
  tag_value(name, std::move(value));
}

void TileLayer::tag(std::string_view name, bool truth) {
  std::string value;
  key(7, 0, value);
  varint(truth ? 1 : 0, value);
  tag_value(name, std::move(value));
}

bool TileLayer::end(int type, const std::string& geometry) {
  if (geometry.empty()) return false;
  std::string feature;
  if (id_ != 0) key(1, 0, feature), varint(id_, feature);
  if (!tags_.empty()) bytes(2, tags_, feature);
  key(3, 0, feature);
  varint(static_cast<std::uint64_t>(type), feature);
  bytes(4, geometry, feature);
  bytes(2, feature, body_);
  ++features_;
  return true;
}

bool TileLayer::points(std::span<const Unit> points) {
  if (points.empty()) return false;
  Pen pen;
  command(kMove, points.size(), pen.out);
  for (const Unit u : points) pen.go(u);
  return end(kPoint, pen.out);
}

bool TileLayer::lines(const std::vector<Line>& lines) {
  Pen pen;
  for (const Line& one : lines)
    if (const Line steps = steps_of(one, false); steps.size() > 1) pen.path(steps);
  return end(kLine, pen.out);
}

bool TileLayer::polygons(const std::vector<std::vector<Line>>& polygons) {
  Pen pen;
  for (const auto& rings : polygons) {
    for (std::size_t i = 0; i < rings.size(); ++i) {
      Line ring = steps_of(rings[i], true);
      const std::int64_t area = ring.size() < 3 ? 0 : area_of(ring);
      if (area == 0 && i == 0) break;   // holes of nothing
      if (area == 0) continue;
      if ((area > 0) != (i == 0)) std::reverse(ring.begin(), ring.end());
      pen.path(ring);
      command(kClose, 1, pen.out);
    }
  }
  return end(kPolygon, pen.out);
}

void TileLayer::write(std::string& out) const {
  if (features_ == 0) return;
  std::string layer;
  bytes(1, name_, layer);
  layer += body_;
  for (const std::string& k : key_list_) bytes(3, k, layer);
  for (const std::string& v : value_list_) bytes(4, v, layer);
  key(5, 0, layer);
  varint(4096, layer);
  key(15, 0, layer);
  varint(2, layer);
  bytes(3, layer, out);
}

}  // namespace machiya::sense::livemap
