// String functions (DMN 10.3.4.3). Positions count code points from 1, negative ones from the end.
#include "base/text.h"
#include "feel/builtins.h"
#include "feel/unicode.h"

namespace machiya::feel {
namespace {

using Args = std::span<Value>;

// The byte offset of code point `n` (0 = first); the size when there are fewer.
std::size_t offset_of_point(const std::string& s, std::size_t n) {
  std::size_t i = 0;
  for (; i < s.size() && n > 0; ++i) {
    while (i + 1 < s.size() && (static_cast<unsigned char>(s[i + 1]) & 0xC0) == 0x80) ++i;
    --n;
  }
  return i;
}

Value substring(Machine& m, Args a) {
  auto* s = a[0].string();
  auto start = a[1].as_int();
  if (!s || !a[1].number()) return Value();
  if (!start) start = a[1].number()->rounded(0, Rounding::down).to_int64();
  if (!start || *start == 0 || !m.charge(s->size() / 64)) return Value();
  auto length = static_cast<std::int64_t>(count_code_points(*s));
  std::int64_t first = *start > 0 ? *start - 1 : length + *start;
  if (first < 0 || first > length) return Value();
  std::int64_t count = length - first;
  if (!a[2].is_null()) {
    auto n = a[2].number()->rounded(0, Rounding::down).to_int64();
    if (!n || *n < 0) return Value();
    count = std::min(count, *n);
  }
  std::size_t from = offset_of_point(*s, static_cast<std::size_t>(first));
  std::string rest = s->substr(from);
  return m.string(rest.substr(0, offset_of_point(rest, static_cast<std::size_t>(count))));
}

Value string_length(Machine& m, Args a) {
  auto* s = a[0].string();
  if (!s || !m.charge(s->size() / 64)) return Value();
  return Value::number(static_cast<std::int64_t>(count_code_points(*s)));
}

Value upper(Machine& m, Args a) { return a[0].string() && m.charge(a[0].string()->size() / 16) ? m.string(upper_case(*a[0].string())) : Value(); }
Value lower(Machine& m, Args a) { return a[0].string() && m.charge(a[0].string()->size() / 16) ? m.string(lower_case(*a[0].string())) : Value(); }

Value substring_before(Machine& m, Args a) {
  if (!a[0].string() || !a[1].string()) return Value();
  std::size_t at = a[0].string()->find(*a[1].string());
  return m.string(at == std::string::npos ? std::string() : a[0].string()->substr(0, at));
}

Value substring_after(Machine& m, Args a) {
  if (!a[0].string() || !a[1].string()) return Value();
  std::size_t at = a[0].string()->find(*a[1].string());
  return m.string(at == std::string::npos ? std::string() : a[0].string()->substr(at + a[1].string()->size()));
}

Value contains(Machine& m, Args a) {
  if (!a[0].string() || !a[1].string() || !m.charge(a[0].string()->size() / 64)) return Value();
  return Value::boolean(a[0].string()->find(*a[1].string()) != std::string::npos);
}

Value starts(Machine&, Args a) {
  if (!a[0].string() || !a[1].string()) return Value();
  return Value::boolean(starts_with(*a[0].string(), *a[1].string()));
}

Value ends(Machine&, Args a) {
  auto *s = a[0].string(), *e = a[1].string();
  if (!s || !e) return Value();
  return Value::boolean(s->size() >= e->size() && s->compare(s->size() - e->size(), e->size(), *e) == 0);
}

// string join(list, delimiter?): nulls are left out; anything else that is no string makes null.
Value string_join(Machine& m, Args a) {
  if (!a[0].list()) return Value();
  std::string out, delimiter = a[1].as_string();
  bool first = true;
  for (const auto& v : a[0].items()) {
    if (v.is_null()) continue;
    if (!v.string() || !m.charge(1 + (v.string()->size() + delimiter.size()) / 64)) return Value();
    if (!first) out += delimiter;
    first = false;
    out += *v.string();
  }
  return m.string(std::move(out));
}

constexpr BuiltinRow kRows[] = {
    {"substring", "string:s, start position:n, length?:n", "s", substring},
    {"string length", "string:s", "n", string_length},
    {"upper case", "string:s", "s", upper},
    {"lower case", "string:s", "s", lower},
    {"substring before", "string:s, match:s", "s", substring_before},
    {"substring after", "string:s, match:s", "s", substring_after},
    {"contains", "string:s, match:s", "b", contains},
    {"starts with", "string:s, match:s", "b", starts},
    {"ends with", "string:s, match:s", "b", ends},
    {"string join", "list:l, delimiter?:s", "s", string_join},
};

}  // namespace

std::span<const BuiltinRow> string_builtins() { return kRows; }

}  // namespace machiya::feel
