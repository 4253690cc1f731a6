#include "ask/cases/holder_check.h"

#include <algorithm>

#include "ask/cases/decision_text.h"
#include "base/text.h"

namespace machiya::cases {
namespace {

int kanji_digit(char32_t c) {
  static constexpr std::u32string_view kDigits = U"〇一二三四五六七八九";
  const auto at = kDigits.find(c);
  return at == std::u32string_view::npos ? -1 : static_cast<int>(at);
}

/// "二十三" before 丁目 as 23; the places of a town's number are two at most.
std::u32string digits_before_block(const std::u32string& text) {
  const auto block = text.find(U"丁目");
  if (block == std::u32string::npos) return text;
  std::size_t begin = block;
  int number = 0, last = 0;
  while (begin > 0 && (text[begin - 1] == U'十' || kanji_digit(text[begin - 1]) >= 0)) --begin;
  for (std::size_t i = begin; i < block; ++i) {
    if (text[i] == U'十') number += (last == 0 ? 1 : last) * 10, last = 0;
    else last = kanji_digit(text[i]);
  }
  number += last;
  if (begin == block) return text;
  return text.substr(0, begin) + to_utf32(std::to_string(number)) + text.substr(block);
}

bool same_name(const std::string& a, const std::string& b) { return fold_for_search(a) == fold_for_search(b); }
bool begins_with(const std::string& whole, const std::string& part) {
  return starts_with(whole, part) && (whole.size() == part.size() || whole[part.size()] < '0' || whole[part.size()] > '9');
}
/// One may name the building and the other not.
bool same_address(const std::string& a, const std::string& b) {
  const std::string x = plain_address(a), y = plain_address(b);
  return begins_with(x, y) || begins_with(y, x);
}

}  // namespace

std::string plain_address(std::string_view text) {
  const std::u32string in = digits_before_block(to_utf32(fold_for_search(text)));
  static constexpr std::u32string_view kWords[] = {U"丁目", U"番地", U"番", U"号", U"-", U"\u2010", U"\u2212", U"ー"};   // the last: a long vowel typed for a hyphen
  std::u32string out;
  for (std::size_t i = 0; i < in.size();) {
    const bool after_digit = i > 0 && in[i - 1] >= U'0' && in[i - 1] <= U'9';
    const auto* word = after_digit ? std::find_if(std::begin(kWords), std::end(kWords), [&](std::u32string_view w) { return in.compare(i, w.size(), w) == 0; }) : std::end(kWords);
    if (word == std::end(kWords)) out += in[i++];
    else out += U'-', i += word->size();
  }
  while (!out.empty() && out.back() == U'-') out.pop_back();
  return to_utf8(out);
}

std::vector<HolderDifference> holder_differences(const ProcedureInfo& procedure, const json::Value& values, const jpki::Holder& holder) {
  std::vector<HolderDifference> out;
  for (const FieldInfo& field : procedure.fields) {
    const json::Value& value = values[field.name];
    if (value.is_null()) continue;
    const auto differs = [&](const char* fact, const std::string& given, const std::string& certified, bool same) {
      if (!given.empty() && !certified.empty() && !same) out.push_back({fact, given, certified});
    };
    if (field.prefill == "person.name") {
      const std::string given = value.text("family") + " " + value.text("given");
      differs("name", given, holder.name, same_name(given, holder.name));
    } else if (field.prefill == "person.birth_date") {
      differs("birth_date", value.as_string(), holder.birth_date, value.as_string() == holder.birth_date);
    } else if (field.prefill == "person.address") {
      std::string given;
      for (const char* part : {"prefecture", "city", "town", "street", "building"}) given += value.text(part);
      differs("address", given, holder.address, same_address(given, holder.address));
    }
  }
  return out;
}

}  // namespace machiya::cases
