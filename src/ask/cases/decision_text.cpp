#include "ask/cases/decision_text.h"

#include "platform/locale/locale.h"

namespace machiya::cases {
namespace {

std::string joined(const json::Value& v, std::initializer_list<const char*> keys, std::string_view between) {
  std::string out;
  for (const char* key : keys) {
    const std::string& part = v.text(key);
    if (part.empty()) continue;
    if (!out.empty()) out += between;
    out += part;
  }
  return out;
}

std::string of_context(const json::Value& v, std::string_view lang) {
  if (v.has("family")) return joined(v, {"family", "given"}, " ");
  if (v.has("postal_code")) return joined(v, {"prefecture", "city", "town", "street", "building"}, "");
  if (v.has("corporate_number") || v.has("name_kana")) return v.text("name");
  if (v.has("lat")) return v.text("address").empty() ? v["lat"].number_text() + ", " + v["lon"].number_text() : v.text("address");
  if (v.has("bank_code")) return joined(v, {"bank_name", "branch_name", "kind", "number", "holder_kana"}, " ");
  if (v.has("filename")) return v.text("filename");
  std::string out;
  for (const auto& [key, member] : v.members()) {
    const std::string text = readable(member, nullptr, lang);
    if (text.empty()) continue;
    if (!out.empty()) out += " / ";
    out += text;
  }
  return out;
}

std::string applicant_name(const DecisionFacts& f) {
  for (const auto& [field, text] : *f.terms)
    if (field == "name") return text;
  return {};
}

std::string value_of(std::string_view name, const DecisionFacts& f) {
  if (name == "procedure.name") return f.procedure->name.in("ja");
  if (name == "number") return f.number;
  if (name == "applicant.name") return applicant_name(f);
  if (name == "received") return locale::format_date(date_in_japan(f.received), "ja");
  if (name == "date") return locale::format_date(date_in_japan(f.decided), "ja");
  if (name == "fee") return with_commas(f.fee) + "円";
  if (name == "reason") return f.reason;
  if (name.substr(0, 8) == "answers.") name.remove_prefix(8);
  const json::Value* value = f.values->find(name);
  if (!value) return "{" + std::string(name) + "}";
  return readable(*value, f.procedure->field(name), "ja");
}

}  // namespace

std::string with_commas(std::int64_t n) {
  std::string digits = std::to_string(n < 0 ? -n : n), out;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    if (i && (digits.size() - i) % 3 == 0) out += ',';
    out += digits[i];
  }
  return n < 0 ? "-" + out : out;
}

std::string readable(const json::Value& v, const FieldInfo* field, std::string_view lang) {
  const bool english = lang != "ja" && lang != "ja-easy";
  if (v.is_null()) return {};
  if (v.is_bool()) return v.as_bool() ? (english ? "Yes" : "はい") : (english ? "No" : "いいえ");
  if (v.is_number()) {
    if (field && field->type == "money") return english ? "¥" + with_commas(v.as_int()) : with_commas(v.as_int()) + "円";
    return v.number_text();
  }
  if (v.is_string()) {
    if (field)
      for (const auto& [value, label] : field->options)
        if (value == v.as_string()) return label.in(lang);
    if (field && field->type == "date")
      if (auto date = parse_iso_date(v.as_string())) return locale::format_date(*date, lang);
    return v.as_string();
  }
  if (v.is_object()) return of_context(v, lang);
  std::string out;
  for (const json::Value& item : v.items()) {
    if (!out.empty()) out += english ? ", " : "、";
    out += readable(item, field, lang);
  }
  return out;
}

std::string fill_decision(std::string_view body, const DecisionFacts& facts) {
  std::string out;
  for (std::size_t at = 0; at < body.size();) {
    const std::size_t open = body.find('{', at);
    if (open == std::string_view::npos) return out.append(body.substr(at));
    out.append(body.substr(at, open - at));
    const std::size_t close = body.find('}', open);
    if (close == std::string_view::npos) return out.append(body.substr(open));
    out += value_of(body.substr(open + 1, close - open - 1), facts);
    at = close + 1;
  }
  return out;
}

}  // namespace machiya::cases
