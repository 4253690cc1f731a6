// Decision tables (DMN 8): which rules hold, and what the hit policy makes of them.
#include <algorithm>

#include "base/text.h"
#include "feel/boxed.h"

namespace machiya::feel {

bool read_hit_policy(std::string_view text, HitPolicy& hit, Aggregation& aggregation) {
  struct Row {
    std::string_view name;
    HitPolicy hit;
    Aggregation aggregation;
  };
  using H = HitPolicy;
  using A = Aggregation;
  static constexpr Row kRows[] = {
      {"", H::unique, A::none}, {"U", H::unique, A::none}, {"UNIQUE", H::unique, A::none}, {"A", H::any, A::none},
      {"ANY", H::any, A::none}, {"P", H::priority, A::none}, {"PRIORITY", H::priority, A::none}, {"F", H::first, A::none},
      {"FIRST", H::first, A::none}, {"R", H::rule_order, A::none}, {"RULE ORDER", H::rule_order, A::none},
      {"O", H::output_order, A::none}, {"OUTPUT ORDER", H::output_order, A::none}, {"C", H::collect, A::none},
      {"COLLECT", H::collect, A::none}, {"C+", H::collect, A::sum}, {"C<", H::collect, A::minimum},
      {"C>", H::collect, A::maximum}, {"C#", H::collect, A::count}};
  for (const auto& r : kRows)
    if (r.name == text) {
      hit = r.hit;
      aggregation = r.aggregation;
      return true;
    }
  return false;
}

namespace {

struct TableColumn {
  std::string name;
  Type type;
  std::vector<Value> values;  // in the order of priority
  NodePtr otherwise;
};
struct TableInputNode {
  NodePtr expression;
  int slot;
  Type type;
  NodePtr allowed;
};
struct TableRow {
  std::vector<NodePtr> when, then;  // an empty place in `when` holds always
};

class TableNode final : public Node {
 public:
  HitPolicy hit;
  Aggregation aggregation;
  std::vector<TableInputNode> inputs;
  std::vector<TableColumn> outputs;
  std::vector<TableRow> rules;

  void measure() {
    auto see = [&](const NodePtr& n) {
      if (n) height = std::max(height, n->height + 1);
    };
    for (const auto& i : inputs) see(i.expression), see(i.allowed);
    for (const auto& o : outputs) see(o.otherwise);
    for (const auto& r : rules) {
      for (const auto& n : r.when) see(n);
      for (const auto& n : r.then) see(n);
    }
  }

  Value eval(Machine& m) const override {
    for (const auto& input : inputs) {
      Value v = run(*input.expression, m);
      m.slot(input.slot) = input.type.is_any() ? std::move(v) : coerce(m, v, input.type);
      if (input.allowed && !run(*input.allowed, m).is_true()) return Value();
    }
    std::vector<std::size_t> hits;
    for (std::size_t i = 0; i < rules.size(); ++i) {
      if (!holds(m, rules[i])) continue;
      hits.push_back(i);
      if (hit == HitPolicy::first) break;
    }
    if (m.failed()) return Value();
    return hits.empty() ? no_hit(m) : outcome(m, hits);
  }

 private:
  static bool holds(Machine& m, const TableRow& rule) {
    for (const auto& cell : rule.when)
      if (cell && !run(*cell, m).is_true()) return false;
    return true;
  }

  Value row_value(Machine& m, const TableRow& rule) const {
    auto part = [&](std::size_t i) {
      Value v = run(*rule.then[i], m);
      return outputs[i].type.is_any() ? v : coerce(m, v, outputs[i].type);
    };
    if (outputs.size() == 1) return part(0);
    std::vector<Value::Member> members;
    for (std::size_t i = 0; i < outputs.size(); ++i) members.emplace_back(outputs[i].name, part(i));
    return m.context(std::move(members));
  }

  Value no_hit(Machine& m) const {
    bool any = std::any_of(outputs.begin(), outputs.end(), [](const auto& o) { return o.otherwise != nullptr; });
    if (!any) return aggregation == Aggregation::count ? Value::number(0) : Value();
    if (outputs.size() == 1) return run(*outputs[0].otherwise, m);
    std::vector<Value::Member> members;
    for (const auto& o : outputs) members.emplace_back(o.name, o.otherwise ? run(*o.otherwise, m) : Value());
    return m.context(std::move(members));
  }

  std::size_t rank(Machine& m, const Value& v, const TableColumn& o) const {
    for (std::size_t i = 0; i < o.values.size(); ++i)
      if (equal(m, v, o.values[i]) == 1) return i;
    return o.values.size();
  }

  // Stable order by the rank of each output, the first column first.
  void by_priority(Machine& m, std::vector<Value>& values) const {
    std::vector<std::pair<std::vector<std::size_t>, Value>> keyed;
    for (auto& v : values) {
      std::vector<std::size_t> key;
      for (const auto& o : outputs) key.push_back(rank(m, outputs.size() == 1 ? v : v[o.name], o));
      keyed.emplace_back(std::move(key), std::move(v));
    }
    std::stable_sort(keyed.begin(), keyed.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
    for (std::size_t i = 0; i < keyed.size(); ++i) values[i] = std::move(keyed[i].second);
  }

  Value outcome(Machine& m, const std::vector<std::size_t>& hits) const {
    if (hit == HitPolicy::unique && hits.size() > 1) return Value();
    std::vector<Value> values;
    for (std::size_t i : hits) values.push_back(row_value(m, rules[i]));
    switch (hit) {
      case HitPolicy::unique:
      case HitPolicy::first: return values[0];
      case HitPolicy::any:
        for (std::size_t i = 1; i < values.size(); ++i)
          if (equal(m, values[0], values[i]) != 1) return Value();
        return values[0];
      case HitPolicy::priority: by_priority(m, values); return values[0];
      case HitPolicy::output_order: by_priority(m, values); return m.list(std::move(values));
      case HitPolicy::rule_order: return m.list(std::move(values));
      case HitPolicy::collect: break;
    }
    return aggregated(m, std::move(values));
  }

  Value aggregated(Machine& m, std::vector<Value> values) const {
    if (aggregation == Aggregation::none) return m.list(std::move(values));
    if (aggregation == Aggregation::count) return Value::number(static_cast<std::int64_t>(values.size()));
    if (outputs.size() > 1) return Value();
    Value r = values[0];
    if (values.size() == 1 && aggregation == Aggregation::sum && !r.number() && !r.time_duration() && !r.month_duration()) return Value();
    for (std::size_t i = 1; i < values.size(); ++i) {
      if (aggregation == Aggregation::sum) {
        r = r.string() ? Value() : add(m, r, values[i]);
        continue;
      }
      Order o = order(values[i], r);
      if (o == Order::unknown) return Value();
      if ((o == Order::less) == (aggregation == Aggregation::minimum) && o != Order::equal) r = values[i];
    }
    return r;
  }
};

// The constants of "A", "B", "C".
std::vector<Value> values_of(const PlacedText& text) {
  if (trim(text.text).empty()) return {};
  Compiler lenient(false);
  Code code = lenient.expression("[" + text.text + "]");
  if (!code || !code.node->constant() || !code.node->constant()->list()) return {};
  return code.node->constant()->items();
}

NodePtr text_node(Compiler& c, const PlacedText& t, Type* type = nullptr) {
  std::string outer = c.place();
  c.set_place(t.place);
  Code code = c.expression(t.text);
  c.set_place(std::move(outer));
  if (type) *type = code.type;
  return code ? std::move(code.node) : constant_node(Value());
}

NodePtr cell_node(Compiler& c, const PlacedText& t, const Type& input) {
  if (trim(t.text).empty() || trim(t.text) == "-") return nullptr;
  std::string outer = c.place();
  c.set_place(t.place);
  Code code = c.unary_tests(t.text, input);
  c.set_place(std::move(outer));
  return code ? std::move(code.node) : constant_node(Value());
}

void check_output(Compiler& c, const PlacedText& t, const Type& found, const TableOutput& o) {
  if (!c.strict() || o.type.is_any() || may_meet(found, o.type) || found.kind() == TypeKind::list) return;
  std::string outer = c.place();
  c.set_place(t.place);
  c.problem_at(0, "the output \"" + o.name + "\" is a " + o.type.to_string() + ", but this is a " + found.to_string(),
               "出力「" + o.name + "」は " + o.type.to_string() + " ですが、この値は " + found.to_string() + " です");
  c.set_place(std::move(outer));
}

Type table_type(const Table& t, const std::vector<Type>& found) {
  std::vector<Type> types;
  for (std::size_t i = 0; i < t.outputs.size(); ++i) types.push_back(t.outputs[i].type.is_any() ? found[i] : t.outputs[i].type);
  Type one;
  if (types.size() == 1) {
    one = types[0];
  } else {
    std::vector<Type::Member> members;
    for (std::size_t i = 0; i < types.size(); ++i) members.emplace_back(t.outputs[i].name, types[i]);
    one = Type::context(std::move(members));
  }
  if (t.aggregation == Aggregation::count) return TypeKind::number;
  bool many = t.hit == HitPolicy::rule_order || t.hit == HitPolicy::output_order ||
              (t.hit == HitPolicy::collect && t.aggregation == Aggregation::none);
  return many ? Type::list(one) : one;
}

}  // namespace

Code compile_table(Compiler& c, const Table& table) {
  auto node = std::make_unique<TableNode>();
  node->hit = table.hit;
  node->aggregation = table.aggregation;
  node->rules.resize(table.rules.size());
  for (std::size_t i = 0; i < table.inputs.size(); ++i) {
    const TableInput& input = table.inputs[i];
    Type found;
    TableInputNode in;
    in.expression = text_node(c, input.expression, &found);
    in.type = input.type;
    const Type& seen = input.type.is_any() ? found : input.type;
    std::size_t scope = c.mark();
    in.slot = c.declare("?", seen);
    in.allowed = cell_node(c, input.values, seen);
    for (std::size_t r = 0; r < table.rules.size(); ++r)
      node->rules[r].when.push_back(i < table.rules[r].when.size() ? cell_node(c, table.rules[r].when[i], seen) : nullptr);
    c.release(scope);
    node->inputs.push_back(std::move(in));
  }
  std::vector<Type> found(table.outputs.size(), Type::null());
  for (std::size_t i = 0; i < table.outputs.size(); ++i) {
    const TableOutput& o = table.outputs[i];
    TableColumn column{o.name, o.type, values_of(o.values), nullptr};
    if (!trim(o.otherwise.text).empty()) {
      column.otherwise = text_node(c, o.otherwise, &found[i]);
      check_output(c, o.otherwise, found[i], o);
    }
    node->outputs.push_back(std::move(column));
    for (std::size_t r = 0; r < table.rules.size(); ++r) {
      if (i >= table.rules[r].then.size()) {
        node->rules[r].then.push_back(constant_node(Value()));
        continue;
      }
      Type t;
      node->rules[r].then.push_back(text_node(c, table.rules[r].then[i], &t));
      check_output(c, table.rules[r].then[i], t, o);
      found[i] = common(found[i], t);
    }
  }
  node->measure();
  Type type = table_type(table, found);
  return {std::move(node), std::move(type)};
}

}  // namespace machiya::feel
