#include "sense/query/ordering.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/text.h"
#include "sense/query/ast.h"
#include "sense/query/collation.h"
#include "sense/query/literal.h"
#include "sense/query/scan.h"

namespace machiya::sense {

using namespace detail;

struct Ordering::Body {
  struct Criterion {
    Path path;
    bool descending = false, distance = false;
  };
  std::vector<Criterion> criteria;
  Collation collation;
  std::optional<ReferenceGeometry> from;
};

namespace {

constexpr std::size_t kMaxCriteria = 16;

/// §4.23.2, with a GeoProperty before everything when distances are asked for.
enum class Rank : std::uint8_t { geo, number, text, object, array, boolean, time, date, instant, null, missing };

struct Key {
  Rank rank = Rank::missing;
  double number = 0;
  std::int64_t us = 0;
  std::string text;
};

int three_way(const Key& a, const Key& b) {
  if (a.rank != b.rank) return a.rank < b.rank ? -1 : 1;
  if (a.number != b.number) return a.number < b.number ? -1 : 1;
  if (a.us != b.us) return a.us < b.us ? -1 : 1;
  return a.text.compare(b.text);
}

// Nothing and null stay behind in both directions.
int directed(const Key& a, const Key& b, bool descending) {
  const bool last_a = a.rank >= Rank::null, last_b = b.rank >= Rank::null;
  return descending && !last_a && !last_b ? three_way(b, a) : three_way(a, b);
}

class KeyMaker {
 public:
  explicit KeyMaker(const Ordering::Body& body) : body_(body) {}
  Key of(const Entity& entity, const Ordering::Body::Criterion& criterion) const {
    const auto found = criterion.distance && criterion.path.steps[0].name.empty() ? place(entity) : first_at(criterion.path, entity);
    if (!found) return {};
    if (found->text) return text(*found->text, false);
    if (!found->json) return {Rank::instant, 0, found->us, {}};
    if (criterion.distance && found->kind == AttributeKind::geo_property) {
      if (const auto geometry = Geometry::from_json(*found->json)) return {Rank::geo, body_.from->distance_m(*geometry), 0, {}};
    }
    return value(*found->json, found->kind);
  }

 private:
  const Ordering::Body& body_;

  static std::optional<Found> place(const Entity& entity) {
    const Attribute* attribute = place_of(entity);
    if (!attribute) return std::nullopt;
    const auto it = std::find_if(attribute->instances.begin(), attribute->instances.end(), [](const Instance& i) { return i.kind == AttributeKind::geo_property; });
    if (it == attribute->instances.end()) return std::nullopt;
    return Found{&it->value, it->kind, kNoTime, std::nullopt};
  }

  Key text(std::string_view t, bool typed) const {
    if (typed) {
      if (const auto us = instant_of(t)) return {Rank::instant, 0, *us, {}};
      if (const auto us = day_of(t)) return {Rank::date, 0, *us, {}};
      if (const auto us = time_of_day(t)) return {Rank::time, 0, *us, {}};
    }
    return {Rank::text, 0, 0, body_.collation.key(t)};
  }

  Key value(const tree::Value& v, AttributeKind kind) const {
    if (kind == AttributeKind::language_property && v.is_object() && !v.members().empty()) {
      const tree::Value* neutral = v.find("@none");
      return value(neutral ? *neutral : v.members()[0].value, AttributeKind::property);
    }
    switch (v.kind) {
      case tree::Kind::number: return {Rank::number, v.number(), 0, {}};
      case tree::Kind::string: return text(v.text(), true);
      case tree::Kind::boolean: return {Rank::boolean, v.truth ? 1.0 : 0.0, 0, {}};
      case tree::Kind::array: return {Rank::array, 0, 0, {}};
      case tree::Kind::null: return {Rank::null, 0, 0, {}};
      case tree::Kind::object: break;
    }
    const tree::Value* inner = v.find("@value");   // a typed value
    return inner ? value(*inner, AttributeKind::property) : Key{Rank::object, 0, 0, {}};
  }
};

Error bad(std::string_view where, std::string_view what) { return Error(ErrorCode::malformed_request, std::string(where) + ": " + std::string(what), std::string(where)); }

Result<void> direction(Scan& scan, Ordering::Body::Criterion& out) {
  if (!scan.take(";")) return {};
  const std::size_t from = scan.at;
  scan.at = std::min(scan.text.find(',', scan.at), scan.text.size());
  const std::string_view word = scan.since(from);
  if (word != "asc" && word != "desc" && word != "dist-asc" && word != "dist-desc") return scan.fail_at(from, "a direction is asc, desc, dist-asc or dist-desc");
  out.distance = word.starts_with("dist-"), out.descending = word.ends_with("desc");
  return {};
}

Result<void> read_criteria(std::string_view text, const NameExpander& expand, Ordering::Body& body) {
  Scan scan(text, "orderBy");
  if (text.size() > kMaxBytes) return scan.too_much("longer than 16,384 bytes");
  if (!is_utf8(text)) return scan.fail("no UTF-8");
  do {
    if (body.criteria.size() == kMaxCriteria) return scan.too_much("more than 16 members");
    Ordering::Body::Criterion c;
    MACHIYA_TRY(c.path, read_path(scan, expand, true));
    MACHIYA_CHECK(direction(scan, c));
    body.criteria.push_back(std::move(c));
  } while (scan.take(","));
  if (!scan.done()) return scan.fail(", or ; is expected here");
  return {};
}

bool by_distance(const Ordering::Body& body) {
  return std::any_of(body.criteria.begin(), body.criteria.end(), [](const auto& c) { return c.distance; });
}

}  // namespace

Result<Ordering> Ordering::parse(const Words& words, const NameExpander& expand) {
  auto body = std::make_shared<Body>();
  MACHIYA_CHECK(read_criteria(words.order_by, expand, *body));
  MACHIYA_TRY(body->collation, Collation::open(words.collation));
  if (by_distance(*body) && words.order_from.empty()) return bad("orderFrom", "is missing: an order by distance needs coordinates to measure from");
  if (!words.order_from.empty() || !words.order_geometry.empty()) {
    MACHIYA_TRY(Geometry from, Geometry::from_coordinates(words.order_geometry.empty() ? "Point" : words.order_geometry, words.order_from));
    body->from.emplace(std::move(from));
  }
  Ordering out;
  out.body_ = std::move(body);
  return out;
}

Result<Ordering> Ordering::from_json(const tree::Value& object, const NameExpander& expand) {
  if (!object.is_object()) return bad("ordering", "must be an object");
  const tree::Value* order_by = object.find("orderBy");
  if (!order_by || !(order_by->is_string() || (order_by->is_array() && order_by->count > 0))) return bad("orderBy", "must be a list of texts");
  std::string list(order_by->text());
  for (const tree::Value& item : order_by->items()) {
    if (!item.is_string()) return bad("orderBy", "must be a list of texts");
    list += (list.empty() ? "" : ",") + std::string(item.text());
  }
  for (const std::string_view member : {"collation", "geometry"}) {
    if (object.has(member) && (!object[member].is_string() || object[member].count == 0)) return bad(member, "must be a text");
  }
  const tree::Value* coordinates = object.find("coordinates");
  if (coordinates && !coordinates->is_array()) return bad("coordinates", "must be an array");
  return parse({list, object["collation"].text(), coordinates ? tree::to_text(*coordinates) : "", object["geometry"].text()}, expand);
}

Result<Ordering> Ordering::parse_v2(std::string_view order_by, const GeoQuery* near, const NameExpander& expand) {
  auto body = std::make_shared<Body>();
  for (std::string_view name : split(order_by, ',')) {
    Body::Criterion c;
    c.descending = name.starts_with('!');
    if (c.descending) name.remove_prefix(1);
    if (name.empty()) return bad("orderBy", "an attribute's name is missing");
    if (body->criteria.size() == kMaxCriteria) return Error(ErrorCode::limit_exceeded, "orderBy: more than 16 members", "orderBy");
    c.distance = name == "geo:distance";
    if (c.distance && !near) return bad("orderBy", "geo:distance needs georel=near");
    if (c.distance) body->from.emplace(near->reference());
    const std::string_view core = name == "dateCreated" ? "createdAt" : name == "dateModified" ? "modifiedAt" : name == "dateExpires" ? "expiresAt" : name;
    const Core known = core == name && name != "id" && name != "type" ? Core::none : core_member(core);
    c.path.steps.push_back({known, known != Core::none ? "" : c.distance ? near->attribute() : expanded(name, expand), std::string(name)});
    body->criteria.push_back(std::move(c));
  }
  MACHIYA_TRY(body->collation, Collation::open(""));
  Ordering out;
  out.body_ = std::move(body);
  return out;
}

void Ordering::sort(std::vector<const Entity*>& entities, std::size_t most) const {
  if (!body_) return;
  const std::size_t n = entities.size(), width = body_->criteria.size();
  const KeyMaker make(*body_);
  std::vector<Key> keys;
  keys.reserve(n * width);
  for (const Entity* e : entities) {
    for (const auto& c : body_->criteria) keys.push_back(make.of(*e, c));
  }
  std::vector<std::uint32_t> order(n);
  for (std::uint32_t i = 0; i < n; ++i) order[i] = i;
  const auto before = [&](std::uint32_t a, std::uint32_t b) {
    for (std::size_t c = 0; c < width; ++c) {
      if (const int sign = directed(keys[a * width + c], keys[b * width + c], body_->criteria[c].descending); sign != 0) return sign < 0;
    }
    return entities[a]->id < entities[b]->id;
  };
  std::partial_sort(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(std::min(most, n)), order.end(), before);
  std::vector<const Entity*> sorted;
  sorted.reserve(n);
  for (const std::uint32_t i : order) sorted.push_back(entities[i]);
  entities = std::move(sorted);
}

std::vector<std::string> Ordering::attributes() const {
  std::vector<std::string> out;
  if (body_)
    for (const Body::Criterion& c : body_->criteria)
      if (!c.path.steps.empty() && !c.path.steps.front().name.empty()) out.push_back(c.path.steps.front().name);
  return out;
}

std::string Ordering::text() const {
  std::string out;
  if (!body_) return out;
  for (const auto& c : body_->criteria) {
    if (!out.empty()) out += ',';
    write_path(c.path, out);
    out.append(";").append(c.distance ? "dist-" : "").append(c.descending ? "desc" : "asc");
  }
  return out;
}

}  // namespace machiya::sense
