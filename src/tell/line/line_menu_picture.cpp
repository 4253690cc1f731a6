// The picture of a menu: a bar of tabs, and below it a card for each area with its words. Drawn with Cairo and Pango.
#include <cairo.h>
#include <pango/pangocairo.h>

#include <algorithm>
#include <memory>

#include "tell/line/line_menu_definition.h"

namespace machiya::tell {
namespace {
constexpr const char* kFont = "Noto Sans CJK JP";
constexpr std::size_t kMostBytes = 1024 * 1024;
// On a phone 375 points wide 100 pixels are 15 points. English is a second line for those who need it, never below 8 points.
constexpr double kLargest = 124, kLeastUnbroken = 96, kLeast = 72, kShrink = 0.94, kEnglish = 0.58, kLeastEnglish = 54;
constexpr double kMargin = 18, kPadding = 36, kCorner = 28, kBetween = 14;
struct Colour {
  double r, g, b;
};
constexpr Colour kPage{0.917, 0.941, 0.973}, kCard{1, 1, 1}, kCity{0, 0.275, 0.545}, kInk{0, 0.149, 0.302}, kQuiet{0.2, 0.25, 0.3};

struct SurfaceEnd {
  void operator()(cairo_surface_t* s) const { cairo_surface_destroy(s); }
};
struct ContextEnd {
  void operator()(cairo_t* c) const { cairo_destroy(c); }
};
struct ObjectEnd {
  void operator()(void* o) const { g_object_unref(o); }
};
struct FontEnd {
  void operator()(PangoFontDescription* f) const { pango_font_description_free(f); }
};
struct OptionsEnd {
  void operator()(cairo_font_options_t* o) const { cairo_font_options_destroy(o); }
};
using Surface = std::unique_ptr<cairo_surface_t, SurfaceEnd>;
using Context = std::unique_ptr<cairo_t, ContextEnd>;
using Layout = std::unique_ptr<PangoLayout, ObjectEnd>;

struct Canvas {
  Surface surface;
  Context cairo;
  Canvas(std::int64_t width, std::int64_t height)
      : surface(cairo_image_surface_create(CAIRO_FORMAT_RGB24, static_cast<int>(width), static_cast<int>(height))), cairo(cairo_create(surface.get())) {}
};

void paint(cairo_t* cairo, const Colour& colour) { cairo_set_source_rgb(cairo, colour.r, colour.g, colour.b); }

/// `width` < 0: lines are broken only where the text says so. The same on every machine: no hints, no coloured edges, whatever its screen is set to.
Layout laid_out(cairo_t* cairo, const std::string& text, const char* lang, double pixels, bool bold, double width) {
  Layout layout(pango_cairo_create_layout(cairo));
  const std::unique_ptr<cairo_font_options_t, OptionsEnd> options(cairo_font_options_create());
  cairo_font_options_set_antialias(options.get(), CAIRO_ANTIALIAS_GRAY);
  cairo_font_options_set_hint_style(options.get(), CAIRO_HINT_STYLE_NONE);
  cairo_font_options_set_hint_metrics(options.get(), CAIRO_HINT_METRICS_OFF);
  pango_cairo_context_set_font_options(pango_layout_get_context(layout.get()), options.get());
  pango_context_set_language(pango_layout_get_context(layout.get()), pango_language_from_string(lang));
  const std::unique_ptr<PangoFontDescription, FontEnd> font(pango_font_description_from_string(kFont));
  pango_font_description_set_absolute_size(font.get(), pixels * PANGO_SCALE);
  if (bold) pango_font_description_set_weight(font.get(), PANGO_WEIGHT_BOLD);
  pango_layout_set_font_description(layout.get(), font.get());
  pango_layout_set_width(layout.get(), width < 0 ? -1 : static_cast<int>(width * PANGO_SCALE));
  pango_layout_set_wrap(layout.get(), PANGO_WRAP_WORD);
  pango_layout_set_alignment(layout.get(), PANGO_ALIGN_CENTER);
  pango_layout_set_text(layout.get(), text.data(), static_cast<int>(text.size()));
  return layout;
}

/// Words within a box: Japanese, and English smaller below.
struct Words {
  Layout ja, en;
  double ja_height = 0, height = 0;
  bool fits = false;
};
Words laid_out_at(cairo_t* cairo, const city::Text& text, double pixels, bool broken, double width, double height) {
  Words out;
  int wide_ja = 0, high_ja = 0, wide_en = 0, high_en = 0;
  out.ja = laid_out(cairo, text.in("ja"), "ja", pixels, true, broken ? width : -1);
  pango_layout_get_pixel_size(out.ja.get(), &wide_ja, &high_ja);
  if (text.has("en")) {
    out.en = laid_out(cairo, text.in("en"), "en", std::max(pixels * kEnglish, kLeastEnglish), false, width);
    pango_layout_get_pixel_size(out.en.get(), &wide_en, &high_en);
  }
  out.fits = std::max(wide_ja, wide_en) <= width && high_ja + (out.en ? kBetween + high_en : 0) <= height;
  if (out.fits) pango_layout_set_width(out.ja.get(), static_cast<int>(width * PANGO_SCALE));   // lines of their own stand in the middle, too
  out.ja_height = high_ja, out.height = high_ja + (out.en ? kBetween + high_en : 0);
  return out;
}
/// As large as it can be; a break within the words of a language that does not part them by spaces is the last resort.
Words laid_out(cairo_t* cairo, const city::Text& text, double width, double height) {
  Words out;
  for (const bool broken : {false, true})
    for (double pixels = kLargest; pixels >= (broken ? kLeast : kLeastUnbroken) && !out.fits; pixels *= kShrink) out = laid_out_at(cairo, text, pixels, broken, width, height);
  return out;
}
LineBounds inner(const LineBounds& at) {
  const auto less = static_cast<std::int64_t>(kMargin + kPadding);
  return {at[0] + less, at[1] + less / 2, at[2] - 2 * less, at[3] - less};
}
Words words_in(cairo_t* cairo, const city::Text& text, const LineBounds& at) {
  const LineBounds box = inner(at);
  return laid_out(cairo, text, static_cast<double>(box[2]), static_cast<double>(box[3]));
}

Result<void> write(cairo_t* cairo, const city::Text& text, const LineBounds& at, const Colour& ink, const Colour& quiet) {
  const Words words = words_in(cairo, text, at);
  if (!words.fits) return Error(ErrorCode::definition_error, "does not fit into its area: " + text.in("ja"), "line-menu");
  const LineBounds box = inner(at);
  const double left = static_cast<double>(box[0]), top = static_cast<double>(box[1]) + (static_cast<double>(box[3]) - words.height) / 2;
  for (const auto& [layout, y, colour] : {std::tuple{words.ja.get(), top, &ink}, std::tuple{words.en.get(), top + words.ja_height + kBetween, &quiet}}) {
    if (!layout) continue;
    if (pango_layout_get_unknown_glyphs_count(layout) > 0) return Error(ErrorCode::not_found, "no font of this machine has the characters of: " + text.in("ja") + " (fonts-noto-cjk)", "line-menu");
    paint(cairo, *colour);
    cairo_move_to(cairo, left, y);
    pango_cairo_show_layout(cairo, layout);
  }
  return {};
}

void card(cairo_t* cairo, const LineBounds& at) {
  const double x = static_cast<double>(at[0]) + kMargin, y = static_cast<double>(at[1]) + kMargin;
  const double width = static_cast<double>(at[2]) - 2 * kMargin, height = static_cast<double>(at[3]) - 2 * kMargin;
  constexpr double kQuarter = 1.5707963267948966;
  cairo_new_sub_path(cairo);
  cairo_arc(cairo, x + width - kCorner, y + kCorner, kCorner, -kQuarter, 0);
  cairo_arc(cairo, x + width - kCorner, y + height - kCorner, kCorner, 0, kQuarter);
  cairo_arc(cairo, x + kCorner, y + height - kCorner, kCorner, kQuarter, 2 * kQuarter);
  cairo_arc(cairo, x + kCorner, y + kCorner, kCorner, 2 * kQuarter, 3 * kQuarter);
  cairo_close_path(cairo);
  paint(cairo, kCard);
  cairo_fill_preserve(cairo);
  paint(cairo, kCity);
  cairo_set_line_width(cairo, 4);
  cairo_stroke(cairo);
}

/// The tab that is open is of one surface with the areas and has a stripe above; the others are dark.
Result<void> tab_name(cairo_t* cairo, const LineMenuSheet& sheet, bool open) {
  const double x = static_cast<double>(sheet.at[0]), width = static_cast<double>(sheet.at[2]), height = static_cast<double>(sheet.at[3]);
  paint(cairo, open ? kPage : kCity);
  cairo_rectangle(cairo, x, 0, width, height);
  cairo_fill(cairo);
  paint(cairo, open ? kCity : kPage);
  cairo_rectangle(cairo, x, 0, open ? width : 4, open ? 18 : height);
  cairo_fill(cairo);
  return write(cairo, sheet.name, sheet.at, open ? kInk : kCard, open ? kQuiet : kCard);
}

cairo_status_t append(void* closure, const unsigned char* data, unsigned length) {
  static_cast<std::string*>(closure)->append(reinterpret_cast<const char*>(data), length);
  return CAIRO_STATUS_SUCCESS;
}
}  // namespace

Result<std::string> draw_line_menu(const LineMenu& menu, std::size_t tab) {
  if (tab >= menu.tabs.size()) return Error(ErrorCode::invalid_input, "no such tab", "line-menu");
  Canvas canvas(menu.width, menu.height);
  cairo_t* cairo = canvas.cairo.get();
  paint(cairo, kPage);
  cairo_paint(cairo);
  if (menu.tabs.size() > 1)
    for (std::size_t i = 0; i < menu.tabs.size(); ++i) MACHIYA_CHECK(tab_name(cairo, menu.tabs[i], i == tab));
  for (const LineMenuArea& area : menu.tabs[tab].areas) {
    card(cairo, area.at);
    MACHIYA_CHECK(write(cairo, area.label, area.at, kInk, kQuiet));
  }
  std::string out;
  cairo_surface_flush(canvas.surface.get());
  if (cairo_status(cairo) != CAIRO_STATUS_SUCCESS) return Error(ErrorCode::internal, cairo_status_to_string(cairo_status(cairo)), "line-menu");
  if (const cairo_status_t written = cairo_surface_write_to_png_stream(canvas.surface.get(), append, &out); written != CAIRO_STATUS_SUCCESS)
    return Error(ErrorCode::internal, cairo_status_to_string(written), "line-menu");
  if (out.size() > kMostBytes) return Error(ErrorCode::too_large, "the picture has more than 1 MB", "line-menu");
  return out;
}

std::vector<std::string> line_menu_misfits(const LineMenu& menu) {
  std::vector<std::string> out;
  Canvas canvas(1, 1);
  for (std::size_t i = 0; i < menu.tabs.size(); ++i) {
    const LineMenuSheet& sheet = menu.tabs[i];
    const std::string where = "/tabs/" + std::to_string(i);
    if (menu.tabs.size() > 1 && !words_in(canvas.cairo.get(), sheet.name, sheet.at).fits) out.push_back(where + "/name");
    for (std::size_t k = 0; k < sheet.areas.size(); ++k)
      if (!words_in(canvas.cairo.get(), sheet.areas[k].label, sheet.areas[k].at).fits) out.push_back(where + "/areas/" + std::to_string(k) + "/label");
  }
  return out;
}

}  // namespace machiya::tell
