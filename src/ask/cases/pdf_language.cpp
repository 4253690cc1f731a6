#include "ask/cases/pdf_language.h"

#include <cstdint>
#include <optional>

namespace machiya::cases {
namespace {

constexpr std::size_t kEntry = 20;   // bytes of one line of a cross-reference table

/// The number that stands at `at`, after blanks.
std::optional<std::uint64_t> number_at(std::string_view text, std::size_t at) {
  while (at < text.size() && (text[at] == ' ' || text[at] == '\n' || text[at] == '\r')) ++at;
  std::uint64_t out = 0;
  std::size_t digits = 0;
  for (; at < text.size() && text[at] >= '0' && text[at] <= '9' && digits < 12; ++at, ++digits) out = out * 10 + static_cast<std::uint64_t>(text[at] - '0');
  return digits > 0 ? std::optional(out) : std::nullopt;
}
/// The number after `key`, looked for from `from` on.
std::optional<std::uint64_t> number_after(std::string_view text, std::string_view key, std::size_t from) {
  const auto at = text.find(key, from);
  return at == std::string_view::npos ? std::nullopt : number_at(text, at + key.size());
}

}  // namespace

Result<std::string> with_language(std::string pdf, std::string_view lang) {
  const Error broken(ErrorCode::internal, "the PDF has no cross-reference table of the known kind");
  const auto last = pdf.rfind("startxref");
  const auto table = last == std::string::npos ? std::nullopt : number_at(pdf, last + 9);
  if (!table || *table >= pdf.size() || pdf.compare(*table, 7, "xref\n0 ") != 0) return broken;
  const auto trailer = pdf.find("trailer", *table);
  if (trailer == std::string::npos) return broken;
  const auto root = number_after(pdf, "/Root ", trailer), info = number_after(pdf, "/Info ", trailer), size = number_after(pdf, "/Size ", trailer);
  if (!root || !info || !size || *root >= *size) return broken;
  const auto entry = pdf.find('\n', *table + 5) + 1 + *root * kEntry;
  const auto at = entry < trailer ? number_at(pdf, entry) : std::nullopt;
  const std::string head = std::to_string(*root) + " 0 obj\n<<";
  if (!at || *at >= pdf.size() || pdf.compare(*at, head.size(), head) != 0) return broken;
  const auto end = pdf.find("endobj", *at);
  if (end == std::string::npos) return broken;
  const std::string catalogue = pdf.substr(*at + head.size(), end - *at - head.size());
  const std::string tag(lang == "ja-easy" ? "ja" : lang);
  const std::string place = std::to_string(pdf.size());
  pdf += head + " /Lang (" + tag + ") /ViewerPreferences << /DisplayDocTitle true >>" + catalogue + "endobj\n";
  const std::string next = std::to_string(pdf.size()), where = std::string(10 - place.size(), '0') + place;
  pdf += "xref\n" + std::to_string(*root) + " 1\n" + where + " 00000 n \ntrailer\n<< /Size " + std::to_string(*size) + " /Root " + std::to_string(*root) +
         " 0 R /Info " + std::to_string(*info) + " 0 R /Prev " + std::to_string(*table) + " >>\nstartxref\n" + next + "\n%%EOF\n";
  return pdf;
}

}  // namespace machiya::cases
