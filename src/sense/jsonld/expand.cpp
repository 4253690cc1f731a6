#include <algorithm>

#include "sense/jsonld/expander.h"

namespace machiya::sense::jsonld {

bool Expander::document(const Value& in, const ContextPtr& active, Value& out) {
  Value whole;
  if (!element(active, {{}, true}, nullptr, in, false, whole)) return false;
  if (whole.is_object() && whole.count == 1 && whole.has("@graph")) whole = whole["@graph"];
  if (whole.is_null()) whole = Value::array({});
  out = array_of(whole);
  return true;
}

bool Expander::element(const ContextPtr& active, const Property& property, const Term* term, const Value& in, bool from_map, Value& out) {
  switch (in.kind) {
    case tree::Kind::null: return out = Value::null(), true;
    case tree::Kind::array: return array(active, property, term, in, from_map, out);
    case tree::Kind::object: return object(active, property, term, in, from_map, out);
    default: return scalar(active, property, term, in, out);
  }
}

bool Expander::scalar(const ContextPtr& active, const Property& property, const Term* term, const Value& in, Value& out) {
  if (property.top) return out = Value::null(), true;
  if (term != nullptr && term->local_context != nullptr) {
    ContextPtr scoped;
    if (!run_.apply_scoped(active, *term, true, true, scoped)) return false;
    return out = value(*scoped, scoped->find(property.name), in), true;
  }
  return out = value(*active, term, in), true;
}

bool Expander::array(const ContextPtr& active, const Property& property, const Term* term, const Value& in, bool from_map, Value& out) {
  Run::Deeper deeper(run_);
  if (!deeper.ok()) return false;
  const bool list = term != nullptr && (term->containers & kList);
  const std::size_t first = items_.size();
  for (const Value& item : in.items()) {
    Value one;
    if (!element(active, property, term, item, from_map, one)) return false;
    if (one.is_null()) continue;
    if (list && one.is_array()) one = arena_.object({{"@list", one}});
    if (one.is_array()) items_.insert(items_.end(), one.items().begin(), one.items().end());
    else items_.push_back(one);
  }
  out = Value::array(arena_.list(std::span<const Value>(items_).subspan(first)));
  items_.resize(first);
  return true;
}

/// Step 7: does this object stay under a context that is not propagated?
bool Expander::keeps_context(const Context& active, const Value& in) {
  for (const Member& m : in.members()) {
    const Keyword k = active.expand(m.key, true, false, arena_).keyword;
    if (k == Keyword::value || (k == Keyword::id && in.count == 1)) return true;
  }
  return false;
}

void Expander::read_keys(const Context& active, const Value& in) {
  for (const Member& m : in.members()) {
    const Term* term = active.find(m.key);
    keys_.push_back({&m, term, active.expand_known(term, m.key, true, false, arena_)});
  }
}

bool Expander::object(ContextPtr active, const Property& property, const Term* term, const Value& in, bool from_map, Value& out) {
  Run::Deeper deeper(run_);
  if (!deeper.ok()) return false;
  if (active->previous != nullptr && !from_map && !keeps_context(*active, in)) active = active->previous;
  if (term != nullptr && term->local_context != nullptr && !run_.apply_scoped(ContextPtr(active), *term, true, true, active)) return false;
  if (const Value* local = in.find("@context"))
    if (!run_.process(ContextPtr(active), *local, {run_.settings.base, false, true, true}, active)) return false;
  const ContextPtr type_scoped = active;
  const std::size_t first = keys_.size();
  read_keys(*active, in);
  if (active->any_scoped) {
    if (!type_contexts(active, *type_scoped, first)) return false;
    if (active != type_scoped) keys_.resize(first), read_keys(*active, in);
  }
  if (run_.settings.ordered) std::ranges::sort(keys_.begin() + static_cast<std::ptrdiff_t>(first), keys_.end(), {}, [](const Key& k) { return k.member->key; });
  Grown result(pool_);
  Node node{active, *type_scoped, property, *result};
  node.json = is_json(*active, first);
  const std::size_t last = keys_.size();
  const bool ok = members(node, first, last) && nests(node, first, last);
  keys_.resize(first);
  if (!ok) return false;
  if (node.reverse != nullptr) result->set("@reverse", node.reverse->finish(arena_));
  return finish(node, out);
}

/// Step 11: contexts of the object's types, in the order of the words.
bool Expander::type_contexts(ContextPtr& active, const Context& type_scoped, std::size_t first) {
  std::vector<const Member*> of_type;
  for (std::size_t i = first; i < keys_.size(); ++i)
    if (keys_[i].to.keyword == Keyword::type) of_type.push_back(keys_[i].member);
  std::ranges::sort(of_type, {}, [](const Member* m) { return m->key; });
  for (const Member* m : of_type) {
    std::vector<std::string_view> words;
    if (m->value.is_string()) words.push_back(m->value.text());
    for (const Value& v : m->value.items())
      if (v.is_string()) words.push_back(v.text());
    std::ranges::sort(words);
    for (std::string_view word : words) {
      const Term* type = type_scoped.find(word);
      if (type == nullptr || type->local_context == nullptr) continue;
      if (!run_.apply_scoped(ContextPtr(active), *type, false, false, active)) return false;
    }
  }
  return true;
}

/// Step 12, "input type".
bool Expander::is_json(const Context& active, std::size_t first) const {
  const Member* found = nullptr;
  for (std::size_t i = first; i < keys_.size(); ++i)
    if (keys_[i].to.keyword == Keyword::type && (found == nullptr || keys_[i].member->key < found->key)) found = keys_[i].member;
  if (found == nullptr) return false;
  const Value& v = found->value;
  const Value* last = v.is_array() && v.count > 0 ? &v.items().back() : &v;
  return last->is_string() && active.expand(last->text(), true, false, arena_).keyword == Keyword::json;
}

bool Expander::members(Node& node, std::size_t first, std::size_t last) {
  for (std::size_t i = first; i < last; ++i) {
    const Key key = keys_[i];   // the vector grows below
    if (key.to.null || key.to.keyword == Keyword::context) continue;
    if (key.to.keyword != Keyword::none) {
      if (!keyword(node, key)) return false;
    } else if (key.to.iri.find(':') != std::string_view::npos) {
      if (!property(node, key)) return false;
    }
  }
  return true;
}

bool Expander::nests(Node& node, std::size_t first, std::size_t last) {
  for (std::size_t i = first; i < last; ++i) {
    const Key key = keys_[i];
    if (key.to.keyword == Keyword::nest && !key.to.null && !nested(node, key)) return false;
  }
  return true;
}

/// Step 14.
bool Expander::nested(Node& node, const Key& key) {
  Run::Deeper deeper(run_);
  if (!deeper.ok()) return false;
  const Value all = array_of(key.member->value);
  for (const Value& one : all.items()) {
    if (!one.is_object()) return run_.fail(LdError::invalid_nest_value, "a map is expected", std::string(key.member->key));
    ContextPtr scoped = node.active;
    if (key.term != nullptr && key.term->local_context != nullptr && !run_.apply_scoped(node.active, *key.term, true, true, scoped)) return false;
    const std::size_t first = keys_.size();
    read_keys(*scoped, one);
    const std::size_t last = keys_.size();
    for (std::size_t i = first; i < last; ++i)
      if (keys_[i].to.keyword == Keyword::value) return run_.fail(LdError::invalid_nest_value, "@value in it", std::string(key.member->key));
    Node inner{scoped, node.type_scoped, node.property, node.result, node.reverse, node.json};
    const bool ok = members(inner, first, last) && nests(inner, first, last);
    node.reverse = inner.reverse;
    keys_.resize(first);
    if (!ok) return false;
  }
  return true;
}

/// Steps 15 to 19.
bool Expander::finish(Node& node, Value& out) {
  Growing& result = node.result;
  out = Value::null();
  if (result.has("@value")) {
    bool null = false;
    if (!finish_value(result, null)) return false;
    if (null) return true;
  } else if (const Value* type = result.find("@type")) {
    if (!type->is_array()) result.set("@type", array_of(*type));
  }
  const Value* set = result.find("@set");
  if (!result.has("@value") && (set != nullptr || result.has("@list"))) {
    const std::size_t allowed = 1 + result.has("@index");
    if (result.size() > allowed) return run_.fail(LdError::invalid_set_or_list_object);
    if (set != nullptr) return out = *set, true;
  }
  if (result.size() == 1 && result.has("@language")) return true;
  if (node.property.top) {
    if (result.empty() || result.has("@value") || result.has("@list")) return true;
    if (result.size() == 1 && result.has("@id")) return true;
  }
  out = result.finish(arena_);
  return true;
}

bool Expander::finish_value(Growing& result, bool& null) {
  bool only = true;
  result.each([&](std::string_view key, const Value&) {
    const Keyword k = keyword_of(key);
    only &= k == Keyword::direction || k == Keyword::index || k == Keyword::language || k == Keyword::type || k == Keyword::value;
  });
  const Value* type = result.find("@type");
  const Value* tag = result.find("@language");
  if (!only || (type != nullptr && (tag != nullptr || result.has("@direction")))) return run_.fail(LdError::invalid_value_object);
  if (type != nullptr && type->is_string() && type->text() == "@json") return true;
  const Value& value = *result.find("@value");
  if (value.is_null() || (value.is_array() && value.count == 0)) return null = true, true;
  if (!value.is_string() && tag != nullptr) return run_.fail(LdError::invalid_language_tagged_value);
  if (type != nullptr && !(type->is_string() && is_absolute_iri(type->text()))) return run_.fail(LdError::invalid_typed_value);
  return true;
}

/// Value Expansion (§5.3).
Value Expander::value(const Context& active, const Term* term, const Value& in) {
  const Keyword type = term != nullptr ? term->type_keyword : Keyword::none;
  if (in.is_string() && (type == Keyword::id || type == Keyword::vocab)) {
    const Expanded e = active.expand(in.text(), type == Keyword::vocab, true, arena_);
    return arena_.object({{"@id", e.null ? Value::null() : Value::string(e.iri)}});
  }
  const bool typed = term != nullptr && !term->type.empty() && type != Keyword::id && type != Keyword::vocab && type != Keyword::none_;
  if (typed) return arena_.object({{"@type", Value::string(term->type)}, {"@value", in}});
  if (!in.is_string()) return arena_.object({{"@value", in}});
  const std::string_view language = term != nullptr && term->has_language ? term->language : active.language;
  const Direction direction = term != nullptr && term->direction != Direction::absent ? term->direction : active.direction;
  const std::string_view way = direction_text(direction);
  Member made[3] = {{"@value", in}};
  std::size_t n = 1;
  if (!language.empty()) made[n++] = {"@language", Value::string(language)};
  if (!way.empty()) made[n++] = {"@direction", Value::string(way)};
  return Value::object(arena_.list(std::span<const Member>(made, n)));
}

Result<Value> expand(const Value& document, const ContextPtr& active, const Settings& settings, Arena& out) {
  Expander expander(settings, out);
  Value result;
  if (!expander.document(document, active, result)) return expander.error();
  return result;
}

Result<ContextPtr> process_context(const ContextPtr& active, const Value& local, const Settings& settings, bool override_protected) {
  auto arena = std::make_shared<Arena>();
  Run run(settings, *arena);
  ContextPtr out;
  const Value kept = arena->copy(local);
  if (!run.process(active, kept, {settings.base, override_protected, true, true}, out)) return *run.error;
  auto made = std::make_shared<Context>(*out);
  for (const auto& m : active->memory)
    if (std::ranges::find(made->memory, m) == made->memory.end()) made->memory.push_back(m);
  made->memory.push_back(std::move(arena));
  return ContextPtr(std::move(made));
}

}  // namespace machiya::sense::jsonld
