// Answers as people read them; JSON Schema; differences of two versions.
#include "ask/interview/answer_types.h"
#include "base/text.h"
#include "base/time.h"

namespace machiya::interview {
namespace {

using json::Value;

std::string with_commas(std::string text) {
  const auto point = text.find('.');
  int from = static_cast<int>(point == std::string::npos ? text.size() : point) - 3;
  const int stop = !text.empty() && text[0] == '-' ? 1 : 0;
  for (; from > stop; from -= 3) text.insert(static_cast<std::size_t>(from), 1, ',');
  return text;
}

std::string show_date(const Value& value, std::string_view lang) {
  const auto date = parse_iso_date(value.as_string());
  if (!date) return value.as_string();
  const auto d = civil(*date);
  const std::string y = std::to_string(d.year), m = std::to_string(d.month), day = std::to_string(d.day);
  if (lang == "ja" || lang == "ja-easy" || lang == "zh-Hans") return y + "年" + m + "月" + day + "日";
  if (lang == "ko") return y + "년 " + m + "월 " + day + "일";
  return to_iso(*date);
}

std::string joined(const Value& value, std::initializer_list<const char*> keys, std::string_view between) {
  std::string out;
  for (const char* key : keys) {
    const auto& text = value.text(key);
    if (text.empty()) continue;
    if (!out.empty()) out += between;
    out += text;
  }
  return out;
}

std::string show_address(const Value& value) {
  std::string out;
  const auto& postal = value.text("postal_code");
  if (postal.size() == 7) out = "〒" + postal.substr(0, 3) + "-" + postal.substr(3) + " ";
  out += joined(value, {"prefecture", "city", "town", "street"}, "");
  if (!value.text("building").empty()) out += " " + value.text("building");
  return out;
}

std::string show_place(const Question&, const Value& value) {
  std::string out = value.text("address");
  if (value["lat"].is_number()) out += (out.empty() ? "" : " ") + std::string("(") + value["lat"].number_text() + ", " + value["lon"].number_text() + ")";
  return out.empty() ? value.text("ward") : out;
}

std::string show_phone(const std::string& digits) {
  if (digits.size() == 11) return digits.substr(0, 3) + "-" + digits.substr(3, 4) + "-" + digits.substr(7);
  if (digits.size() == 10 && (digits.substr(0, 2) == "06" || digits.substr(0, 2) == "03")) return digits.substr(0, 2) + "-" + digits.substr(2, 4) + "-" + digits.substr(6);
  return digits;
}

std::string show_choices(const Question& question, const Value& value, std::string_view lang) {
  std::string out;
  for (const auto& item : value.items()) {
    const auto* option = question.option(item.as_string());
    if (!out.empty()) out += lang == "ja" || lang == "ja-easy" || lang == "zh-Hans" ? "、" : ", ";
    out += option != nullptr ? option->label.in(lang) : item.as_string();
  }
  return out;
}

}  // namespace

std::string display(const Question& question, const Value& value, std::string_view lang) {
  if (value.is_null()) return std::string(word("none", lang));
  switch (question.type) {
    case AnswerType::name: {
      const std::string reading = joined(value, {"family_kana", "given_kana"}, " ");
      return joined(value, {"family", "given"}, " ") + (reading.empty() ? "" : "（" + reading + "）");
    }
    case AnswerType::organisation: return joined(value, {"name", "name_kana", "corporate_number"}, " / ");
    case AnswerType::address: return show_address(value);
    case AnswerType::place: return show_place(question, value);
    case AnswerType::date: return show_date(value, lang);
    case AnswerType::choice: {
      const auto* option = question.option(value.as_string());
      return option != nullptr ? option->label.in(lang) : value.as_string();
    }
    case AnswerType::choices: return show_choices(question, value, lang);
    case AnswerType::yes_no: return std::string(word(value.as_bool() ? "yes" : "no", lang));
    case AnswerType::declaration: return std::string(word("agreed", lang));
    case AnswerType::money: return with_commas(value.number_text()) + (lang == "ja" || lang == "ja-easy" ? "" : " ") + std::string(word("yen", lang));
    case AnswerType::number: return with_commas(value.number_text()) + (question.unit.empty() ? "" : " " + question.unit.in(lang));
    case AnswerType::phone: return show_phone(value.as_string());
    case AnswerType::bank_account:
      return joined(value, {"bank_name", "bank_code", "branch_name", "branch_code"}, " ") + " " + std::string(word("account." + value.text("kind"), lang)) + " " +
             joined(value, {"number", "holder_kana"}, " ");
    case AnswerType::photo:
    case AnswerType::file: {
      std::string out;
      for (const auto& item : value.items()) out += (out.empty() ? "" : ", ") + item.text("filename");
      return out;
    }
    default: return scalar_text(value);
  }
}

Value answer_schema(const Question& question, std::string_view lang) {
  Value schema = unit_of(question.type).schema(question);
  if (!question.label.empty()) schema.set("title", question.label.in(lang));
  if (!question.hint.empty()) schema.set("description", question.hint.in(lang));
  if (question.optional && schema["type"].is_string()) schema.set("type", Value(Value::Array{schema["type"], Value("null")}));
  return schema;
}

Value answers_schema(const Procedure& procedure, std::string_view lang) {
  auto object = [&](const std::vector<const Page*>& pages, bool of_item) {
    Value properties = Value::object(), required = Value::array();
    for (const Page* page : pages) {
      for (const auto& question : page->questions) {
        if (!question.asks()) continue;
        properties.set(question.name, answer_schema(question, lang));
        if (!question.optional && !question.when && !question.default_value && (of_item || !page->when)) required.push(question.name);
      }
    }
    return Value::object({{"type", "object"}, {"properties", std::move(properties)}, {"required", std::move(required)}, {"additionalProperties", false}});
  };
  std::vector<const Page*> single;
  for (const auto& page : procedure.pages)
    if (!page.repeat) single.push_back(&page);
  Value schema = object(single, false);
  for (const auto& page : procedure.pages) {
    if (!page.repeat) continue;
    schema.find("properties")->set(page.repeat->name, Value::object({{"type", "array"}, {"title", page.title.in(lang)}, {"minItems", page.repeat->min},
                                                                   {"maxItems", page.repeat->max}, {"items", object({&page}, true)}}));
    if (page.repeat->min > 0 && !page.when) schema.find("required")->push(page.repeat->name);
  }
  return schema;
}

std::vector<Difference> differences(const Procedure& before, const Procedure& after, std::string_view lang) {
  std::vector<Difference> out;
  auto each = [](const Procedure& procedure, auto&& visit) {
    for (const auto& page : procedure.pages)
      for (const auto& question : page.questions)
        if (question.asks()) visit((page.repeat ? page.repeat->name + "/" : "") + question.name, question);
  };
  each(after, [&](const std::string& path, const Question& question) {
    const Question* old = before.question(path);
    if (old == nullptr) out.push_back({Difference::What::added, path, question.label.in(lang)});
    else if (old->type != question.type) out.push_back({Difference::What::changed_type, path, question.label.in(lang)});
    else if (old->label.in("ja") != question.label.in("ja")) out.push_back({Difference::What::changed_label, path, question.label.in(lang)});
  });
  each(before, [&](const std::string& path, const Question& question) {
    if (after.question(path) == nullptr) out.push_back({Difference::What::removed, path, question.label.in(lang)});
  });
  return out;
}

}  // namespace machiya::interview
