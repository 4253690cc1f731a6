#include "base/text.h"

namespace machiya {
namespace {

// Half-width kana U+FF61..U+FF9F in order (JIS X 0201), as full-width.
constexpr char32_t kHalfKana[] = U"。「」、・ヲァィゥェォャュョッーアイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモヤユヨラリルレロワン゛゜";

char32_t voiced(char32_t c) {
  if (c == U'ウ') return U'ヴ';
  if ((c >= U'カ' && c <= U'ト' && c != U'ッ')) {
    // カガキギ…ヂ are alternating; ツヅテデトド follow after small ッ.
    return c + 1;
  }
  if (c >= U'ハ' && c <= U'ホ') return c + 1;
  return 0;
}
char32_t half_voiced(char32_t c) { return c >= U'ハ' && c <= U'ホ' ? c + 2 : 0; }

bool is_hyphen(char32_t c) {
  return c == 0x2010 || c == 0x2011 || c == 0x2012 || c == 0x2013 || c == 0x2014 || c == 0x2015 || c == 0x2212 ||
         c == 0xFF0D || c == 0x30FC || c == 0xFF70 || c == 0x2500;
}
bool is_digit(char32_t c) { return c >= U'0' && c <= U'9'; }
bool is_variation_selector(char32_t c) { return (c >= 0xFE00 && c <= 0xFE0F) || (c >= 0xE0100 && c <= 0xE01EF); }
bool is_space(char32_t c) { return c == U' ' || c == U'\t' || c == U'\n' || c == U'\r' || c == 0x3000 || c == 0xA0; }

std::u32string fold_width32(std::string_view s) {
  std::u32string out;
  for (std::size_t at = 0; at < s.size();) {
    char32_t c = next_code_point(s, at);
    if (c >= 0xFF01 && c <= 0xFF5E) {
      c -= 0xFEE0;
    } else if (c == 0x3000 || c == 0xA0) {
      c = U' ';
    } else if (c == 0xFF9E || c == 0xFF9F) {
      if (!out.empty()) {
        char32_t joined = c == 0xFF9E ? voiced(out.back()) : half_voiced(out.back());
        if (joined != 0) {
          out.back() = joined;
          continue;
        }
      }
      c = c == 0xFF9E ? U'゛' : U'゜';
    } else if (c >= 0xFF61 && c <= 0xFF9D) {
      c = kHalfKana[c - 0xFF61];
    }
    out += c;
  }
  // Any dash between digits is the separator of phone numbers, postal codes and 番地.
  for (std::size_t i = 0; i < out.size(); ++i) {
    if (is_hyphen(out[i]) && i > 0 && i + 1 < out.size() && is_digit(out[i - 1]) && is_digit(out[i + 1])) out[i] = U'-';
  }
  return out;
}

}  // namespace

bool is_utf8(std::string_view s) {
  const auto* p = reinterpret_cast<const unsigned char*>(s.data());
  const auto* end = p + s.size();
  while (p < end) {
    if (*p < 0x80) {
      ++p;
      continue;
    }
    int more = *p >= 0xF0 ? 3 : *p >= 0xE0 ? 2 : 1;
    if (*p < 0xC2 || *p > 0xF4 || end - p <= more) return false;
    unsigned char second = p[1];
    if ((*p == 0xE0 && second < 0xA0) || (*p == 0xED && second > 0x9F) || (*p == 0xF0 && second < 0x90) || (*p == 0xF4 && second > 0x8F)) return false;
    for (int i = 1; i <= more; ++i)
      if ((p[i] & 0xC0) != 0x80) return false;
    p += more + 1;
  }
  return true;
}

void append_utf8(char32_t c, std::string& out) {
  if (c < 0x80) {
    out += static_cast<char>(c);
  } else if (c < 0x800) {
    out += static_cast<char>(0xC0 | (c >> 6));
    out += static_cast<char>(0x80 | (c & 63));
  } else if (c < 0x10000) {
    out += static_cast<char>(0xE0 | (c >> 12));
    out += static_cast<char>(0x80 | ((c >> 6) & 63));
    out += static_cast<char>(0x80 | (c & 63));
  } else {
    out += static_cast<char>(0xF0 | (c >> 18));
    out += static_cast<char>(0x80 | ((c >> 12) & 63));
    out += static_cast<char>(0x80 | ((c >> 6) & 63));
    out += static_cast<char>(0x80 | (c & 63));
  }
}

char32_t next_code_point(std::string_view s, std::size_t& at) {
  auto lead = static_cast<unsigned char>(s[at]);
  std::size_t length = lead < 0x80 ? 1 : lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC2 ? 2 : 0;
  if (length == 0 || at + length > s.size() || !is_utf8(s.substr(at, length))) {
    ++at;
    return 0xFFFD;
  }
  char32_t c = length == 1 ? lead : lead & (0x7F >> length);
  for (std::size_t i = 1; i < length; ++i) c = (c << 6) | (static_cast<unsigned char>(s[at + i]) & 0x3F);
  at += length;
  return c;
}

std::size_t count_code_points(std::string_view s) {
  std::size_t n = 0;
  for (char c : s) n += (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  return n;
}
std::u32string to_utf32(std::string_view s) {
  std::u32string out;
  for (std::size_t at = 0; at < s.size();) out += next_code_point(s, at);
  return out;
}
std::string to_utf8(std::u32string_view s) {
  std::string out;
  for (char32_t c : s) append_utf8(c, out);
  return out;
}

std::string_view trim(std::string_view s) {
  auto ascii = [](char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; };
  constexpr std::string_view wide = "\xE3\x80\x80";
  for (;;) {
    if (!s.empty() && ascii(s.front())) {
      s.remove_prefix(1);
    } else if (s.substr(0, 3) == wide) {
      s.remove_prefix(3);
    } else if (!s.empty() && ascii(s.back())) {
      s.remove_suffix(1);
    } else if (s.size() >= 3 && s.substr(s.size() - 3) == wide) {
      s.remove_suffix(3);
    } else {
      return s;
    }
  }
}

std::vector<std::string_view> split(std::string_view s, char separator) {
  std::vector<std::string_view> out;
  for (;;) {
    std::size_t at = s.find(separator);
    out.push_back(s.substr(0, at));
    if (at == std::string_view::npos) return out;
    s.remove_prefix(at + 1);
  }
}

std::string lower_ascii(std::string_view s) {
  std::string out(s);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  return out;
}
bool starts_with(std::string_view s, std::string_view prefix) { return s.substr(0, prefix.size()) == prefix; }

std::string fold_width(std::string_view s) { return to_utf8(fold_width32(s)); }

std::string digits_of(std::string_view s) {
  std::string out;
  for (char32_t c : fold_width32(s))
    if (is_digit(c)) out += static_cast<char>(c);
  return out;
}

std::string to_katakana(std::string_view s) {
  std::u32string folded = fold_width32(s);
  for (char32_t& c : folded)
    if ((c >= 0x3041 && c <= 0x3096) || c == 0x309D || c == 0x309E) c += 0x60;
  return to_utf8(folded);
}

std::string fold_for_search(std::string_view s) {
  std::string out;
  for (char32_t c : fold_width32(s)) {
    if (is_space(c) || is_variation_selector(c)) continue;
    if (c >= U'A' && c <= U'Z') c += 32;
    if ((c >= 0x30A1 && c <= 0x30F6) || c == 0x30FD || c == 0x30FE) c -= 0x60;
    append_utf8(c, out);
  }
  return out;
}

std::vector<std::string> bigrams(std::string_view s) {
  std::u32string folded = to_utf32(fold_for_search(s));
  std::vector<std::string> out;
  if (folded.size() == 1) out.push_back(to_utf8(folded));
  for (std::size_t i = 0; i + 1 < folded.size(); ++i) out.push_back(to_utf8(std::u32string_view(folded).substr(i, 2)));
  return out;
}

bool is_katakana(std::string_view s) {
  for (std::size_t at = 0; at < s.size();) {
    char32_t c = next_code_point(s, at);
    if (!((c >= 0x30A1 && c <= 0x30FE) || is_space(c))) return false;
  }
  return true;
}

}  // namespace machiya
