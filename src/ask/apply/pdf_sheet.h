// Internal: a column of text on A4 pages, drawn with Pango and Cairo.
#pragma once
#include <cairo/cairo-pdf.h>
#include <pango/pangocairo.h>

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

namespace machiya::apply {

class PdfSheet {
 public:
  PdfSheet(std::string_view lang, std::string_view title, std::string_view created);
  ~PdfSheet();
  PdfSheet(const PdfSheet&) = delete;
  PdfSheet& operator=(const PdfSheet&) = delete;

  /// One paragraph under a structure tag ("H1", "H2", "P"); goes over pages as needed.
  void paragraph(const char* tag, std::string_view text, double points, bool bold, double space_after);
  /// A label and its text side by side.
  void row(std::string_view label, std::string_view text);
  /// A QR code at the right margin beside what follows.
  void qr(std::string_view text, double side);
  void space(double points) { y_ += points; }
  Result<std::string> finish();

 private:
  struct Layout;
  double draw(const char* tag, std::string_view text, double x, double width, double points, bool bold, double y);
  void need(double height);

  std::string out_, lang_;
  cairo_surface_t* surface_ = nullptr;
  cairo_t* cairo_ = nullptr;
  double y_ = 0;
};

}  // namespace machiya::apply
