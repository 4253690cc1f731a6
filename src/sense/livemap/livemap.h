// Live maps: entities of the city's maps kept ready for drawing and counting, moved as they change; vector tiles, what is inside an area, lists, past moments.
// The definitions say what is shown (definition.h); what a viewer may not read is left out of every answer.
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "city/boundaries.h"
#include "city/city.h"
#include "city/import_towns.h"
#include "sense/livemap/area.h"
#include "sense/livemap/definition.h"
#include "sense/livemap/mercator.h"
#include "sense/livemap/things.h"

namespace machiya::sense {
class EntityStore;
class History;
}

namespace machiya::sense::livemap {

/// One layer in one state; `read` holds it still meanwhile.
class Stand;

/// A map as one viewer sees it, now or at a moment. Cheap to copy; keeps what it needs alive.
struct View {
  std::shared_ptr<const city::City> city;
  std::shared_ptr<const Wards> wards;
  const Map* map = nullptr;
  std::vector<std::shared_ptr<const Stand>> layers;   ///< of Map::layers; null: its type's definition is gone
  std::vector<Sight> sights;
  std::optional<Instant> at;                          ///< absent: now
  std::string lang = "ja";
  GatePtr gate;                                       ///< what was read is told to it; null: nobody asks
};

/// What the numbers of an attribute come to.
struct Figure {
  std::uint64_t values = 0;
  double sum = 0, least = 0, most = 0;
};
struct LayerFigures {
  std::size_t layer = 0;                              ///< of Map::layers
  std::uint64_t count = 0;
  std::vector<std::uint64_t> classes;                 ///< one more than the layer has; empty when the viewer may not see them
  std::vector<Figure> shown;                          ///< of Layer::show; without values when the viewer may not see it
};

/// Which entities of a view.
struct Selection {
  std::optional<std::size_t> layer;
  std::optional<std::uint8_t> klass;                  ///< with a layer; one behind the last: what fits none
  std::string text;                                   ///< in the title or a shown value, in search form (fold_for_search)
  std::optional<std::uint8_t> ward;
  Area area;
  std::string sort;                                   ///< "": by layer and title; "class", "ward", or a term of the layer
  bool descending = false;
  std::size_t offset = 0, limit = 50;
};
struct Row {
  std::size_t layer = 0;
  EntityPtr entity;
  Position at;
  std::uint8_t klass = 0, ward = Wards::kNone;
};
struct Selected {
  std::vector<Row> rows;
  std::uint64_t total = 0;
  bool sorted = true;                                 ///< false: too many to be sorted, they come in no particular order
};

/// Counts by ward and class, for the picture and the table beside it.
struct WardCounts {
  std::vector<LayerFigures> of_ward;                  ///< [ward × layers + layer]; `shown` is empty. The last ward: outside of all
};

class Livemap {
 public:
  struct Parts {
    EntityStore& entities;
    const History* history = nullptr;                 ///< null: no past
    Clock& clock;
    std::function<std::shared_ptr<const city::City>()> city;
    std::shared_ptr<const city::Boundaries> boundaries;   ///< null: none were imported
    std::function<std::shared_ptr<const city::Towns>(const city::City&)> towns;   ///< absent or null: none were imported
    /// Tells who listens that something changed within a cell (topic_of). Called by a thread of this engine, about once a second. Absent: nobody is told.
    std::function<void(std::string_view topic, std::string_view data)> publish;
  };
  /// Follows `entities`, so it must be made before the first write.
  explicit Livemap(Parts parts);
  ~Livemap();
  /// Begins to tell of changes.
  void start();
  void close();

  /// `gate` null: everything may be seen. not_found: no such map, or none of its layers may be seen. invalid_input: the moment lies outside of what the map offers. limit_exceeded: the past is too large.
  Result<View> view(std::string_view map, GatePtr gate, std::string_view lang, std::optional<Instant> at = std::nullopt);
  /// Maps of the city in force, in its order.
  std::shared_ptr<const city::City> city() const;
  std::shared_ptr<const Wards> wards();

  /// Moments that may be asked for, newest first: multiples of the map's step.
  static std::vector<Instant> moments(const Map& map, Instant now);
  /// How many changes wait to be taken over (for tests and metrics).
  std::size_t waiting() const;
  /// Takes over all changes that followers were told of, and tells listeners. The thread does so; tests call it.
  void tick();

 private:
  struct Inside;
  std::unique_ptr<Inside> in_;
};

/// Vector tile (MVT 2.1) of everything in the view; "" when nothing is there. A layer of the tile has the id of the map's layer. Points: `id`, `title`, `class` and the
/// shown terms; clusters: `count` and `n:<class>` (the last one "n:"). Every point is in exactly one tile of a zoom; lines and areas in each that they touch.
std::string vector_tile(const View& view, TileId tile);
/// What lies below every map: wards (areas with boundaries, else centroids) and towns (from zoom 14).
std::string ground_tile(const Wards& wards, TileId tile);

/// What is drawn at one place: one entity, or several that stand close together.
struct Mark {
  std::size_t layer = 0;
  Spot at;
  std::uint64_t count = 1;
  std::uint8_t klass = 0;       ///< of the most
  EntityPtr entity;             ///< of a single one
};
/// Marks of the tile on a grid of 2^depth × 2^depth cells; of lines and areas the middles.
std::vector<Mark> marks(const View& view, TileId tile, int depth);

std::vector<LayerFigures> figures(const View& view, const Area& area);
Selected select(const View& view, const Selection& selection);
WardCounts by_ward(const View& view);
/// One entity that the viewer may see; nothing otherwise.
std::optional<Row> find(const View& view, std::size_t layer, std::string_view id);
/// The rows were shown with all that the viewer may see of them: told to the gate, which writes it down.
void was_shown(const View& view, std::size_t layer, const Entity& entity);

/// Cells of the world whose changes are told together: the greatest of kTold at which at most nine cover the box.
inline constexpr int kTold[] = {4, 7, 10, 13, 16};
std::string topic_of(std::string_view map, TileId cell);
std::vector<std::string> topics_of(std::string_view map, const Box& seen);

}  // namespace machiya::sense::livemap
