#include <algorithm>
#include <cstdlib>

#include "base/text.h"
#include "platform/locale/locale.h"

namespace machiya::locale {
namespace {

/// One of our languages for a language range of RFC 4647; "" when it is none of ours.
std::string_view ours(std::string_view range) {
  std::string tag = lower_ascii(trim(range));
  auto prefix = [&](std::string_view p) { return tag == p || starts_with(tag, std::string(p) + "-"); };
  if (tag == "ja-easy" || prefix("ja-x-easy")) return "ja-easy";
  if (prefix("ja")) return "ja";
  if (prefix("en")) return "en";
  if (prefix("zh")) return "zh-Hans";  // Traditional readers get Simplified rather than Japanese.
  if (prefix("ko")) return "ko";
  if (prefix("vi")) return "vi";
  return "";
}

/// Quality in thousandths (RFC 9110 §12.4.2); -1 for a broken value.
int quality_of(std::string_view parameters) {
  for (std::string_view p : split(parameters, ';')) {
    p = trim(p);
    if (p.size() < 2 || (p[0] != 'q' && p[0] != 'Q') || p[1] != '=') continue;
    p.remove_prefix(2);
    if (p.empty() || (p[0] != '0' && p[0] != '1')) return -1;
    int value = (p[0] - '0') * 1000, scale = 100;
    if (p.size() > 1 && p[1] != '.') return -1;
    for (std::size_t i = 2; i < p.size() && scale > 0; ++i, scale /= 10) {
      if (p[i] < '0' || p[i] > '9') return -1;
      value += (p[i] - '0') * scale;
    }
    return std::min(value, 1000);
  }
  return 1000;
}

}  // namespace

bool is_language(std::string_view lang) { return std::find(kLanguages.begin(), kLanguages.end(), lang) != kLanguages.end(); }

std::string negotiate(std::string_view accept_language) {
  std::string_view best = "ja";
  int best_quality = 0;
  for (std::string_view item : split(accept_language, ',')) {
    std::size_t semicolon = item.find(';');
    std::string_view lang = ours(item.substr(0, semicolon));
    int quality = semicolon == std::string_view::npos ? 1000 : quality_of(item.substr(semicolon + 1));
    if (!lang.empty() && quality > best_quality) {
      best = lang;
      best_quality = quality;
    }
  }
  return std::string(best);
}

std::string_view staff_language(std::string_view lang) { return lang.empty() || lang == "ja" || lang == "ja-easy" ? "ja" : "en"; }

std::string_view html_lang(std::string_view lang) { return lang == "ja-easy" ? std::string_view("ja") : lang; }

std::string_view language_name(std::string_view lang) {
  if (lang == "ja") return "日本語";
  if (lang == "ja-easy") return "やさしい日本語";
  if (lang == "en") return "English";
  if (lang == "zh-Hans") return "简体中文";
  if (lang == "ko") return "한국어";
  if (lang == "vi") return "Tiếng Việt";
  return lang;
}

}  // namespace machiya::locale
