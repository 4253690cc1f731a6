#include "feel/decision.h"

#include <algorithm>
#include <set>

#include "base/text.h"
#include "feel/boxed.h"

namespace machiya::feel {

struct DecisionData {
  std::string name;
  Type type;
  std::vector<std::pair<std::string, Type>> inputs;
  std::vector<std::string> needs;
  std::vector<Decision> needed;
  std::vector<std::string> used;
  NodePtr node;
  NodePtr fired;  ///< list of the indexes of the rules that hold
  std::vector<json::Value> rule_notes;
  int slots = 0;
};

namespace {

std::string underscored(std::string name) {
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

Result<Value> limit(const std::string& name) { return Error(ErrorCode::limit_exceeded, "decision \"" + name + "\" took too many steps"); }

}  // namespace

/// Reads one definition into a table or an expression and compiles it.
class DecisionReader {
 public:
  DecisionReader(const json::Value& definition, const Scope& scope, Diagnostics& diagnostics, const std::vector<Decision>& needed, std::string at)
      : d_(definition), scope_(scope), diagnostics_(diagnostics), available_(needed), at_(std::move(at)), data_(std::make_shared<DecisionData>()) {}

  Result<Decision> read() {
    std::size_t before = diagnostics_.size();
    if (!d_.is_object()) {
      fault("", "a decision is an object", "decision は項目の集まりでなければなりません");
      return first(before);
    }
    for (const auto& m : d_.members()) check_key(m.first, "", {"decision", "hit", "inputs", "outputs", "rules", "default", "needs", "expression", "type", "title", "name", "note", "law", "source", "description", "version", "facts", "reviewed"});
    data_->name = d_.text("decision");
    if (data_->name.empty()) fault("/decision", "a name is needed", "名前が必要です");
    read_needs();
    read_inputs();
    bool table = d_.has("rules") || d_.has("outputs");
    if (table && d_.has("expression")) fault("/expression", "a decision is either an expression or a table", "式と表を同時に書くことはできません");
    if (!table && !d_.has("expression")) fault("", "neither expression nor rules", "expression か rules が必要です");
    Compiler c(true);
    declare_all(c);
    Code code = table ? table_code(c) : expression_code(c);
    for (auto& p : c.problems()) diagnostics_.push_back({p.place, p.line, p.column, std::move(p.en), std::move(p.ja)});
    if (diagnostics_.size() > before) return first(before);
    data_->type = std::move(code.type);
    data_->node = std::move(code.node);
    data_->slots = c.slots();
    for (const auto& n : c.used())
      if (std::any_of(data_->inputs.begin(), data_->inputs.end(), [&](const auto& i) { return i.first == n; })) data_->used.push_back(n);
    for (const auto& n : data_->needed)
      for (const auto& u : n.uses()) data_->used.push_back(u);
    std::sort(data_->used.begin(), data_->used.end());
    data_->used.erase(std::unique(data_->used.begin(), data_->used.end()), data_->used.end());
    Decision result;
    result.data_ = data_;
    return result;
  }

 private:
  Error first(std::size_t before) const {
    const Diagnostic& d = diagnostics_[before];
    return Error(ErrorCode::definition_error, d.en, d.pointer + ":" + std::to_string(d.line) + ":" + std::to_string(d.column));
  }
  void fault(const std::string& pointer, std::string en, std::string ja) { diagnostics_.push_back({at_ + pointer, 1, 1, std::move(en), std::move(ja)}); }

  void check_key(const std::string& key, const std::string& at, std::initializer_list<std::string_view> known) {
    if (std::find(known.begin(), known.end(), key) != known.end()) return;
    fault(at + "/" + json::pointer_token(key), "\"" + key + "\" is not known here", "「" + key + "」という項目はここでは使えません");
  }

  // A scalar of the definition as FEEL text: numbers and booleans may be written without quotes.
  PlacedText text(const json::Value& v, const std::string& pointer) {
    PlacedText t{{}, at_ + pointer};
    if (v.is_string()) t.text = v.as_string();
    else if (v.is_number()) t.text = v.number_text();
    else if (v.is_bool()) t.text = v.as_bool() ? "true" : "false";
    else if (v.is_null()) t.text = "null";
    else fault(pointer, "expected a FEEL text", "FEEL の式が必要です");
    return t;
  }

  Type type_at(const json::Value& v, const std::string& pointer) {
    if (v.is_null()) return {};
    auto t = parse_type(v.as_string());
    if (t.ok()) return *t;
    fault(pointer, t.error().detail, "「" + v.as_string() + "」という型はありません");
    return {};
  }

  void read_needs() {
    const auto& needs = d_["needs"];
    for (std::size_t i = 0; i < needs.size(); ++i) {
      const std::string& name = needs[i].as_string();
      auto at = std::find_if(available_.begin(), available_.end(), [&](const Decision& d) { return d && d.name() == name; });
      if (at == available_.end()) {
        fault("/needs/" + std::to_string(i), "there is no decision \"" + name + "\"", "「" + name + "」という判断はありません");
        continue;
      }
      data_->needs.push_back(name);
      data_->needed.push_back(*at);
    }
  }

  void read_inputs() {
    for (const auto& n : scope_.names()) data_->inputs.push_back(n);
    const auto& inputs = d_["inputs"];
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      std::string at = "/inputs/" + std::to_string(i);
      for (const auto& m : inputs[i].members()) check_key(m.first, at, {"name", "type", "expression", "allowed", "label", "note"});
      const std::string& name = inputs[i].text("name");
      Type t = type_at(inputs[i]["type"], at + "/type");
      types_.push_back(t);
      if (name.empty()) {
        if (!inputs[i].has("expression")) fault(at, "an input needs a name or an expression", "入力には name か expression が必要です");
        continue;
      }
      if (inputs[i].has("expression") || visible(name)) continue;
      data_->inputs.emplace_back(name, t);
    }
  }

  bool visible(const std::string& name) const {
    if (scope_.find(name)) return true;
    return std::any_of(data_->needed.begin(), data_->needed.end(), [&](const Decision& d) { return d.name() == name || underscored(d.name()) == name; });
  }

  void declare_all(Compiler& c) {
    for (const auto& i : data_->inputs) c.declare(i.first, i.second);
    for (const auto& n : data_->needed) {
      c.declare(n.name(), n.type());
      if (underscored(n.name()) != n.name()) c.declare(underscored(n.name()), n.type());
    }
  }

  Code expression_code(Compiler& c) {
    Type wanted = type_at(d_["type"], "/type");
    PlacedText t = text(d_["expression"], "/expression");
    c.set_place(t.place);
    Code code = c.expression(t.text);
    if (!code) return {constant_node(Value()), Type()};
    if (wanted.is_any()) return code;
    if (!may_meet(code.type, wanted) && code.type.kind() != TypeKind::list)
      fault("/expression", "this is a " + code.type.to_string() + ", not a " + wanted.to_string(),
            "結果が " + code.type.to_string() + " です(" + wanted.to_string() + " が必要です)");
    return {coerce_node(std::move(code.node), wanted), wanted};
  }

  Code table_code(Compiler& c) {
    Table t;
    if (!read_hit_policy(d_.text("hit"), t.hit, t.aggregation))
      fault("/hit", "no such hit policy; use U A P F R O C C+ C< C> C#", "hit は U A P F R O C C+ C< C> C# のいずれかです");
    table_inputs(t);
    table_outputs(t);
    table_rules(t);
    if (t.hit == HitPolicy::priority || t.hit == HitPolicy::output_order)
      if (std::none_of(t.outputs.begin(), t.outputs.end(), [](const TableOutput& o) { return !o.values.text.empty(); }))
        fault("/hit", "this hit policy needs the values of an output in order of priority", "この hit には、優先順に並べた出力の values が必要です");
    if (t.aggregation != Aggregation::none && t.aggregation != Aggregation::count && t.outputs.size() != 1)
      fault("/hit", "only one output can be aggregated", "集計できる出力は1つだけです");
    Code code = compile_table(c, t);
    t.hit = HitPolicy::collect;  // the same rules once more, giving their numbers
    t.aggregation = Aggregation::none;
    t.outputs.assign(1, TableOutput{"rule", Type::number(), {}, {}});
    for (std::size_t i = 0; i < t.rules.size(); ++i) t.rules[i].then.assign(1, PlacedText{std::to_string(i), {}});
    std::size_t problems = c.problems().size();
    data_->fired = compile_table(c, t).node;
    c.problems().resize(problems);
    return code;
  }

  void table_inputs(Table& t) {
    const auto& inputs = d_["inputs"];
    if (!inputs.is_array()) fault("/inputs", "a table needs a list of inputs", "表には inputs の一覧が必要です");
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      std::string at = "/inputs/" + std::to_string(i);
      TableInput in;
      bool own = !inputs[i].has("expression");
      in.expression = text(own ? inputs[i]["name"] : inputs[i]["expression"], at + (own ? "/name" : "/expression"));
      in.type = types_[i];
      if (inputs[i].has("allowed")) in.values = text(inputs[i]["allowed"], at + "/allowed");
      t.inputs.push_back(std::move(in));
    }
  }

  void table_outputs(Table& t) {
    const auto &outputs = d_["outputs"], &otherwise = d_["default"];
    if (outputs.size() == 0) fault("/outputs", "a table needs at least one output", "表には出力が1つ以上必要です");
    if (!otherwise.is_null() && (!otherwise.is_array() || otherwise.size() != outputs.size()))
      fault("/default", "default has one entry for each output", "default は出力と同じ数だけ書きます");
    for (std::size_t i = 0; i < outputs.size(); ++i) {
      std::string at = "/outputs/" + std::to_string(i);
      for (const auto& m : outputs[i].members()) check_key(m.first, at, {"name", "type", "values", "default", "label", "note"});
      TableOutput o;
      o.name = outputs[i].text("name");
      if (o.name.empty()) fault(at, "an output needs a name", "出力には名前が必要です");
      o.type = type_at(outputs[i]["type"], at + "/type");
      if (outputs[i].has("values")) o.values = text(outputs[i]["values"], at + "/values");
      if (outputs[i].has("default")) o.otherwise = text(outputs[i]["default"], at + "/default");
      if (i < otherwise.size()) o.otherwise = text(otherwise[i], "/default/" + std::to_string(i));
      t.outputs.push_back(std::move(o));
    }
  }

  void table_rules(Table& t) {
    const auto& rules = d_["rules"];
    if (!rules.is_array()) fault("/rules", "a table needs a list of rules", "表には rules の一覧が必要です");
    for (std::size_t i = 0; i < rules.size(); ++i) {
      std::string at = "/rules/" + std::to_string(i);
      for (const auto& m : rules[i].members()) check_key(m.first, at, {"when", "then", "note"});
      const auto &when = rules[i]["when"], &then = rules[i]["then"];
      if (when.size() != t.inputs.size())
        fault(at + "/when", "there are " + std::to_string(t.inputs.size()) + " inputs, but " + std::to_string(when.size()) + " cells",
              "入力は " + std::to_string(t.inputs.size()) + " 個ですが、条件が " + std::to_string(when.size()) + " 個あります");
      if (then.size() != t.outputs.size())
        fault(at + "/then", "there are " + std::to_string(t.outputs.size()) + " outputs, but " + std::to_string(then.size()) + " values",
              "出力は " + std::to_string(t.outputs.size()) + " 個ですが、値が " + std::to_string(then.size()) + " 個あります");
      TableRule r;
      for (std::size_t k = 0; k < when.size() && k < t.inputs.size(); ++k) r.when.push_back(text(when[k], at + "/when/" + std::to_string(k)));
      for (std::size_t k = 0; k < then.size() && k < t.outputs.size(); ++k) r.then.push_back(text(then[k], at + "/then/" + std::to_string(k)));
      r.place = at_ + at;
      t.rules.push_back(std::move(r));
      data_->rule_notes.push_back(rules[i]["note"]);
    }
  }

  const json::Value& d_;
  const Scope& scope_;
  Diagnostics& diagnostics_;
  const std::vector<Decision>& available_;
  std::string at_;
  std::shared_ptr<DecisionData> data_;
  std::vector<Type> types_;
};

const std::string& Decision::name() const {
  static const std::string kEmpty;
  return data_ ? data_->name : kEmpty;
}
const Type& Decision::type() const {
  static const Type kAny;
  return data_ ? data_->type : kAny;
}
const std::vector<std::pair<std::string, Type>>& Decision::inputs() const {
  static const std::vector<std::pair<std::string, Type>> kNone;
  return data_ ? data_->inputs : kNone;
}
std::vector<std::string> Decision::uses() const { return data_ ? data_->used : std::vector<std::string>(); }
const std::vector<std::string>& Decision::needs() const {
  static const std::vector<std::string> kNone;
  return data_ ? data_->needs : kNone;
}

namespace {

using Named = std::vector<std::pair<std::string, Value>>;

Result<Value> run_node(const DecisionData& d, const Node& node, const Named& values, const Environment& environment) {
  Machine m(environment);
  if (!m.enter(std::max(d.slots, 1), node.height)) return limit(d.name);
  int slot = 0;
  for (const auto& i : d.inputs) {
    for (const auto& v : values)
      if (v.first == i.first) m.slot(slot) = coerce(m, v.second, i.second);
    ++slot;
  }
  for (const auto& n : d.needed) {
    MACHIYA_TRY(Value v, n.evaluate(values, environment));
    if (underscored(n.name()) != n.name()) m.slot(slot++) = v;
    m.slot(slot++) = std::move(v);
  }
  Value v = run(node, m);
  if (m.failed()) return limit(d.name);
  return v;
}

}  // namespace

Result<Value> Decision::evaluate(const Named& values, const Environment& environment) const {
  if (!data_) return Error(ErrorCode::internal, "an empty decision was evaluated");
  return run_node(*data_, *data_->node, values, environment);
}

Result<Value> Decision::evaluate(const std::vector<Value>& values, const Environment& environment) const {
  Named named;
  for (std::size_t i = 0; i < values.size() && i < inputs().size(); ++i) named.emplace_back(inputs()[i].first, values[i]);
  return evaluate(named, environment);
}

Result<std::vector<json::Value>> Decision::notes(const Named& values, const Environment& environment) const {
  std::vector<json::Value> found;
  if (!data_ || !data_->fired) return found;
  MACHIYA_TRY(Value rules, run_node(*data_, *data_->fired, values, environment));
  for (const auto& r : rules.items())
    if (const auto& note = data_->rule_notes[static_cast<std::size_t>(r.as_int().value_or(0))]; !note.is_null()) found.push_back(note);
  return found;
}

Result<Decision> compile_decision(const json::Value& definition, const Scope& scope, Diagnostics& diagnostics, const std::vector<Decision>& needed) {
  return DecisionReader(definition, scope, diagnostics, needed, {}).read();
}

namespace {

// Visits a definition after those that it needs; false for a cycle.
bool visit(const json::Value::Array& all, std::size_t i, std::vector<int>& state, std::vector<std::size_t>& order) {
  if (state[i]) return state[i] == 2;
  state[i] = 1;
  bool ok = true;
  const auto& needs = all[i]["needs"];
  for (std::size_t n = 0; n < needs.size(); ++n)
    for (std::size_t k = 0; k < all.size(); ++k)
      if (all[k].text("decision") == needs[n].as_string()) ok = visit(all, k, state, order) && ok;
  state[i] = 2;
  order.push_back(i);
  return ok;
}

}  // namespace

Result<std::vector<Decision>> compile_decisions(const json::Value::Array& definitions, const Scope& scope, Diagnostics& diagnostics) {
  std::vector<int> state(definitions.size());
  std::vector<std::size_t> order;
  std::size_t before = diagnostics.size();
  for (std::size_t i = 0; i < definitions.size(); ++i)
    if (!state[i] && !visit(definitions, i, state, order))
      diagnostics.push_back({"/" + std::to_string(i) + "/needs", 1, 1, "these decisions need each other in a circle", "判断どうしが循環して参照しています"});
  std::vector<Decision> done, result(definitions.size());
  for (std::size_t i : order) {
    auto d = DecisionReader(definitions[i], scope, diagnostics, done, "/" + std::to_string(i)).read();
    if (!d.ok()) continue;
    done.push_back(*d);
    result[i] = *d;
  }
  if (diagnostics.size() == before) return result;
  const Diagnostic& d = diagnostics[before];
  return Error(ErrorCode::definition_error, d.en, d.pointer);
}

}  // namespace machiya::feel
