// address, place.
#include <cmath>
#include <cstdio>

#include "ask/interview/answer_types.h"
#include "base/text.h"
#include "feel/decimal.h"

namespace machiya::interview {
namespace {

using json::Value;

const Place* ward_of_city_text(const World& world, std::string_view city) {
  for (const auto& ward : world.wards)
    if (city == world.city + ward.name.in("ja") || city == ward.name.in("ja")) return &ward;
  return nullptr;
}
const Place* ward_of_code(const World& world, std::string_view code) {
  for (const auto& ward : world.wards)
    if (ward.code == code || ward.id == code) return &ward;
  return nullptr;
}

/// Seven digits of "〒５３０－８２０１"; nothing when there is something else.
std::string postal_digits(std::string_view text) {
  std::string digits;
  const std::string folded = fold_width(clean(text));
  for (std::size_t at = 0; at < folded.size();) {
    const char32_t c = next_code_point(folded, at);
    if (c >= '0' && c <= '9') digits += static_cast<char>(c);
    else if (c == U'〒' || c == '-' || c == ' ' || c == U'ー' || c == U'−' || c == U'‐' || c == 0x303f) continue;
    else return "?";
  }
  return digits;
}

Reading address_from_parts(const Question& question, const World& world, const Parts& parts) {
  const char* keys[] = {"postal_code", "prefecture", "city", "town", "street", "building"};
  bool any = false;
  for (const char* key : keys) any = any || !trim(part(parts, key)).empty();
  if (!any) return nothing();
  Reading out;
  Value value = Value::object();
  const std::string postal = postal_digits(part(parts, "postal_code"));
  if (postal.empty()) out.problems.push_back({MessageCode::required_part, "postal_code", {{"part", "part.postal_code"}}});
  else if (postal.size() != 7) out.problems.push_back({MessageCode::postal_code, "postal_code", {}});
  value.set("postal_code", postal);
  for (int i = 1; i < 6; ++i) {
    std::string text = clean(part(parts, keys[i]));
    if (i == 4) text = fold_width(text);   // 丁目・番地: １－２－３ -> 1-2-3
    const bool required = i == 1 || i == 2 || i == 4;
    if (required && text.empty()) out.problems.push_back({MessageCode::required_part, keys[i], {{"part", std::string("part.") + keys[i]}}});
    if (count_code_points(text) > 120) out.problems.push_back({MessageCode::too_long, keys[i], {{"max", "120"}}});
    value.set(keys[i], std::move(text));
  }
  const std::string city = value.text("city");
  std::string code = clean(part(parts, "city_code"));
  const Place* ward = ward_of_city_text(world, city);
  // The text that a person sees decides; a code that contradicts it is dropped.
  if (ward != nullptr && value.text("prefecture") == world.prefecture) code = ward->code;
  else if (ward_of_code(world, code) != nullptr || code.size() != 5 || digits_of(code) != code) code.clear();
  value.set("city_code", code);
  value.set("ward", ward != nullptr && !code.empty() ? Value(ward->id) : Value());
  if (!question.within.empty() && world.known && !city.empty() && !value.text("prefecture").empty() && (ward == nullptr || value.text("prefecture") != world.prefecture))
    out.problems.push_back({MessageCode::outside_city, "city", {}});
  if (out.problems.empty()) out.value = std::move(value);
  return out;
}
feel::Type address_type(const Question&) {
  const auto s = feel::Type::string();
  return feel::Type::context({{"postal_code", s}, {"prefecture", s}, {"city", s}, {"town", s}, {"street", s}, {"building", s}, {"city_code", s}, {"ward", s}});
}
Value text_schema(int max) { return Value::object({{"type", "string"}, {"maxLength", max}}); }
Value address_schema(const Question&) {
  return Value::object({{"type", "object"},
                        {"properties", Value::object({{"postal_code", Value::object({{"type", "string"}, {"pattern", "^[0-9]{3}-?[0-9]{4}$"}})}, {"prefecture", text_schema(120)},
                                                      {"city", text_schema(120)}, {"town", text_schema(120)}, {"street", text_schema(120)}, {"building", text_schema(120)},
                                                      {"city_code", text_schema(5)}, {"ward", Value::object({{"type", Value(Value::Array{"string", "null"})}})}})},
                        {"required", Value(Value::Array{"postal_code", "prefecture", "city", "street"})},
                        {"additionalProperties", false}});
}
std::vector<PartInfo> address_parts(const Question& question) {
  const bool own = question.autocomplete != "off";
  auto token = [&](std::string_view text) { return own ? text : std::string_view("off"); };
  return {{"postal_code", "part.postal_code", token("postal-code"), "numeric", "text", true, 8},
          {"prefecture", "part.prefecture", token("address-level1"), "text", "text", true, 8},
          {"city", "part.city", token("address-level2"), "text", "text", true, 16},
          {"town", "part.town", token("address-level3"), "text", "text", false, 20},
          {"street", "part.street", token("address-line1"), "text", "text", true, 0},
          {"building", "part.building", token("address-line2"), "text", "text", false, 0}};
}

std::optional<double> degrees(std::string_view text, double limit) {
  const std::string folded = fold_width(clean(text));
  if (folded.empty() || folded.size() > 30) return std::nullopt;
  const auto number = feel::Decimal::parse(folded);
  if (!number || number->is_nan()) return std::nullopt;
  const double value = number->to_double();
  if (!(std::fabs(value) <= limit)) return std::nullopt;
  return value;
}
std::string six_places(double degrees) {
  char buffer[32];
  std::snprintf(buffer, sizeof buffer, "%.6f", degrees);   // 0.1 m
  return buffer;
}
/// The ward with the nearest centroid: an approximation until boundaries are imported. Nothing beyond ~9 km.
const Place* nearest_ward(const World& world, double lat, double lon) {
  const Place* best = nullptr;
  double best_square = 81.0;
  for (const auto& ward : world.wards) {
    const double y = (ward.lat - lat) * 111.2, x = (ward.lon - lon) * 111.2 * std::cos(lat * 3.14159265358979 / 180);
    if (const double square = x * x + y * y; square < best_square) best = &ward, best_square = square;
  }
  return best;
}

Reading place_from_parts(const Question& question, const World& world, const Parts& parts) {
  const std::string address = clean(part(parts, "address")), ward_text = clean(part(parts, "ward"));
  const std::string lat_text = clean(part(parts, "lat")), lon_text = clean(part(parts, "lon"));
  if (address.empty() && ward_text.empty() && lat_text.empty() && lon_text.empty()) return nothing();
  Reading out;
  Value value = Value::object({{"lat", nullptr}, {"lon", nullptr}, {"address", address}, {"ward", nullptr}});
  if (count_code_points(address) > 200) out.problems.push_back({MessageCode::too_long, "address", {{"max", "200"}}});
  const Place* ward = nullptr;
  if (!ward_text.empty()) {
    ward = ward_of_code(world, ward_text);
    if (ward == nullptr && world.known) out.problems.push_back({MessageCode::ward, "ward", {}});
  }
  if (!lat_text.empty() || !lon_text.empty()) {
    const auto lat = degrees(lat_text, 90), lon = degrees(lon_text, 180);
    if (!lat || !lon) {
      out.problems.push_back({MessageCode::coordinates, "lat", {}});
    } else {
      value.set("lat", Value::number(six_places(*lat)));
      value.set("lon", Value::number(six_places(*lon)));
      const Place* near = nearest_ward(world, *lat, *lon);
      if (ward == nullptr) ward = near;
      if (near == nullptr && !question.within.empty() && world.known) out.problems.push_back({MessageCode::outside_city, "", {}});
    }
  } else if (ward == nullptr && world.known && ward_text.empty()) {
    for (const auto& candidate : world.wards)   // "北区中之島1丁目" names its ward
      if (address.find(candidate.name.in("ja")) != std::string::npos && (ward == nullptr || candidate.name.in("ja").size() > ward->name.in("ja").size())) ward = &candidate;
    if (ward == nullptr && !question.within.empty()) out.problems.push_back({MessageCode::required_part, "ward", {{"part", "part.ward"}}});
  }
  if (ward != nullptr) value.set("ward", ward->id);
  else if (!world.known && !ward_text.empty()) value.set("ward", ward_text);
  if (out.problems.empty()) out.value = std::move(value);
  return out;
}
feel::Type place_type(const Question&) {
  const auto s = feel::Type::string(), n = feel::Type::number();
  return feel::Type::context({{"lat", n}, {"lon", n}, {"address", s}, {"ward", s}});
}
Value place_schema(const Question&) {
  auto number = [](int limit) { return Value::object({{"type", Value(Value::Array{"number", "null"})}, {"minimum", -limit}, {"maximum", limit}}); };
  return Value::object({{"type", "object"},
                        {"properties", Value::object({{"lat", number(90)}, {"lon", number(180)}, {"address", text_schema(200)}, {"ward", Value::object({{"type", Value(Value::Array{"string", "null"})}})}})},
                        {"additionalProperties", false}});
}
std::vector<PartInfo> place_parts(const Question&) {
  return {{"address", "part.place_address", "off", "text", "text", true, 0},
          {"ward", "part.ward", "off", "text", "select", false, 0},
          {"lat", "part.lat", "off", "decimal", "text", false, 12},
          {"lon", "part.lon", "off", "decimal", "text", false, 12}};
}

}  // namespace

const TypeUnit kAddressUnit = {AnswerType::address, "address", address_from_parts, object_through_parts, address_type, address_schema, address_parts, object_parts};
const TypeUnit kPlaceUnit = {AnswerType::place, "place", place_from_parts, object_through_parts, place_type, place_schema, place_parts, object_parts};

}  // namespace machiya::interview
