#include "city/schema.h"

#include <algorithm>
#include <array>

namespace machiya::city {

const SchemaNode::Property* SchemaNode::property(std::string_view name) const {
  for (const Property& p : properties)
    if (p.name == name) return &p;
  return nullptr;
}

namespace {

constexpr std::array kTypeNames = {std::pair{"string", SchemaNode::kString}, std::pair{"integer", SchemaNode::kInteger},
                                   std::pair{"number", SchemaNode::kNumber}, std::pair{"boolean", SchemaNode::kBoolean},
                                   std::pair{"object", SchemaNode::kObject}, std::pair{"array", SchemaNode::kArray}};

bool is_annotation(std::string_view key) {
  static constexpr std::array kAnnotations = {"$schema", "$id", "$defs", "$comment", "title", "description", "examples", "discriminator"};
  return std::any_of(kAnnotations.begin(), kAnnotations.end(), [&](std::string_view a) { return a == key; });
}

std::string text_of(const json::Value& value) {
  if (value.is_string()) return value.as_string();
  if (value.is_bool()) return value.as_bool() ? "true" : "false";
  return value.number_text();
}

}  // namespace

class SchemaCompiler {
 public:
  Result<std::shared_ptr<const Schema>> run(std::string_view text) {
    MACHIYA_TRY(json::Value root, json::parse(text));
    files_.emplace("", std::move(root));
    schema_ = std::shared_ptr<Schema>(new Schema());
    schema_->root_ = at("", "");
    if (!error_.empty()) return Error(ErrorCode::definition_error, error_);
    return std::shared_ptr<const Schema>(std::move(schema_));
  }

 private:
  const SchemaNode* fail(const std::string& where, const std::string& what) {
    if (error_.empty()) error_ = "schema " + where + ": " + what;
    return &nothing_;
  }
  SchemaNode* make() {
    schema_->nodes_.push_back(std::make_unique<SchemaNode>());
    return schema_->nodes_.back().get();
  }

  /// The node for a $ref target; each is compiled once, so that schemas may refer to themselves.
  const SchemaNode* at(const std::string& file, const std::string& pointer) {
    const std::string place = file + "#" + pointer;
    if (auto known = schema_->by_place_.find(place); known != schema_->by_place_.end()) return known->second;
    auto source = files_.find(file);
    if (source == files_.end()) {
      const std::string_view suffix = ".schema.json";
      const std::string name = file.size() > suffix.size() ? file.substr(0, file.size() - suffix.size()) : file;
      auto parsed = json::parse(schema_text(name));
      if (!parsed.ok()) return fail(place, "there is no schema file " + file);
      source = files_.emplace(file, std::move(parsed).value()).first;
    }
    const json::Value* value = source->second.at_pointer(pointer);
    if (!value) return fail(place, "the reference leads nowhere");
    SchemaNode* node = make();
    schema_->by_place_.emplace(place, node);
    fill(*node, *value, file, place);
    return node;
  }
  const SchemaNode* child(const json::Value& value, const std::string& file, const std::string& where) {
    if (value.is_object() && value.size() == 1 && value.has("$ref")) return reference(value.text("$ref"), file);
    SchemaNode* node = make();
    fill(*node, value, file, where);
    return node;
  }
  const SchemaNode* reference(const std::string& ref, const std::string& file) {
    const std::size_t hash = ref.find('#');
    if (hash == std::string::npos) return at(ref, "");
    return at(hash == 0 ? file : ref.substr(0, hash), ref.substr(hash + 1));
  }

  void fill(SchemaNode& node, const json::Value& value, const std::string& file, const std::string& where) {
    if (value.is_bool() && value.as_bool()) return;
    if (!value.is_object()) {
      fail(where, "a schema is an object");
      return;
    }
    node.discriminator = value["discriminator"].text("propertyName");
    for (const auto& [key, v] : value.members()) {
      const std::string here = where + "/" + key;
      if (key == "$ref" && v.is_string()) copy_reference(node, v.as_string(), file);
      else if (!is_annotation(key) && !structure(node, key, v, file, here) && !limits(node, key, v, here) && !own(node, key, v))
        fail(here, "unknown keyword");
    }
    for (const json::Value& name : value["required"].items()) require(node, name.as_string());
  }
  /// A $ref with siblings: the target's content, then the siblings.
  void copy_reference(SchemaNode& node, const std::string& ref, const std::string& file) {
    const std::size_t hash = ref.find('#');
    const std::string target_file = hash == 0 ? file : ref.substr(0, hash);
    at(target_file, hash == std::string::npos ? "" : ref.substr(hash + 1));
    auto source = files_.find(target_file);
    const json::Value* target = source == files_.end() ? nullptr : source->second.at_pointer(hash == std::string::npos ? "" : ref.substr(hash + 1));
    if (target) fill(node, *target, target_file, ref);
  }
  static void require(SchemaNode& node, const std::string& name) {
    for (auto& p : node.properties)
      if (p.name == name) {
        p.required = true;
        return;
      }
    node.properties.push_back({name, nullptr, true});
  }

  bool structure(SchemaNode& node, const std::string& key, const json::Value& v, const std::string& file, const std::string& here) {
    if (key == "type") {
      const auto add = [&](const json::Value& name) {
        for (const auto& [type, bit] : kTypeNames)
          if (name.as_string() == type) node.types |= bit;
      };
      if (v.is_array()) for (const json::Value& name : v.items()) add(name);
      else add(v);
      if (node.types == 0) fail(here, "unknown type");
    } else if (key == "properties") {
      for (const auto& [name, schema] : v.members()) node.properties.push_back({name, child(schema, file, here + "/" + name), false});
    } else if (key == "required") {
      return true;
    } else if (key == "additionalProperties" || key == "unevaluatedProperties") {
      node.additional_allowed = !v.is_bool() || v.as_bool();
      if (v.is_object()) node.additional = child(v, file, here);
    } else if (key == "propertyNames") {
      node.names = pattern(v.text("pattern"), here);
      hint(node, v["x-hint"]);
    } else if (key == "allOf") {   // what each of them says holds: their keywords come together in this node
      for (const json::Value& part : v.items()) fill(node, part, file, here);
    } else if (key == "items") {
      node.items = child(v, file, here);
    } else if (key == "oneOf") {
      for (const json::Value& variant : v.items()) node.one_of.push_back(child(variant, file, here));
    } else {
      return false;
    }
    return true;
  }
  bool limits(SchemaNode& node, const std::string& key, const json::Value& v, const std::string& here) {
    if (key == "enum") for (const json::Value& value : v.items()) node.values.push_back(text_of(value));
    else if (key == "const") node.values.push_back(text_of(v));
    else if (key == "pattern") node.pattern = pattern(v.as_string(), here);
    else if (key == "minLength") node.min_length = static_cast<std::size_t>(v.as_int());
    else if (key == "maxLength") node.max_length = static_cast<std::size_t>(v.as_int());
    else if (key == "minItems") node.min_items = static_cast<std::size_t>(v.as_int());
    else if (key == "maxItems") node.max_items = static_cast<std::size_t>(v.as_int());
    else if (key == "uniqueItems") node.unique_items = v.as_bool();
    else if (key == "minimum") node.has_minimum = true, node.minimum = v.as_double();
    else if (key == "maximum") node.has_maximum = true, node.maximum = v.as_double();
    else return false;
    return true;
  }
  bool own(SchemaNode& node, const std::string& key, const json::Value& v) {
    if (key == "x-hint") hint(node, v);
    else if (key == "x-feel") node.feel = v.as_bool();
    else if (key == "x-answers") node.answers = v.as_string();
    else if (key == "x-ref" && v.is_string()) node.refs.push_back(v.as_string());
    else if (key == "x-ref") for (const json::Value& kind : v.items()) node.refs.push_back(kind.as_string());
    else return false;
    return true;
  }
  static void hint(SchemaNode& node, const json::Value& v) {
    if (!v.is_object()) return;
    node.hint_ja = v.text("ja");
    node.hint_en = v.text("en");
  }
  std::unique_ptr<Pattern> pattern(const std::string& source, const std::string& here) {
    auto compiled = Pattern::compile(source);
    if (!compiled.ok()) {
      fail(here, compiled.error().detail);
      return nullptr;
    }
    return std::make_unique<Pattern>(std::move(compiled).value());
  }

  std::shared_ptr<Schema> schema_;
  std::map<std::string, json::Value> files_;
  SchemaNode nothing_;
  std::string error_;
};

Result<std::shared_ptr<const Schema>> Schema::compile(std::string_view text) { return SchemaCompiler().run(text); }

const SchemaNode* variant_of(const json::Value& value, const SchemaNode* schema) {
  if (schema->one_of.empty()) return schema;
  for (const SchemaNode* variant : schema->one_of) {
    const bool object = value.is_object(), list = value.is_array();
    const std::uint8_t type = object ? SchemaNode::kObject : list ? SchemaNode::kArray : 0;
    if (type == 0) {
      if ((variant->types & ~(SchemaNode::kObject | SchemaNode::kArray)) != 0 || variant->types == 0) return variant;
      continue;
    }
    if (variant->types != 0 && (variant->types & type) == 0) continue;
    if (!object) return variant;
    bool fits = true;
    for (const auto& p : variant->properties) {
      if (p.required && !value.has(p.name)) fits = false;
      if (p.name == schema->discriminator && p.schema && !p.schema->values.empty())
        fits = fits && std::find(p.schema->values.begin(), p.schema->values.end(), value.text(p.name)) != p.schema->values.end();
    }
    if (fits) return variant;
  }
  return schema->one_of.front();
}

namespace {

void collect(const json::Value& value, const SchemaNode* schema, std::string& pointer, std::vector<Reference>& out) {
  schema = variant_of(value, schema);
  if (!schema->one_of.empty()) schema = variant_of(value, schema);
  if (!schema->refs.empty() && value.is_string()) out.push_back({schema, pointer, value.as_string()});
  const std::size_t length = pointer.size();
  if (value.is_object()) {
    for (const auto& [key, v] : value.members()) {
      const auto* p = schema->property(key);
      const SchemaNode* next = p && p->schema ? p->schema : schema->additional;
      if (!next) continue;
      pointer += "/" + json::pointer_token(key);
      collect(v, next, pointer, out);
      pointer.resize(length);
    }
  } else if (value.is_array() && schema->items) {
    for (std::size_t i = 0; i < value.size(); ++i) {
      pointer += "/" + std::to_string(i);
      collect(value[i], schema->items, pointer, out);
      pointer.resize(length);
    }
  }
}

}  // namespace

std::vector<Reference> references(const json::Value& body, const SchemaNode& schema) {
  std::vector<Reference> out;
  std::string pointer;
  collect(body, &schema, pointer, out);
  return out;
}

}  // namespace machiya::city
