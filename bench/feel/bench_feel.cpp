// bench_feel FILE: evaluates every expression of FILE (see expressions.json), compiled once and parsed each time,
// and prints one JSON line each: name, value, evaluations per second. bench/feel/run.mjs sets it beside its peer.
#include <chrono>
#include <fstream>
#include <iostream>
#include <sstream>

#include "feel/feel.h"

using namespace machiya;

namespace {

// Evaluations per second over about `seconds`, best of three.
template <class F>
double rate(double seconds, F once) {
  using Clock = std::chrono::steady_clock;
  double best = 0;
  for (int round = 0; round < 3; ++round) {
    auto begin = Clock::now();
    std::int64_t n = 0;
    double spent = 0;
    for (std::int64_t batch = 16; spent < seconds / 3; batch *= 2) {
      for (std::int64_t i = 0; i < batch; ++i) once();
      n += batch;
      spent = std::chrono::duration<double>(Clock::now() - begin).count();
    }
    best = std::max(best, static_cast<double>(n) / spent);
  }
  return best;
}

int fail(const Error& e) {
  std::cerr << e.to_string() << "\n";
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return std::cerr << "usage: bench_feel FILE\n", 2;
  std::ifstream in(argv[1]);
  std::ostringstream text;
  text << in.rdbuf();
  auto cases = json::parse(text.str());
  if (!cases.ok()) return fail(cases.error());
  feel::Environment environment(*parse_rfc3339("2026-05-10T03:00:00Z"));
  for (const auto& c : cases->items()) {
    feel::Scope scope;
    std::vector<feel::Value> values;
    for (const auto& v : c["context"].members()) {
      auto type = feel::parse_type(c["types"].text(v.first));
      if (!type.ok()) return fail(type.error());
      auto value = feel::from_json(v.second, *type);
      if (!value.ok()) return fail(value.error());
      scope.add(v.first, *type);
      values.push_back(*value);
    }
    const std::string& source = c.text("expression");
    auto expression = feel::compile(source, scope);
    if (!expression.ok()) return fail(expression.error());
    auto value = expression->evaluate(values, environment);
    if (!value.ok()) return fail(value.error());
    std::size_t seen = 0;  // keeps the loops from being optimised away
    double compiled = rate(0.6, [&] { seen += expression->evaluate(values, environment).ok(); });
    double parsed = rate(0.6, [&] { seen += feel::compile(source, scope)->evaluate(values, environment).ok(); });
    if (seen == 0) return 1;
    json::Value line = json::Value::object({{"name", c.text("name")}, {"value", feel::to_json(*value)}});
    line.set("compiled", static_cast<long long>(compiled));
    line.set("parsed", static_cast<long long>(parsed));
    std::cout << json::to_text(line) << "\n";
  }
  return 0;
}
