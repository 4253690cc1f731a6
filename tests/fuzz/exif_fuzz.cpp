// What blobs read from an upload before anybody decodes it: type, size, EXIF. Sources: blobs, base.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "platform/blobs/blobs.h"
#include "platform/blobs/exif.h"
#include "platform/blobs/picture_size.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view content(reinterpret_cast<const char*>(data), size);
  using namespace machiya::blobs;
  const std::string type = sniff_type(content);
  for (std::string_view as : {"image/jpeg", "image/png", "image/webp"})
    if (auto s = picture_size(as, content); s && s->pixels() == 0) std::abort();
  const PhotoFacts facts = read_exif(content);
  if (facts.latitude.has_value() != facts.longitude.has_value()) std::abort();
  if (facts.latitude && !(*facts.latitude >= -90 && *facts.latitude <= 90 && *facts.longitude >= -180 && *facts.longitude <= 180)) std::abort();
  const int orientation = exif_orientation(content);
  if (orientation < 1 || orientation > 8) std::abort();
  return 0;
}
