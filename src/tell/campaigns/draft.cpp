// A draft as JSON, as it is stored.
#include "tell/campaigns/campaigns.h"

namespace machiya::tell {
namespace {
json::Value text_json(const city::Text& text) {
  json::Value out = json::Value::object();
  for (const auto& [lang, words] : text.all()) out.set(lang, words);
  return out;
}
json::Value list_json(const std::vector<std::string>& list) {
  json::Value out = json::Value::array();
  for (const std::string& one : list) out.push(one);
  return out;
}
std::vector<std::string> list_in(const json::Value& value) {
  std::vector<std::string> out;
  for (const json::Value& one : value.items()) out.push_back(one.as_string());
  return out;
}
}  // namespace

json::Value to_json(const Draft& d) {
  json::Value out = json::Value::object({{"title", text_json(d.title)}, {"body", text_json(d.body)}, {"short", text_json(d.short_text)}, {"template", d.from_template},
                                         {"topic", d.topic}, {"segment", d.segment}, {"wards", list_json(d.wards)}, {"towns", list_json(d.towns)}, {"channels", list_json(d.channels)},
                                         {"first_only", d.first_only}, {"drill", d.drill}, {"follows", d.follows}});
  json::Value slots = json::Value::object();
  for (const auto& [name, value] : d.slots) slots.set(name, value);
  out.set("slots", std::move(slots));
  if (d.start) out.set("start_us", d.start->us);
  if (!d.columns.empty()) out.set("columns", list_json(d.columns));
  return out;
}

Draft draft_in(const json::Value& value) {
  Draft out;
  out.title = city::Text(value["title"]), out.body = city::Text(value["body"]), out.short_text = city::Text(value["short"]);
  out.from_template = value.text("template"), out.topic = value.text("topic"), out.segment = value.text("segment"), out.follows = value.text("follows");
  out.wards = list_in(value["wards"]), out.towns = list_in(value["towns"]), out.channels = list_in(value["channels"]);
  out.first_only = value["first_only"].as_bool(), out.drill = value["drill"].as_bool();
  for (const auto& [name, slot] : value["slots"].members()) out.slots[name] = slot.as_string();
  out.columns = list_in(value["columns"]);
  if (value.has("start_us")) out.start = Instant{value["start_us"].as_int()};
  return out;
}

}  // namespace machiya::tell
