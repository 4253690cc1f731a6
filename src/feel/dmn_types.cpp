// Item definitions: types with allowed values.
#include "base/text.h"
#include "feel/dmn_model.h"

namespace machiya::feel {

NodePtr TypeReader::tests(const std::string& text, int& slots) {
  if (trim(text).empty()) return nullptr;
  Compiler c(false);
  c.declare("?", Type());
  Code code = c.unary_tests(text, Type());
  for (const auto& p : c.problems()) faults_.push_back("allowed values \"" + text + "\": " + p.en);
  slots = std::max(slots, c.slots());
  return code ? std::move(code.node) : nullptr;
}

ConstraintPtr TypeReader::constrain(const xml::Element& definition, const NamedType& base, bool collection) {
  const xml::Element *allowed = definition.child("allowedValues"), *whole = definition.child("typeConstraint");
  if (!allowed && !whole && !base.constraint) return nullptr;
  auto c = std::make_shared<Constraint>();
  c->collection = collection;
  c->base = base.constraint;
  if (allowed) c->each = tests(allowed->child_text("text"), c->slots);
  if (whole) c->whole = tests(whole->child_text("text"), c->slots);
  return c;
}

NamedType TypeReader::read(const xml::Element& d, int depth) {
  bool collection = d.attribute("isCollection") == "true";
  NamedType base;
  std::vector<Type::Member> members;
  auto parts = std::make_shared<Constraint>();
  bool has_parts = false;
  for (const auto& c : d.children) {
    if (c.name == "typeRef") base = named(trim(c.text), depth + 1);
    if (c.name == "functionItem") {
      std::vector<Type> parameters;
      for (const auto& p : c.children)
        if (p.name == "parameters") parameters.push_back(named(p.attribute("typeRef"), depth + 1).type);
      base.type = Type::function(std::move(parameters), named(c.attribute("outputTypeRef"), depth + 1).type);
    }
    if (c.name != "itemComponent") continue;
    NamedType part = read(c, depth + 1);
    members.emplace_back(c.attribute("name"), part.type);
    if (part.constraint) {
      parts->members.emplace_back(c.attribute("name"), part.constraint);
      has_parts = true;
    }
  }
  if (!members.empty()) {
    base.type = Type::context(std::move(members));
    if (has_parts) base.constraint = parts;
  }
  NamedType r;
  r.constraint = constrain(d, base, collection);
  r.type = collection ? Type::list(base.type) : base.type;
  return r;
}

NamedType TypeReader::named(std::string_view ref, int depth) {
  ref = trim(ref);
  if (ref.empty() || depth > 30) return {};
  if (auto at = known_.find(ref); at != known_.end()) return at->second;
  for (const auto& d : definitions_.children) {
    if (d.name != "itemDefinition" || d.attribute("name") != ref) continue;
    NamedType t = read(d, depth);
    known_.emplace(std::string(ref), t);
    return t;
  }
  for (const auto& i : imports_)
    if (starts_with(ref, i.first + ".") && i.second) return i.second->named(ref.substr(i.first.size() + 1), depth + 1);
  if (std::size_t colon = ref.find(':'); colon != std::string_view::npos) ref = ref.substr(colon + 1);
  Compiler c(true);
  if (auto t = c.type_named(ref)) return {*t, nullptr};
  faults_.push_back("unknown type \"" + std::string(ref) + "\"");
  return {};
}

const TypeNames& TypeReader::names() {
  if (listed_) return names_;
  listed_ = true;
  for (const auto& d : definitions_.children)
    if (d.name == "itemDefinition") names_.emplace(d.attribute("name"), named(d.attribute("name")).type);
  for (const auto& i : imports_) {
    if (!i.second || i.second == this) continue;
    for (const auto& d : i.second->definitions_.children)
      if (d.name == "itemDefinition") names_.emplace(i.first + "." + d.attribute("name"), i.second->named(d.attribute("name")).type);
  }
  return names_;
}

namespace {

bool holds(Machine& m, const NodePtr& tests, int slots, const Value& v) {
  if (!tests) return true;
  if (!m.enter(slots, tests->height)) return false;
  m.slot(0) = v;
  bool ok = run(*tests, m).is_true();
  m.leave(tests->height);
  return ok;
}

bool one_satisfies(Machine& m, const Value& v, const Constraint& c) {
  if (v.is_null()) return true;
  if (c.base && !satisfies(m, v, *c.base)) return false;
  if (!holds(m, c.each, c.slots, v)) return false;
  for (const auto& part : c.members)
    if (const Value* p = v.find(part.first); p && !satisfies(m, *p, *part.second)) return false;
  return true;
}

}  // namespace

bool satisfies(Machine& m, const Value& v, const Constraint& c) {
  if (v.is_null()) return true;
  if (!c.collection) {
    // A list where one is expected by an alias of a collection: its elements are tested.
    if (v.list() && c.each && !c.base) {
      for (const auto& item : v.items())
        if (!one_satisfies(m, item, c)) return false;
    } else if (!one_satisfies(m, v, c)) {
      return false;
    }
  } else {
    for (const auto& item : v.items())
      if (!one_satisfies(m, item, c)) return false;
  }
  return holds(m, c.whole, c.slots, v);
}

Value conformed(Machine& m, const Value& v, const NamedType& type) {
  Value r = coerce(m, v, type.type);
  if (type.constraint && !satisfies(m, r, *type.constraint)) return Value();
  return r;
}

}  // namespace machiya::feel
