#include "sense/livemap/definition.h"

#include <algorithm>
#include <set>

#include "sense/models/entity_type.h"

namespace machiya::sense::livemap {
namespace {

std::optional<double> number_in(const json::Value& one, const char* name) {
  return one.has(name) ? std::optional(one[name].as_double()) : std::nullopt;
}

Class class_of(const json::Value& one, const Layer& layer, const std::string& where, Diagnostics& faults) {
  Class out;
  out.id = one.text("class"), out.label = city::Text(one["label"]), out.colour = one.text("colour"), out.shape = one.text("shape");
  out.from = number_in(one, "from"), out.below = number_in(one, "below");
  const bool bounds = out.from || out.below;
  if (one.has("when") == bounds) faults.error(where, "when か from/below のどちらか一方を書いてください", "either \"when\", or \"from\" and \"below\"");
  if (bounds && layer.classify.empty()) faults.error(where, "from と below には classify が要ります", "\"from\" and \"below\" need \"classify\"");
  if (out.from && out.below && *out.from >= *out.below) faults.error(where + "/below", "below は from より大きくします", "\"below\" must be greater than \"from\"");
  return out;
}

Layer layer_of(const json::Value& one, const std::string& where, Diagnostics& faults) {
  Layer out;
  out.id = one.text("layer"), out.entities = one.text("entities"), out.name = city::Text(one["name"]), out.classify = one.text("classify");
  if (one.has("place")) out.place = one.text("place");
  if (one.has("title")) out.title = one.text("title");
  out.from_zoom = static_cast<int>(one["from-zoom"].as_int()), out.cluster_until = static_cast<int>(one["cluster-until"].as_int(13)), out.hidden = one["hidden"].as_bool();
  for (const json::Value& shown : one["show"].items()) {
    Shown s{shown.text("attribute"), city::Text(shown["label"]), city::Text(shown["unit"])};
    for (const json::Value& figure : shown["figures"].items()) (figure.as_string() == "sum" ? s.sum : s.average) = true;
    if (std::ranges::any_of(out.show, [&](const Shown& o) { return o.term == s.term; })) faults.error(where + "/show", "「" + s.term + "」は二度書かれています", "\"" + s.term + "\" stands here twice");
    out.show.push_back(std::move(s));
  }
  std::set<std::string> shapes;
  for (std::size_t i = 0; i < one["classes"].size(); ++i) {
    const std::string here = where + "/classes/" + std::to_string(i);
    Class c = class_of(one["classes"][i], out, here, faults);
    if (std::ranges::any_of(out.classes, [&](const Class& o) { return o.id == c.id; })) faults.error(here + "/class", "「" + c.id + "」は二度書かれています", "\"" + c.id + "\" stands here twice");
    // Never colour alone: two classes of one layer must differ in shape.
    if (!shapes.insert(c.shape).second) faults.error(here + "/shape", "同じ形の区分があります。色だけで区別させません", "another class of this layer has this shape: colour alone must not tell them apart");
    out.classes.push_back(std::move(c));
  }
  return out;
}

feel::Type type_of(const AttributeType& a) {
  if (a.list) return feel::Type();
  if (a.kind == ValueKind::number || a.kind == ValueKind::integer) return feel::Type::number();
  if (a.kind == ValueKind::boolean) return feel::Type::boolean();
  return a.kind == ValueKind::text ? feel::Type::string() : feel::Type();
}

/// FEEL is compiled against the terms of the entity type, then against those alone that any class reads, so that nobody gathers the others.
void compile_classes(Layer& layer, const json::Value& body, const EntityType& type, const std::string& where, Diagnostics& faults) {
  feel::Scope all, needed;
  for (const AttributeType& a : type.attributes) all.add(a.name, type_of(a));
  std::set<std::string> used;
  if (!layer.classify.empty()) used.insert(layer.classify);
  const auto each = [&](const auto& visit) {
    for (std::size_t i = 0; i < layer.classes.size(); ++i)
      if (body["classes"][i].has("when")) visit(layer.classes[i], body["classes"][i].text("when"), where + "/classes/" + std::to_string(i) + "/when");
  };
  each([&](Class&, const std::string& source, const std::string& at) {
    const auto compiled = feel::compile(source, all);
    if (!compiled.ok()) return faults.error(at, "FEELの式が読めません: " + compiled.error().detail, "the FEEL expression cannot be read: " + compiled.error().detail);
    for (const std::string& name : compiled->uses()) used.insert(name);
  });
  layer.decides.assign(used.begin(), used.end());
  for (const std::string& name : layer.decides)
    if (const AttributeType* a = type.attribute_named(name)) needed.add(name, type_of(*a));
    else needed.add(name, feel::Type());
  each([&](Class& c, const std::string& source, const std::string&) {
    if (auto compiled = feel::compile(source, needed); compiled.ok()) c.when = std::move(*compiled);
  });
}

void check_layer(const Map& map, const Layer& layer, const EntityType& type, const std::string& where, Diagnostics& faults) {
  const auto known = [&](const std::string& term, const std::string& at) -> const AttributeType* {
    const AttributeType* a = type.attribute_named(term);
    if (a == nullptr) faults.error(where + at, "型 " + type.id + " に属性「" + term + "」はありません", "the entity type " + type.id + " has no attribute \"" + term + "\"");
    if (a != nullptr && !map.staff && !a->reading.open) faults.error(where + at, "「" + term + "」は公開されていない属性です", "\"" + term + "\" is restricted and cannot stand on a public map");
    return a;
  };
  if (!map.staff && !type.reading.open) faults.error(where + "/entities", "公開されていない型です", "this entity type is restricted and cannot stand on a public map");
  const AttributeType* place = known(layer.place, "/place");
  if (place != nullptr && place->kind != ValueKind::geo) faults.error(where + "/place", "場所ではない属性です", "this attribute is no place");
  known(layer.title, "/title");
  for (const std::string& term : layer.decides) known(term, "/classes");
  if (!layer.classify.empty()) known(layer.classify, "/classify");
  for (const Shown& s : layer.show) {
    const AttributeType* a = known(s.term, "/show");
    const bool number = a != nullptr && (a->kind == ValueKind::number || a->kind == ValueKind::integer);
    if ((s.sum || s.average) && !number) faults.error(where + "/show", "「" + s.term + "」は数ではありません", "\"" + s.term + "\" is no number");
  }
}

std::shared_ptr<const city::Definition> compile(const json::Value& body, const city::Source& source, const city::City& earlier, Diagnostics& faults) {
  auto out = std::make_shared<Map>();
  out->id = source.id, out->name = city::Text(body["name"]), out->about = city::Text(body["about"]), out->credit = city::Text(body["credit"]);
  out->staff = body.text("access") == "staff", out->permission = body.text("permission");
  if (!out->staff && body.has("permission")) faults.error("/permission", "permission は職員用の地図だけに書けます", "a permission belongs to staff maps only");
  if (body.has("start")) out->start = Position{body["start"]["lon"].as_double(), body["start"]["lat"].as_double()}, out->start_zoom = static_cast<int>(body["start"]["zoom"].as_int());
  if (body.has("past")) out->past_hours = static_cast<int>(body["past"]["hours"].as_int()), out->step_minutes = static_cast<int>(body["past"]["step-minutes"].as_int());
  if (source.id == "ground") faults.error("/map", "ground は背景の名前です", "\"ground\" is the name of what lies below every map");
  for (std::size_t i = 0; i < body["layers"].size(); ++i) {
    const std::string where = "/layers/" + std::to_string(i);
    Layer layer = layer_of(body["layers"][i], where, faults);
    if (out->layer(layer.id) != nullptr) faults.error(where + "/layer", "「" + layer.id + "」は二度書かれています", "\"" + layer.id + "\" stands here twice");
    if (const auto* type = earlier.get<EntityType>("entity-type", layer.entities)) {
      compile_classes(layer, body["layers"][i], *type, where, faults);
      check_layer(*out, layer, *type, where, faults);
    } else {
      faults.error(where + "/entities", "「" + layer.entities + "」という型の定義がありません", "there is no entity type \"" + layer.entities + "\"");
    }
    out->layers.push_back(std::move(layer));
  }
  return out;
}

}  // namespace

const Layer* Map::layer(std::string_view wanted) const {
  const auto there = std::ranges::find(layers, wanted, &Layer::id);
  return there == layers.end() ? nullptr : &*there;
}

city::Kind map_kind() {
  city::Kind kind;
  kind.name = "map", kind.folder = "maps", kind.compile_with = compile;
  return kind;
}

std::vector<const Map*> maps_of(const city::City& city) {
  std::vector<const Map*> out;
  for (const city::Loaded* loaded : city.all("map")) out.push_back(static_cast<const Map*>(loaded->definition.get()));
  return out;
}

}  // namespace machiya::sense::livemap
