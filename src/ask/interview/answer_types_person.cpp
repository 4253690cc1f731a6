// name, organisation, bank-account.
#include "ask/interview/answer_types.h"
#include "base/text.h"

namespace machiya::interview {
namespace {

using json::Value;

Value string_schema(int max) { return Value::object({{"type", "string"}, {"maxLength", max}}); }

bool only_latin(std::string_view text) {
  for (char c : text)
    if (!((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == ' ' || c == '-' || c == '\'' || c == '.')) return false;
  return !text.empty();
}

// Names keep every code point (IVS included, house rule); only the readings are folded. A single name in Latin
// letters, as in many passports, stands without a given name.
Reading name_from_parts(const Question&, const World&, const Parts& parts) {
  const std::string family = clean(part(parts, "family")), given = clean(part(parts, "given"));
  const std::string family_kana = clean(part(parts, "family_kana")), given_kana = clean(part(parts, "given_kana"));
  if (family.empty() && given.empty() && family_kana.empty() && given_kana.empty()) return nothing();
  Reading out;
  auto need = [&](bool missing, const char* key) {
    if (missing) out.problems.push_back({MessageCode::required_part, key, {{"part", std::string("part.") + key}}});
  };
  const bool mononym = given.empty() && only_latin(family);
  need(family.empty(), "family");
  need(given.empty() && !mononym, "given");
  need(family_kana.empty(), "family_kana");
  need(given_kana.empty() && !mononym, "given_kana");
  Value value = Value::object();
  value.set("family", family);
  value.set("given", given);
  for (auto [key, text] : {std::pair<const char*, const std::string*>{"family_kana", &family_kana}, {"given_kana", &given_kana}}) {
    std::string reading;
    if (!to_reading(*text, reading)) out.problems.push_back({MessageCode::kana, key, {{"part", std::string("part.") + key}}});
    value.set(key, std::move(reading));
  }
  for (auto [key, text] : {std::pair<const char*, const std::string*>{"family", &family}, {"given", &given}, {"family_kana", &family_kana}, {"given_kana", &given_kana}})
    if (count_code_points(*text) > 100) out.problems.push_back({MessageCode::too_long, key, {{"max", "100"}}});
  if (out.problems.empty()) out.value = std::move(value);
  return out;
}

feel::Type name_type(const Question&) {
  const auto s = feel::Type::string();
  return feel::Type::context({{"family", s}, {"given", s}, {"family_kana", s}, {"given_kana", s}});
}
Value name_schema(const Question&) {
  return Value::object({{"type", "object"},
                        {"properties", Value::object({{"family", string_schema(100)}, {"given", string_schema(100)}, {"family_kana", string_schema(100)}, {"given_kana", string_schema(100)}})},
                        {"required", Value(Value::Array{"family", "family_kana"})},
                        {"additionalProperties", false}});
}
std::vector<PartInfo> name_parts(const Question& question) {
  const bool own = question.autocomplete != "off";
  return {{"family", "part.family", own ? "family-name" : "off", "text", "text", true, 12},
          {"given", "part.given", own ? "given-name" : "off", "text", "text", true, 12},
          {"family_kana", "part.family_kana", "off", "text", "text", true, 12},
          {"given_kana", "part.given_kana", "off", "text", "text", true, 12}};
}

// 法人番号の指定等に関する省令 2条: 9 - (Σ P_n × Q_n mod 9), Q = 1 for odd n and 2 for even n counted from the right of the twelve.
bool corporate_number_ok(const std::string& digits) {
  if (digits.size() != 13) return false;
  int sum = 0;
  for (int n = 1; n <= 12; ++n) sum += (digits[13 - n] - '0') * (n % 2 == 1 ? 1 : 2);
  return 9 - sum % 9 == digits[0] - '0';
}

Reading organisation_from_parts(const Question&, const World&, const Parts& parts) {
  const std::string name = clean(part(parts, "name")), kana = clean(part(parts, "name_kana")), number = clean(part(parts, "corporate_number"));
  if (name.empty() && kana.empty() && number.empty()) return nothing();
  Reading out;
  Value value = Value::object();
  if (name.empty()) out.problems.push_back({MessageCode::required_part, "name", {{"part", "part.org_name"}}});
  if (count_code_points(name) > 200) out.problems.push_back({MessageCode::too_long, "name", {{"max", "200"}}});
  value.set("name", name);
  std::string reading;
  if (!to_reading(kana, reading)) out.problems.push_back({MessageCode::kana, "name_kana", {{"part", "part.org_kana"}}});
  if (count_code_points(kana) > 200) out.problems.push_back({MessageCode::too_long, "name_kana", {{"max", "200"}}});
  value.set("name_kana", std::move(reading));
  if (number.empty()) {
    value.set("corporate_number", nullptr);
  } else {
    const std::string digits = digits_of(number);
    if (!corporate_number_ok(digits)) out.problems.push_back({MessageCode::corporate_number, "corporate_number", {}});
    value.set("corporate_number", digits);
  }
  if (out.problems.empty()) out.value = std::move(value);
  return out;
}
feel::Type organisation_type(const Question&) {
  const auto s = feel::Type::string();
  return feel::Type::context({{"name", s}, {"name_kana", s}, {"corporate_number", s}});
}
Value organisation_schema(const Question&) {
  auto number = Value::object({{"type", Value(Value::Array{"string", "null"})}, {"pattern", "^[0-9]{13}$"}});
  return Value::object({{"type", "object"},
                        {"properties", Value::object({{"name", string_schema(200)}, {"name_kana", string_schema(200)}, {"corporate_number", number}})},
                        {"required", Value(Value::Array{"name"})},
                        {"additionalProperties", false}});
}
std::vector<PartInfo> organisation_parts(const Question&) {
  return {{"name", "part.org_name", "organization", "text", "text", true, 0},
          {"name_kana", "part.org_kana", "off", "text", "text", false, 0},
          {"corporate_number", "part.corporate_number", "off", "numeric", "text", false, 13}};
}

std::string digits_or_empty(std::string_view text, std::size_t max) {
  const std::string folded = fold_width(clean(text));
  for (char c : folded)
    if (!((c >= '0' && c <= '9') || c == ' ' || c == '-')) return {};
  std::string digits = digits_of(folded);
  return digits.size() <= max ? digits : std::string();
}

// Fields of 全銀協標準 (総合振込 record): bank 4 digits, branch 3, kind, number 7, holder in kana. Fewer digits of an
// account number get zeros in front, as the banks do.
Reading bank_from_parts(const Question&, const World&, const Parts& parts) {
  const auto bank = part(parts, "bank_code"), branch = part(parts, "branch_code"), number = part(parts, "number"), holder = part(parts, "holder_kana");
  if (trim(bank).empty() && trim(branch).empty() && trim(number).empty() && trim(holder).empty()) return nothing();
  Reading out;
  Value value = Value::object();
  const std::string bank_digits = digits_or_empty(bank, 4), branch_digits = digits_or_empty(branch, 3);
  std::string account = digits_or_empty(number, 7);
  if (bank_digits.size() != 4) out.problems.push_back({MessageCode::bank_code, "bank_code", {}});
  if (branch_digits.size() != 3) out.problems.push_back({MessageCode::branch_code, "branch_code", {}});
  if (account.empty()) out.problems.push_back({MessageCode::account_number, "number", {}});
  else account.insert(0, 7 - account.size(), '0');
  value.set("bank_code", bank_digits);
  value.set("bank_name", clean(part(parts, "bank_name")).substr(0, 200));
  value.set("branch_code", branch_digits);
  value.set("branch_name", clean(part(parts, "branch_name")).substr(0, 200));
  std::string kind = clean(part(parts, "kind"));
  if (kind.empty() || kind == "普通") kind = "ordinary";
  if (kind == "当座") kind = "current";
  if (kind == "貯蓄") kind = "savings";
  if (kind != "ordinary" && kind != "current" && kind != "savings") out.problems.push_back({MessageCode::choice, "kind", {}});
  value.set("kind", kind);
  value.set("number", account);
  std::string reading, folded = fold_width(clean(holder));
  std::string bare;
  for (char c : folded)
    if (c != '(' && c != ')' && !(c >= '0' && c <= '9') && c != ',' && c != '/') bare += c;
  if (folded.empty()) out.problems.push_back({MessageCode::required_part, "holder_kana", {{"part", "part.holder_kana"}}});
  else if (!to_reading(bare, reading)) out.problems.push_back({MessageCode::kana, "holder_kana", {{"part", "part.holder_kana"}}});
  if (count_code_points(folded) > 100) out.problems.push_back({MessageCode::too_long, "holder_kana", {{"max", "100"}}});
  value.set("holder_kana", to_katakana(folded));
  if (out.problems.empty()) out.value = std::move(value);
  return out;
}
feel::Type bank_type(const Question&) {
  const auto s = feel::Type::string();
  return feel::Type::context({{"bank_code", s}, {"bank_name", s}, {"branch_code", s}, {"branch_name", s}, {"kind", s}, {"number", s}, {"holder_kana", s}});
}
Value bank_schema(const Question&) {
  auto digits = [](const char* pattern) { return Value::object({{"type", "string"}, {"pattern", pattern}}); };
  return Value::object({{"type", "object"},
                        {"properties", Value::object({{"bank_code", digits("^[0-9]{4}$")}, {"bank_name", string_schema(200)}, {"branch_code", digits("^[0-9]{3}$")},
                                                      {"branch_name", string_schema(200)}, {"kind", Value::object({{"enum", Value(Value::Array{"ordinary", "current", "savings"})}})},
                                                      {"number", digits("^[0-9]{1,7}$")}, {"holder_kana", string_schema(100)}})},
                        {"required", Value(Value::Array{"bank_code", "branch_code", "number", "holder_kana"})},
                        {"additionalProperties", false}});
}
std::vector<PartInfo> bank_parts(const Question&) {
  return {{"bank_code", "part.bank_code", "off", "numeric", "text", true, 4},
          {"branch_code", "part.branch_code", "off", "numeric", "text", true, 3},
          {"kind", "part.account_kind", "off", "text", "select", true, 0},
          {"number", "part.account_number", "off", "numeric", "text", true, 7},
          {"holder_kana", "part.holder_kana", "off", "text", "text", true, 0}};
}

}  // namespace

const TypeUnit kNameUnit = {AnswerType::name, "name", name_from_parts, object_through_parts, name_type, name_schema, name_parts, object_parts};
const TypeUnit kOrganisationUnit = {AnswerType::organisation, "organisation", organisation_from_parts, object_through_parts, organisation_type, organisation_schema, organisation_parts, object_parts};
const TypeUnit kBankAccountUnit = {AnswerType::bank_account, "bank-account", bank_from_parts, object_through_parts, bank_type, bank_schema, bank_parts, object_parts};

}  // namespace machiya::interview
