#include "ask/interview/answer_types.h"

#include "base/text.h"

namespace machiya::interview {
namespace {

const TypeUnit* const kUnits[kAnswerTypes] = {
    &kTextUnit,   &kLongTextUnit, &kNameUnit,   &kOrganisationUnit, &kAddressUnit, &kDateUnit,  &kChoiceUnit,
    &kChoicesUnit, &kYesNoUnit,   &kMoneyUnit,  &kNumberUnit,       &kDigitsUnit,  &kEmailUnit, &kPhoneUnit,
    &kPhotoUnit,  &kFileUnit,     &kPlaceUnit,  &kBankAccountUnit,  &kDeclarationUnit, &kInfoUnit};

}  // namespace

const TypeUnit& unit_of(AnswerType type) { return *kUnits[static_cast<std::size_t>(type)]; }
std::string_view answer_type_name(AnswerType type) { return unit_of(type).name; }

std::optional<AnswerType> answer_type_of(std::string_view name) {
  for (const auto* unit : kUnits)
    if (unit->name == name) return unit->type;
  return std::nullopt;
}

bool filterable(AnswerType type) {
  switch (type) {
    case AnswerType::date: case AnswerType::choice: case AnswerType::choices: case AnswerType::yes_no: case AnswerType::money: case AnswerType::number: return true;
    default: return false;
  }
}

std::string_view part(const Parts& parts, std::string_view name) {
  for (const auto& [key, value] : parts)
    if (key == name) return value;
  return {};
}

Reading wrong(MessageCode code, std::string part, std::vector<std::pair<std::string, std::string>> args) {
  Reading out;
  out.problems.push_back({code, std::move(part), std::move(args)});
  return out;
}

Reading nothing() {
  Reading out;
  out.empty = true;
  return out;
}

std::string scalar_text(const json::Value& value) {
  switch (value.kind()) {
    case json::Kind::string: return value.as_string();
    case json::Kind::integer:
    case json::Kind::decimal: return value.number_text();
    case json::Kind::boolean: return value.as_bool() ? "true" : "false";
    default: return {};
  }
}

Reading scalar_through_parts(const Question& question, const World& world, const json::Value& value) {
  if (value.is_null()) return nothing();
  if (value.is_array() || value.is_object()) return wrong(MessageCode::format);
  return unit_of(question.type).from_parts(question, world, {{"", scalar_text(value)}});
}

Reading object_through_parts(const Question& question, const World& world, const json::Value& value) {
  if (value.is_null()) return nothing();
  if (!value.is_object()) return wrong(MessageCode::format);
  return unit_of(question.type).from_parts(question, world, object_parts(question, value));
}

Parts single_part(const Question&, const json::Value& value) {
  Parts out;
  if (!value.is_null()) out.emplace_back("", scalar_text(value));
  return out;
}

Parts object_parts(const Question&, const json::Value& value) {
  Parts out;
  for (const auto& [key, member] : value.members())
    if (!member.is_null() && !member.is_array() && !member.is_object()) out.emplace_back(key, scalar_text(member));
  return out;
}

std::string clean(std::string_view text, bool lines) {
  if (text.size() > kMaxTextBytes) text = text.substr(0, kMaxTextBytes);
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const auto byte = static_cast<unsigned char>(text[at]);
    if (byte >= 0x20 && byte < 0x7f) {
      out += static_cast<char>(byte);
      ++at;
      continue;
    }
    const char32_t c = next_code_point(text, at);
    if (c == '\n' && lines) { out += '\n'; continue; }
    if (c == '\t') { out += ' '; continue; }
    // C0, C1, and the marks that reorder text (Unicode TR #36 §2.9) have no place in an answer.
    if (c < 0x20 || (c >= 0x7f && c < 0xa0) || (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) || c == 0xfeff) continue;
    append_utf8(c, out);
  }
  return std::string(trim(out));
}

bool to_reading(std::string_view text, std::string& out) {
  out.clear();
  for (char32_t c : to_utf32(to_katakana(clean(text)))) {
    const bool kana = (c >= U'ァ' && c <= U'ヺ') || c == U'ー' || c == U'・' || c == U'ヽ' || c == U'ヾ';
    const bool latin = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
    if (c == '-' || c == U'‐' || c == U'−' || c == U'－') {
      append_utf8(U'ー', out);
    } else if (kana || latin || c == ' ' || c == '.' || c == '\'') {
      append_utf8(c, out);
    } else {
      return false;
    }
  }
  return true;
}

}  // namespace machiya::interview
