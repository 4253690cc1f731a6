#include <algorithm>

#include "sense/jsonld/compactor.h"

namespace machiya::sense::jsonld {
namespace {

const Term* term_of(const Context& active, std::string_view property) { return property.empty() ? nullptr : active.find(property); }

bool same_text(std::string_view a, std::string_view b) {
  auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? c + 32 : +c; };
  return std::ranges::equal(a, b, [&](char x, char y) { return lower(x) == lower(y); });
}

}  // namespace

bool Compactor::document(const Value& in, const ContextPtr& active, const Value& context_member, Value& out) {
  if (!element(active, {}, in, out)) return false;
  std::vector<Member> members;
  if (!context_member.is_null() && !((context_member.is_object() || context_member.is_array()) && context_member.count == 0))
    members.push_back({"@context", context_member});
  if (out.is_object()) members.insert(members.end(), out.members().begin(), out.members().end());
  else if (!(out.is_array() && out.count == 0)) members.push_back({alias(*active, Keyword::graph), out});
  return out = arena_.object(members), true;
}

bool Compactor::iri(const Context& active, std::string_view text, const Value* value, bool reverse, std::string_view& out) {
  const Compacted c = active.inverse().compact(text, value, reverse, arena_, run_.settings.mode_1_0);
  out = c.text;
  return !c.confused || run_.fail(LdError::iri_confused_with_prefix, std::string(text.substr(0, 200)));
}

bool Compactor::id(const Context& active, std::string_view text, std::string_view& out) {
  const Compacted c = active.inverse().compact_id(text, run_.settings.compact_to_relative, arena_);
  out = c.text;
  return !c.confused || run_.fail(LdError::iri_confused_with_prefix, std::string(text.substr(0, 200)));
}

bool Compactor::element(const ContextPtr& active, std::string_view property, const Value& in, Value& out) {
  if (!active->has_inverse() && !run_.spend(8 * active->size())) return false;
  if (in.is_object()) return object(active, property, in, out);
  if (in.is_array()) return array(active, property, in, out);
  return out = in, true;
}

bool Compactor::array(const ContextPtr& active, std::string_view property, const Value& in, Value& out) {
  Run::Deeper deeper(run_);
  if (!deeper.ok()) return false;
  const std::size_t first = items_.size();
  for (const Value& item : in.items()) {
    Value one;
    if (!element(active, property, item, one)) return false;
    if (!one.is_null()) items_.push_back(one);
  }
  const std::size_t n = items_.size() - first;
  const Term* term = term_of(*active, property);
  const bool keep = n != 1 || !run_.settings.compact_arrays || property == "@graph" || property == "@set" ||
                    (term != nullptr && (term->containers & (kList | kSet)));
  out = keep ? Value::array(arena_.list(std::span<const Value>(items_).subspan(first))) : items_.back();
  items_.resize(first);
  return true;
}

bool Compactor::object(ContextPtr active, std::string_view property, const Value& in, Value& out) {
  Run::Deeper deeper(run_);
  if (!deeper.ok()) return false;
  const ContextPtr given = active;
  const bool single_id = in.count == 1 && in.has("@id");
  if (active->previous != nullptr && !in.has("@value") && !single_id) active = active->previous;
  const Term* scoped = given->any_scoped ? term_of(*given, property) : nullptr;
  if (scoped != nullptr && scoped->local_context != nullptr && !run_.apply_scoped(ContextPtr(active), *scoped, true, true, active)) return false;
  const Term* term = term_of(*active, property);
  if (in.has("@value") || in.has("@id")) {
    if (!value(*active, property, in, out)) return false;
    if (out.is_scalar() || (term != nullptr && term->type_keyword == Keyword::json && in.has("@value"))) return true;
  }
  if (is_list_object(in) && term != nullptr && (term->containers & kList)) return element(active, property, in["@list"], out);
  const ContextPtr type_scoped = active;
  if (active->any_scoped && !type_contexts(active, type_scoped, in)) return false;
  Grown result(pool_);
  if (!members(active, *type_scoped, property, in, *result)) return false;
  return out = result->finish(arena_), true;
}

bool Compactor::type_contexts(ContextPtr& active, const ContextPtr& type_scoped, const Value& in) {
  const Value types = array_of(in["@type"]);
  std::vector<std::string_view> words;
  for (const Value& type : types.items()) {
    if (!type.is_string()) continue;
    std::string_view word;
    if (!iri(*type_scoped, type.text(), nullptr, false, word)) return false;
    words.push_back(word);
  }
  std::ranges::sort(words);
  for (std::string_view word : words) {
    const Term* type = type_scoped->find(word);
    if (type == nullptr || type->local_context == nullptr) continue;
    if (!run_.apply_scoped(ContextPtr(active), *type, false, false, active)) return false;
  }
  return true;
}

bool Compactor::members(const ContextPtr& active, const Context& type_scoped, std::string_view property, const Value& in, Growing& result) {
  std::vector<const Member*> sorted;
  if (run_.settings.ordered) {
    for (const Member& m : in.members()) sorted.push_back(&m);
    std::ranges::sort(sorted, {}, [](const Member* m) { return m->key; });
  }
  for (std::size_t i = 0; i < in.count; ++i) {
    const Member& m = sorted.empty() ? in.entries[i] : *sorted[i];
    bool done = false;
    if (!member(active, type_scoped, property, m, result, done)) return false;
    if (!done && !items(active, property, m, result)) return false;
  }
  return true;
}

/// Members that are no lists of items. `done`: m was one of them.
bool Compactor::member(const ContextPtr& active, const Context& type_scoped, std::string_view property, const Member& m, Growing& result, bool& done) {
  const Keyword k = keyword_of(m.key);
  done = k != Keyword::none && k != Keyword::graph && k != Keyword::list && k != Keyword::included && k != Keyword::set;
  switch (k) {
    case Keyword::id: return set_id(*active, m.value, result);
    case Keyword::type: return set_types(*active, type_scoped, m.value, result);
    case Keyword::reverse: return set_reverse(active, m.value, result);
    case Keyword::index: {
      const Term* term = term_of(*active, property);
      if (term != nullptr && (term->containers & kIndex)) return true;
      return result.set(alias(*active, k), m.value), true;
    }
    case Keyword::direction: case Keyword::language: case Keyword::value: return result.set(alias(*active, k), m.value), true;
    default: return true;
  }
}

bool Compactor::set_id(const Context& active, const Value& in, Growing& result) {
  Value out = in;
  if (in.is_string()) {
    std::string_view text;
    if (!id(active, in.text(), text)) return false;
    out = Value::string(text);
  }
  return result.set(alias(active, Keyword::id), out), true;
}

bool Compactor::set_types(const Context& active, const Context& type_scoped, const Value& in, Growing& result) {
  const std::string_view name = alias(active, Keyword::type);
  const Term* term = active.find(name);
  const bool set = !run_.settings.mode_1_0 && term != nullptr && (term->containers & kSet);
  const bool as_array = set || !run_.settings.compact_arrays;
  const Value types = array_of(in);
  if (types.count == 0) result.add(name, types, true, arena_);
  for (const Value& type : types.items()) {
    std::string_view word;
    if (!iri(type_scoped, type.text(), nullptr, false, word)) return false;
    result.add(name, Value::string(word), as_array, arena_);
  }
  return true;
}

bool Compactor::set_reverse(const ContextPtr& active, const Value& in, Growing& result) {
  Value made;
  if (!element(active, "@reverse", in, made)) return false;
  std::vector<Member> rest;
  for (const Member& m : made.members()) {
    const Term* term = active->find(m.key);
    if (term != nullptr && term->reverse) result.add(m.key, m.value, (term->containers & kSet) || !run_.settings.compact_arrays, arena_);
    else rest.push_back(m);
  }
  if (!rest.empty()) result.set(alias(*active, Keyword::reverse), arena_.object(rest));
  return true;
}

// ---- values (§6.3)

/// Steps for {"@id": …} and {"@id": …, "@index": …}.
bool Compactor::compact_id_value(const Context& active, const Term* term, const Value& in, Value& out, bool& done) {
  const Keyword type = term != nullptr ? term->type_keyword : Keyword::none;
  if (type != Keyword::id && type != Keyword::vocab) return true;
  if (in.has("@index") && !(term->containers & kIndex)) return true;
  std::string_view text;
  const std::string_view from = in["@id"].text();
  if (type == Keyword::id ? !id(active, from, text) : !iri(active, from, nullptr, false, text)) return false;
  done = true;
  return out = Value::string(text), true;
}

bool Compactor::value(const Context& active, std::string_view property, const Value& in, Value& out) {
  const Term* term = term_of(active, property);
  out = in;
  const Value* index = in.find("@index");
  const bool kept_index = index != nullptr && !(term != nullptr && (term->containers & kIndex));
  if (const Value* of = in.find("@id"); of != nullptr) {
    bool done = false;
    const bool alone = in.count == 1u + (index != nullptr) && of->is_string();
    return !alone || compact_id_value(active, term, in, out, done);
  }
  const Value& v = in["@value"];
  const Value* type = in.find("@type");
  const std::string_view mapping = term != nullptr ? term->type : std::string_view();
  if (type != nullptr) {
    if (type->is_string() && type->text() == mapping && !kept_index) out = v;
    return true;
  }
  if (term != nullptr && term->type_keyword == Keyword::none_) return true;
  if (kept_index) return true;
  if (!v.is_string()) return out = v, true;
  const std::string_view language = term != nullptr && term->has_language ? term->language : active.language;
  const Direction direction = term != nullptr && term->direction != Direction::absent ? term->direction : active.direction;
  if (same_text(in["@language"].text(), language) && in["@direction"].text() == direction_text(direction)) out = v;
  return true;
}

Result<Value> compact(const Value& expanded, const ContextPtr& active, const Value& context_member, const Settings& settings, Arena& out) {
  Compactor compactor(settings, out);
  Value result;
  if (!compactor.document(expanded, active, context_member, result)) return compactor.error();
  return result;
}

}  // namespace machiya::sense::jsonld
