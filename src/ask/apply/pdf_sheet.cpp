#include "ask/apply/pdf_sheet.h"

#include "ask/apply/qr.h"
#include "ask/cases/pdf_language.h"

namespace machiya::apply {
namespace {

constexpr double kWidth = 595.28, kHeight = 841.89, kMargin = 56;   // A4 in points

cairo_status_t append(void* closure, const unsigned char* data, unsigned length) {
  static_cast<std::string*>(closure)->append(reinterpret_cast<const char*>(data), length);
  return CAIRO_STATUS_SUCCESS;
}

/// HTML language tags as fontconfig knows them.
const char* pango_language(std::string_view lang) {
  if (lang == "zh-Hans") return "zh-cn";
  if (lang == "ko") return "ko";
  if (lang == "vi") return "vi";
  if (lang == "en") return "en";
  return "ja";
}
const char* family(std::string_view lang) {
  if (lang == "zh-Hans") return "Noto Sans CJK SC";
  if (lang == "ko") return "Noto Sans CJK KR";
  return "Noto Sans CJK JP";
}

}  // namespace

PdfSheet::PdfSheet(std::string_view lang, std::string_view title, std::string_view created) : lang_(lang) {
  surface_ = cairo_pdf_surface_create_for_stream(append, &out_, kWidth, kHeight);
  cairo_pdf_surface_set_metadata(surface_, CAIRO_PDF_METADATA_TITLE, std::string(title).c_str());
  cairo_pdf_surface_set_metadata(surface_, CAIRO_PDF_METADATA_CREATE_DATE, std::string(created).c_str());
  cairo_ = cairo_create(surface_);
  cairo_tag_begin(cairo_, "Document", nullptr);
  y_ = kMargin;
}

PdfSheet::~PdfSheet() {
  if (cairo_ != nullptr) cairo_destroy(cairo_);
  if (surface_ != nullptr) cairo_surface_destroy(surface_);
}

void PdfSheet::need(double height) {
  if (y_ + height <= kHeight - kMargin) return;
  cairo_show_page(cairo_);
  y_ = kMargin;
}

double PdfSheet::draw(const char* tag, std::string_view text, double x, double width, double points, bool bold, double y) {
  PangoLayout* layout = pango_cairo_create_layout(cairo_);
  PangoFontDescription* font = pango_font_description_new();
  pango_font_description_set_family(font, family(lang_));
  pango_font_description_set_absolute_size(font, points * PANGO_SCALE);
  if (bold) pango_font_description_set_weight(font, PANGO_WEIGHT_BOLD);
  pango_layout_set_font_description(layout, font);
  pango_font_description_free(font);
  pango_context_set_language(pango_layout_get_context(layout), pango_language_from_string(pango_language(lang_)));
  pango_layout_set_width(layout, static_cast<int>(width * PANGO_SCALE));
  pango_layout_set_wrap(layout, PANGO_WRAP_WORD_CHAR);
  pango_layout_set_text(layout, text.data(), static_cast<int>(text.size()));
  double height = 0;
  if (tag != nullptr) cairo_tag_begin(cairo_, tag, nullptr);
  // Line by line, so that a long paragraph goes over the page.
  const int lines = pango_layout_get_line_count(layout);
  for (int i = 0; i < lines; ++i) {
    PangoLayoutLine* line = pango_layout_get_line_readonly(layout, i);
    PangoRectangle logical;
    pango_layout_line_get_extents(line, nullptr, &logical);
    const double line_height = static_cast<double>(logical.height) / PANGO_SCALE;
    if (y + height + line_height > kHeight - kMargin) {
      cairo_show_page(cairo_);
      y = kMargin;
      height = 0;
      y_ = y;
    }
    cairo_move_to(cairo_, x, y + height - static_cast<double>(logical.y) / PANGO_SCALE);
    pango_cairo_show_layout_line(cairo_, line);
    height += line_height;
  }
  if (tag != nullptr) cairo_tag_end(cairo_, tag);
  g_object_unref(layout);
  return y + height;
}

void PdfSheet::paragraph(const char* tag, std::string_view text, double points, bool bold, double space_after) {
  if (text.empty()) return;
  need(points * 2);
  y_ = draw(tag, text, kMargin, kWidth - 2 * kMargin, points, bold, y_) + space_after;
}

void PdfSheet::row(std::string_view label, std::string_view text) {
  need(32);
  cairo_tag_begin(cairo_, "P", nullptr);
  const double top = y_;
  const double label_end = draw(nullptr, label, kMargin, 150, 9.5, true, top);
  const double text_end = draw(nullptr, text, kMargin + 165, kWidth - 2 * kMargin - 165, 10.5, false, top);
  cairo_tag_end(cairo_, "P");
  y_ = (text_end < top ? text_end : std::max(label_end, text_end)) + 5;
}

void PdfSheet::qr(std::string_view text, double side) {
  auto code = make_qr(text);
  if (!code.ok()) return;
  const double module = side / code->width, left = kWidth - kMargin - side;
  for (int y = 0; y < code->width; ++y)
    for (int x = 0; x < code->width; ++x)
      if (code->dark[static_cast<std::size_t>(y * code->width + x)]) cairo_rectangle(cairo_, left + x * module, y_ + y * module, module, module);
  cairo_fill(cairo_);
}

Result<std::string> PdfSheet::finish() {
  cairo_tag_end(cairo_, "Document");
  cairo_show_page(cairo_);
  const cairo_status_t drawn = cairo_status(cairo_);
  cairo_destroy(cairo_);
  cairo_ = nullptr;
  cairo_surface_finish(surface_);
  const cairo_status_t written = cairo_surface_status(surface_);
  cairo_surface_destroy(surface_);
  surface_ = nullptr;
  if (drawn != CAIRO_STATUS_SUCCESS || written != CAIRO_STATUS_SUCCESS)
    return Error(ErrorCode::internal, cairo_status_to_string(drawn != CAIRO_STATUS_SUCCESS ? drawn : written));
  return cases::with_language(std::move(out_), lang_);
}

}  // namespace machiya::apply
