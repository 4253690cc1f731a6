// Types of FEEL expressions (DMN 10.3.2.2, 10.3.2.9): what a name holds and what an expression gives.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace machiya::feel {

enum class TypeKind : std::uint8_t {
  any, null, number, string, boolean, date, time, date_time, month_duration, time_duration, list, context, range, function
};

/// Immutable and cheap to copy. Default: any.
class Type {
 public:
  using Member = std::pair<std::string, Type>;

  Type() {}
  Type(TypeKind kind) : kind_(kind) {}
  static Type any() { return {}; }
  static Type null() { return TypeKind::null; }
  static Type number() { return TypeKind::number; }
  static Type string() { return TypeKind::string; }
  static Type boolean() { return TypeKind::boolean; }
  static Type date() { return TypeKind::date; }
  static Type time() { return TypeKind::time; }
  static Type date_time() { return TypeKind::date_time; }
  static Type month_duration() { return TypeKind::month_duration; }
  static Type time_duration() { return TypeKind::time_duration; }
  static Type list(Type element = {});
  /// A context of which these members are known; others may be there too.
  static Type context(std::vector<Member> members);
  static Type range(Type element = {});
  static Type function(std::vector<Type> parameters, Type result);

  TypeKind kind() const { return kind_; }
  bool is_any() const { return kind_ == TypeKind::any; }
  /// Element of a list or range, result of a function; any otherwise.
  const Type& element() const;
  /// Members of a context; parameters of a function (unnamed).
  const std::vector<Member>& members() const;
  const Type* member(std::string_view name) const;
  /// "list<number>", "context<a: string>".
  std::string to_string() const;

  friend bool operator==(const Type& a, const Type& b);
  /// True when every value of type `from` can stand where `to` is wanted (DMN 10.3.2.9.1, 10.3.2.9.2).
  friend bool conforms(const Type& from, const Type& to);
  /// False only when no value but null can be of both types: a certain fault.
  friend bool may_meet(const Type& a, const Type& b);
  /// The narrowest type that both conform to, as far as one can say.
  friend Type common(const Type& a, const Type& b);

 private:
  struct Parts;
  TypeKind kind_ = TypeKind::any;
  std::shared_ptr<const Parts> parts_;
};
bool conforms(const Type& from, const Type& to);
bool may_meet(const Type& a, const Type& b);
Type common(const Type& a, const Type& b);

/// "number", "date and time", "list<string>", "context<name: string, age: number>", "range<date>",
/// "function<number, string> -> boolean". Errors name the place in the text.
Result<Type> parse_type(std::string_view text);

}  // namespace machiya::feel
