// Typing and checking of one tree by one schema (see schema.h).
#include <algorithm>
#include <cstdlib>
#include <set>

#include "base/text.h"
#include "city/near.h"
#include "city/schema.h"

namespace machiya::city {
namespace {

struct BothTexts {
  std::string ja, en;
};

std::string join(const std::vector<std::string>& list, std::string_view separator) {
  std::string out;
  for (const std::string& item : list) {
    if (!out.empty()) out += separator;
    out += item;
  }
  return out;
}

BothTexts kinds_of(std::uint8_t types) {
  static const std::vector<std::pair<std::uint8_t, BothTexts>> kNames = {
      {SchemaNode::kString, {"文字", "text"}},          {SchemaNode::kInteger, {"整数", "a whole number"}},
      {SchemaNode::kNumber, {"数", "a number"}},        {SchemaNode::kBoolean, {"yes か no", "yes or no"}},
      {SchemaNode::kObject, {"「キー: 値」の組", "a map (key: value)"}}, {SchemaNode::kArray, {"リスト", "a list"}}};
  std::vector<std::string> ja, en;
  for (const auto& [bit, names] : kNames)
    if (types & bit) ja.push_back(names.ja), en.push_back(names.en);
  return {join(ja, "、または"), join(en, " or ")};
}

BothTexts form_of(const Node& node) {
  if (node.is_map()) return {"「キー: 値」の組", "a map"};
  if (node.is_list()) return {"リスト", "a list"};
  return {"1つの値", "a single value"};
}

std::uint8_t mask_of(const SchemaNode& schema) {
  if (schema.one_of.empty()) return schema.types;
  std::uint8_t all = 0;
  for (const SchemaNode* variant : schema.one_of) all |= mask_of(*variant);
  return all;
}

class Checker {
 public:
  explicit Checker(std::vector<PlacedFault>& faults) : faults_(faults) {}

  json::Value check(const Node& node, const SchemaNode& schema) {
    if (!schema.one_of.empty()) return choice(node, schema);
    if (node.is_scalar() && node.style == Node::Style::empty) {
      fault(node.place, "値がありません", "the value is missing");
      return {};
    }
    const std::uint8_t structured = SchemaNode::kObject | SchemaNode::kArray;
    if (schema.types != 0) {
      const bool fits = node.is_map() ? schema.types & SchemaNode::kObject : node.is_list() ? schema.types & SchemaNode::kArray : schema.types & ~structured;
      if (!fits) {
        const BothTexts right = kinds_of(schema.types), is = form_of(node);
        fault(node.place, "ここには" + right.ja + "を書きます(いまは" + is.ja + ")", "this should be " + right.en + ", not " + is.en);
        return {};
      }
    }
    if (node.is_map()) return map(node, schema);
    if (node.is_list()) return list(node, schema);
    return scalar(node, schema);
  }

 private:
  void fault(Place place, std::string ja, std::string en) { faults_.push_back({place, std::move(ja), std::move(en)}); }

  json::Value map(const Node& node, const SchemaNode& schema) {
    json::Value out = json::Value::object();
    json::Value::Object members;
    members.reserve(node.keys.size());
    std::set<std::string> meant;   // known keys that a misspelt one probably stands for
    for (std::size_t i = 0; i < node.keys.size(); ++i) {
      const auto* property = schema.property(node.keys[i].name);
      const SchemaNode* next = property ? property->schema : schema.additional;
      if (!property && !schema.additional_allowed) {
        meant.insert(unknown_key(node, node.keys[i], schema));
        continue;
      }
      if (!property && schema.names && !schema.names->matches(node.keys[i].name))
        fault(node.keys[i].place, "キー「" + node.keys[i].name + "」は使えません。" + schema.hint_ja, "key \"" + node.keys[i].name + "\" is not allowed: " + schema.hint_en);
      if (node.items[i].is_scalar() && node.items[i].style == Node::Style::empty)
        fault(node.keys[i].place, "「" + node.keys[i].name + "」の値がありません", "\"" + node.keys[i].name + "\" has no value");
      else
        members.emplace_back(node.keys[i].name, next ? check(node.items[i], *next) : untyped(node.items[i]));
    }
    out.members() = std::move(members);
    missing_keys(node, schema, meant);
    return out;
  }
  std::string unknown_key(const Node& node, const Key& key, const SchemaNode& schema) {
    std::vector<std::string> names, unused;
    for (const auto& p : schema.properties) {
      names.push_back(p.name);
      if (!node.find_key(p.name)) unused.push_back(p.name);
    }
    std::string near = nearest(key.name, unused);
    if (near.empty()) near = nearest(key.name, names);
    if (!near.empty())
      fault(key.place, "「" + key.name + "」というキーはありません。「" + near + "」の誤りではありませんか", "unknown key \"" + key.name + "\"; did you mean \"" + near + "\"?");
    else
      fault(key.place, "「" + key.name + "」というキーはありません。使えるキー: " + join(names, "、"), "unknown key \"" + key.name + "\"; known keys: " + join(names, ", "));
    return near;
  }
  void missing_keys(const Node& node, const SchemaNode& schema, const std::set<std::string>& meant) {
    for (const auto& p : schema.properties)
      if (p.required && !node.find_key(p.name) && !meant.count(p.name)) fault(node.place, "「" + p.name + "」がありません", "\"" + p.name + "\" is missing");
  }

  json::Value list(const Node& node, const SchemaNode& schema) {
    json::Value::Array out;
    out.reserve(node.items.size());
    std::set<std::string> seen;
    for (const Node& item : node.items) {
      out.push_back(schema.items ? check(item, *schema.items) : untyped(item));
      if (schema.unique_items && item.is_scalar() && !seen.insert(item.text).second)
        fault(item.place, "「" + item.text + "」が重複しています", "\"" + item.text + "\" is listed twice");
    }
    if (node.items.size() < schema.min_items)
      fault(node.place, "少なくとも" + std::to_string(schema.min_items) + "つ必要です", "at least " + std::to_string(schema.min_items) + " needed");
    if (node.items.size() > schema.max_items)
      fault(node.place, std::to_string(schema.max_items) + "つまでです", "at most " + std::to_string(schema.max_items) + " allowed");
    return out;
  }

  json::Value scalar(const Node& node, const SchemaNode& schema) {
    if (!allowed_value(node, schema)) return {};
    if (schema.types == 0 || schema.types & SchemaNode::kString) return text(node, schema);
    if (schema.types & SchemaNode::kBoolean) return boolean(node);
    return number(node, schema);
  }
  bool allowed_value(const Node& node, const SchemaNode& schema) {
    if (schema.values.empty() || std::find(schema.values.begin(), schema.values.end(), node.text) != schema.values.end()) return true;
    const std::string near = nearest(node.text, schema.values);
    const std::string list = join(schema.values, ", ");
    if (!near.empty())
      fault(node.place, "「" + node.text + "」は使えません。「" + near + "」の誤りではありませんか(使える値: " + list + ")",
            "\"" + node.text + "\" is not allowed; did you mean \"" + near + "\"? (one of: " + list + ")");
    else
      fault(node.place, "「" + node.text + "」は使えません。使える値: " + list, "\"" + node.text + "\" is not allowed; one of: " + list);
    return false;
  }
  json::Value text(const Node& node, const SchemaNode& schema) {
    const std::size_t length = count_code_points(node.text);
    if (length < schema.min_length || length > schema.max_length)
      fault(node.place, "長さは" + std::to_string(schema.min_length) + "文字以上" + upper(schema.max_length, "文字以下") + "です",
            "the length must be at least " + std::to_string(schema.min_length) + upper_en(schema.max_length));
    else if (schema.pattern && !schema.pattern->matches(node.text))
      fault(node.place, "「" + node.text + "」の形が正しくありません。" + (schema.hint_ja.empty() ? schema.pattern->source() : schema.hint_ja),
            "\"" + node.text + "\" has the wrong form: " + (schema.hint_en.empty() ? schema.pattern->source() : schema.hint_en));
    return node.text;
  }
  static std::string upper(std::size_t n, const char* unit) { return n == SIZE_MAX ? std::string() : std::to_string(n) + unit; }
  static std::string upper_en(std::size_t n) { return n == SIZE_MAX ? std::string() : " and at most " + std::to_string(n); }

  json::Value boolean(const Node& node) {
    if (node.style == Node::Style::plain) {
      if (node.text == "yes" || node.text == "true") return true;
      if (node.text == "no" || node.text == "false") return false;
    }
    fault(node.place, "yes か no を引用符なしで書きます(いまは「" + node.text + "」)", "write yes or no without quotes, not \"" + node.text + "\"");
    return {};
  }
  json::Value number(const Node& node, const SchemaNode& schema) {
    const bool whole = (schema.types & SchemaNode::kNumber) == 0;
    if (node.style != Node::Style::plain || !is_decimal(node.text, whole)) {
      const BothTexts right = kinds_of(schema.types);
      fault(node.place, "ここには" + right.ja + "を引用符なしの半角数字で書きます(いまは「" + node.text + "」)",
            "this should be " + right.en + " in plain decimal digits, not \"" + node.text + "\"");
      return {};
    }
    json::Value value = decimal_value(node.text);
    const double v = value.as_double();
    if (schema.has_minimum && v < schema.minimum) {
      const std::string limit = json::Value(schema.minimum).number_text();
      fault(node.place, limit + "以上で書きます", "must be " + limit + " or more");
    }
    if (schema.has_maximum && v > schema.maximum) {
      const std::string limit = json::Value(schema.maximum).number_text();
      fault(node.place, limit + "以下で書きます", "must be " + limit + " or less");
    }
    return value;
  }
  static json::Value decimal_value(const std::string& text) {
    if (text.find('.') != std::string::npos) return json::Value::number(text);
    return static_cast<std::int64_t>(std::strtoll(text.c_str(), nullptr, 10));   // at most 18 digits
  }
  static bool is_decimal(std::string_view s, bool whole) {
    if (!s.empty() && s[0] == '-') s.remove_prefix(1);
    const std::size_t dot = s.find('.');
    const std::string_view integer = s.substr(0, dot);
    const auto digits = [](std::string_view t) { return !t.empty() && t.find_first_not_of("0123456789") == std::string_view::npos; };
    if (!digits(integer) || integer.size() > 18 || (integer.size() > 1 && integer[0] == '0')) return false;
    return dot == std::string_view::npos || (!whole && s.size() < 40 && digits(s.substr(dot + 1)));
  }

  json::Value untyped(const Node& node) {
    static const SchemaNode kAnything;
    return check(node, kAnything);
  }

  json::Value choice(const Node& node, const SchemaNode& schema) {
    std::vector<const SchemaNode*> fitting;
    for (const SchemaNode* variant : schema.one_of) {
      const std::uint8_t mask = mask_of(*variant);
      constexpr std::uint8_t kScalars = SchemaNode::kString | SchemaNode::kInteger | SchemaNode::kNumber | SchemaNode::kBoolean;
      std::uint8_t form = kScalars;
      if (node.is_map()) form = SchemaNode::kObject;
      if (node.is_list()) form = SchemaNode::kArray;
      if (mask == 0 || (mask & form) != 0) fitting.push_back(variant);
    }
    if (fitting.empty()) {
      const BothTexts right = kinds_of(mask_of(schema)), is = form_of(node);
      fault(node.place, "ここには" + right.ja + "を書きます(いまは" + is.ja + ")", "this should be " + right.en + ", not " + is.en);
      return {};
    }
    if (fitting.size() == 1 || !node.is_map()) return check(node, *fitting.front());
    return object_choice(node, schema, fitting);
  }
  static bool knows(const SchemaNode& variant, const std::string& key) {
    return variant.property(key) != nullptr || std::any_of(variant.one_of.begin(), variant.one_of.end(), [&](const SchemaNode* v) { return knows(*v, key); });
  }
  /// A key tells the variant only when no other one has it.
  static bool only_of(const SchemaNode& variant, const std::vector<const SchemaNode*>& all, const std::string& key) {
    return std::none_of(all.begin(), all.end(), [&](const SchemaNode* other) { return other != &variant && knows(*other, key); });
  }
  json::Value object_choice(const Node& node, const SchemaNode& schema, const std::vector<const SchemaNode*>& fitting) {
    const Node* tag = schema.discriminator.empty() ? nullptr : node.find(schema.discriminator);
    std::vector<std::string> known;
    for (const SchemaNode* variant : fitting) {
      const auto* p = variant->property(schema.discriminator);
      if (!p || !p->schema) continue;
      known.insert(known.end(), p->schema->values.begin(), p->schema->values.end());
      if (tag && tag->is_scalar() && std::find(p->schema->values.begin(), p->schema->values.end(), tag->text) != p->schema->values.end()) return check(node, *variant);
    }
    if (tag) {
      SchemaNode all;
      all.values = known;
      if (tag->is_scalar()) allowed_value(*tag, all);
      else fault(tag->place, "ここには文字を書きます", "this should be text");
      return {};
    }
    for (const SchemaNode* variant : fitting)
      for (const auto& p : variant->properties)
        if (p.required && p.name != schema.discriminator && !(variant->property(schema.discriminator) && !schema.discriminator.empty()) && node.find_key(p.name) &&
            only_of(*variant, fitting, p.name))
          return check(node, *variant);
    for (const SchemaNode* variant : fitting)   // variants with variants of their own are for what no key names
      if (!variant->one_of.empty()) return check(node, *variant);
    if (!schema.discriminator.empty()) {
      fault(node.place, "「" + schema.discriminator + "」がありません。使える値: " + join(known, ", "), "\"" + schema.discriminator + "\" is missing; one of: " + join(known, ", "));
    } else {
      std::vector<std::string> keys;
      for (const SchemaNode* variant : fitting)
        for (const auto& p : variant->properties)
          if (p.required) keys.push_back(p.name);
      return nearest_variant(node, fitting, keys);
    }
    return {};
  }
  /// No variant is named by a required key: perhaps one is misspelt.
  json::Value nearest_variant(const Node& node, const std::vector<const SchemaNode*>& fitting, const std::vector<std::string>& keys) {
    for (const Key& key : node.keys) {
      const std::string near = nearest(key.name, keys);
      if (near.empty()) continue;
      for (const SchemaNode* variant : fitting)
        if (const auto* p = variant->property(near); p && p->required) return check(node, *variant);
    }
    fault(node.place, "次のいずれかのキーが必要です: " + join(keys, "、"), "one of these keys is needed: " + join(keys, ", "));
    return {};
  }

  std::vector<PlacedFault>& faults_;
};

}  // namespace

json::Value check_node(const Node& node, const SchemaNode& schema, std::vector<PlacedFault>& faults) { return Checker(faults).check(node, schema); }

}  // namespace machiya::city
