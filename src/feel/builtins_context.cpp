// Context functions (DMN 10.3.4.9).
#include "feel/builtins.h"

namespace machiya::feel {
namespace {

using Args = std::span<Value>;
using Members = std::vector<Value::Member>;

Value get_value(Machine& m, Args a) {
  if (a[1].string()) return a[0][*a[1].string()];
  if (!a[1].list() || a[1].items().empty()) return Value();
  Value v = a[0];
  for (const auto& key : a[1].items()) {
    if (!key.string() || !m.charge(1)) return Value();
    v = Value(v[*key.string()]);
  }
  return v;
}

Value get_entries(Machine& m, Args a) {
  if (!a[0].context()) return Value();
  std::vector<Value> r;
  for (const auto& e : a[0].context()->members)
    r.push_back(m.context({{"key", Value::string(e.first)}, {"value", e.second}}));
  return m.list(std::move(r));
}

Value put(Machine& m, const Value& context, const std::vector<Value>& keys, std::size_t i, const Value& value) {
  if (!keys[i].string() || !m.charge(1)) return Value();
  Members members;
  if (context.context())
    members = context.context()->members;
  else
    return Value();
  Value inner = value;
  if (i + 1 < keys.size()) {
    Value below = context[*keys[i].string()];
    if (below.is_null()) below = Value::context({});
    inner = put(m, below, keys, i + 1, value);
    if (inner.is_null()) return Value();
  }
  members.emplace_back(*keys[i].string(), std::move(inner));
  return m.context(std::move(members));
}

Value context_put(Machine& m, Args a) {
  if (!a[0].context()) return Value();
  if (a[1].string()) return put(m, a[0], {a[1]}, 0, a[2]);
  if (!a[1].list() || a[1].items().empty() || a[1].items().size() > 300) return Value();
  return put(m, a[0], a[1].items(), 0, a[2]);
}

Value context_merge(Machine& m, Args a) {
  if (!a[0].list()) return Value();
  Members members;
  for (const auto& c : a[0].items()) {
    if (!c.context() || !m.charge(c.context()->members.size())) return Value();
    members.insert(members.end(), c.context()->members.begin(), c.context()->members.end());
  }
  return m.context(std::move(members));
}

// context(entries): a list of {key, value}.
Value context_of(Machine& m, Args a) {
  if (!a[0].list()) return Value();
  Members members;
  for (const auto& e : a[0].items()) {
    const Value *key = e.find("key"), *value = e.find("value");
    if (!key || !key->string() || !value || !m.charge(1 + members.size() / 8)) return Value();
    for (const auto& x : members)
      if (x.first == *key->string()) return Value();
    members.emplace_back(*key->string(), *value);
  }
  return m.context(std::move(members));
}

constexpr BuiltinRow kRows[] = {
    {"get value", "context:c, key or keys:sl", "", get_value},
    {"get value", "context:c, key:s", "", get_value},
    {"get value", "m:c, key:s", "", get_value},
    {"get value", "context:c, keys:l", "", get_value},
    {"get entries", "context:c", "l", get_entries},
    {"get entries", "m:c", "l", get_entries},
    {"context put", "context:c, key or keys:sl, value:a", "", context_put},
    {"context put", "context:c, key:s, value:a", "", context_put},
    {"context put", "context:c, keys:l, value:a", "", context_put},
    {"context merge", "contexts:l", "", context_merge},
    {"context", "entries:l", "", context_of},
};

}  // namespace

std::span<const BuiltinRow> context_builtins() { return kRows; }

}  // namespace machiya::feel
