// Whether a text is plain, beside each language: advice to the writer, which blocks nothing.
#include <algorithm>

#include "platform/locale/locale.h"
#include "tell/campaigns/web.h"
#include "tell/plain_words/plain_words.h"

namespace machiya::tell::detail {
namespace {
using http::Request;
using pages::Data;
constexpr std::size_t kShown = 12;

std::string grade_text(const CampaignWeb& web, const Request& request, int grade) {
  constexpr int kBeyondSchool = 7;
  return grade >= kBeyondSchool ? text(web, request, "staff_messages.plain.grade_beyond") : text(web, request, "staff_messages.plain.grade", {{"grade", std::to_string(grade)}});
}

std::string summary(const CampaignWeb& web, const Request& request, const plain_words::Report& report, std::string_view lang) {
  std::vector<std::string> parts;
  if (report.readability && lang != "ja-easy") parts.push_back(text(web, request, "staff_messages.plain.level." + report.readability->level));
  if (report.measures.kanji_grade > 0) parts.push_back(grade_text(web, request, report.measures.kanji_grade));
  if (lang == "ja-easy") parts.push_back(text(web, request, "staff_messages.plain.score", {{"score", std::to_string(report.score)}}));
  parts.push_back(report.findings.empty() ? text(web, request, "staff_messages.plain.nothing") : text(web, request, "staff_messages.plain.findings", {{"count", std::to_string(report.findings.size())}}));
  std::string out;
  for (const std::string& part : parts) out += (out.empty() ? "" : " · ") + part;
  return out;
}

}  // namespace

void add_plain(const CampaignWeb& web, const Request& request, const Draft& draft, std::string_view lang, Data& data) {
  if (lang != "ja" && lang != "ja-easy" && lang != "en") return;   // the others are only measured, by nobody's rule
  const bool in_japanese = locale::staff_language(request.lang) == "ja";
  // As typed, readings included: the rules of easy Japanese judge them. A title ends like a sentence of its own.
  const Slots slots = web.campaigns.slots_of(draft);
  const auto report = plain_words::check(fill(draft.title.in(lang), slots, lang) + "\n" + fill(draft.body.in(lang), slots, lang), lang);
  Data items{Data::List{}};
  auto findings = report.findings;
  std::stable_sort(findings.begin(), findings.end(), [](const auto& a, const auto& b) { return a.weight > b.weight; });
  for (std::size_t i = 0; i < std::min(findings.size(), kShown); ++i)
    items.push(Data().set("excerpt", findings[i].excerpt).set("advice", in_japanese ? findings[i].ja : findings[i].en));
  Data plain = Data().set("summary", summary(web, request, report, lang)).set("lang", std::string(locale::html_lang(lang)));
  if (!findings.empty()) plain.set("list", Data().set("items", std::move(items)));
  if (findings.size() > kShown) plain.set("more", text(web, request, "staff_messages.plain.more", {{"count", std::to_string(findings.size() - kShown)}}));
  data.set("plain", std::move(plain));
}

}  // namespace machiya::tell::detail
