#include "ask/cases/document_pdf.h"

#include <cairo-pdf.h>
#include <pango/pangocairo.h>

#include <memory>

#include "ask/cases/pdf_language.h"
#include "base/text.h"
#include "platform/locale/locale.h"

namespace machiya::cases {
namespace {

constexpr double kWidth = 595.28, kHeight = 841.89;   // A4 in points
constexpr double kMargin = 64;
constexpr const char* kFont = "Noto Serif CJK JP, Noto Sans CJK JP, DejaVu Sans";

struct SurfaceEnd {
  void operator()(cairo_surface_t* s) const { cairo_surface_destroy(s); }
};
struct ContextEnd {
  void operator()(cairo_t* c) const { cairo_destroy(c); }
};
struct ObjectEnd {
  void operator()(void* o) const { g_object_unref(o); }
};
using Surface = std::unique_ptr<cairo_surface_t, SurfaceEnd>;
using Context = std::unique_ptr<cairo_t, ContextEnd>;
using Layout = std::unique_ptr<PangoLayout, ObjectEnd>;

cairo_status_t append(void* closure, const unsigned char* data, unsigned int length) {
  static_cast<std::string*>(closure)->append(reinterpret_cast<const char*>(data), length);
  return CAIRO_STATUS_SUCCESS;
}

/// Lays text out line by line and turns the page when it is full.
class Writer {
 public:
  Writer(cairo_t* cairo, std::string number) : cairo_(cairo), number_(std::move(number)) { footer(); }

  void paragraph(const std::string& text, double size, PangoAlignment alignment, const char* tag, double space_after) {
    Layout layout(pango_cairo_create_layout(cairo_));
    PangoFontDescription* font = pango_font_description_from_string(kFont);
    pango_font_description_set_absolute_size(font, size * PANGO_SCALE);
    pango_layout_set_font_description(layout.get(), font);
    pango_font_description_free(font);
    pango_layout_set_width(layout.get(), static_cast<int>((kWidth - 2 * kMargin) * PANGO_SCALE));
    pango_layout_set_wrap(layout.get(), PANGO_WRAP_WORD_CHAR);
    pango_layout_set_alignment(layout.get(), alignment);
    pango_layout_set_text(layout.get(), text.data(), static_cast<int>(text.size()));
    cairo_tag_begin(cairo_, tag, nullptr);
    for (int i = 0; i < pango_layout_get_line_count(layout.get()); ++i) line(layout.get(), i, size);
    cairo_tag_end(cairo_, tag);
    y_ += space_after;
  }

 private:
  void line(PangoLayout* layout, int i, double size) {
    PangoLayoutLine* line = pango_layout_get_line_readonly(layout, i);
    const double height = size * 1.7;
    if (y_ + height > kHeight - kMargin) {
      cairo_show_page(cairo_);
      y_ = kMargin;
      ++page_;
      footer();
    }
    y_ += height;
    PangoRectangle extent;
    pango_layout_line_get_extents(line, nullptr, &extent);
    const double width = static_cast<double>(extent.width) / PANGO_SCALE, room = kWidth - 2 * kMargin;
    const PangoAlignment how = pango_layout_get_alignment(layout);
    const double x = how == PANGO_ALIGN_RIGHT ? room - width : how == PANGO_ALIGN_CENTER ? (room - width) / 2 : 0;
    cairo_move_to(cairo_, kMargin + x, y_);
    pango_cairo_show_layout_line(cairo_, line);
  }
  void footer() {
    Layout layout(pango_cairo_create_layout(cairo_));
    PangoFontDescription* font = pango_font_description_from_string(kFont);
    pango_font_description_set_absolute_size(font, 8 * PANGO_SCALE);
    pango_layout_set_font_description(layout.get(), font);
    pango_font_description_free(font);
    const std::string text = number_ + "  " + std::to_string(page_);
    pango_layout_set_text(layout.get(), text.data(), static_cast<int>(text.size()));
    cairo_move_to(cairo_, kMargin, kHeight - kMargin / 2);
    pango_cairo_show_layout(cairo_, layout.get());
  }

  cairo_t* cairo_;
  std::string number_;
  double y_ = kMargin;
  int page_ = 1;
};

}  // namespace

Result<std::string> document_pdf(const DocumentPages& document) {
  std::string out;
  Surface surface(cairo_pdf_surface_create_for_stream(append, &out, kWidth, kHeight));
  cairo_pdf_surface_set_metadata(surface.get(), CAIRO_PDF_METADATA_TITLE, document.title.c_str());
  // Byte-stable only with an explicit date.
  cairo_pdf_surface_set_metadata(surface.get(), CAIRO_PDF_METADATA_CREATE_DATE, to_iso_japan(document.issued).c_str());
  {
    Context cairo(cairo_create(surface.get()));
    cairo_tag_begin(cairo.get(), "Document", nullptr);
    Writer writer(cairo.get(), document.number);
    writer.paragraph(document.number, 10, PANGO_ALIGN_RIGHT, "P", 0);
    writer.paragraph(locale::format_date(date_in_japan(document.issued), "ja"), 10, PANGO_ALIGN_RIGHT, "P", 24);
    writer.paragraph(document.title, 18, PANGO_ALIGN_CENTER, "H1", 24);
    for (std::string_view part : split(document.text, '\n')) {
      const std::string line(part);
      writer.paragraph(line.empty() ? " " : line, 11, PANGO_ALIGN_LEFT, "P", 2);
    }
    cairo_tag_end(cairo.get(), "Document");
    cairo_show_page(cairo.get());
    if (cairo_status(cairo.get()) != CAIRO_STATUS_SUCCESS) return Error(ErrorCode::internal, cairo_status_to_string(cairo_status(cairo.get())));
  }
  cairo_surface_finish(surface.get());
  if (cairo_surface_status(surface.get()) != CAIRO_STATUS_SUCCESS) return Error(ErrorCode::internal, "PDF was not finished");
  return with_language(std::move(out), "ja");   // the Japanese text is the decision
}

}  // namespace machiya::cases
