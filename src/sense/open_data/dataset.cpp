#include "sense/open_data/dataset.h"

#include <algorithm>
#include <array>

#include "sense/geometry/geometry.h"

namespace machiya::sense::open_data {

Found entities_of(const EntityStore& store, const EntityType& type, const Gate& gate, std::size_t most) {
  EntityQuery query;
  query.entities.emplace_back().type = TypeSelection::any({type.iri});
  return store.find("", {.query = &query, .limit = most, .gate = &gate});
}

std::vector<const AttributeType*> open_attributes(const EntityType& type) {
  std::vector<const AttributeType*> out;
  for (const AttributeType& a : type.attributes)
    if (a.reading.open) out.push_back(&a);
  return out;
}

const Instance* instance_of(const Entity& entity, const AttributeType& attribute) {
  const Attribute* found = entity.attribute(attribute.iri);
  if (found == nullptr || found->instances.empty()) return nullptr;
  const Instance* plain = found->instance("");
  return plain != nullptr ? plain : &found->instances.front();
}

const tree::Value& plain(const tree::Value& value) {
  const tree::Value* inside = value.find("@value");
  return inside != nullptr ? *inside : value;
}

namespace {

std::string one_cell(const tree::Value& given) {
  const tree::Value& v = plain(given);
  if (v.is_bool()) return v.truth ? "true" : "false";
  if (v.is_string() || v.is_number()) return std::string(v.text());
  if (v.is_object() && v.has("object")) return std::string(v["object"].text());
  return tree::to_text(v);
}

std::string in_language(const tree::Value& map, std::string_view lang) {
  for (const std::string_view wanted : {lang, std::string_view("ja"), std::string_view("@none")})
    if (const tree::Value* text = map.find(wanted)) return one_cell(*text);
  const auto members = map.members();
  return members.empty() ? std::string() : one_cell(members.front().value);
}

}  // namespace

std::string cell_of(const Instance& instance, std::string_view lang) {
  if (instance.kind == AttributeKind::language_property) return in_language(instance.value, lang);
  if (!instance.value.is_array() || instance.kind == AttributeKind::geo_property) return one_cell(instance.value);
  std::string out;
  for (const tree::Value& v : instance.value.items()) out += (out.empty() ? "" : ";") + one_cell(v);
  return out;
}

std::optional<Position> point_of(const Instance& instance) {
  auto geometry = Geometry::from_json(plain(instance.value));
  if (!geometry.ok() || !geometry->is_point() || geometry->positions().empty()) return std::nullopt;
  return geometry->positions().front();
}

std::string unit_text(std::string_view code) {
  // UN/CEFACT recommendation 20: those that sensors of a city have.
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 18> kUnits = {
      {{"CEL", "°C"}, {"P1", "%"},     {"MTR", "m"},    {"CMT", "cm"},   {"MMT", "mm"},  {"KMT", "km"},  {"KMH", "km/h"}, {"MTS", "m/s"}, {"HPA", "hPa"},
       {"A97", "hPa"}, {"BAR", "bar"}, {"LTR", "L"},    {"MTQ", "m³"},   {"GQ", "µg/m³"}, {"59", "ppm"},  {"KWH", "kWh"},  {"MIN", "min"}, {"SEC", "s"}}};
  const auto found = std::ranges::find(kUnits, code, [](const auto& u) { return u.first; });
  return found == kUnits.end() ? std::string(code) : std::string(found->second);
}

Licence licence_of(std::string_view id) {
  if (id == "CC0-1.0") return {"CC0-1.0", "CC0 1.0", "https://creativecommons.org/publicdomain/zero/1.0/"};
  // 公共データ利用規約, デジタル庁 2024
  if (id == "PDL-1.0") return {"PDL-1.0", "公共データ利用規約(第1.0版)", "https://www.digital.go.jp/resources/open_data/public_data_license_v1.0"};
  return {"CC-BY-4.0", "CC BY 4.0", "https://creativecommons.org/licenses/by/4.0/"};
}

Result<TermsPtr> city_terms(Contexts& contexts, const city::City& city) {
  tree::Arena arena;
  MACHIYA_TRY(const tree::Value context, tree::parse(city_context(city), arena));
  return contexts.resolve(context["@context"]);
}

}  // namespace machiya::sense::open_data
