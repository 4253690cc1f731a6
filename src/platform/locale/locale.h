// Languages, message catalogues, Japanese calendar and address data.
#pragma once
#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace machiya::locale {

/// Citizen languages in menu order. Staff pages use ja and en.
inline constexpr std::array<std::string_view, 6> kLanguages = {"ja", "ja-easy", "en", "zh-Hans", "ko", "vi"};
bool is_language(std::string_view lang);
/// Best match of an Accept-Language header (RFC 9110 §12.5.4); "ja" when nothing fits.
std::string negotiate(std::string_view accept_language);
/// The value for the HTML lang attribute ("ja-easy" -> "ja").
std::string_view html_lang(std::string_view lang);
/// The language of a staff page for the language a visitor chose: staff pages have two, ja and en ("" counts as ja).
std::string_view staff_language(std::string_view lang);
/// The language named in itself, for the language menu.
std::string_view language_name(std::string_view lang);

using Args = std::vector<std::pair<std::string_view, std::string>>;

/// A text cut at its braces: "{name}" is an argument, "{漢字|かんじ}" a word with its reading (ruby).
struct TextPiece {
  enum class Kind : std::uint8_t { literal, argument, ruby };
  Kind kind = Kind::literal;
  std::string text;     ///< the literal, the argument's name, or the word
  std::string reading;  ///< of a ruby word
};
std::vector<TextPiece> parse_text(std::string_view text);

/// The texts of the pages: web/locale/<part>.<lang>.json, flat keys, a key in one part only. Missing keys fall back:
/// ja-easy -> ja; zh-Hans, ko, vi -> en -> ja; en -> ja. Immutable after loading; thread-safe.
class Catalogue {
 public:
  static Result<std::unique_ptr<Catalogue>> load(const std::string& folder);
  /// The text with {name} replaced. A key that is in no language is a broken invariant in tests and shows as ⟦key⟧.
  /// Plain text: of a ruby word only the word.
  std::string text(std::string_view lang, std::string_view key, const Args& args = {}) const;
  /// Only this language, without fallback.
  bool has(std::string_view lang, std::string_view key) const;
  std::vector<std::string> keys() const;
  /// The text as written (with braces) after fallback; nullptr when no language has it.
  const std::string* raw(std::string_view lang, std::string_view key) const;
  /// Name of the part that holds the key: parts whose name begins with "staff" need ja and en only.
  std::string part_of(std::string_view key) const;

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

/// One town of a postal code (KEN_ALL of Japan Post as packaged on npm).
struct Town {
  std::string postal_code;   ///< seven digits
  std::string prefecture, city, town;
  std::string prefecture_kana, city_kana, town_kana;
  std::string city_code;     ///< JIS X 0402 five digits
};
struct Bank {
  std::string code, name, kana;
};
struct Branch {
  std::string code, name, kana;
};

/// Postal codes, holidays and banks from one compact file made at build time from npm data packages
/// (script/data). Memory-mapped; thread-safe.
class ReferenceData {
 public:
  static Result<std::unique_ptr<ReferenceData>> open(const std::string& file);
  ~ReferenceData();
  std::vector<Town> towns_of(std::string_view postal_code) const;
  /// Towns of a ward or city by JIS code, for choosing a place without a map.
  std::vector<Town> towns_in(std::string_view city_code) const;
  std::optional<std::string> holiday_name(Date date, bool english) const;
  std::optional<Bank> bank(std::string_view code) const;
  std::vector<Bank> banks_matching(std::string_view text, int limit) const;
  std::optional<Branch> branch(std::string_view bank_code, std::string_view branch_code) const;
  std::vector<Branch> branches_of(std::string_view bank_code) const;

 private:
  ReferenceData();
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Working days of the city hall: not Saturday, Sunday, holidays, nor 29 December to 3 January
/// (大阪市の休日を定める条例; 地方自治法4条の2).
bool is_working_day(Date date, const ReferenceData& data);
/// The day on which `days` working days have passed; the first day does not count (民法140条). 0 gives `from`.
Date add_working_days(Date from, int days, const ReferenceData& data);
/// The date itself, or the next working day: a deadline that falls on a day off ends then (民法142条;
/// 地方自治法4条の2第4項).
Date next_working_day(Date date, const ReferenceData& data);

/// "令和8年4月1日", "2026年4月1日（令和8年）" (ja-easy), "April 1, 2026", "2026年4月1日", "2026년 4월 1일", "ngày 1 tháng 4 năm 2026".
std::string format_date(Date date, std::string_view lang);
/// The date and "09:30", Japan Standard Time.
std::string format_time(Instant t, std::string_view lang);
/// "3,550円", "¥3,550", "3,550日元", "3,550엔", "3,550 yên".
std::string format_yen(std::int64_t yen, std::string_view lang);

}  // namespace machiya::locale
