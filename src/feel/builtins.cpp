#include "feel/builtins.h"

#include <algorithm>

#include "base/text.h"

namespace machiya::feel {
namespace {

KindMask mask_of(std::string_view letters) {
  KindMask mask = 0;
  for (char c : letters) {
    switch (c) {
      case 'n': mask |= bit_of(TypeKind::number); break;
      case 's': mask |= bit_of(TypeKind::string); break;
      case 'b': mask |= bit_of(TypeKind::boolean); break;
      case 'd': mask |= bit_of(TypeKind::date); break;
      case 't': mask |= bit_of(TypeKind::time); break;
      case 'D': mask |= bit_of(TypeKind::date_time); break;
      case 'm': mask |= bit_of(TypeKind::month_duration); break;
      case 'u': mask |= bit_of(TypeKind::time_duration); break;
      case 'l': mask |= bit_of(TypeKind::list); break;
      case 'c': mask |= bit_of(TypeKind::context); break;
      case 'r': mask |= bit_of(TypeKind::range); break;
      case 'f': mask |= bit_of(TypeKind::function); break;
      default: mask = ~KindMask{0};
    }
  }
  return mask;
}

Type type_of_letters(std::string_view s) {
  if (s == "n") return TypeKind::number;
  if (s == "s") return TypeKind::string;
  if (s == "b") return TypeKind::boolean;
  if (s == "d") return TypeKind::date;
  if (s == "t") return TypeKind::time;
  if (s == "D") return TypeKind::date_time;
  if (s == "m") return TypeKind::month_duration;
  if (s == "u") return TypeKind::time_duration;
  if (s == "l") return Type::list();
  if (s == "ls") return Type::list(Type::string());
  if (s == "ln") return Type::list(Type::number());
  if (s == "r") return Type::range();
  return {};
}

Builtin read_row(const BuiltinRow& row) {
  Builtin b;
  b.name = row.name;
  b.result = type_of_letters(row.result);
  b.function = row.function;
  b.pure = row.pure;
  if (*row.parameters == '\0') return b;
  for (std::string_view part : split(row.parameters, ',')) {
    part = trim(part);
    std::size_t colon = part.find(':');
    std::string_view name = part.substr(0, colon);
    BuiltinParameter p;
    p.mask = mask_of(part.substr(colon + 1));
    if (name.back() == '?') {
      p.optional = true;
      name.remove_suffix(1);
    } else if (name.size() > 3 && name.substr(name.size() - 3) == "...") {
      p.rest = true;
      name.remove_suffix(3);
    }
    p.name = std::string(name);
    b.parameters.push_back(std::move(p));
  }
  return b;
}

std::vector<BuiltinFamily> build() {
  std::vector<BuiltinFamily> families;
  for (auto rows : {string_builtins(), regex_builtins(), list_builtins(), number_builtins(), temporal_builtins(), range_builtins(),
                    context_builtins(), statistics_builtins(), conversion_builtins()})
    for (const auto& row : rows) {
      auto at = std::find_if(families.begin(), families.end(), [&](const BuiltinFamily& f) { return f.name == row.name; });
      if (at == families.end()) at = families.insert(families.end(), BuiltinFamily{row.name, {}});
      at->ways.push_back(read_row(row));
    }
  std::sort(families.begin(), families.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  return families;
}

// A built-in as a function value, e.g. handed to sort().
class BuiltinCallable final : public Callable {
 public:
  explicit BuiltinCallable(const BuiltinFamily& family) : family_(family) {
    for (const auto& p : family.ways[0].parameters) parameters_.push_back({p.name, Type()});
  }
  const std::vector<Parameter>& parameters() const override { return parameters_; }
  Type result() const override { return family_.ways[0].result; }
  bool accepts(std::size_t n) const override { return way(n) != nullptr; }
  std::string describe() const override { return family_.name; }
  Value call(Machine& m, std::vector<Value> arguments) const override {
    const Builtin& b = *way(arguments.size());
    std::size_t plain = b.parameters.size();
    if (plain && b.parameters.back().rest) {
      --plain;
      std::vector<Value> rest(arguments.begin() + static_cast<std::ptrdiff_t>(plain), arguments.end());
      arguments.resize(plain);
      for (auto& v : rest)
        if (!fit_argument(m, v, b.parameters.back().mask)) return Value();
      arguments.push_back(m.list(std::move(rest)));
    }
    arguments.resize(b.parameters.size());
    for (std::size_t i = 0; i < plain; ++i)
      if (!fit_argument(m, arguments[i], b.parameters[i].mask)) return Value();
    if (!m.charge(1)) return Value();
    return b.function(m, arguments);
  }

 private:
  const Builtin* way(std::size_t n) const {
    for (const auto& w : family_.ways)
      if (n >= w.least() && n <= w.most()) return &w;
    return nullptr;
  }
  const BuiltinFamily& family_;
  std::vector<Parameter> parameters_;
};

}  // namespace

std::size_t Builtin::least() const {
  std::size_t n = 0;
  for (const auto& p : parameters) n += !p.optional;
  return n;
}

std::size_t Builtin::most() const {
  return !parameters.empty() && parameters.back().rest ? SIZE_MAX : parameters.size();
}

const std::vector<BuiltinFamily>& builtin_families() {
  static const std::vector<BuiltinFamily> kFamilies = build();
  return kFamilies;
}

const BuiltinFamily* find_builtin(std::string_view name) {
  const auto& all = builtin_families();
  auto at = std::lower_bound(all.begin(), all.end(), name, [](const BuiltinFamily& f, std::string_view n) { return f.name < n; });
  return at != all.end() && at->name == name ? &*at : nullptr;
}

Value builtin_value(const BuiltinFamily& family) { return Value::function(std::make_shared<BuiltinCallable>(family)); }

}  // namespace machiya::feel
