#include "tell/bulletins/notice.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "base/text.h"
#include "platform/locale/locale.h"

namespace machiya::bulletins {
namespace {

constexpr std::array<std::string_view, 3> kStatus = {"Actual", "Exercise", "Test"};
constexpr std::array<std::string_view, 3> kAct = {"Alert", "Update", "Cancel"};
constexpr std::array<std::string_view, 12> kCategory = {"Geo",  "Met",    "Safety", "Security",  "Rescue", "Fire",
                                                       "Health", "Env", "Transport", "Infra", "CBRNE", "Other"};
constexpr std::array<std::string_view, 9> kResponse = {"Shelter", "Evacuate", "Prepare", "Execute", "Avoid",
                                                       "Monitor", "Assess",   "AllClear", "None"};
constexpr std::array<std::string_view, 5> kUrgency = {"Immediate", "Expected", "Future", "Past", "Unknown"};
constexpr std::array<std::string_view, 5> kSeverity = {"Extreme", "Severe", "Moderate", "Minor", "Unknown"};
constexpr std::array<std::string_view, 5> kCertainty = {"Observed", "Likely", "Possible", "Unlikely", "Unknown"};

/// How exercises and tests are marked, in the order of locale::kLanguages.
constexpr std::array<std::string_view, 6> kExerciseWords = {"訓練", "{訓練|くんれん}", "DRILL", "演练", "훈련", "DIỄN TẬP"};
constexpr std::array<std::string_view, 6> kTestWords = {"試験", "{試験|しけん}", "TEST", "测试", "시험", "THỬ NGHIỆM"};

constexpr Instant kFirst{0};
constexpr Instant kEnd{253'402'268'400'000'000};   // 9999-12-31T15:00:00Z: the last midnight of a four-digit year in Japan

Error bad(std::string detail, std::string where) { return Error(ErrorCode::invalid_input, std::move(detail), std::move(where)); }

bool is_token(std::string_view text) {
  if (text.empty() || !is_utf8(text)) return false;
  return std::none_of(text.begin(), text.end(), [](unsigned char c) { return c <= 0x20 || c == 0x7f || c == ',' || c == '<' || c == '&'; });
}

Result<void> check_text(std::string_view text, const std::string& where) {
  if (!is_utf8(text)) return bad("not UTF-8", where);
  const auto pieces = locale::parse_text(text);
  for (const auto& piece : pieces)
    if (piece.kind == locale::TextPiece::Kind::argument) return bad("a variable was not filled in: {" + piece.text + "}", where);
  return {};
}

Result<void> check_line(std::string_view text, const std::string& where) {
  if (trim(text).empty()) return bad("empty", where);
  if (text.find_first_of("\r\n") != std::string_view::npos) return bad("more than one line", where);
  return check_text(text, where);
}

Result<void> check_ring(const Ring& ring, const std::string& where) {
  std::vector<std::pair<double, double>> points;
  for (const GeoPoint& p : ring) {
    if (!(std::abs(p.lat) <= 90) || !(std::abs(p.lon) <= 180)) return bad("not a place on earth", where);
    points.emplace_back(std::round(p.lat * 1e6), std::round(p.lon * 1e6));
  }
  std::sort(points.begin(), points.end());
  points.erase(std::unique(points.begin(), points.end()), points.end());
  if (points.size() < 3) return bad("fewer than three different points", where);
  return {};
}

Result<void> check_area(const Area& area, const std::string& where) {
  if (area.names.empty()) return bad("an area without a name", where + "/names");
  for (const auto& [lang, name] : area.names) MACHIYA_CHECK(check_line(name, where + "/names/" + lang));
  for (std::size_t i = 0; i < area.polygons.size(); ++i) MACHIYA_CHECK(check_ring(area.polygons[i], where + "/polygons/" + std::to_string(i)));
  for (const auto& [list, code] : area.codes)
    if (list.empty() || code.empty() || !is_utf8(list) || !is_utf8(code)) return bad("a code without its list or value", where + "/codes");
  return {};
}

Result<void> check_wordings(const Notice& notice) {
  if (notice.wordings.empty()) return bad("no language", "wordings");
  for (std::size_t i = 0; i < notice.wordings.size(); ++i) {
    const Wording& w = notice.wordings[i];
    const std::string where = "wordings/" + std::to_string(i);
    if (!locale::is_language(w.lang)) return bad("unknown language", where + "/lang");
    for (std::size_t j = 0; j < i; ++j)
      if (notice.wordings[j].lang == w.lang) return bad("the same language twice", where + "/lang");
    MACHIYA_CHECK(check_line(w.title, where + "/title"));
    MACHIYA_CHECK(check_text(w.body, where + "/body"));
    MACHIYA_CHECK(check_text(w.instruction, where + "/instruction"));
    if (!w.event.empty()) MACHIYA_CHECK(check_line(w.event, where + "/event"));
    if (!w.sender.empty()) MACHIYA_CHECK(check_line(w.sender, where + "/sender"));
  }
  return {};
}

Result<void> check_references(const Notice& notice) {
  if (notice.act == Act::alert && !notice.references.empty()) return bad("a first message refers to none", "references");
  if (notice.act != Act::alert && notice.references.empty()) return bad("an update or cancel names what it follows", "references");
  for (const Reference& r : notice.references) {
    if (!is_token(r.sender) || !is_token(r.id)) return bad("sender and identifier without space, comma, '<' and '&'", "references");
    if (r.sent < kFirst || r.sent >= kEnd || r.sent > notice.sent) return bad("sent later than what follows it", "references");
  }
  return {};
}

/// What a reader of `lang` can be offered, best first.
std::vector<std::string_view> chain(std::string_view lang) {
  if (lang == "ja" || lang == "ja-easy" || lang == "en") return {lang, "ja"};
  return {lang, "en", "ja"};
}

std::size_t place_of(std::string_view lang) {
  return static_cast<std::size_t>(std::find(locale::kLanguages.begin(), locale::kLanguages.end(), lang) - locale::kLanguages.begin());
}

}  // namespace

std::string_view word(Status v) { return kStatus[static_cast<std::size_t>(v)]; }
std::string_view word(Act v) { return kAct[static_cast<std::size_t>(v)]; }
std::string_view word(Category v) { return kCategory[static_cast<std::size_t>(v)]; }
std::string_view word(Response v) { return kResponse[static_cast<std::size_t>(v)]; }
std::string_view word(Urgency v) { return kUrgency[static_cast<std::size_t>(v)]; }
std::string_view word(Severity v) { return kSeverity[static_cast<std::size_t>(v)]; }
std::string_view word(Certainty v) { return kCertainty[static_cast<std::size_t>(v)]; }

bool is_address(std::string_view text) {
  constexpr std::string_view kNever = "\"<>\\^`{|}";
  if (!starts_with(text, "https://") && !starts_with(text, "http://")) return false;
  return text.find("//") + 2 < text.size() &&
         std::all_of(text.begin(), text.end(), [&](unsigned char c) { return c > 0x20 && c < 0x7f && kNever.find(static_cast<char>(c)) == std::string_view::npos; });
}

Result<void> check(const Notice& notice) {
  if (!is_token(notice.id)) return bad("without space, comma, '<' and '&', and not empty", "id");
  if (!notice.thread.empty() && !is_token(notice.thread)) return bad("without space, comma, '<' and '&'", "thread");
  if (!notice.url.empty() && !is_address(notice.url)) return bad("not an absolute http address", "url");
  if (!notice.cap_url.empty() && !is_address(notice.cap_url)) return bad("not an absolute http address", "cap_url");
  if (!is_utf8(notice.category)) return bad("not UTF-8", "category");
  MACHIYA_CHECK(check_text(notice.note, "note"));
  MACHIYA_CHECK(check_wordings(notice));
  if (notice.published < kFirst || notice.sent >= kEnd) return bad("outside of the years 1970 to 9999", "published");
  if (notice.sent < notice.published) return bad("before the thread began", "sent");
  if (notice.expires && (*notice.expires <= notice.sent || *notice.expires >= kEnd)) return bad("over before it is sent", "expires");
  MACHIYA_CHECK(check_references(notice));
  for (std::size_t i = 0; i < notice.areas.size(); ++i) MACHIYA_CHECK(check_area(notice.areas[i], "areas/" + std::to_string(i)));
  return {};
}

Result<void> check_alert(const Notice& notice) {
  MACHIYA_CHECK(check(notice));
  if (!is_token(notice.sender)) return bad("without space, comma, '<' and '&', and not empty", "sender");
  if (!notice.hazard) return bad("not an alert", "hazard");
  if (notice.hazard->categories.empty()) return bad("no category", "hazard/categories");
  if (notice.hazard->level < 0 || notice.hazard->level > 5) return bad("0 to 5", "hazard/level");
  if (notice.hazard->onset && (*notice.hazard->onset < kFirst || *notice.hazard->onset >= kEnd)) return bad("outside of the years 1970 to 9999", "hazard/onset");
  for (const auto& [list, code] : notice.hazard->codes)
    if (list.empty() || code.empty() || !is_utf8(list) || !is_utf8(code)) return bad("a code without its list or value", "hazard/codes");
  return {};
}

const Wording& wording_for(const Notice& notice, std::string_view lang) {
  for (const std::string_view wanted : chain(lang))
    for (const Wording& w : notice.wordings)
      if (w.lang == wanted) return w;
  return *in_order(notice).front();
}

std::string_view name_for(const Names& names, std::string_view lang) {
  for (const std::string_view wanted : chain(lang))
    for (const auto& [have, name] : names)
      if (have == wanted) return name;
  return names.empty() ? std::string_view() : std::string_view(names.front().second);
}

std::vector<const Wording*> in_order(const Notice& notice) {
  std::vector<const Wording*> out;
  for (const Wording& w : notice.wordings) out.push_back(&w);
  std::stable_sort(out.begin(), out.end(), [](const Wording* a, const Wording* b) { return place_of(a->lang) < place_of(b->lang); });
  return out;
}

std::string tag(std::string_view lang) { return lang == "ja-easy" ? "ja-x-easy" : std::string(lang); }

std::string plain(std::string_view text, std::string_view lang) {
  std::string out;
  const auto pieces = locale::parse_text(text);
  for (const auto& piece : pieces) {
    if (piece.kind == locale::TextPiece::Kind::argument) out += "{" + piece.text + "}";
    else out += piece.text;
    if (piece.kind == locale::TextPiece::Kind::ruby && lang == "ja-easy") out += "（" + piece.reading + "）";
  }
  return out;
}

std::string_view status_word(Status status, std::string_view lang) {
  if (status == Status::actual) return {};
  const auto& words = status == Status::exercise ? kExerciseWords : kTestWords;
  const std::size_t at = place_of(lang);
  return at < words.size() ? words[at] : words[0];
}

std::string marked_title(const Notice& notice, const Wording& wording) {
  const std::string title = plain(trim(wording.title), wording.lang);
  const std::string_view mark = status_word(notice.status, wording.lang);
  if (mark.empty()) return title;
  const bool wide = wording.lang == "ja" || wording.lang == "ja-easy" || wording.lang == "zh-Hans";
  const std::string bare = (wide ? "【" : "[") + plain(mark, "ja") + (wide ? "】" : "]");
  const std::string lead = (wide ? "【" : "[") + plain(mark, wording.lang) + (wide ? "】" : "] ");
  return starts_with(title, bare) || starts_with(title, lead) ? title : lead + title;
}

std::vector<std::string> paragraphs(std::string_view text) {
  std::string folded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\r' && i + 1 < text.size() && text[i + 1] == '\n') continue;
    folded.push_back(text[i] == '\r' ? '\n' : text[i]);
  }
  std::vector<std::string> out;
  std::string current;
  auto flush = [&] {
    if (const std::string_view kept = trim(current); !kept.empty()) out.emplace_back(kept);
    current.clear();
  };
  for (const std::string_view line : split(folded, '\n')) {
    if (trim(line).empty()) flush();
    else (current += current.empty() ? "" : "\n") += line;
  }
  flush();
  return out;
}

std::vector<std::string> all_paragraphs(const Wording& wording) {
  std::vector<std::string> out = paragraphs(wording.body);
  for (std::string& p : paragraphs(wording.instruction)) out.push_back(std::move(p));
  return out;
}

}  // namespace machiya::bulletins
