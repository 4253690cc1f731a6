// mean, product, median, stddev, mode (DMN 10.3.4.4).
#include <algorithm>

#include "feel/builtins.h"

namespace machiya::feel {
namespace {

using Args = std::span<Value>;

// The numbers of a list; nothing when there is anything else in it, or nothing at all.
std::optional<std::vector<Decimal>> numbers(Machine& m, const Value& list) {
  if (!list.list() || !m.charge(list.items().size())) return std::nullopt;
  std::vector<Decimal> r;
  for (const auto& v : list.items()) {
    if (!v.number()) return std::nullopt;
    r.push_back(*v.number());
  }
  return r;
}

Decimal sum(const std::vector<Decimal>& n) {
  Decimal s;
  for (const auto& x : n) s = s + x;
  return s;
}

Value mean(Machine& m, Args a) {
  auto n = numbers(m, a[0]);
  if (n && !n->empty()) return Value::number(sum(*n) / Decimal(static_cast<std::int64_t>(n->size())));
  return Value();
}

Value product(Machine& m, Args a) {
  auto n = numbers(m, a[0]);
  if (!n || n->empty()) return Value();
  Decimal p(1);
  for (const auto& x : *n) p = p * x;
  return Value::number(p);
}

Value median(Machine& m, Args a) {
  auto n = numbers(m, a[0]);
  if (!n || n->empty() || !m.charge(n->size() * 4)) return Value();
  std::sort(n->begin(), n->end());
  std::size_t half = n->size() / 2;
  if (n->size() % 2 == 1) return Value::number((*n)[half]);
  return Value::number(((*n)[half - 1] + (*n)[half]) / Decimal(2));
}

// Of a sample: divided by n - 1.
Value stddev(Machine& m, Args a) {
  auto n = numbers(m, a[0]);
  if (!n || n->size() < 2 || !m.charge(n->size() + 50)) return Value();
  Decimal middle = sum(*n) / Decimal(static_cast<std::int64_t>(n->size())), squares;
  for (const auto& x : *n) squares = squares + (x - middle) * (x - middle);
  return Value::number((squares / Decimal(static_cast<std::int64_t>(n->size()) - 1)).sqrt());
}

Value mode(Machine& m, Args a) {
  auto n = numbers(m, a[0]);
  if (!n || !m.charge(n->size() * 4)) return Value();
  std::sort(n->begin(), n->end());
  std::size_t most = 0;
  std::vector<Value> r;
  for (std::size_t i = 0; i < n->size();) {
    std::size_t j = i;
    while (j < n->size() && (*n)[j] == (*n)[i]) ++j;
    if (j - i > most) {
      most = j - i;
      r.clear();
    }
    if (j - i == most) r.push_back(Value::number((*n)[i]));
    i = j;
  }
  return m.list(std::move(r));
}

constexpr BuiltinRow kRows[] = {
    {"mean", "list:l", "n", mean},       {"mean", "n...:n", "n", mean},
    {"product", "list:l", "n", product}, {"product", "n...:n", "n", product},
    {"median", "list:l", "n", median},   {"median", "n...:n", "n", median},
    {"stddev", "list:l", "n", stddev},   {"stddev", "n...:n", "n", stddev},
    {"mode", "list:l", "ln", mode},      {"mode", "n...:n", "ln", mode},
};

}  // namespace

std::span<const BuiltinRow> statistics_builtins() { return kRows; }

}  // namespace machiya::feel
