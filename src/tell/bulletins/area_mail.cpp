#include "tell/bulletins/area_mail.h"

#include <algorithm>
#include <set>

#include "base/pattern.h"
#include "base/text.h"

namespace machiya::bulletins {
namespace {

std::vector<FormatRule> built_in() {
  std::vector<Forbidden> forbidden;
  std::vector<std::pair<char32_t, char32_t>> allowed;
  std::vector<FormatRule> out;
#define MACHIYA_AREA_MAIL(id, name, title, body) \
  out.push_back({id, name, title, body, "JIS X 0208（近似）", {}, {}, "緊急速報メール 配信の手引き（4社）", "要確認"});
#define MACHIYA_FORBIDDEN(id, pattern, ja, en) forbidden.push_back({id, pattern, ja, en});
#define MACHIYA_ALLOWED(first, last) allowed.emplace_back(first, last);
#include "tell/bulletins/area_mail_rules.def"
  for (FormatRule& rule : out) rule.forbidden = forbidden, rule.allowed = allowed;
  return out;
}

/// A field as it goes out, character by character.
struct Field {
  const char* name;
  std::u32string characters;
};

void too_long(const Field& field, std::size_t most, std::vector<Problem>& out) {
  const std::size_t have = field.characters.size();
  if (have <= most) return;
  const std::string over = std::to_string(have - most), limit = std::to_string(most);
  out.push_back({"too-long", field.name, most, have - most, limit + "文字までです。" + over + "文字多すぎます", "at most " + limit + " characters: " + over + " too many"});
}

void outside(const Field& field, const FormatRule& rule, bool lines, std::vector<Problem>& out) {
  if (rule.allowed.empty()) return;
  auto fits = [&](char32_t c) {
    if (c == '\n') return lines;
    return std::any_of(rule.allowed.begin(), rule.allowed.end(), [&](const auto& r) { return r.first <= c && c <= r.second; });
  };
  for (std::size_t i = 0; i < field.characters.size(); ++i) {
    if (fits(field.characters[i])) continue;
    const std::string shown = to_utf8(std::u32string_view(field.characters).substr(i, 1));
    out.push_back({"charset", field.name, i, 1, "「" + shown + "」は携帯電話で表示できないことがあります", "handsets may not show “" + shown + "”"});
  }
}

/// The patterns match whole texts only: where one begins is found by what may follow it, where it ends by trying.
Result<void> forbidden_parts(const Field& field, const Forbidden& f, std::vector<Problem>& out) {
  auto exact = Pattern::compile(f.pattern), led = Pattern::compile("(" + f.pattern + ")(.|\n)*");
  if (!exact.ok() || !led.ok()) return Error(ErrorCode::invalid_input, "pattern: " + f.id, "rule");
  const std::u32string_view all = field.characters;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (!led->matches(to_utf8(all.substr(i)))) continue;
    std::size_t length = all.size() - i;
    while (length > 1 && !exact->matches(to_utf8(all.substr(i, length)))) --length;
    out.push_back({f.id, field.name, i, length, f.ja, f.en});
    i += length - 1;
  }
  return {};
}

std::vector<std::string> municipalities_of(const Notice& notice) {
  std::set<std::string> out;
  for (const Area& area : notice.areas)
    for (const auto& [list, code] : area.codes)
      if ((list == kJisMunicipality || list == kTown) && code.size() >= 5) out.insert(code.substr(0, 5));
  return {out.begin(), out.end()};
}

std::string body_of(const Wording& w, const std::string& title) {
  std::string out;
  const auto all = all_paragraphs(w);
  for (const std::string& paragraph : all) (out += out.empty() ? "" : "\n") += plain(paragraph, "ja");
  const std::string sender = plain(w.sender, "ja");
  if (!sender.empty() && out.find(sender) == std::string::npos && title.find(sender) == std::string::npos) out += "\n（" + sender + "）";
  return out;
}

}  // namespace

const std::vector<FormatRule>& area_mail_rules() {
  static const std::vector<FormatRule> rules = built_in();
  return rules;
}

Result<AreaMail> area_mail(const Notice& notice, const FormatRule& rule) {
  MACHIYA_CHECK(check(notice));
  const Wording& w = wording_for(notice, "ja");
  AreaMail out;
  out.rule = rule.id;
  out.title = marked_title(notice, w);
  out.body = body_of(w, out.title);
  out.municipalities = municipalities_of(notice);
  if (out.municipalities.empty()) return Error(ErrorCode::invalid_input, "no municipality's code", "areas");
  const Field title{"title", to_utf32(out.title)}, body{"body", to_utf32(out.body)};
  out.title_length = title.characters.size(), out.body_length = body.characters.size();
  too_long(title, rule.max_title, out.problems);
  too_long(body, rule.max_body, out.problems);
  outside(title, rule, false, out.problems);
  outside(body, rule, true, out.problems);
  for (const Forbidden& f : rule.forbidden) {
    MACHIYA_CHECK(forbidden_parts(title, f, out.problems));
    MACHIYA_CHECK(forbidden_parts(body, f, out.problems));
  }
  return out;
}

}  // namespace machiya::bulletins
