// In which order entities are given (§4.23, V1.9.1).
#pragma once
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "sense/query/geo_query.h"

namespace machiya::sense {

/// orderBy, collation, orderFrom, orderGeometry. Immutable, cheap to copy, any thread may use it.
class Ordering {
 public:
  struct Words {
    std::string_view order_by;         ///< "name,age;desc,address[city],location;dist-asc"
    std::string_view collation;        ///< BCP 47 ("und-u-ks-identic"); empty: ICU's root
    std::string_view order_from;       ///< coordinates; needed for dist-…
    std::string_view order_geometry;   ///< empty: Point
  };
  Ordering() = default;
  static Result<Ordering> parse(const Words& words, const NameExpander& expand);
  /// §5.2.43 OrderingParams of a body.
  static Result<Ordering> from_json(const tree::Value& object, const NameExpander& expand);
  /// NGSIv2: "temperature,!humidity", dateCreated, dateModified, geo:distance (from `near`, which may be nullptr).
  static Result<Ordering> parse_v2(std::string_view order_by, const GeoQuery* near, const NameExpander& expand);
  bool empty() const { return !body_; }
  /// Puts the first `most` in order, the others behind them in no order. Kinds in the standard's order (§4.23.2), turned round when descending; entities without
  /// the attribute come last in either direction; what is equal stays ordered by id, so that pages do not overlap.
  void sort(std::vector<const Entity*>& entities, std::size_t most = SIZE_MAX) const;
  std::string text() const;
  /// Expanded names of the attributes whose values put entities in order.
  std::vector<std::string> attributes() const;

  struct Body;

 private:
  std::shared_ptr<const Body> body_;
};

}  // namespace machiya::sense
