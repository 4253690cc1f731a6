#include "feel/machine.h"

namespace machiya::feel {
namespace {

constexpr int kMaxHeight = 3000;            // nodes on the path from the root to the running one, through calls
constexpr std::uint32_t kMaxValueDepth = 400;
constexpr std::size_t kMaxString = 16u << 20;

class Closure final : public Callable {
 public:
  Closure(std::shared_ptr<const FunctionCode> code, std::vector<Value> captured)
      : code_(std::move(code)), captured_(std::move(captured)) {
    for (const auto& v : captured_) {
      weight_ += v.weight();
      depth_ = std::max(depth_, v.depth() + 1);
    }
  }
  const std::vector<Parameter>& parameters() const override { return code_->parameters; }
  Type result() const override { return code_->result.is_any() ? code_->found : code_->result; }
  std::uint64_t weight() const override { return weight_; }
  std::uint32_t depth() const override { return depth_; }

  Value call(Machine& m, std::vector<Value> arguments) const override {
    const FunctionCode& c = *code_;
    for (std::size_t i = 0; i < arguments.size(); ++i) {
      if (c.parameters[i].type.is_any()) continue;
      Value v = coerce(m, arguments[i], c.parameters[i].type);
      if (v.is_null() && !arguments[i].is_null()) return Value();  // an argument of the wrong type: the call is null
      arguments[i] = std::move(v);
    }
    int height = c.body->height;
    if (!m.enter(c.slots, height)) return Value();
    for (std::size_t i = 0; i < arguments.size(); ++i) m.slot(static_cast<int>(i)) = std::move(arguments[i]);
    for (std::size_t i = 0; i < captured_.size(); ++i) m.slot(c.captures[i].second) = captured_[i];
    if (c.self_slot >= 0) m.slot(c.self_slot) = make_closure(code_, captured_);
    Value result = run(*c.body, m);
    m.leave(height);
    return c.result.is_any() ? result : coerce(m, result, c.result);
  }

 private:
  std::shared_ptr<const FunctionCode> code_;
  std::vector<Value> captured_;
  std::uint64_t weight_ = 1;
  std::uint32_t depth_ = 1;
};

}  // namespace

bool Machine::enter(int slots, int height) {
  if (height_ + height > kMaxHeight) {
    fail();
    return false;
  }
  if (!charge(static_cast<std::uint64_t>(slots))) return false;
  height_ += height;
  frames_.push_back(base_);
  base_ = stack_.size();
  stack_.resize(base_ + static_cast<std::size_t>(slots));
  return true;
}

void Machine::leave(int height) {
  height_ -= height;
  stack_.resize(base_);
  base_ = frames_.back();
  frames_.pop_back();
}

Value Machine::bounded(Value v) {
  if (v.depth() <= kMaxValueDepth && v.weight() <= environment_.max_steps) return v;
  fail();
  return Value();
}

Value Machine::list(std::vector<Value> items) {
  if (!charge(items.size() / 4)) return Value();
  return bounded(Value::list(std::move(items)));
}

Value Machine::context(std::vector<Value::Member> members) {
  if (!charge(1 + members.size() / 2)) return Value();
  return bounded(Value::context(std::move(members)));
}

Value Machine::string(std::string s) {
  if (!charge(s.size() / 64)) return Value();
  if (s.size() <= kMaxString) return Value::string(std::move(s));
  fail();
  return Value();
}

Value make_closure(std::shared_ptr<const FunctionCode> code, std::vector<Value> captured) {
  return Value::function(std::make_shared<Closure>(std::move(code), std::move(captured)));
}

Value invoke(Machine& m, const Value& f, std::vector<Value> arguments) {
  const Callable* c = f.function();
  if (!c || !c->accepts(arguments.size())) return Value();
  return c->call(m, std::move(arguments));
}

}  // namespace machiya::feel
