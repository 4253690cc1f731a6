// text, long-text, digits, email, phone.
#include "ask/interview/answer_types.h"
#include "base/text.h"

namespace machiya::interview {
namespace {

Reading bounded(const Question& question, std::string text, int fallback_max) {
  if (text.empty()) return nothing();
  const auto count = static_cast<int>(count_code_points(text));
  const int max = question.max_length > 0 ? question.max_length : fallback_max;
  if (count > max) return wrong(MessageCode::too_long, {}, {{"max", std::to_string(max)}});
  if (count < question.min_length) return wrong(MessageCode::too_short, {}, {{"min", std::to_string(question.min_length)}});
  Reading out;
  out.value = std::move(text);
  return out;
}

Reading text_from_parts(const Question& question, const World&, const Parts& parts) {
  return bounded(question, clean(part(parts, "")), 200);
}
Reading long_text_from_parts(const Question& question, const World&, const Parts& parts) {
  return bounded(question, clean(part(parts, ""), true), 2000);
}

Reading digits_from_parts(const Question& question, const World&, const Parts& parts) {
  const std::string folded = fold_width(clean(part(parts, "")));
  std::string digits;
  for (char c : folded) {
    if (c >= '0' && c <= '9') digits += c;
    else if (c != ' ' && c != '-') return wrong(MessageCode::digits);
  }
  if (folded.empty()) return nothing();
  if (digits.empty()) return wrong(MessageCode::digits);
  const auto size = static_cast<int>(digits.size());
  if (question.length > 0 && size != question.length) return wrong(MessageCode::length, {}, {{"length", std::to_string(question.length)}});
  return bounded(question, std::move(digits), 200);
}

bool local_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || std::string_view("!#$%&'*+/=?^_`{|}~.-").find(c) != std::string_view::npos;
}

// The form browsers accept (HTML Living Standard, valid e-mail address), with a dot in the domain. Japanese carriers
// have issued local parts with consecutive dots (RFC 5321 forbids them, their owners still have them): accepted.
Reading email_from_parts(const Question&, const World&, const Parts& parts) {
  std::string address;
  for (char c : fold_width(clean(part(parts, ""))))
    if (c != ' ') address += c;
  if (address.empty()) return nothing();
  const auto at = address.find('@');
  if (at == std::string::npos || at == 0 || at > 64 || address.size() > 254 || address.find('@', at + 1) != std::string::npos) return wrong(MessageCode::email);
  for (std::size_t i = 0; i < at; ++i)
    if (!local_char(address[i])) return wrong(MessageCode::email);
  const std::string domain = lower_ascii(std::string_view(address).substr(at + 1));
  bool dot = false;
  for (auto label : split(domain, '.')) {
    if (label.empty() || label.size() > 63 || label.front() == '-' || label.back() == '-') return wrong(MessageCode::email);
    for (char c : label)
      if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-')) return wrong(MessageCode::email);
    dot = true;
  }
  if (!dot || domain.find('.') == std::string::npos) return wrong(MessageCode::email);
  Reading out;
  out.value = address.substr(0, at + 1) + domain;
  return out;
}

// Numbers of the Japanese plan: 0 and nine digits, or ten for 0A0 (総務省 電気通信番号計画); others with their country code.
Reading phone_from_parts(const Question&, const World&, const Parts& parts) {
  const std::string folded = fold_width(clean(part(parts, "")));
  if (folded.empty()) return nothing();
  std::string digits;
  bool plus = false;
  for (std::size_t at = 0; at < folded.size();) {
    const char32_t c = next_code_point(folded, at);
    if (c >= '0' && c <= '9') digits += static_cast<char>(c);
    else if (c == '+' && digits.empty()) plus = true;
    else if (c == ' ' || c == '-' || c == '(' || c == ')' || c == '.' || c == U'‐' || c == U'−' || c == U'ー' || c == U'―') continue;
    else return wrong(MessageCode::phone);
  }
  if (plus && starts_with(digits, "81")) {
    digits = (digits.size() > 2 && digits[2] == '0' ? "" : "0") + digits.substr(2);
    plus = false;
  }
  Reading out;
  if (plus) {
    if (digits.size() < 7 || digits.size() > 15) return wrong(MessageCode::phone);   // ITU-T E.164
    out.value = "+" + digits;
    return out;
  }
  const bool eleven = digits.size() == 11 && digits[0] == '0' && digits[2] == '0' && digits[1] != '0';
  const bool ten = digits.size() == 10 && digits[0] == '0' && digits[1] != '0';
  if (!ten && !eleven) return wrong(MessageCode::phone);
  out.value = digits;
  return out;
}

feel::Type string_type(const Question&) { return feel::Type::string(); }

json::Value text_schema(const Question& question) {
  const int max = question.max_length > 0 ? question.max_length : (question.type == AnswerType::long_text ? 2000 : 200);
  auto schema = json::Value::object({{"type", "string"}, {"maxLength", max}});
  if (question.min_length > 0) schema.set("minLength", question.min_length);
  if (!question.pattern.empty()) schema.set("pattern", "^(?:" + question.pattern + ")$");
  return schema;
}
json::Value digits_schema(const Question& question) {
  auto schema = json::Value::object({{"type", "string"}, {"pattern", "^[0-9]+$"}});
  if (question.length > 0) schema.set("minLength", question.length), schema.set("maxLength", question.length);
  if (question.min_length > 0) schema.set("minLength", question.min_length);
  if (question.max_length > 0) schema.set("maxLength", question.max_length);
  return schema;
}
json::Value email_schema(const Question&) { return json::Value::object({{"type", "string"}, {"format", "email"}, {"maxLength", 254}}); }
json::Value phone_schema(const Question&) { return json::Value::object({{"type", "string"}, {"pattern", "^(0[0-9]{9,10}|\\+[0-9]{7,15})$"}}); }

std::vector<PartInfo> text_parts(const Question& question) { return {{"", "", question.autocomplete, "text", "text", true, 0}}; }
std::vector<PartInfo> long_text_parts(const Question& question) { return {{"", "", question.autocomplete, "text", "textarea", true, 0}}; }
std::vector<PartInfo> digits_parts(const Question& question) {
  return {{"", "", question.autocomplete, "numeric", "text", true, question.length > 0 ? question.length : question.max_length}};
}
std::vector<PartInfo> email_parts(const Question&) { return {{"", "", "email", "email", "email", true, 0}}; }
std::vector<PartInfo> phone_parts(const Question&) { return {{"", "", "tel", "tel", "tel", true, 14}}; }

}  // namespace

const TypeUnit kTextUnit = {AnswerType::text, "text", text_from_parts, scalar_through_parts, string_type, text_schema, text_parts, single_part};
const TypeUnit kLongTextUnit = {AnswerType::long_text, "long-text", long_text_from_parts, scalar_through_parts, string_type, text_schema, long_text_parts, single_part};
const TypeUnit kDigitsUnit = {AnswerType::digits, "digits", digits_from_parts, scalar_through_parts, string_type, digits_schema, digits_parts, single_part};
const TypeUnit kEmailUnit = {AnswerType::email, "email", email_from_parts, scalar_through_parts, string_type, email_schema, email_parts, single_part};
const TypeUnit kPhoneUnit = {AnswerType::phone, "phone", phone_from_parts, scalar_through_parts, string_type, phone_schema, phone_parts, single_part};

}  // namespace machiya::interview
