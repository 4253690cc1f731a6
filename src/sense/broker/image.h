// All entities of one tenant as they are now, with the indexes that queries use. Not locked: the broker lets one write while nobody reads.
#pragma once
#include <deque>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "sense/broker/slots.h"
#include "sense/entities/gate.h"
#include "sense/geometry/geo_index.h"
#include "sense/query/query.h"

namespace machiya::sense {

/// What a query asks of an image, and how much of the answer.
struct Find {
  const EntityQuery* query = nullptr;
  const Ordering* order = nullptr;          ///< nullptr or empty: in the order of creation
  std::size_t offset = 0, limit = 20;
  bool count = false;                       ///< the total, too: then all are looked at
  std::int64_t now_us = 0;                  ///< entities that expired are not there
  const EntityLookup* lookup = nullptr;
  const Gate* gate = nullptr;               ///< who asks: matched, ordered, counted and found is what they see
};
struct Found {
  std::vector<EntityPtr> entities;
  std::size_t total = 0;                    ///< when it was asked for
  bool more = false;                        ///< there are some behind the last one
};

/// What there is of a type or of an attribute (§5.7.5–§5.7.10).
struct AttributeFacts {
  std::size_t entities = 0;
  std::vector<AttributeKind> kinds;
  std::vector<std::string> types;
};
struct TypeFacts {
  std::size_t entities = 0;
  std::map<std::string, AttributeFacts> attributes;   ///< by expanded name
};

class Image {
 public:
  /// The entity takes the place of the one with its id.
  void put(const EntityPtr& entity);
  void erase(std::string_view id);
  EntityPtr get(std::string_view id) const;
  std::size_t size() const { return slots_by_id_.size(); }
  Found find(const Find& what) const;
  /// In the order of creation, until `visit` answers false.
  void each(const std::function<bool(const EntityPtr&)>& visit) const;
  std::map<std::string, TypeFacts> types(std::int64_t now_us, const Gate* gate = nullptr) const;

 private:
  std::deque<EntityPtr> slots_;
  std::vector<std::uint32_t> free_;   ///< a heap, the lowest first: who comes after many went stands in the order of creation again
  ByText<std::uint32_t> slots_by_id_;
  ByText<std::vector<std::uint32_t>> slots_by_seen_id_;   ///< of ids that NGSIv2 shows otherwise (entities/seen_id.h): several types may share one
  SlotSet used_;
  ByText<SlotSet> by_type_;
  ByText<Column> columns_;
  ByText<GeoIndex> places_;
  void index(std::uint32_t slot, const Entity* before, const Entity* after);
  void place(std::uint32_t slot, const Attribute& attribute);
  /// Calls `visit(slot)` in ascending order for all that may match, never fewer than do, until it answers false.
  void candidates(const Hints& hints, const std::function<bool(std::uint32_t)>& visit) const;
  std::vector<std::uint32_t> named(const Hints& hints) const;
};

}  // namespace machiya::sense
