// What one layer of a map shows: its entities with place, class and ward, indexed; live or as they were at a moment. Guarded by its owner.
#pragma once
#include <memory>
#include <optional>
#include <queue>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "sense/entities/entity.h"
#include "sense/entities/gate.h"
#include "sense/geometry/geo_index.h"
#include "sense/livemap/definition.h"
#include "sense/livemap/points.h"
#include "sense/livemap/wards.h"
#include "sense/models/entity_type.h"

namespace machiya::sense::livemap {

/// A layer as a viewer may see it: what is not in here reaches nobody.
struct Sight {
  bool layer = false, title = false, classes = false;
  std::vector<bool> shown;   ///< of Layer::show
  /// IRIs of what is not open to everybody among them: reading it is written down.
  std::vector<std::string> restricted;
};

/// A layer with what its entity type says; names are expanded. Immutable.
struct Bound {
  const Map* map = nullptr;
  const Layer* layer = nullptr;
  const EntityType* type = nullptr;
  std::string place, title;                         ///< IRIs
  std::vector<const AttributeType*> shown;          ///< of Layer::show; never null
  std::vector<const AttributeType*> decides;        ///< of Layer::decides
  std::vector<const EntityType*> others;            ///< all types of the city
  std::shared_ptr<const city::City> city;           ///< owns all of the above
  /// Nothing when the city lacks the type (its definition went meanwhile).
  static std::optional<Bound> of(const Map& map, const Layer& layer, const std::shared_ptr<const city::City>& city);
  /// `gate` nullptr: everything.
  Sight sight(const Gate* gate) const;
  /// May the entity stand on the layer? It has the type, and no other type that hides it or what is shown of it: those that have further types are shown
  /// only when these are open, so that a layer is one list for everybody who may see it.
  bool takes(const Entity& entity) const;
  const city::Text& label(std::size_t shown_index) const;
};

/// A value as text for people; numbers as written, choices by their label, moments in Japan's time, forecasts ({"at", "expected"}) as a time and a number, texts
/// of several languages in the asked one. `lang` "": as it stands, for machines. "" when absent.
std::string value_text(const Entity& entity, const AttributeType& type, std::string_view lang);
/// A text of a definition without readings ("{漢字|かんじ}" of やさしい日本語), for drawings and labels.
std::string plain(const city::Text& text, std::string_view lang);
/// Its number; nothing when it is none.
std::optional<double> value_number(const Entity& entity, const AttributeType& type);

struct Thing {
  EntityPtr entity;
  Spot at;                       ///< of geometries that are no point the middle of their box
  std::uint8_t klass = 0, ward = Wards::kNone;
  bool is_point = true, has_place = false;
  Box box;
};

class Things {
 public:
  Things(Bound bound, std::shared_ptr<const Wards> wards, Instant now);
  const Bound& bound() const { return bound_; }
  const Wards& wards() const { return *wards_; }
  /// May this entity stand on the layer?
  bool is_one(const Entity& entity) const { return bound_.takes(entity); }
  /// Takes the entity, or its absence (nullptr). Answers where it stood and stands (nothing: it was, or is, not here), for who tells of changes.
  struct Moved {
    std::optional<Spot> before, after;
  };
  Moved put(std::string_view id, const EntityPtr& entity, Instant now);
  /// Many at once, into an empty layer.
  void load(const std::vector<EntityPtr>& entities, Instant now);
  /// Those that expired go; answers where they stood.
  std::vector<Spot> expire(Instant now);
  bool expires_before(Instant now) const { return !expiring_.empty() && expiring_.top().first <= now.us; }
  /// Classes that look at the clock (now(), today()) are worked out again.
  void again(Instant now);
  bool looks_at_clock() const { return clocked_; }

  std::size_t size() const { return slots_.size() - unplaced_; }   ///< those that have a place
  const PointIndex& points() const { return points_; }
  const GeoIndex& shapes() const { return shapes_; }
  std::size_t shape_count() const { return shape_count_; }
  const Thing& thing(std::uint32_t slot) const { return things_[slot]; }
  const Thing* find(std::string_view id) const;   ///< nullptr when it has no place
  bool has(std::string_view id) const { return slots_.contains(id); }
  /// All with a place, in no order.
  template <class Visit> void each(const Visit& visit) const {
    for (const Thing& t : things_)
      if (t.entity && t.has_place) visit(t);
  }
  /// 0 … classes().size(): the last one for what fits none.
  std::uint8_t class_of(const Entity& entity, Instant now) const;

 private:
  Bound bound_;
  std::shared_ptr<const Wards> wards_;
  std::vector<Thing> things_;
  std::vector<std::uint32_t> free_;
  std::unordered_map<std::string_view, std::uint32_t> slots_;   // keys point into the entities
  PointIndex points_;
  GeoIndex shapes_;
  std::size_t shape_count_ = 0, unplaced_ = 0;
  bool clocked_ = false;
  std::priority_queue<std::pair<std::int64_t, std::uint32_t>, std::vector<std::pair<std::int64_t, std::uint32_t>>, std::greater<>> expiring_;
  Thing made(const EntityPtr& entity, Instant now) const;
  void take_out(std::uint32_t slot);
};

}  // namespace machiya::sense::livemap
