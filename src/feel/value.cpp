#include "feel/value.h"

#include <algorithm>

#include "feel/machine.h"

namespace machiya::feel {
namespace {

constexpr std::uint64_t kHuge = std::uint64_t{1} << 60;

void grow(std::uint64_t& weight, std::uint32_t& depth, const Value& part) {
  weight = std::min(kHuge, weight + part.weight());
  depth = std::max(depth, part.depth() + 1);
}

// Leaves one member of each name, at the first one's place with the last one's value, in n log n.
void replace_doubles(std::vector<Value::Member>& members) {
  std::vector<std::size_t> order(members.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return members[a].first < members[b].first; });
  std::vector<bool> dropped(members.size());
  for (std::size_t i = 0; i < order.size();) {
    std::size_t j = i + 1;
    for (; j < order.size() && members[order[j]].first == members[order[i]].first; ++j) dropped[order[j]] = true;
    if (j > i + 1) members[order[i]].second = members[order[j - 1]].second;
    i = j;
  }
  std::size_t kept = 0;
  for (std::size_t i = 0; i < members.size(); ++i) {
    if (dropped[i]) continue;
    if (kept != i) members[kept] = std::move(members[i]);
    ++kept;
  }
  members.resize(kept);
}

}  // namespace

Value Value::list(std::vector<Value> items) {
  auto l = std::make_shared<List>();
  l->items = std::move(items);
  for (const auto& v : l->items) grow(l->weight, l->depth, v);
  return Value(Storage(std::shared_ptr<const List>(std::move(l))));
}

Value Value::context(std::vector<Member> members) {
  auto c = std::make_shared<Context>();
  if (members.size() > 64) replace_doubles(members);
  c->members.reserve(members.size());
  for (auto& m : members) {
    auto at = members.size() > 64 ? c->members.end()
                                  : std::find_if(c->members.begin(), c->members.end(), [&](const Member& x) { return x.first == m.first; });
    if (at == c->members.end())
      c->members.push_back(std::move(m));
    else
      at->second = std::move(m.second);
  }
  for (const auto& m : c->members) grow(c->weight, c->depth, m.second);
  return Value(Storage(std::shared_ptr<const Context>(std::move(c))));
}

Value Value::range(Range r) { return Value(Storage(std::make_shared<const Range>(std::move(r)))); }

TypeKind Value::kind() const {
  static constexpr TypeKind kKinds[] = {
      TypeKind::null, TypeKind::boolean, TypeKind::number, TypeKind::string, TypeKind::date, TypeKind::time, TypeKind::date_time,
      TypeKind::month_duration, TypeKind::time_duration, TypeKind::list, TypeKind::context, TypeKind::range, TypeKind::function};
  return kKinds[v_.index()];
}

std::optional<std::int64_t> Value::as_int() const {
  auto* n = number();
  return n ? n->to_int64() : std::nullopt;
}

const std::string& Value::as_string() const {
  static const std::string kEmpty;
  auto* s = string();
  return s ? *s : kEmpty;
}

std::optional<Date> Value::as_date() const {
  if (auto* d = date()) return to_base_date(*d);
  if (auto* t = date_time()) return to_base_date(t->date);
  return std::nullopt;
}

const std::vector<Value>& Value::items() const {
  static const std::vector<Value> kEmpty;
  auto* l = list();
  return l ? l->items : kEmpty;
}

const Value* Value::find(std::string_view name) const {
  auto* c = context();
  if (!c) return nullptr;
  for (const auto& m : c->members)
    if (m.first == name) return &m.second;
  return nullptr;
}

const Value& Value::operator[](std::string_view name) const {
  static const Value kNull;
  auto* v = find(name);
  return v ? *v : kNull;
}

std::uint64_t Value::weight() const {
  if (auto* l = list()) return l->weight;
  if (auto* c = context()) return c->weight;
  if (auto* s = string()) return 1 + s->size() / 64;
  if (auto* r = range()) return 1 + r->low.weight() + r->high.weight();
  if (auto* f = function()) return f->weight();
  return 1;
}

std::uint32_t Value::depth() const {
  if (auto* l = list()) return l->depth;
  if (auto* c = context()) return c->depth;
  if (auto* r = range()) return 1 + std::max(r->low.depth(), r->high.depth());
  if (auto* f = function()) return f->depth();
  return 0;
}

Type type_of(const Value& value) {
  if (auto* l = value.list()) {
    Type t = Type::null();
    for (const auto& v : l->items) t = common(t, type_of(v));
    return Type::list(l->items.empty() ? Type() : t);
  }
  if (auto* c = value.context()) {
    std::vector<Type::Member> members;
    for (const auto& m : c->members) members.emplace_back(m.first, type_of(m.second));
    return Type::context(std::move(members));
  }
  if (auto* r = value.range()) return Type::range(common(type_of(r->low), type_of(r->high)));
  if (auto* f = value.function()) {
    std::vector<Type> parameters;
    for (const auto& p : f->parameters()) parameters.push_back(p.type);
    return Type::function(std::move(parameters), f->result());
  }
  return value.kind();
}

namespace {

void write_text(const Value& value, bool quote, std::string& out);

void write_list(const List& list, std::string& out) {
  out += '[';
  bool first = true;
  for (const auto& v : list.items) {
    if (!first) out += ", ";
    first = false;
    write_text(v, true, out);
  }
  out += ']';
}

void write_quoted(const std::string& s, std::string& out) {
  out += '"';
  for (char c : s) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  out += '"';
}

bool is_plain_name(const std::string& s) {
  if (s.empty()) return false;
  return std::all_of(s.begin(), s.end(), [](char c) {
    return (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z') || c == '_' || c == ' ' || static_cast<signed char>(c) < 0;
  });
}

void write_context(const Context& context, std::string& out) {
  out += '{';
  bool first = true;
  for (const auto& m : context.members) {
    if (!first) out += ", ";
    first = false;
    if (is_plain_name(m.first))
      out += m.first;
    else
      write_quoted(m.first, out);
    out += ": ";
    write_text(m.second, true, out);
  }
  out += '}';
}

void write_range(const Range& r, std::string& out) {
  if (r.form == Range::Form::equal || r.form == Range::Form::differs) {
    out += r.form == Range::Form::equal ? "= " : "!= ";
    write_text(r.low, true, out);
    return;
  }
  if (r.form == Range::Form::comparison) {
    const Value& end = r.low.is_null() ? r.high : r.low;
    bool closed = r.low.is_null() ? r.high_closed : r.low_closed;
    out += r.low.is_null() ? (closed ? "<= " : "< ") : (closed ? ">= " : "> ");
    write_text(end, true, out);
    return;
  }
  out += r.low_closed ? '[' : '(';
  write_text(r.low, true, out);
  out += "..";
  write_text(r.high, true, out);
  out += r.high_closed ? ']' : ')';
}

void write_text(const Value& value, bool quote, std::string& out) {
  switch (value.kind()) {
    case TypeKind::boolean: out += *value.boolean() ? "true" : "false"; return;
    case TypeKind::number: out += value.number()->to_string(); return;
    case TypeKind::string:
      if (quote)
        write_quoted(*value.string(), out);
      else
        out += *value.string();
      return;
    case TypeKind::date: out += to_text(*value.date()); return;
    case TypeKind::time: out += to_text(*value.time()); return;
    case TypeKind::date_time: out += to_text(*value.date_time()); return;
    case TypeKind::month_duration: out += to_text(*value.month_duration()); return;
    case TypeKind::time_duration: out += to_text(*value.time_duration()); return;
    case TypeKind::list: write_list(*value.list(), out); return;
    case TypeKind::context: write_context(*value.context(), out); return;
    case TypeKind::range: write_range(*value.range(), out); return;
    case TypeKind::function: out += value.function()->describe(); return;
    case TypeKind::any:
    case TypeKind::null: out += "null";
  }
}

}  // namespace

std::string to_text(const Value& value) {
  std::string out;
  write_text(value, false, out);
  return out;
}

}  // namespace machiya::feel
