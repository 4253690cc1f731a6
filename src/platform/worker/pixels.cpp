#include "platform/worker/pixels.h"

#include <algorithm>
#include <cstring>

namespace machiya::worker {

Pixels upright(Pixels in, int orientation) {
  if (orientation < 2 || orientation > 8) return in;
  const bool swapped = orientation >= 5;
  Pixels out;
  out.width = swapped ? in.height : in.width;
  out.height = swapped ? in.width : in.height;
  out.channels = in.channels;
  out.data.resize(in.data.size());
  const auto c = static_cast<std::size_t>(in.channels);
  for (int y = 0; y < out.height; ++y)
    for (int x = 0; x < out.width; ++x) {
      int sx = x, sy = y;  // where this pixel comes from (TIFF 6.0, tag 274)
      switch (orientation) {
        case 2: sx = in.width - 1 - x; break;
        case 3: sx = in.width - 1 - x, sy = in.height - 1 - y; break;
        case 4: sy = in.height - 1 - y; break;
        case 5: sx = y, sy = x; break;
        case 6: sx = y, sy = in.height - 1 - x; break;
        case 7: sx = in.width - 1 - y, sy = in.height - 1 - x; break;
        default: sx = in.width - 1 - y, sy = x; break;
      }
      std::memcpy(&out.data[(static_cast<std::size_t>(y) * static_cast<std::size_t>(out.width) + static_cast<std::size_t>(x)) * c],
                  &in.data[(static_cast<std::size_t>(sy) * static_cast<std::size_t>(in.width) + static_cast<std::size_t>(sx)) * c], c);
    }
  return out;
}

Pixels thumbnail(const Pixels& in, int edge) {
  const int longest = std::max(in.width, in.height);
  Pixels out;
  out.width = longest <= edge ? in.width : std::max(1, static_cast<int>(std::int64_t{in.width} * edge / longest));
  out.height = longest <= edge ? in.height : std::max(1, static_cast<int>(std::int64_t{in.height} * edge / longest));
  out.data.resize(static_cast<std::size_t>(out.height) * out.stride());
  for (int y = 0; y < out.height; ++y) {
    const auto top = static_cast<int>(std::int64_t{y} * in.height / out.height);
    const int bottom = std::max(top + 1, static_cast<int>(std::int64_t{y + 1} * in.height / out.height));
    for (int x = 0; x < out.width; ++x) {
      const auto left = static_cast<int>(std::int64_t{x} * in.width / out.width);
      const int right = std::max(left + 1, static_cast<int>(std::int64_t{x + 1} * in.width / out.width));
      std::uint64_t sum[3] = {0, 0, 0};
      for (int sy = top; sy < bottom; ++sy)
        for (int sx = left; sx < right; ++sx) {
          const std::uint8_t* p = &in.data[static_cast<std::size_t>(sy) * in.stride() + static_cast<std::size_t>(sx) * static_cast<std::size_t>(in.channels)];
          const unsigned alpha = in.channels == 4 ? p[3] : 255;
          for (int k = 0; k < 3; ++k) sum[k] += (p[k] * alpha + 255 * (255 - alpha)) / 255;
        }
      const auto count = static_cast<std::uint64_t>(bottom - top) * static_cast<std::uint64_t>(right - left);
      std::uint8_t* q = &out.data[static_cast<std::size_t>(y) * out.stride() + static_cast<std::size_t>(x) * 3];
      for (int k = 0; k < 3; ++k) q[k] = static_cast<std::uint8_t>(sum[k] / count);
    }
  }
  return out;
}

}  // namespace machiya::worker
