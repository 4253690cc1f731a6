// QR codes (JIS X 0510 / ISO/IEC 18004) as SVG.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace machiya::apply {

/// A square of modules, row by row; true is dark. Error correction level M.
struct QrCode {
  int width = 0;
  std::vector<bool> dark;
};
Result<QrCode> make_qr(std::string_view text);
/// One path on white with the quiet zone of four modules.
Result<std::string> qr_svg(std::string_view text);

}  // namespace machiya::apply
