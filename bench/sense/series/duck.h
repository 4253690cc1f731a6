// The peer of day.cpp: libduckdb (npm @duckdb/node-bindings-linux-x64), loaded when it is there.
#pragma once
#include <cstdint>
#include <memory>
#include <string>

namespace machiya::bench {

struct DuckAnswer {
  double seconds = 0;       ///< of processor time
  std::uint64_t rows = 0;
  double sum = 0;           ///< of all sums, to compare
};
class Duck {
 public:
  virtual ~Duck() = default;
  /// A table of all readings, hour after hour; the values as `type` (DOUBLE, INTEGER, SMALLINT).
  virtual void fill(std::uint32_t meters, std::uint32_t hours, const std::string& type) = 0;
  /// Count, sum, least, most and squares of each meter over the day.
  virtual DuckAnswer day() = 0;
};
/// nullptr when the library cannot be loaded.
std::unique_ptr<Duck> open_duck(const std::string& library);

}  // namespace machiya::bench
