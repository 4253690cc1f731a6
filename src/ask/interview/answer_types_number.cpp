// money, number.
#include "ask/interview/answer_types.h"
#include "base/text.h"
#include "feel/decimal.h"

namespace machiya::interview {
namespace {

using json::Value;

/// Digits with an optional sign and point out of "￥１，２００円", "1 200", "1.5万" is refused; nothing when it is no number.
std::optional<std::string> plain_number(std::string_view typed) {
  const std::string folded = fold_width(clean(typed));
  std::string out;
  bool point = false, digit = false, ended = false;
  for (std::size_t at = 0; at < folded.size();) {
    const char32_t c = next_code_point(folded, at);
    if (c == ' ' || c == ',' || c == U'，' || c == U'、') continue;
    if (c == U'円') { ended = true; continue; }
    if ((c == '\\' || c == U'¥' || c == U'￥') && !digit) continue;
    if (ended) return std::nullopt;
    if ((c == '-' || c == U'−' || c == U'－' || c == U'ー') && out.empty()) { out += '-'; continue; }
    if (c == '+' && out.empty()) continue;
    if ((c == '.' || c == U'．') && !point && digit) { point = true; out += '.'; continue; }
    if (c < '0' || c > '9') return std::nullopt;
    digit = true;
    out += static_cast<char>(c);
  }
  if (!digit || out.size() > 30) return std::nullopt;
  if (out.back() == '.') out.pop_back();
  return out;
}

Value number_value(const std::string& plain) {
  const auto decimal = feel::Decimal::parse(plain);
  if (!decimal || decimal->is_nan()) return {};
  const auto reduced = decimal->reduced();
  if (const auto whole = reduced.to_int64()) return *whole;
  return Value::number(reduced.to_string());
}

Reading number_like(std::string_view typed, int decimals) {
  if (clean(typed).empty()) return nothing();
  const auto plain = plain_number(typed);
  if (!plain) return wrong(MessageCode::number);
  Reading out;
  out.value = number_value(*plain);
  if (out.value.is_null()) return wrong(MessageCode::number);
  const std::string text = out.value.number_text();
  const auto point = text.find('.');
  const int places = point == std::string::npos ? 0 : static_cast<int>(text.size() - point - 1);
  if (places > decimals)
    return decimals == 0 ? wrong(MessageCode::integer) : wrong(MessageCode::decimals, {}, {{"max", std::to_string(decimals)}});
  if (decimals == 0 && out.value.kind() != json::Kind::integer) return wrong(MessageCode::number);
  return out;
}

Reading number_from_parts(const Question& question, const World&, const Parts& parts) { return number_like(part(parts, ""), question.decimals); }
Reading money_from_parts(const Question&, const World&, const Parts& parts) {
  Reading out = number_like(part(parts, ""), 0);
  constexpr std::int64_t kLimit = 1'000'000'000'000'000;   // keeps sums of a hundred items in 64 bits
  if (out.value.is_number() && (out.value.as_int() > kLimit || out.value.as_int() < -kLimit)) return wrong(MessageCode::number);
  return out;
}

feel::Type number_type(const Question&) { return feel::Type::number(); }
Value money_schema(const Question&) { return Value::object({{"type", "integer"}, {"description", "whole yen"}}); }
Value number_schema(const Question& question) {
  if (question.decimals == 0) return Value::object({{"type", "integer"}});
  std::string step = "0.";
  for (int i = 1; i < question.decimals; ++i) step += '0';
  return Value::object({{"type", "number"}, {"multipleOf", Value::number(step + "1")}});
}
std::vector<PartInfo> money_parts(const Question& question) { return {{"", "", question.autocomplete, "numeric", "text", true, 12}}; }
std::vector<PartInfo> number_parts(const Question& question) {
  return {{"", "", question.autocomplete, question.decimals > 0 ? "decimal" : "numeric", "text", true, 10}};
}

}  // namespace

const TypeUnit kMoneyUnit = {AnswerType::money, "money", money_from_parts, scalar_through_parts, number_type, money_schema, money_parts, single_part};
const TypeUnit kNumberUnit = {AnswerType::number, "number", number_from_parts, scalar_through_parts, number_type, number_schema, number_parts, single_part};

}  // namespace machiya::interview
