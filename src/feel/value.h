// Values of FEEL: immutable, cheap to copy (large parts are shared), safe to read from many threads.
#pragma once
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "base/time.h"
#include "feel/decimal.h"
#include "feel/temporal.h"
#include "feel/type.h"

namespace machiya::feel {

class Callable;  // machine.h
struct List;
struct Context;
struct Range;

/// One FEEL value; default null.
class Value {
 public:
  using Member = std::pair<std::string, Value>;

  Value() = default;
  Value(std::nullptr_t) {}
  static Value boolean(bool b) { return Value(Storage(b)); }
  static Value number(std::int64_t n) { return Value(Storage(Decimal(n))); }
  /// NaN becomes null.
  static Value number(const Decimal& d) { return d.is_nan() ? Value() : Value(Storage(d)); }
  static Value string(std::string s) { return Value(Storage(std::make_shared<const std::string>(std::move(s)))); }
  static Value date(Date d) { return Value(Storage(to_civil(d))); }
  static Value date(const CivilDate& d) { return Value(Storage(d)); }
  static Value time(const TimeOfDay& t) { return Value(Storage(t)); }
  static Value date_time(const DateTime& t) { return Value(Storage(t)); }
  /// An instant as date-time in Japan Standard Time.
  static Value instant(Instant t) { return date_time(date_time_of(t, kJapanOffset)); }
  static Value months(std::int64_t n) { return Value(Storage(MonthDuration{n})); }
  static Value duration(const MonthDuration& d) { return Value(Storage(d)); }
  static Value duration(const TimeDuration& d) { return Value(Storage(d)); }
  static Value list(std::vector<Value> items);
  /// Later members with a name that is already there replace the earlier one.
  static Value context(std::vector<Member> members);
  static Value range(Range r);
  static Value function(std::shared_ptr<const Callable> f) { return Value(Storage(std::move(f))); }

  TypeKind kind() const;  ///< never `any`
  bool is_null() const { return v_.index() == 0; }
  bool is_true() const { auto* b = std::get_if<bool>(&v_); return b && *b; }
  bool is_false() const { auto* b = std::get_if<bool>(&v_); return b && !*b; }

  /// Each gives nullptr (or the fallback) when the value is of another type.
  const bool* boolean() const { return std::get_if<bool>(&v_); }
  const Decimal* number() const { return std::get_if<Decimal>(&v_); }
  const std::string* string() const { auto* p = std::get_if<std::shared_ptr<const std::string>>(&v_); return p ? p->get() : nullptr; }
  const CivilDate* date() const { return std::get_if<CivilDate>(&v_); }
  const TimeOfDay* time() const { return std::get_if<TimeOfDay>(&v_); }
  const DateTime* date_time() const { return std::get_if<DateTime>(&v_); }
  const MonthDuration* month_duration() const { return std::get_if<MonthDuration>(&v_); }
  const TimeDuration* time_duration() const { return std::get_if<TimeDuration>(&v_); }
  const List* list() const { auto* p = std::get_if<std::shared_ptr<const List>>(&v_); return p ? p->get() : nullptr; }
  const Context* context() const { auto* p = std::get_if<std::shared_ptr<const Context>>(&v_); return p ? p->get() : nullptr; }
  const Range* range() const { auto* p = std::get_if<std::shared_ptr<const Range>>(&v_); return p ? p->get() : nullptr; }
  const Callable* function() const { auto* p = std::get_if<std::shared_ptr<const Callable>>(&v_); return p ? p->get() : nullptr; }

  bool as_bool(bool otherwise = false) const { auto* b = boolean(); return b ? *b : otherwise; }
  /// Exact whole numbers only.
  std::optional<std::int64_t> as_int() const;
  /// The text of a string, empty otherwise.
  const std::string& as_string() const;
  std::optional<Date> as_date() const;
  /// Items of a list, empty otherwise.
  const std::vector<Value>& items() const;
  /// Member of a context, or nullptr.
  const Value* find(std::string_view name) const;
  /// Member, or null.
  const Value& operator[](std::string_view name) const;

  /// How many values this one holds (itself included) and how deep; used to bound growth.
  std::uint64_t weight() const;
  std::uint32_t depth() const;
  bool same_list(const Value& other) const { return list() && list() == other.list(); }
  bool list_is_unshared() const { auto* p = std::get_if<std::shared_ptr<const List>>(&v_); return p && p->use_count() == 1; }

 private:
  using Storage = std::variant<std::monostate, bool, Decimal, std::shared_ptr<const std::string>, CivilDate, TimeOfDay, DateTime,
                               MonthDuration, TimeDuration, std::shared_ptr<const List>, std::shared_ptr<const Context>,
                               std::shared_ptr<const Range>, std::shared_ptr<const Callable>>;
  explicit Value(Storage s) : v_(std::move(s)) {}
  Storage v_;
};

struct List {
  std::vector<Value> items;
  std::uint64_t weight = 1;
  std::uint32_t depth = 1;
};
struct Context {
  std::vector<Value::Member> members;
  std::uint64_t weight = 1;
  std::uint32_t depth = 1;
};
/// An interval, or what a comparison without a left side allows: (< 10) is a comparison whose low end is null (without
/// limit), whereas a null end of an interval is unknown; (= 10) holds the value at both ends, (!= 10) too.
struct Range {
  enum class Form : std::uint8_t { interval, comparison, equal, differs };
  Value low, high;
  bool low_closed = false, high_closed = false;
  Form form = Form::interval;
};

/// FEEL equality without spending limits, for tests and callers: null when the types differ.
bool same_value(const Value& a, const Value& b);

/// From JSON as a type says: dates, times and durations come as ISO texts, numbers as numbers; null is always
/// allowed; `any` takes what JSON has. The error's `where` is a JSON pointer. Members of a context that the type
/// does not name are kept as they are.
Result<Value> from_json(const json::Value& json, const Type& type);
/// To JSON: numbers exact, temporal values as ISO texts, ranges as their FEEL text, functions as null.
json::Value to_json(const Value& value);
/// The text of FEEL's string(): strings plain at the top, quoted within lists and contexts.
std::string to_text(const Value& value);
/// The type of a value (lists: the common type of the elements).
Type type_of(const Value& value);

}  // namespace machiya::feel
