#include "sense/v2/operators.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "sense/v2/change.h"

namespace machiya::sense::ngsiv2 {
namespace {
using tree::Arena;
using tree::Value;

__extension__ typedef __int128 Wide;
constexpr std::string_view kOperators[] = {"$inc", "$mul", "$min", "$max", "$push", "$addToSet", "$pull", "$pullAll", "$set", "$unset"};
constexpr int kMostDigits = 18;   // of each side: the product of two fits

Error bad(std::string why) { return Error(ErrorCode::invalid_input, std::move(why)); }
Error unfit(std::string_view name, std::string_view kind) { return Error(ErrorCode::conflict, std::string(name) + " needs an attribute value that is " + std::string(kind), std::string(kUnprocessable)); }

/// digits · 10^-scale
struct Decimal {
  Wide digits = 0;
  int scale = 0;
};

// Nothing for an exponent, or for more digits than are computed exactly.
std::optional<Decimal> decimal(std::string_view text) {
  Decimal out;
  const bool negative = text.starts_with('-');
  int count = 0;
  bool fraction = false;
  for (const char c : text.substr(negative ? 1 : 0)) {
    if (c == '.') {
      fraction = true;
      continue;
    }
    if (c < '0' || c > '9' || ++count > kMostDigits) return std::nullopt;
    out.digits = out.digits * 10 + (c - '0'), out.scale += fraction ? 1 : 0;
  }
  if (negative) out.digits = -out.digits;
  return out;
}

std::string text_of(Decimal d) {
  for (; d.scale > 0 && d.digits % 10 == 0; --d.scale) d.digits /= 10;
  const bool negative = d.digits < 0;
  std::string out;
  for (Wide rest = negative ? -d.digits : d.digits; rest != 0 || static_cast<int>(out.size()) <= d.scale; rest /= 10) out += static_cast<char>('0' + static_cast<int>(rest % 10));
  if (d.scale > 0) out.insert(static_cast<std::size_t>(d.scale), 1, '.');
  if (negative) out += '-';
  return {out.rbegin(), out.rend()};
}

Result<Value> number(double d, Arena& arena) { return std::isfinite(d) ? Result<Value>(arena.number(d)) : Error(ErrorCode::conflict, "the result is no number", std::string(kUnprocessable)); }

Result<Value> sum(const Value& a, const Value& b, Arena& arena) {
  const auto x = decimal(a.text()), y = decimal(b.text());
  if (!x || !y) return number(a.number() + b.number(), arena);
  Decimal low = x->scale < y->scale ? *x : *y, high = x->scale < y->scale ? *y : *x;
  for (; low.scale < high.scale; ++low.scale) low.digits *= 10;
  return Value::number(arena.text(text_of({low.digits + high.digits, high.scale})));
}

Result<Value> product(const Value& a, const Value& b, Arena& arena) {
  const auto x = decimal(a.text()), y = decimal(b.text());
  if (!x || !y) return number(a.number() * b.number(), arena);
  return Value::number(arena.text(text_of({x->digits * y->digits, x->scale + y->scale})));
}

Result<Value> lesser_or_greater(std::string_view name, const Value& before, const Value& operand) {
  if (before.kind != operand.kind) return unfit(name, operand.is_number() ? "a number" : "a text");
  const bool less = operand.is_number() ? operand.number() < before.number() : operand.text() < before.text();
  const bool greater = operand.is_number() ? operand.number() > before.number() : operand.text() > before.text();
  return (name == "$min" ? less : greater) ? operand : before;
}

bool among(std::span<const Value> list, const Value& one) {
  return std::ranges::any_of(list, [&](const Value& v) { return tree::equal(v, one); });
}

Result<Value> of_list(std::string_view name, const Value* before, const Value& operand, Arena& arena) {
  if (before != nullptr && !before->is_array()) return unfit(name, "an array");
  std::vector<Value> out;
  if (before != nullptr) out.assign(before->items().begin(), before->items().end());
  if (name == "$push" || (name == "$addToSet" && !among(out, operand))) out.push_back(operand);
  if (name == "$pull") std::erase_if(out, [&](const Value& v) { return tree::equal(v, operand); });
  if (name == "$pullAll") std::erase_if(out, [&](const Value& v) { return among(operand.items(), v); });
  return arena.array(out);
}

Result<Value> of_object(const Value& operation, const Value* before, Arena& arena) {
  const Value* set = operation.find("$set");
  const Value* unset = operation.find("$unset");
  if (set != nullptr && !set->is_object()) return *set;   // as if it had been sent without the operator
  if (before != nullptr && !before->is_object()) return set == nullptr ? Result<Value>(*before) : unfit("$set", "an object");
  std::vector<tree::Member> out;
  if (before != nullptr) out.assign(before->members().begin(), before->members().end());
  if (unset != nullptr) std::erase_if(out, [&](const tree::Member& m) { return unset->has(m.key); });
  if (set != nullptr) {
    for (const tree::Member& m : set->members()) {
      const auto there = std::ranges::find(out, m.key, &tree::Member::key);
      if (there != out.end()) there->value = m.value;
      else out.push_back(m);
    }
  }
  return arena.object(out);
}

// What is wrong with it whatever stands there.
Result<void> check(const Value& operation) {
  const auto members = operation.members();
  if (members.size() > 1) {
    const bool pair = members.size() == 2 && operation.has("$set") && operation.has("$unset");
    if (!pair) return bad("only one update operator at a time, but for $set and $unset");
    for (const tree::Member& m : operation["$unset"].members())
      if (operation["$set"].has(m.key)) return bad("the same key in $set and $unset: '" + std::string(m.key) + "'");
  }
  for (const auto& [name, operand] : members) {
    if ((name == "$inc" || name == "$mul") && !operand.is_number()) return bad(std::string(name) + " needs a number");
    if ((name == "$min" || name == "$max") && !operand.is_number() && !operand.is_string()) return bad(std::string(name) + " needs a number or a text");
    if (name == "$pullAll" && !operand.is_array()) return bad("$pullAll needs an array");
    if (name == "$unset" && !operand.is_object()) return bad("$unset needs an object");
  }
  return {};
}

}  // namespace

bool is_operation(const Value& value) {
  return value.is_object() && value.count > 0 && std::ranges::all_of(value.members(), [](const tree::Member& m) { return std::ranges::find(kOperators, m.key) != std::end(kOperators); });
}

Result<Value> operate(const Value& operation, const Value* before, Arena& arena) {
  MACHIYA_CHECK(check(operation));
  if (before != nullptr && before->is_null()) before = nullptr;
  const auto& [name, operand] = operation.members()[0];
  if (name == "$set" || name == "$unset") return of_object(operation, before, arena);
  if (name == "$inc" || name == "$mul") {
    if (before != nullptr && !before->is_number()) return unfit(name, "a number");
    if (before == nullptr) return name == "$inc" ? operand : Value::number("0");
    return name == "$inc" ? sum(*before, operand, arena) : product(*before, operand, arena);
  }
  if (name == "$min" || name == "$max") return before == nullptr ? Result<Value>(operand) : lesser_or_greater(name, *before, operand);
  return of_list(name, before, operand, arena);
}

}  // namespace machiya::sense::ngsiv2
