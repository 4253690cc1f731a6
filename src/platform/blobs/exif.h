// The EXIF block of a JPEG (CIPA DC-008 Exif 2.32 over TIFF 6.0): only what this house asks for. Pure, bounded.
#pragma once
#include <string_view>

namespace machiya::blobs {

/// 1 … 8 as TIFF 6.0 §Orientation numbers them; 1 when absent or wrong.
int exif_orientation(std::string_view jpeg);

}  // namespace machiya::blobs
