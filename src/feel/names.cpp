// Names: the longest one in scope wins; members of filtered items; properties after a dot.
#include <algorithm>
#include <utility>

#include "feel/compiler.h"

namespace machiya::feel {

int Compiler::declare(std::string name, Type type) {
  Frame& f = frames_.back();
  int slot = f.slots++;
  bindings_.push_back({std::move(name), std::move(type), static_cast<int>(frames_.size()) - 1, slot});
  return slot;
}

int Compiler::declare_item(Type item) { return declare(std::string(), std::move(item)); }

int Compiler::declare_filter_item(const Type& element) {
  int slot = declare("item", element);
  bindings_.push_back({std::string(), element, static_cast<int>(frames_.size()) - 1, slot});
  return slot;
}

void Compiler::open_function(const std::vector<Parameter>& parameters, const std::string& self) {
  Frame f;
  f.first_binding = bindings_.size();
  frames_.push_back(std::move(f));
  for (const auto& p : parameters) declare(p.name, p.type);
  bool shadowed = std::any_of(parameters.begin(), parameters.end(), [&](const Parameter& p) { return p.name == self; });
  if (self.empty() || shadowed) return;
  frames_.back().self_slot = declare(self, TypeKind::function);
}

std::shared_ptr<FunctionCode> Compiler::close_function(const std::vector<Parameter>& parameters, Type result, Code body) {
  auto code = std::make_shared<FunctionCode>();
  Frame f = std::move(frames_.back());
  frames_.pop_back();
  bindings_.resize(f.first_binding);
  code->parameters = parameters;
  code->result = std::move(result);
  code->body = std::move(body.node);
  code->found = std::move(body.type);
  code->slots = f.slots;
  code->captures = std::move(f.captures);
  code->self_slot = f.self_slot;
  return code;
}

// The slot of a binding in the present frame; outer variables are captured through every frame between.
int Compiler::slot_here(const Binding& b) {
  int slot = b.slot;
  for (std::size_t f = static_cast<std::size_t>(b.frame) + 1; f < frames_.size(); ++f) {
    auto& captures = frames_[f].captures;
    auto at = std::find_if(captures.begin(), captures.end(), [&](const auto& c) { return c.first == slot; });
    if (at == captures.end()) {
      captures.emplace_back(slot, frames_[f].slots++);
      at = std::prev(captures.end());
    }
    slot = at->second;
  }
  return slot;
}

Code Compiler::resolve(std::size_t i) {
  const Binding& b = bindings_[i];
  if (b.frame == 0 && std::find(used_.begin(), used_.end(), b.name) == used_.end()) used_.push_back(b.name);
  if (b.name == "?") question_used_ = true;
  return {slot_node(slot_here(b)), b.type};
}

Code Compiler::lookup(std::string_view name) {
  for (std::size_t i = bindings_.size(); i-- > 0;)
    if (bindings_[i].name == name) return resolve(i);
  return {};
}

namespace {

// Edit distance, cut off above `most`.
std::size_t distance(std::string_view a, std::string_view b, std::size_t most) {
  if (a.size() > b.size() + most || b.size() > a.size() + most) return most + 1;
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      std::size_t replaced = diagonal + (a[i - 1] != b[j - 1]);
      diagonal = row[j];
      row[j] = std::min({replaced, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row[b.size()];
}

}  // namespace

// The nearest name in scope, when it is near enough to be what was meant.
std::string Compiler::nearest_name(std::string_view name) const {
  std::size_t best = std::min<std::size_t>(3, name.size() / 2) + 1;
  std::string found;
  auto consider = [&](const std::string& candidate) {
    if (candidate.empty() || candidate == "?" || name.size() > 100) return;
    if (std::size_t d = distance(name, candidate, best); d < best) {
      best = d;
      found = candidate;
    }
  };
  for (const auto& b : bindings_) {
    consider(b.name);
    if (b.name.empty())
      for (const auto& m : b.type.members()) consider(m.first);
  }
  for (const auto& f : builtin_families()) consider(f.name);
  return found;
}

Code Compiler::unknown_name(std::size_t at, const std::string& name) {
  if (strict_ && problems_.size() < 50) {
    std::string near = nearest_name(name);
    semantic(at, "unknown name \"" + name + "\"" + (near.empty() ? "" : "; did you mean \"" + near + "\"?"),
             "「" + name + "」という名前は定義されていません" + (near.empty() ? "" : "。「" + near + "」ではありませんか"));
  }
  return {constant_node(Value()), Type()};
}

// Reads a name at the present place. Candidates are all bindings, the known members of filtered items and the
// built-in functions; the longest match wins, an inner one before an outer one of the same length.
Code Compiler::name() {
  std::size_t begin = at_, best_end = 0, best = 0;
  const Type* best_member = nullptr;
  std::string_view member;
  for (std::size_t i = bindings_.size(); i-- > 0;) {
    const Binding& b = bindings_[i];
    if (!b.name.empty()) {
      if (std::size_t end = match_name(b.name, begin); end > best_end) {
        best_end = end;
        best = i;
        best_member = nullptr;
      }
      continue;
    }
    for (const auto& m : b.type.members()) {
      if (b.type.kind() != TypeKind::context) break;
      if (std::size_t end = match_name(m.first, begin); end > best_end) {
        best_end = end;
        best = i;
        best_member = &m.second;
        member = m.first;
      }
    }
  }
  const BuiltinFamily* builtin = nullptr;
  for (const auto& f : builtin_families()) {
    if (f.name[0] != text_[begin]) continue;
    if (std::size_t end = match_name(f.name, begin); end > best_end) {
      best_end = end;
      builtin = &f;
    }
  }
  if (builtin) {
    at_ = best_end;
    skip();
    if (peek() == '(') {
      Code c = call_builtin(builtin->name, begin);
      return c;
    }
    Code value{constant_node(builtin_value(*builtin)), TypeKind::function};
    return member_of_items(builtin->name, std::move(value));
  }
  if (best_end == 0) {
    for (std::string_view k : {"and", "or", "then", "else", "in", "between", "satisfies", "return", "instance of"})
      if (match_name(k, begin)) return fail("expected an expression here", "ここには式が必要です");
    std::string word = read_words(false, "");
    if (word.empty()) return fail("expected an expression here", "ここには式が必要です");
    Code c = member_of_items(word, {});
    return c ? std::move(c) : unknown_name(begin, word);
  }
  at_ = best_end;
  if (best_member) {
    Type t = *best_member;
    return {member_or_node(slot_here(bindings_[best]), std::string(member), nullptr), std::move(t)};
  }
  std::string word = bindings_[best].name;
  // Items of unknown shape that were opened later may have a member of this name.
  bool open_items = std::any_of(bindings_.begin() + static_cast<std::ptrdiff_t>(best) + 1, bindings_.end(),
                                [](const Binding& b) { return b.name.empty() && b.type.is_any(); });
  Code c = resolve(best);
  return open_items ? member_of_items(word, std::move(c)) : std::move(c);
}

// `name` as a member of the innermost open items of unknown shape, else `otherwise`.
Code Compiler::member_of_items(std::string_view name, Code otherwise) {
  bool found = false;
  for (const auto& b : bindings_) {
    if (!b.name.empty() || !(b.type.is_any() || (b.type.kind() == TypeKind::context && !strict_))) continue;
    otherwise = {member_or_node(slot_here(b), std::string(name), std::move(otherwise.node)), Type()};
    found = true;
  }
  (void)found;
  return otherwise;
}

Type Compiler::property_type(const Type& t, std::string_view name, bool& known) const {
  auto number = [&](std::initializer_list<std::string_view> names) {
    return std::find(names.begin(), names.end(), name) != names.end();
  };
  known = true;
  switch (t.kind()) {
    case TypeKind::context:
      if (const Type* m = t.member(name)) return *m;
      known = t.members().empty();
      return {};
    case TypeKind::list: return Type::list(property_type(t.element(), name, known));
    case TypeKind::date:
      if (number({"year", "month", "day", "weekday"})) return TypeKind::number;
      break;
    case TypeKind::date_time:
      if (number({"year", "month", "day", "weekday"})) return TypeKind::number;
      [[fallthrough]];
    case TypeKind::time:
      if (number({"hour", "minute", "second"})) return TypeKind::number;
      if (name == "time offset") return TypeKind::time_duration;
      if (name == "timezone") return TypeKind::string;
      break;
    case TypeKind::month_duration:
      if (number({"years", "months"})) return TypeKind::number;
      break;
    case TypeKind::time_duration:
      if (number({"days", "hours", "minutes", "seconds"})) return TypeKind::number;
      break;
    case TypeKind::range:
      if (name == "start" || name == "end") return t.element();
      if (name == "start included" || name == "end included") return TypeKind::boolean;
      break;
    case TypeKind::any:
    case TypeKind::null: return {};
    default: break;
  }
  known = false;
  return {};
}

std::string Compiler::property_name(const Type& t) {
  skip();
  const Type* inner = &t;
  while (inner->kind() == TypeKind::list) inner = &inner->element();
  std::size_t best = 0;
  std::string_view found;
  auto consider = [&](std::string_view n) {
    if (std::size_t end = match_name(n, at_); end > best) {
      best = end;
      found = n;
    }
  };
  if (inner->kind() == TypeKind::context)
    for (const auto& m : inner->members()) consider(m.first);
  for (std::string_view n : {"time offset", "start included", "end included", "start", "end"}) consider(n);
  if (best && (inner->kind() == TypeKind::context || inner->kind() == TypeKind::range)) {
    std::string name(found);
    at_ = best;
    return name;
  }
  return read_words(false, "");
}

Code Compiler::property(Code value) {
  std::size_t at = at_;
  std::string name = property_name(value.type);
  if (name.empty()) return fail("expected a property name here", "ここには項目名が必要です");
  bool known = true;
  Type type = property_type(value.type, name, known);
  if (!known)
    semantic(at, "\"" + name + "\" is not a property of " + value.type.to_string(),
             "「" + name + "」という項目は " + value.type.to_string() + " にありません");
  const Node* inner = value.node.get();
  return {folded(path_node(std::move(value.node), std::move(name)), {inner}), std::move(type)};
}

}  // namespace machiya::feel
