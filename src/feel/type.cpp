#include "feel/type.h"

namespace machiya::feel {

struct Type::Parts {
  Type element;
  std::vector<Member> members;
};

Type Type::list(Type element) {
  Type t(TypeKind::list);
  auto p = std::make_shared<Parts>();
  p->element = std::move(element);
  t.parts_ = std::move(p);
  return t;
}

Type Type::range(Type element) {
  Type t = list(std::move(element));
  t.kind_ = TypeKind::range;
  return t;
}

Type Type::context(std::vector<Member> members) {
  Type t(TypeKind::context);
  auto p = std::make_shared<Parts>();
  p->members = std::move(members);
  t.parts_ = std::move(p);
  return t;
}

Type Type::function(std::vector<Type> parameters, Type result) {
  Type t(TypeKind::function);
  auto p = std::make_shared<Parts>();
  p->element = std::move(result);
  for (auto& q : parameters) p->members.emplace_back(std::string(), std::move(q));
  t.parts_ = std::move(p);
  return t;
}

const Type& Type::element() const {
  static const Type kAny;
  return parts_ ? parts_->element : kAny;
}

const std::vector<Type::Member>& Type::members() const {
  static const std::vector<Member> kNone;
  return parts_ ? parts_->members : kNone;
}

const Type* Type::member(std::string_view name) const {
  for (const auto& m : members())
    if (m.first == name) return &m.second;
  return nullptr;
}

std::string Type::to_string() const {
  switch (kind_) {
    case TypeKind::any: return "Any";
    case TypeKind::null: return "null";
    case TypeKind::number: return "number";
    case TypeKind::string: return "string";
    case TypeKind::boolean: return "boolean";
    case TypeKind::date: return "date";
    case TypeKind::time: return "time";
    case TypeKind::date_time: return "date and time";
    case TypeKind::month_duration: return "years and months duration";
    case TypeKind::time_duration: return "days and time duration";
    case TypeKind::list: return "list<" + element().to_string() + ">";
    case TypeKind::range: return "range<" + element().to_string() + ">";
    case TypeKind::context: break;
    case TypeKind::function: {
      std::string s = "function<";
      for (const auto& m : members()) s += (s.back() == '<' ? "" : ", ") + m.second.to_string();
      return s + "> -> " + element().to_string();
    }
  }
  std::string s = "context<";
  for (const auto& m : members()) s += (s.back() == '<' ? "" : ", ") + m.first + ": " + m.second.to_string();
  return s + ">";
}

bool operator==(const Type& a, const Type& b) {
  if (a.kind_ != b.kind_ || a.members().size() != b.members().size()) return false;
  if (a.parts_ == b.parts_) return true;
  if (!(a.element() == b.element())) return false;
  for (std::size_t i = 0; i < a.members().size(); ++i)
    if (a.members()[i].first != b.members()[i].first || !(a.members()[i].second == b.members()[i].second)) return false;
  return true;
}

bool conforms(const Type& from, const Type& to) {
  if (to.kind_ == TypeKind::any || from.kind_ == TypeKind::null) return true;
  if (from.kind_ != to.kind_) return false;
  switch (to.kind_) {
    case TypeKind::list:
    case TypeKind::range: return conforms(from.element(), to.element());
    case TypeKind::context:
      for (const auto& m : to.members()) {
        const Type* t = from.member(m.first);
        if (!t || !conforms(*t, m.second)) return false;
      }
      return true;
    case TypeKind::function:
      if (from.members().size() != to.members().size()) return false;
      for (std::size_t i = 0; i < to.members().size(); ++i)
        if (!conforms(to.members()[i].second, from.members()[i].second)) return false;
      return from.element().is_any() || conforms(from.element(), to.element());
    default: return true;
  }
}

bool may_meet(const Type& a, const Type& b) {
  auto open = [](const Type& t) { return t.kind_ == TypeKind::any || t.kind_ == TypeKind::null; };
  if (open(a) || open(b)) return true;
  if (a.kind_ != b.kind_) return false;
  if (a.kind_ == TypeKind::list || a.kind_ == TypeKind::range) return may_meet(a.element(), b.element());
  if (a.kind_ == TypeKind::context)
    for (const auto& m : a.members())
      if (const Type* t = b.member(m.first); t && !may_meet(m.second, *t)) return false;
  return true;
}

Type common(const Type& a, const Type& b) {
  if (a.kind_ == TypeKind::null) return b;
  if (b.kind_ == TypeKind::null) return a;
  if (a == b) return a;
  if (a.kind_ != b.kind_) return {};
  if (a.kind_ == TypeKind::list) return Type::list(common(a.element(), b.element()));
  if (a.kind_ == TypeKind::range) return Type::range(common(a.element(), b.element()));
  if (a.kind_ == TypeKind::context) {
    std::vector<Type::Member> members;
    for (const auto& m : a.members()) {
      const Type* t = b.member(m.first);
      members.emplace_back(m.first, t ? common(m.second, *t) : Type());
    }
    for (const auto& m : b.members())
      if (!a.member(m.first)) members.emplace_back(m.first, Type());
    return Type::context(std::move(members));
  }
  return {};
}

}  // namespace machiya::feel
