#include "tell/bulletins/signage.h"

#include <algorithm>
#include <cmath>

#include "base/text.h"
#include "platform/locale/locale.h"

namespace machiya::bulletins {
namespace {

bool is_wide(std::string_view lang) { return lang != "en" && lang != "vi"; }

json::Value pieces_of(std::string_view text) {
  json::Value out = json::Value::array();
  const auto pieces = locale::parse_text(text);
  for (const auto& piece : pieces) {
    json::Value item = json::Value::object({{"text", piece.text}});
    if (piece.kind == locale::TextPiece::Kind::ruby) item.set("reading", piece.reading);
    out.push(std::move(item));
  }
  return out;
}

std::size_t length_of(std::string_view text) { return count_code_points(plain(text, "ja")); }   // readings stand above, not beside

/// A paragraph cut behind its sentences; readings in braces are never cut.
std::vector<std::string> sentences_of(std::string_view paragraph) {
  std::vector<std::string> out(1);
  bool inside = false;
  for (std::size_t at = 0; at < paragraph.size();) {
    const std::size_t begin = at;
    const char32_t c = next_code_point(paragraph, at);
    out.back() += paragraph.substr(begin, at - begin);
    if (c == U'{' || c == U'}') inside = c == U'{';
    const bool latin = (c == U'.' || c == U'!' || c == U'?') && at < paragraph.size() && paragraph[at] == ' ';
    if (!inside && at < paragraph.size() && (c == U'。' || c == U'！' || c == U'？' || c == U'\n' || latin)) out.emplace_back();
  }
  return out;
}

struct Page {
  std::vector<std::string> paragraphs;
  std::size_t length = 0;
};

std::vector<Page> pages_of(const Wording& w, std::size_t most) {
  std::vector<Page> out(1);
  const auto all = all_paragraphs(w);
  for (const std::string& paragraph : all) {
    bool begun = false;   // this paragraph already stands on the last page
    const auto sentences = sentences_of(paragraph);
    for (const std::string& sentence : sentences) {
      const std::size_t length = length_of(sentence);
      if (out.back().length > 0 && out.back().length + length > most) out.emplace_back(), begun = false;
      if (begun) out.back().paragraphs.back() += sentence;
      else out.back().paragraphs.push_back(sentence);
      out.back().length += length;
      begun = true;
    }
  }
  return out;
}

void add_slides(const Notice& notice, const Wording& w, const SignageRule& rule, json::Value& out) {
  const bool wide = is_wide(w.lang);
  const std::size_t most = wide ? rule.wide_most : rule.narrow_most;
  const double speed = wide ? rule.wide_per_second : rule.narrow_per_second;
  const auto pages = pages_of(w, most);
  for (std::size_t i = 0; i < pages.size(); ++i) {
    json::Value text = json::Value::array();
    for (const std::string& paragraph : pages[i].paragraphs) text.push(pieces_of(trim(paragraph)));
    json::Value title = pieces_of(trim(w.title));
    const std::string_view mark = status_word(notice.status, w.lang);
    json::Value slide = json::Value::object({{"lang", w.lang}, {"tag", tag(w.lang)}});
    if (!mark.empty()) slide.set("mark", pieces_of(mark));
    slide.set("title", std::move(title)).set("text", std::move(text));
    slide.set("page", i + 1).set("pages", pages.size());
    const double reading = static_cast<double>(pages[i].length + length_of(w.title)) / speed;
    slide.set("seconds", static_cast<int>(std::ceil(std::max(rule.least_seconds, reading))));
    slide.set("long", pages[i].length > most);
    out.push(std::move(slide));
  }
}

}  // namespace

bool overrides(const Notice& notice) {
  if (!notice.hazard || notice.status != Status::actual || notice.act == Act::cancel) return false;
  const Hazard& h = *notice.hazard;
  if (std::find(h.responses.begin(), h.responses.end(), Response::all_clear) != h.responses.end()) return false;
  return (h.urgency == Urgency::immediate || h.urgency == Urgency::expected) && (h.severity == Severity::extreme || h.severity == Severity::severe);
}

Result<json::Value> signage(const Notice& notice, const SignageRule& rule) {
  MACHIYA_CHECK(check(notice));
  if (!(rule.wide_per_second > 0) || !(rule.narrow_per_second > 0) || rule.wide_most == 0 || rule.narrow_most == 0)
    return Error(ErrorCode::invalid_input, "not above 0", "rule");
  const Wording& first = *in_order(notice).front();
  std::string body;
  const auto all = all_paragraphs(first);
  for (const std::string& paragraph : all) (body += body.empty() ? "" : "\n\n") += plain(paragraph, first.lang);
  json::Value out = json::Value::object({{"format", "machiya-signage-1"}, {"id", notice.id}, {"thread", notice.thread.empty() ? notice.id : notice.thread}});
  out.set("category", notice.category).set("kind", notice.hazard ? "alert" : "notice").set("override", overrides(notice));
  out.set("status", lower_ascii(word(notice.status))).set("act", lower_ascii(word(notice.act)));
  out.set("level", notice.hazard ? notice.hazard->level : 0);
  out.set("severity", notice.hazard ? json::Value(lower_ascii(word(notice.hazard->severity))) : json::Value());
  out.set("headline", marked_title(notice, first)).set("body", body);
  out.set("published", to_iso_japan(notice.published)).set("sent", to_iso_japan(notice.sent));
  out.set("expires", notice.expires ? json::Value(to_iso_japan(*notice.expires)) : json::Value());
  json::Value slides = json::Value::array();
  for (const Wording* w : in_order(notice)) add_slides(notice, *w, rule, slides);
  out.set("slides", std::move(slides));
  return out;
}

}  // namespace machiya::bulletins
