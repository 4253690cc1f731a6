// A screen as a small picture drawn on the server: what stands on it, in as many lines as fit.
#include <algorithm>

#include "base/text.h"
#include "tell/signage/web.h"

namespace machiya::signage::detail {
namespace {

constexpr int kLong = 320, kShort = 180, kMargin = 14;

/// Width of a character in ems: full-width ones take one, others a little more than half.
double width_of(char32_t c) { return c < 0x2000 ? 0.56 : 1.0; }

/// Lines of at most `most` ems; what does not fit into `lines` ends in an ellipsis.
std::vector<std::string> wrapped(std::string_view words, double most, std::size_t lines) {
  std::vector<std::string> out;
  std::string line;
  double width = 0;
  for (std::size_t at = 0; at < words.size();) {
    const std::size_t begin = at;
    const double wide = width_of(next_code_point(words, at));
    if (width + wide > most && !line.empty()) {
      if (out.size() + 1 == lines) {
        out.push_back(line + "…");
        return out;
      }
      out.push_back(std::move(line)), line.clear(), width = 0;
    }
    line += words.substr(begin, at - begin), width += wide;
  }
  if (!line.empty()) out.push_back(std::move(line));
  return out;
}

}  // namespace

std::string plain_of(const json::Value& pieces) {
  std::string out;
  for (const json::Value& piece : pieces.items()) out += piece.text("text");
  return out;
}

pages::SafeHtml html_of(const json::Value& pieces) {
  pages::SafeHtml out;
  for (const json::Value& piece : pieces.items()) {
    const std::string words = pages::escape(piece.text("text")).html;
    if (piece.has("reading")) out.html += "<ruby>" + words + "<rt>" + pages::escape(piece.text("reading")).html + "</rt></ruby>";
    else out.html += words;
  }
  return out;
}

pages::Data picture(const json::Value& frame, bool portrait, bool alert, bool drill, bool grey, std::string label) {
  const int width = portrait ? kShort : kLong, height = portrait ? kLong : kShort;
  const int title_size = portrait ? 18 : 22, text_size = portrait ? 12 : 14;
  pages::Data lines{pages::Data::List{}};
  int y = kMargin;
  const auto put = [&](const std::string& words, int size, std::size_t most, const char* look) {
    const auto fitting = wrapped(words, static_cast<double>(width - 2 * kMargin) / size, most);
    for (const std::string& line : fitting) {
      if (y + size > height - kMargin) return;
      y += size + size / 4;
      lines.push(pages::Data().set("x", kMargin).set("y", y).set("look", look).set("size", size).set("text", line));
    }
  };
  if (frame.has("mark")) put(plain_of(frame["mark"]), title_size, 1, "mark");
  put(plain_of(frame["title"]), title_size, 3, "title");
  y += text_size / 2;
  for (const json::Value& paragraph : frame["text"].items()) put(plain_of(paragraph), text_size, 6, "text");
  pages::Data out = pages::Data().set("width", width).set("height", height).set("lines", std::move(lines)).set("label", std::move(label)).set("lang", frame.text("tag"));
  out.set("kind", drill ? "drill" : alert ? "alert" : grey ? "grey" : "plain");
  return out;
}

std::string clock_in_japan(Instant t) { return to_iso_japan(t).substr(11, 5); }

}  // namespace machiya::signage::detail
