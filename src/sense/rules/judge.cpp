#include "sense/rules/judge.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

namespace machiya::sense::rules {
namespace {

feel::Value number_of(double d) { return feel::Value::number(feel::Decimal::from_double(d)); }

/// What the entity says now: the default instance, or the only one.
feel::Value last_value(const ValueRule& rule, const Entity& entity) {
  const Attribute* attribute = entity.attribute(rule.attribute);
  if (attribute == nullptr || attribute->instances.empty()) return {};
  const Instance* instance = attribute->instance("");
  if (instance == nullptr) instance = attribute->instances.size() == 1 ? &attribute->instances.front() : nullptr;
  if (instance == nullptr) return {};
  const tree::Value& value = instance->value;
  switch (rule.type) {
    case feel::TypeKind::number: {
      if (!value.is_number()) return {};
      const auto parsed = feel::Decimal::parse(value.text());
      return parsed ? feel::Value::number(*parsed) : number_of(value.number());
    }
    case feel::TypeKind::boolean: return value.is_bool() ? feel::Value::boolean(value.truth) : feel::Value();
    default: return value.is_string() ? feel::Value::string(std::string(value.text())) : feel::Value();
  }
}

feel::Value taken(Take take, const series::Aggregate& a) {
  if (take == Take::count) return feel::Value::number(static_cast<std::int64_t>(a.count));
  if (a.count == 0) return {};
  switch (take) {
    case Take::avg: return number_of(a.average());
    case Take::min: return number_of(a.min);
    case Take::max: return number_of(a.max);
    case Take::sum: return number_of(a.sum);
    case Take::rate: return a.last_us > a.first_us ? number_of((a.last - a.first) / static_cast<double>(a.last_us - a.first_us) * static_cast<double>(kHour)) : feel::Value();
    default: return {};
  }
}

std::optional<bool> answer(const feel::Expression& expression, const std::vector<feel::Value>& values, const feel::Environment& environment) {
  const auto out = expression.evaluate(values, environment);
  if (!out.ok() || out->boolean() == nullptr) return std::nullopt;   // null, or too much work: it cannot be told
  return *out->boolean();
}

}  // namespace

namespace {

/// An average has more digits than anybody reads.
std::string rounded(const feel::Value& value) {
  char out[40];
  std::snprintf(out, sizeof out, "%.6g", std::atof(feel::to_text(value).c_str()));
  return out;
}

}  // namespace

std::string shown(const Rule& rule, const std::vector<feel::Value>& values) {
  std::string out;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (values[i].is_null()) continue;
    const std::string one = rule.values[i].take == Take::last ? feel::to_text(values[i]) : rounded(values[i]);
    constexpr std::size_t kLongest = 60, kMost = 300;
    if (one.size() <= kLongest && out.size() < kMost) out += (out.empty() ? "" : ", ") + rule.values[i].name + " " + one;
  }
  return out;
}

Result<Verdict> judge(const Rule& rule, const Entity& entity, std::string_view tenant, bool active, std::int64_t at_us, Windows* windows) {
  Verdict out;
  std::vector<feel::Value>& values = out.values;
  values.reserve(rule.values.size());
  for (const ValueRule& v : rule.values) {
    if (v.take == Take::last) {
      values.push_back(last_value(v, entity));
    } else if (windows != nullptr) {
      // A window is what came behind its beginning, up to now.
      MACHIYA_TRY(const series::Aggregate a, windows->of(tenant, entity.id, v.attribute, {at_us - v.over_us + 1, at_us + 1}));
      values.push_back(taken(v.take, a));
    } else {
      values.emplace_back();
    }
  }
  const feel::Environment environment(Instant{at_us});
  if (rule.applies) {
    const auto yes = answer(rule.applies, values, environment);
    out.applies = yes.value_or(false);
    if (!out.applies) return out;
  }
  if (rule.suppress) out.suppress = answer(rule.suppress, values, environment);
  if (rule.when) {
    if (active && rule.clear) {
      const auto over = answer(rule.clear, values, environment);
      if (over) out.holds = !*over;
    } else {
      out.holds = answer(rule.when, values, environment);
    }
  }
  return out;
}

std::int64_t last_heard(const Rule& rule, const Entity& entity) {
  std::int64_t out = kNoTime;
  for (const std::string& name : rule.silent)
    if (const Attribute* attribute = entity.attribute(name))
      for (const Instance& one : attribute->instances) out = std::max(out, one.modified_us);
  return out;
}

}  // namespace machiya::sense::rules
