// photo, file: the channel stores the bytes; the answer holds what the blob store said of them.
#include "ask/interview/answer_types.h"
#include "base/rng.h"
#include "base/text.h"

namespace machiya::interview {
namespace {

using json::Value;

/// One {blob, filename, type, bytes}; null when it is none. `place` and `taken` of a photo stay when they are there.
Value one_file(const Question& question, const Value& item) {
  const auto& blob = item.text("blob");
  if (!item.is_object() || !is_public_id(blob) || !item["bytes"].is_number() || item["bytes"].as_int(-1) < 0) return {};
  const std::string type = clean(item.text("type"));
  if (question.type == AnswerType::photo && !starts_with(type, "image/")) return {};
  std::string filename = clean(item.text("filename"));
  for (char& c : filename)
    if (c == '/' || c == '\\') c = '_';
  if (count_code_points(filename) > 200) filename = to_utf8(to_utf32(filename).substr(0, 200));
  Value out = Value::object({{"blob", blob}, {"filename", std::move(filename)}, {"type", type}, {"bytes", item["bytes"].as_int()}});
  for (const char* key : {"lat", "lon"})
    if (item[key].is_number()) out.set(key, item[key]);
  if (item["taken"].is_string()) out.set("taken", clean(item.text("taken")).substr(0, 40));
  return out;
}

Reading files_from_json(const Question& question, const World&, const Value& value) {
  if (value.is_null()) return nothing();
  if (!value.is_array() || value.size() > 100) return wrong(MessageCode::file);
  Value list = Value::array();
  for (const auto& item : value.items()) {
    Value file = one_file(question, item);
    if (file.is_null()) return wrong(MessageCode::file);
    list.push(std::move(file));
  }
  const auto count = static_cast<int>(list.size());
  if (count == 0) return nothing();
  const int max = question.max_count >= 0 ? question.max_count : 1;
  if (count < question.min_count) return wrong(MessageCode::files_min, {}, {{"min", std::to_string(question.min_count)}});
  if (count > max) return wrong(MessageCode::count_max, {}, {{"max", std::to_string(max)}});
  Reading out;
  out.value = std::move(list);
  return out;
}

/// Each part "item" is the JSON of one file, written by the channel (never taken from a visitor's form).
Reading files_from_parts(const Question& question, const World& world, const Parts& parts) {
  Value list = Value::array();
  for (const auto& [name, text] : parts) {
    if (name != "item") continue;
    auto item = json::parse(text, {4, 100});
    if (!item.ok()) return wrong(MessageCode::file);
    list.push(std::move(item).value());
  }
  return files_from_json(question, world, list);
}
Parts files_to_parts(const Question&, const Value& value) {
  Parts out;
  for (const auto& item : value.items()) out.emplace_back("item", json::to_text(item));
  return out;
}

feel::Type files_type(const Question&) {
  const auto s = feel::Type::string(), n = feel::Type::number();
  return feel::Type::list(feel::Type::context({{"blob", s}, {"filename", s}, {"type", s}, {"bytes", n}}));
}
Value files_schema(const Question& question) {
  auto item = Value::object({{"type", "object"},
                             {"properties", Value::object({{"blob", Value::object({{"type", "string"}, {"pattern", "^[0-9a-hjkmnp-tv-z]{26}$"}})}, {"filename", Value::object({{"type", "string"}})},
                                                           {"type", Value::object({{"type", "string"}})}, {"bytes", Value::object({{"type", "integer"}, {"minimum", 0}})}})},
                             {"required", Value(Value::Array{"blob", "filename", "type", "bytes"})}});
  return Value::object({{"type", "array"}, {"items", std::move(item)}, {"maxItems", question.max_count >= 0 ? question.max_count : 1}});
}
std::vector<PartInfo> files_parts(const Question&) { return {{"", "", "", "", "file", true, 0}}; }

}  // namespace

const TypeUnit kPhotoUnit = {AnswerType::photo, "photo", files_from_parts, files_from_json, files_type, files_schema, files_parts, files_to_parts};
const TypeUnit kFileUnit = {AnswerType::file, "file", files_from_parts, files_from_json, files_type, files_schema, files_parts, files_to_parts};

}  // namespace machiya::interview
