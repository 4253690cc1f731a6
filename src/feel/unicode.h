// The little of Unicode that FEEL's strings and patterns need: general categories and simple case mappings.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace machiya::feel {

enum class Category : std::uint8_t {
  Lu, Ll, Lt, Lm, Lo, Mn, Mc, Me, Nd, Nl, No, Pc, Pd, Ps, Pe, Pi, Pf, Po, Sm, Sc, Sk, So, Zs, Zl, Zp, Cc, Cf, Cs, Co, Cn
};
Category category(char32_t c);
/// Bits of the categories that a name such as "L", "Lu" or "N" covers; 0 when unknown.
std::uint32_t category_mask(std::string_view name);
constexpr std::uint32_t mask_of(Category c) { return std::uint32_t{1} << static_cast<int>(c); }

char32_t to_lower(char32_t c);
char32_t to_upper(char32_t c);
std::string lower_case(std::string_view s);
/// With the one common full mapping: ß becomes SS.
std::string upper_case(std::string_view s);

}  // namespace machiya::feel
