// List functions (DMN 10.3.4.4) and sort (10.3.4.7).
#include <algorithm>

#include "feel/builtins.h"

namespace machiya::feel {
namespace {

using Args = std::span<Value>;
using Items = std::vector<Value>;

bool holds(Machine& m, const Items& items, const Value& v) {
  for (const auto& i : items)
    if (equal(m, i, v) == 1) return true;
  return false;
}

Value list_contains(Machine& m, Args a) {
  if (!a[0].list()) return Value();
  return Value::boolean(holds(m, a[0].items(), a[1]));
}

Value count(Machine&, Args a) {
  if (!a[0].list()) return Value();
  return Value::number(static_cast<std::int64_t>(a[0].items().size()));
}

Value extreme(Machine& m, const Value& list, Order wanted) {
  if (!list.list() || list.items().empty() || !m.charge(list.items().size())) return Value();
  const Value* best = nullptr;
  for (const auto& v : list.items()) {
    if (v.is_null()) return Value();
    Order o = best ? order(v, *best) : order(v, v);
    if (o == Order::unknown) return Value();
    if (!best || o == wanted) best = &v;
  }
  return *best;
}
Value min_of(Machine& m, Args a) { return extreme(m, a[0], Order::less); }
Value max_of(Machine& m, Args a) { return extreme(m, a[0], Order::greater); }

Value sum_of(Machine& m, Args a) {
  if (!a[0].list() || a[0].items().empty() || !m.charge(a[0].items().size())) return Value();
  Value total = a[0].items()[0];
  if (!total.number() && !total.month_duration() && !total.time_duration()) return Value();
  for (std::size_t i = 1; i < a[0].items().size(); ++i) {
    const Value& v = a[0].items()[i];
    if (v.kind() != total.kind()) return Value();
    total = add(m, total, v);
  }
  return total;
}

// all/any over booleans, three-valued; the empty list is true for all and false for any.
Value all_of(Machine& m, Args a) {
  if (!a[0].list() || !m.charge(a[0].items().size())) return Value();
  bool unknown = false;
  for (const auto& v : a[0].items()) {
    if (v.is_false()) return v;
    unknown = unknown || !v.boolean();
  }
  return unknown ? Value() : Value::boolean(true);
}
Value any_of(Machine& m, Args a) {
  if (!a[0].list() || !m.charge(a[0].items().size())) return Value();
  bool unknown = false;
  for (const auto& v : a[0].items()) {
    if (v.is_true()) return v;
    unknown = unknown || !v.boolean();
  }
  return unknown ? Value() : Value::boolean(false);
}

// 1-based position, negative from the end, as an index; -1 when outside 0..size.
std::int64_t index_of_position(const Value& v, std::size_t size) {
  auto p = v.number() ? v.number()->rounded(0, Rounding::down).to_int64() : std::nullopt;
  auto n = static_cast<std::int64_t>(size);
  if (!p || *p == 0 || *p > n || *p < -n) return -1;
  return *p > 0 ? *p - 1 : n + *p;
}

Value sublist(Machine& m, Args a) {
  if (!a[0].list() || !a[1].number()) return Value();
  const Items& items = a[0].items();
  std::int64_t from = index_of_position(a[1], items.size());
  if (from < 0) return Value();
  auto n = static_cast<std::int64_t>(items.size()) - from;
  if (!a[2].is_null()) {
    auto length = a[2].as_int();
    if (!length || *length < 0 || *length > n) return Value();
    n = *length;
  }
  return m.list(Items(items.begin() + from, items.begin() + from + n));
}

Value append(Machine& m, Args a) {
  if (!a[0].list()) return Value();
  Items r = a[0].items();
  r.insert(r.end(), a[1].items().begin(), a[1].items().end());
  return m.list(std::move(r));
}

Value concatenate(Machine& m, Args a) {
  Items r;
  for (const auto& l : a[0].items()) {
    if (!l.list()) return Value();
    r.insert(r.end(), l.items().begin(), l.items().end());
    if (!m.charge(l.items().size() / 4)) return Value();
  }
  return m.list(std::move(r));
}

Value insert_before(Machine& m, Args a) {
  if (!a[0].list()) return Value();
  std::int64_t at = index_of_position(a[1], a[0].items().size());
  if (at < 0) return Value();
  Items r = a[0].items();
  r.insert(r.begin() + at, a[2]);
  return m.list(std::move(r));
}

Value remove_at(Machine& m, Args a) {
  if (!a[0].list()) return Value();
  std::int64_t at = index_of_position(a[1], a[0].items().size());
  if (at < 0) return Value();
  Items r = a[0].items();
  r.erase(r.begin() + at);
  return m.list(std::move(r));
}

// list replace(list, position | match, newItem)
Value list_replace(Machine& m, Args a) {
  if (!a[0].list()) return Value();
  Items r = a[0].items();
  if (!a[1].function()) {
    std::int64_t at = index_of_position(a[1], r.size());
    if (at < 0) return Value();
    r[static_cast<std::size_t>(at)] = a[2];
    return m.list(std::move(r));
  }
  for (auto& v : r) {
    Value hit = invoke(m, a[1], {v, a[2]});
    if (!hit.boolean()) return Value();
    if (hit.is_true()) v = a[2];
  }
  return m.list(std::move(r));
}

Value reverse(Machine& m, Args a) {
  if (!a[0].list()) return Value();
  return m.list(Items(a[0].items().rbegin(), a[0].items().rend()));
}

Value index_of(Machine& m, Args a) {
  if (!a[0].list()) return Value();
  Items r;
  for (std::size_t i = 0; i < a[0].items().size(); ++i)
    if (equal(m, a[0].items()[i], a[1]) == 1) r.push_back(Value::number(static_cast<std::int64_t>(i + 1)));
  return m.list(std::move(r));
}

Value distinct(Machine& m, const Items& items) {
  Items r;
  for (const auto& v : items) {
    if (!holds(m, r, v)) r.push_back(v);
    if (m.failed()) return Value();
  }
  return m.list(std::move(r));
}

Value distinct_values(Machine& m, Args a) { return a[0].list() ? distinct(m, a[0].items()) : Value(); }

Value union_of(Machine& m, Args a) {
  Value all = concatenate(m, a);
  return all.list() ? distinct(m, all.items()) : Value();
}

void flatten_into(Machine& m, const Value& v, Items& out) {
  if (!m.charge(1)) return;
  if (!v.list()) {
    out.push_back(v);
    return;
  }
  for (const auto& i : v.items()) flatten_into(m, i, out);
}

Value flatten(Machine& m, Args a) {
  if (!a[0].list()) return Value();
  Items r;
  flatten_into(m, a[0], r);
  return m.list(std::move(r));
}

// A stable merge sort, since the caller's function may not be a strict order.
bool merge_sort(Machine& m, Items& v, Items& spare, std::size_t from, std::size_t to, const Value* precedes) {
  if (to - from < 2) return true;
  std::size_t mid = from + (to - from) / 2;
  if (!merge_sort(m, v, spare, from, mid, precedes) || !merge_sort(m, v, spare, mid, to, precedes)) return false;
  std::size_t i = from, j = mid, k = from;
  while (i < mid && j < to) {
    Value before;
    if (precedes) {
      before = invoke(m, *precedes, {v[j], v[i]});
    } else {
      Order o = order(v[j], v[i]);
      if (o != Order::unknown) before = Value::boolean(o == Order::less);
    }
    if (!before.boolean() || !m.charge(1)) return false;
    spare[k++] = before.is_true() ? v[j++] : v[i++];
  }
  while (i < mid) spare[k++] = v[i++];
  while (j < to) spare[k++] = v[j++];
  std::copy(spare.begin() + static_cast<std::ptrdiff_t>(from), spare.begin() + static_cast<std::ptrdiff_t>(to),
            v.begin() + static_cast<std::ptrdiff_t>(from));
  return true;
}

Value sort_of(Machine& m, Args a) {
  if (!a[0].list() || (!a[1].is_null() && !a[1].function())) return Value();
  Items items = a[0].items(), spare(items.size());
  if (!merge_sort(m, items, spare, 0, items.size(), a[1].is_null() ? nullptr : &a[1])) return Value();
  return m.list(std::move(items));
}

constexpr BuiltinRow kRows[] = {
    {"list contains", "list:l, element:a", "b", list_contains},
    {"count", "list:l", "n", count},
    {"count", "c...:a", "n", count},
    {"min", "list:l", "", min_of},
    {"min", "c...:a", "", min_of},
    {"max", "list:l", "", max_of},
    {"max", "c...:a", "", max_of},
    {"sum", "list:l", "", sum_of},
    {"sum", "n...:a", "", sum_of},
    {"all", "list:l", "b", all_of},
    {"all", "b...:a", "b", all_of},
    {"any", "list:l", "b", any_of},
    {"any", "b...:a", "b", any_of},
    {"sublist", "list:l, start position:n, length?:n", "l", sublist},
    {"append", "list:l, item...:a", "l", append},
    {"concatenate", "list...:l", "l", concatenate},
    {"insert before", "list:l, position:n, newItem:a", "l", insert_before},
    {"remove", "list:l, position:n", "l", remove_at},
    {"list replace", "list:l, position or match:nf, newItem:a", "l", list_replace},
    {"list replace", "list:l, position:n, newItem:a", "l", list_replace},
    {"list replace", "list:l, match:f, newItem:a", "l", list_replace},
    {"reverse", "list:l", "l", reverse},
    {"index of", "list:l, match:a", "ln", index_of},
    {"union", "list...:l", "l", union_of},
    {"distinct values", "list:l", "l", distinct_values},
    {"flatten", "list:l", "l", flatten},
    {"sort", "list:l, precedes?:f", "l", sort_of},
};

}  // namespace

std::span<const BuiltinRow> list_builtins() { return kRows; }

}  // namespace machiya::feel
