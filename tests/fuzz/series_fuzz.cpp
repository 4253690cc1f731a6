// Any bytes as a block of series, as the points of a log record and as a catalogue: read or refused, never outside of the bytes.
#include <cstdlib>
#include <string>
#include <vector>

#include "sense/series/bits.h"
#include "sense/series/block.h"
#include "sense/series/catalogue.h"
#include "sense/series/log_record.h"

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  using namespace machiya::sense::series;
  std::string bytes(reinterpret_cast<const char*>(data), size);
  bytes.append(kSlack, '\0');
  const std::string_view block = std::string_view(bytes).substr(0, size);
  std::vector<Sample> samples, one;
  if (decode_block(block, 0, ~0u, samples) && !samples.empty()) {
    const auto number = samples[samples.size() / 2].number;
    if (!decode_block(block, number, number, one)) std::abort();
    std::size_t expected = 0;
    for (const Sample& s : samples) expected += s.number == number;
    if (one.size() != expected) std::abort();
  }
  std::vector<Aggregate> of(kChunk);
  (void)aggregate_block(block, {}, std::span<Aggregate, kChunk>(of));
  Reader in(block);
  std::vector<Point> points;
  (void)take_points(in, points);
  Catalogue catalogue;
  Reader names(block);
  if (!catalogue.take_names(names).ok()) return 0;
  return 0;
}
