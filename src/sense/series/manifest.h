// What of the folder counts: a small text file that is replaced as a whole. Inside series only; the format is frozen (README.md).
#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "sense/series/view.h"

namespace machiya::sense::series {

struct Manifest {
  std::uint64_t flushed = 0;          ///< number of the last log record whose points are in segments
  std::uint64_t catalogue_bytes = 0;  ///< of the file of names: what is behind them does not count
  std::uint64_t next_file = 1;
  struct SegmentLine {
    std::int64_t day = 0;
    bool whole = false;
    std::string file;
  };
  std::vector<SegmentLine> segments;  ///< of a day oldest first
  std::map<MeasurementId, Floors> floors;
};
std::string write_manifest(const Manifest& manifest);
/// integrity_broken when the checksum in the last line is another one.
Result<Manifest> read_manifest(std::string_view text);

}  // namespace machiya::sense::series
