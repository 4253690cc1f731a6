#include "ask/apply/qr.h"

#include <qrencode.h>

#include <memory>

namespace machiya::apply {

Result<QrCode> make_qr(std::string_view text) {
  const std::string bytes(text);
  std::unique_ptr<QRcode, decltype(&QRcode_free)> code(QRcode_encodeString8bit(bytes.c_str(), 0, QR_ECLEVEL_M), QRcode_free);
  if (!code) return Error(ErrorCode::limit_exceeded, "the text does not fit into a QR code");
  QrCode out;
  out.width = code->width;
  out.dark.resize(static_cast<std::size_t>(code->width) * static_cast<std::size_t>(code->width));
  for (std::size_t i = 0; i < out.dark.size(); ++i) out.dark[i] = (code->data[i] & 1) != 0;
  return out;
}

Result<std::string> qr_svg(std::string_view text) {
  MACHIYA_TRY(const QrCode code, make_qr(text));
  const std::string size = std::to_string(code.width + 8);
  std::string out = "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 " + size + " " + size + "\" shape-rendering=\"crispEdges\" role=\"img\"><rect width=\"" + size + "\" height=\"" +
                    size + "\" fill=\"#fff\"/><path fill=\"#000\" d=\"";
  for (int y = 0; y < code.width; ++y)
    for (int x = 0; x < code.width; ++x) {
      if (!code.dark[static_cast<std::size_t>(y * code.width + x)]) continue;
      int run = 1;
      while (x + run < code.width && code.dark[static_cast<std::size_t>(y * code.width + x + run)]) ++run;
      out += "M" + std::to_string(x + 4) + " " + std::to_string(y + 4) + "h" + std::to_string(run) + "v1h-" + std::to_string(run) + "z";
      x += run;
    }
  return out + "\"/></svg>";
}

}  // namespace machiya::apply
