// lang (§4.15): language ranges with weights (RFC 9110 §12.5.4), looked up in a languageMap (RFC 4647 §3.4).
#include <algorithm>

#include "base/text.h"
#include "sense/query/projection.h"
#include "sense/query/scan.h"

namespace machiya::sense {
namespace {

constexpr std::size_t kMaxRanges = 64;

bool is_range(std::string_view text) {
  if (text == "*") return true;
  std::size_t length = 0;
  for (const char c : text) {
    const bool alphanumeric = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (c == '-' ? length == 0 : !alphanumeric || length == 8) return false;
    length = c == '-' ? 0 : length + 1;
  }
  return length > 0;
}

std::optional<double> weight(std::string_view text) {
  if (!text.starts_with("q=") || !detail::is_json_number(text.substr(2))) return std::nullopt;
  const double q = tree::Value::number(text.substr(2)).number();
  return q >= 0 && q <= 1 ? std::optional(q) : std::nullopt;
}

bool same(std::string_view a, std::string_view b) { return a.size() == b.size() && lower_ascii(a) == lower_ascii(b); }

const tree::Member* look_up(const tree::Value& map, std::string_view range) {
  while (!range.empty()) {
    for (const tree::Member& m : map.members()) {
      if (same(m.key, range)) return &m;
    }
    // A whole range is also met by what is more special ("en" by "en-GB").
    for (const tree::Member& m : map.members()) {
      if (m.key.size() > range.size() && m.key[range.size()] == '-' && same(m.key.substr(0, range.size()), range)) return &m;
    }
    const std::size_t dash = range.rfind('-');
    range = dash == std::string_view::npos ? std::string_view() : range.substr(0, dash);
  }
  return nullptr;
}

}  // namespace

Result<LanguageFilter> LanguageFilter::parse(std::string_view text) {
  std::vector<std::pair<double, std::string>> ranges;
  for (const std::string_view part : split(text, ',')) {
    const auto pieces = split(trim(part), ';');
    const auto q = pieces.size() == 1 ? std::optional(1.0) : pieces.size() == 2 ? weight(trim(pieces[1])) : std::nullopt;
    const std::string_view range = trim(pieces[0]);
    if (!is_range(range) || !q) return Error(ErrorCode::malformed_request, "lang: \"" + std::string(part) + "\" is no language range, such as fr-CH or en;q=0.8", "lang");
    if (ranges.size() == kMaxRanges) return Error(ErrorCode::limit_exceeded, "lang: more than 64 languages", "lang");
    if (*q > 0) ranges.emplace_back(-*q, range);
  }
  std::stable_sort(ranges.begin(), ranges.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  LanguageFilter out;
  for (auto& [q, range] : ranges) out.ranges_.push_back(std::move(range));
  return out;
}

std::optional<std::string_view> LanguageFilter::choose(const tree::Value& language_map) const {
  if (language_map.members().empty()) return std::nullopt;
  for (const std::string& range : ranges_) {
    if (range == "*") break;
    if (const tree::Member* m = look_up(language_map, range)) return m->key;
  }
  return language_map.has("@none") ? std::string_view("@none") : language_map.members()[0].key;
}

}  // namespace machiya::sense
