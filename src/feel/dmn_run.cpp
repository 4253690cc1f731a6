// Evaluation of a model: what a decision needs is worked out first, each item once.
#include "feel/dmn_model.h"

namespace machiya::feel {
namespace {

constexpr int kMaxNesting = 200;  // decisions that need decisions that need …

// A decision service as a function: a run of its own, in which the parameters stand for the input decisions.
class ServiceCallable final : public Callable {
 public:
  ServiceCallable(const ModelData& data, std::size_t item) : data_(data), item_(item) {
    for (std::size_t p : data.items[item].parameters) parameters_.push_back({data.items[p].name, data.items[p].type.type});
  }
  const std::vector<Parameter>& parameters() const override { return parameters_; }
  std::string describe() const override { return data_.items[item_].name; }
  Value call(Machine& m, std::vector<Value> arguments) const override {
    const ModelItem& service = data_.items[item_];
    ModelRun run(data_, m);
    for (std::size_t i = 0; i < arguments.size(); ++i) {
      Value v = conformed(m, arguments[i], data_.items[service.parameters[i]].type);
      if (v.is_null() && !arguments[i].is_null()) return Value();  // an argument of the wrong type
      run.set(service.parameters[i], std::move(v));
    }
    if (!m.enter(1, 20)) return Value();
    Value result;
    if (service.outputs.size() == 1) {
      result = run.value(service.outputs[0]);
    } else {
      std::vector<Value::Member> members;
      for (std::size_t o : service.outputs) members.emplace_back(data_.items[o].name, run.value(o));
      result = m.context(std::move(members));
    }
    m.leave(20);
    const Type& t = service.type.type;
    if (t.kind() == TypeKind::function) return coerce(m, result, t.element());
    return conformed(m, result, service.type);
  }

 private:
  const ModelData& data_;
  std::size_t item_;
  std::vector<Parameter> parameters_;
};

}  // namespace

const ModelItem* ModelData::find(std::string_view name, ModelItem::Kind kind) const {
  for (const auto& i : items)
    if (i.kind == kind && i.name == name && i.space == space) return &i;
  return nullptr;
}

void ModelRun::set(std::size_t item, Value v) {
  values_[item] = std::move(v);
  known_[item] = 1;
}

void ModelRun::set_input(std::string_view name, const Value& v) {
  for (std::size_t i = 0; i < data_.items.size(); ++i) {
    const ModelItem& item = data_.items[i];
    if (item.kind != ModelItem::Kind::input && item.kind != ModelItem::Kind::decision) continue;
    if (item.name == name && (item.space == data_.space || !known_[i])) {
      set(i, conformed(m_, v, item.type));
      return;
    }
  }
  // "import name.input": found by the tail, since imports name whole models.
  for (std::size_t i = 0; i < data_.items.size(); ++i) {
    const ModelItem& item = data_.items[i];
    if (item.kind == ModelItem::Kind::input && item.space != data_.space && name.size() > item.name.size() + 1 &&
        name.substr(name.size() - item.name.size()) == item.name && name[name.size() - item.name.size() - 1] == '.')
      set(i, conformed(m_, v, item.type));
  }
}

Value ModelRun::value(std::size_t i) {
  if (known_[i]) return values_[i];
  if (m_.failed() || depth_ > kMaxNesting) return Value();
  known_[i] = 1;  // an item that needs itself sees null
  ++depth_;
  Value v = work_out(i);
  --depth_;
  values_[i] = v;
  return v;
}

Value ModelRun::work_out(std::size_t i) {
  const ModelItem& item = data_.items[i];
  if (item.kind == ModelItem::Kind::service) return Value::function(std::make_shared<ServiceCallable>(data_, i));
  if (!item.compiled) return Value();
  const CompiledExpression& c = *item.compiled;
  std::vector<Value> visible;
  for (std::size_t s = 0; s < item.scope.size(); ++s) {
    if (!item.scope_is_import[s]) {
      visible.push_back(value(item.scope[s].second[0]));
      continue;
    }
    std::vector<Value::Member> members;
    for (std::size_t part : item.scope[s].second) members.emplace_back(data_.items[part].name, value(part));
    visible.push_back(m_.context(std::move(members)));
  }
  if (!m_.enter(std::max(c.slots, 1), c.node->height)) return Value();
  for (std::size_t s = 0; s < visible.size(); ++s) m_.slot(static_cast<int>(s)) = std::move(visible[s]);
  Value v = run(*c.node, m_);
  m_.leave(c.node->height);
  return item.kind == ModelItem::Kind::decision ? conformed(m_, v, item.type) : v;
}

namespace {

Result<Value> finished(const Machine& m, Value v) {
  if (m.failed()) return Error(ErrorCode::limit_exceeded, "the evaluation of the model took too many steps");
  return v;
}

}  // namespace

Result<Value> Model::evaluate_decision(std::string_view name, const NamedValues& inputs, const Environment& environment) const {
  const ModelItem* item = data_ ? data_->find(name, ModelItem::Kind::decision) : nullptr;
  if (!item) return Error(ErrorCode::not_found, "no decision \"" + std::string(name) + "\"");
  Machine m(environment);
  ModelRun run(*data_, m);
  for (const auto& i : inputs) run.set_input(i.first, i.second);
  Value v = run.value(data_->index(*item));
  return finished(m, std::move(v));
}

Result<Value> Model::invoke(std::string_view name, const NamedValues& arguments, const Environment& environment) const {
  const ModelItem* item = data_ ? data_->find(name, ModelItem::Kind::service) : nullptr;
  if (!item && data_) item = data_->find(name, ModelItem::Kind::knowledge);
  if (!item) return Error(ErrorCode::not_found, "no decision service or knowledge model \"" + std::string(name) + "\"");
  Machine m(environment);
  ModelRun run(*data_, m);
  Value f = run.value(data_->index(*item));
  if (!f.function()) return finished(m, Value());
  std::vector<Value> values;
  for (const auto& p : f.function()->parameters()) {
    Value v;
    for (const auto& a : arguments)
      if (a.first == p.name) v = a.second;
    values.push_back(std::move(v));
  }
  Value v = feel::invoke(m, f, std::move(values));
  return finished(m, std::move(v));
}

Result<Value> Model::invoke_output(std::string_view service, std::string_view output, const NamedValues& arguments,
                                   const Environment& environment) const {
  const ModelItem* item = data_ ? data_->find(service, ModelItem::Kind::service) : nullptr;
  if (!item) return Error(ErrorCode::not_found, "no decision service \"" + std::string(service) + "\"");
  MACHIYA_TRY(Value all, invoke(service, arguments, environment));
  if (item->outputs.size() == 1) return all;
  const Value* part = all.find(output);
  return part ? *part : Value();
}

std::vector<std::string> Model::decisions() const {
  std::vector<std::string> names;
  if (data_)
    for (const auto& i : data_->items)
      if (i.kind == ModelItem::Kind::decision && i.space == data_->space) names.push_back(i.name);
  return names;
}

Type Model::type(std::string_view name) const {
  if (data_)
    for (const auto& i : data_->items)
      if (i.name == name && i.space == data_->space) return i.type.type;
  return {};
}

const std::vector<std::string>& Model::faults() const {
  static const std::vector<std::string> kNone;
  return data_ ? data_->faults : kNone;
}

}  // namespace machiya::feel
