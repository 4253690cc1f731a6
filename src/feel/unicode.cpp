#include "feel/unicode.h"

#include <algorithm>
#include <iterator>

#include "base/text.h"

namespace machiya::feel {
namespace {

struct CategoryRun {
  char32_t first;
  Category category;
};
constexpr CategoryRun kCategories[] = {
#define U(first, name) {first, Category::name},
#include "feel/unicode_categories.def"
#undef U
};

struct CaseRun {
  char32_t first;
  int count, distance, step;
};
constexpr CaseRun kLower[] = {
#define LOWER(first, count, distance, step) {first, count, distance, step},
#include "feel/unicode_case.def"
#undef LOWER
};
constexpr CaseRun kUpper[] = {
#define UPPER(first, count, distance, step) {first, count, distance, step},
#include "feel/unicode_case.def"
#undef UPPER
};

constexpr std::string_view kNames[] = {"Lu", "Ll", "Lt", "Lm", "Lo", "Mn", "Mc", "Me", "Nd", "Nl", "No", "Pc", "Pd", "Ps", "Pe",
                                       "Pi", "Pf", "Po", "Sm", "Sc", "Sk", "So", "Zs", "Zl", "Zp", "Cc", "Cf", "Cs", "Co", "Cn"};

template <std::size_t N>
char32_t mapped(const CaseRun (&runs)[N], char32_t c) {
  const CaseRun* r = std::upper_bound(std::begin(runs), std::end(runs), c, [](char32_t v, const CaseRun& run) { return v < run.first; });
  // Runs of step 2 interleave with single ones, so the one before may hold the code point too.
  for (int back = 0; back < 2 && r != std::begin(runs); ++back) {
    --r;
    auto offset = static_cast<int>(c - r->first);
    if (offset % r->step == 0 && offset / r->step < r->count) return static_cast<char32_t>(static_cast<int>(c) + r->distance);
  }
  return c;
}

}  // namespace

Category category(char32_t c) {
  const CategoryRun* r = std::upper_bound(std::begin(kCategories), std::end(kCategories), c,
                                          [](char32_t v, const CategoryRun& run) { return v < run.first; });
  return std::prev(r)->category;
}

std::uint32_t category_mask(std::string_view name) {
  std::uint32_t mask = 0;
  for (std::size_t i = 0; i < std::size(kNames); ++i)
    if (!name.empty() && kNames[i].substr(0, name.size()) == name) mask |= std::uint32_t{1} << i;
  return mask;
}

char32_t to_lower(char32_t c) {
  if (c < 0x80) return c >= 'A' && c <= 'Z' ? c + 32 : c;
  return mapped(kLower, c);
}

char32_t to_upper(char32_t c) {
  if (c < 0x80) return c >= 'a' && c <= 'z' ? c - 32 : c;
  return mapped(kUpper, c);
}

std::string lower_case(std::string_view s) {
  std::string out;
  out.reserve(s.size());
  for (std::size_t i = 0; i < s.size();) append_utf8(to_lower(next_code_point(s, i)), out);
  return out;
}

std::string upper_case(std::string_view s) {
  std::string out;
  out.reserve(s.size());
  for (std::size_t i = 0; i < s.size();) {
    char32_t c = next_code_point(s, i);
    if (c == 0xDF)
      out += "SS";
    else
      append_utf8(to_upper(c), out);
  }
  return out;
}

}  // namespace machiya::feel
