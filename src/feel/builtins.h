// The built-in functions of FEEL (DMN 10.3.4) by name, with their parameters. Internal to feel.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "feel/nodes.h"

namespace machiya::feel {

struct BuiltinParameter {
  std::string name;
  KindMask mask;
  bool optional = false;
  bool rest = false;  ///< takes all further arguments as a list
};
/// One way to call a built-in function.
struct Builtin {
  std::string name;
  std::vector<BuiltinParameter> parameters;
  Type result;
  BuiltinFunction function;
  bool pure = true;  ///< may be worked out at compile time
  std::size_t least() const;
  std::size_t most() const;
};
struct BuiltinFamily {
  std::string name;
  std::vector<Builtin> ways;
};
/// All families, sorted by name.
const std::vector<BuiltinFamily>& builtin_families();
const BuiltinFamily* find_builtin(std::string_view name);
/// The family as a value that can be handed to a function.
Value builtin_value(const BuiltinFamily& family);

/// One row of a table: parameters as "string:s, length?:n, item...:a". Letters: n number, s string, b boolean, d date,
/// t time, D date and time, m months duration, u time duration, l list, c context, r range, f function, a any.
struct BuiltinRow {
  const char* name;
  const char* parameters;
  const char* result;
  BuiltinFunction function;
  bool pure = true;
};
std::span<const BuiltinRow> string_builtins();
std::span<const BuiltinRow> regex_builtins();
std::span<const BuiltinRow> list_builtins();
std::span<const BuiltinRow> number_builtins();
std::span<const BuiltinRow> temporal_builtins();
std::span<const BuiltinRow> range_builtins();
std::span<const BuiltinRow> context_builtins();
std::span<const BuiltinRow> statistics_builtins();
std::span<const BuiltinRow> conversion_builtins();

}  // namespace machiya::feel
