// date, in both calendars.
#include "ask/interview/answer_types.h"
#include "base/era.h"
#include "base/text.h"
#include "base/time.h"

namespace machiya::interview {
namespace {

using json::Value;

MessageCode code_of(const Error& error) { return error.detail == "outside-era" ? MessageCode::era : MessageCode::date; }

Reading taken(const Result<TypedDate>& typed) {
  if (!typed.ok()) return wrong(code_of(typed.error()));
  const int year = civil(typed->date).year;
  if (year < 1800 || year > 2999) return wrong(MessageCode::date);
  Reading out;
  out.value = to_iso(typed->date);
  return out;
}
Reading whole(std::string_view typed) {
  const std::string text = clean(typed).substr(0, 100);
  return text.empty() ? nothing() : taken(read_date(text));
}

Reading date_from_parts(const Question&, const World&, const Parts& parts) {
  const auto single = part(parts, "");
  const auto year = part(parts, "year"), month = part(parts, "month"), day = part(parts, "day");
  if (trim(year).empty() && trim(month).empty() && trim(day).empty()) return whole(single);
  if (trim(month).empty() && trim(day).empty()) return whole(year);   // a whole date typed or pasted into the first field
  Reading out;
  for (auto [key, text] : {std::pair<const char*, std::string_view>{"year", year}, {"month", month}, {"day", day}})
    if (trim(text).empty()) out.problems.push_back({MessageCode::required_part, key, {{"part", std::string("part.") + key}}});
  if (!out.problems.empty()) return out;
  return taken(read_date_parts(trim(part(parts, "era")), clean(year).substr(0, 40), clean(month).substr(0, 40), clean(day).substr(0, 40)));
}

Reading date_from_json(const Question&, const World&, const Value& value) {
  if (value.is_null()) return nothing();
  if (value.is_array() || value.is_object()) return wrong(MessageCode::date);
  return whole(scalar_text(value));
}

feel::Type date_type(const Question&) { return feel::Type::date(); }
Value date_schema(const Question&) { return Value::object({{"type", "string"}, {"format", "date"}}); }
std::vector<PartInfo> date_parts(const Question& question) {
  const bool birth = question.autocomplete == "bday" || question.prefill == "person.birth_date";
  return {{"era", "part.era", "off", "", "select", false, 0},
          {"year", "part.year", birth ? "bday-year" : "off", "numeric", "text", true, 4},
          {"month", "part.month", birth ? "bday-month" : "off", "numeric", "text", true, 2},
          {"day", "part.day", birth ? "bday-day" : "off", "numeric", "text", true, 2}};
}
Parts date_to_parts(const Question&, const Value& value) {
  const auto date = parse_iso_date(value.as_string());
  if (!date) return {};
  const auto ymd = civil(*date);
  return {{"year", std::to_string(ymd.year)}, {"month", std::to_string(ymd.month)}, {"day", std::to_string(ymd.day)}};
}

}  // namespace

const TypeUnit kDateUnit = {AnswerType::date, "date", date_from_parts, date_from_json, date_type, date_schema, date_parts, date_to_parts};

}  // namespace machiya::interview
