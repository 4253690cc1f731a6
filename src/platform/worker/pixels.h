// Decoded pictures in memory, eight bits a channel, and what is done to them. Pure.
#pragma once
#include <cstdint>
#include <vector>

namespace machiya::worker {

/// Rows from the top, without padding; `channels` 3 (RGB) or 4 (RGBA, straight alpha).
struct Pixels {
  int width = 0;
  int height = 0;
  int channels = 3;
  std::vector<std::uint8_t> data;
  std::size_t stride() const { return static_cast<std::size_t>(width) * static_cast<std::size_t>(channels); }
};

/// Turns and mirrors as TIFF orientation 1 … 8 says, so that the picture stands upright without metadata.
Pixels upright(Pixels picture, int orientation);
/// Not larger than `edge` pixels a side, by averaging areas; RGB on white.
Pixels thumbnail(const Pixels& picture, int edge);

}  // namespace machiya::worker
