// matches, replace, split (DMN 10.3.4.3): patterns as in XPath 3.1; a malformed pattern gives null.
#include "base/text.h"
#include "feel/builtins.h"
#include "feel/regex.h"

namespace machiya::feel {
namespace {

using Args = std::span<Value>;

// Runs searches on the machine's budget.
class Search {
 public:
  Search(Machine& m, const Regex& r) : m_(m), r_(r), left_(m.left()) {}
  ~Search() { m_.charge(m_.left() > left_ ? m_.left() - left_ : 0); }
  bool next(const std::u32string& text, std::size_t from, Regex::Groups& groups) {
    bool exhausted = false;
    bool found = r_.search(text, from, groups, left_, exhausted);
    if (exhausted) m_.fail();
    return found;
  }

 private:
  Machine& m_;
  const Regex& r_;
  std::uint64_t left_;
};

std::optional<Regex> pattern_of(const Value& pattern, const Value& flags) {
  if (!pattern.string()) return std::nullopt;
  return Regex::compile(*pattern.string(), flags.as_string());
}

Value matches(Machine& m, Args a) {
  auto r = pattern_of(a[1], a[2]);
  if (!a[0].string() || !r) return Value();
  Regex::Groups groups;
  Search search(m, *r);
  bool found = search.next(to_utf32(*a[0].string()), 0, groups);
  return m.failed() ? Value() : Value::boolean(found);
}

// $N stands for a group, \$ and \\ for themselves; false when malformed.
bool expand(const std::u32string& with, const std::u32string& text, const Regex::Groups& groups, std::u32string& out) {
  auto group_count = static_cast<std::int64_t>(groups.size() / 2) - 1;
  for (std::size_t i = 0; i < with.size(); ++i) {
    char32_t c = with[i];
    if (c == '\\') {
      if (++i >= with.size() || (with[i] != '\\' && with[i] != '$')) return false;
      out += with[i];
    } else if (c == '$') {
      if (i + 1 >= with.size() || with[i + 1] < '0' || with[i + 1] > '9') return false;
      std::int64_t n = with[++i] - '0';
      while (i + 1 < with.size() && with[i + 1] >= '0' && with[i + 1] <= '9' && n * 10 + static_cast<std::int64_t>(with[i + 1] - '0') <= group_count)
        n = n * 10 + static_cast<std::int64_t>(with[++i] - '0');
      if (n > group_count) continue;
      auto from = groups[static_cast<std::size_t>(2 * n)], to = groups[static_cast<std::size_t>(2 * n + 1)];
      if (from >= 0 && to > from) out.append(text, static_cast<std::size_t>(from), static_cast<std::size_t>(to - from));
    } else {
      out += c;
    }
  }
  return true;
}

// A pattern that matches the empty string is an error for replace and split (XPath FORX0003).
bool matches_empty(Search& search) {
  Regex::Groups groups;
  return search.next({}, 0, groups);
}

Value replace(Machine& m, Args a) {
  auto r = pattern_of(a[1], a[3]);
  if (!a[0].string() || !a[2].string() || !r) return Value();
  Search search(m, *r);
  if (matches_empty(search)) return Value();
  std::u32string text = to_utf32(*a[0].string()), out;
  bool literal = a[3].as_string().find('q') != std::string::npos;
  std::u32string with = to_utf32(*a[2].string());
  Regex::Groups groups;
  std::size_t at = 0;
  while (search.next(text, at, groups)) {
    out.append(text, at, static_cast<std::size_t>(groups[0]) - at);
    if (literal)
      out += with;
    else if (!expand(with, text, groups, out))
      return Value();
    if (!m.charge(1 + with.size() / 16)) return Value();
    at = static_cast<std::size_t>(groups[1]);
    if (groups[1] == groups[0]) {
      if (at >= text.size()) break;
      out += text[at++];
    }
  }
  if (m.failed()) return Value();
  if (at < text.size()) out.append(text, at);
  return m.string(to_utf8(out));
}

Value split_of(Machine& m, Args a) {
  auto r = pattern_of(a[1], Value());
  if (!a[0].string() || !r) return Value();
  Search search(m, *r);
  if (matches_empty(search)) return Value();
  std::u32string text = to_utf32(*a[0].string());
  std::vector<Value> parts;
  Regex::Groups groups;
  std::size_t at = 0, from = 0;
  while (search.next(text, from, groups)) {
    auto begin = static_cast<std::size_t>(groups[0]), end = static_cast<std::size_t>(groups[1]);
    if (end == begin) {
      if (++from > text.size()) break;
      continue;
    }
    parts.push_back(m.string(to_utf8(std::u32string_view(text).substr(at, begin - at))));
    at = from = end;
    if (!m.charge(1)) return Value();
  }
  if (m.failed()) return Value();
  parts.push_back(m.string(to_utf8(std::u32string_view(text).substr(at))));
  return m.list(std::move(parts));
}

constexpr BuiltinRow kRows[] = {
    {"matches", "input:s, pattern:s, flags?:s", "b", matches},
    {"replace", "input:s, pattern:s, replacement:s, flags?:s", "s", replace},
    {"split", "string:s, delimiter:s", "ls", split_of},
};

}  // namespace

std::span<const BuiltinRow> regex_builtins() { return kRows; }

}  // namespace machiya::feel
