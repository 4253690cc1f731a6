// JSON values (RFC 8259): the canonical form of definitions, answers, events and API bodies.
// Pure and without dependencies, so that the same code runs on the server and as wasm32 on a tablet.
#pragma once
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace machiya::json {

enum class Kind : std::uint8_t { null, boolean, integer, decimal, string, array, object };

/// One JSON value. Objects keep their insertion order and have no duplicate keys. Numbers that fit int64 are
/// `integer`; every other number keeps its text (`decimal`), so that money and FEEL decimals never pass
/// through floating point. Value semantics; not thread-safe for writing.
class Value {
 public:
  using Member = std::pair<std::string, Value>;
  using Array = std::vector<Value>;
  using Object = std::vector<Member>;

  Value() = default;
  Value(std::nullptr_t) {}
  Value(bool b) : kind_(Kind::boolean), int_(b) {}
  Value(int i) : kind_(Kind::integer), int_(i) {}
  Value(unsigned i) : kind_(Kind::integer), int_(i) {}
  Value(long i) : kind_(Kind::integer), int_(i) {}
  Value(long long i) : kind_(Kind::integer), int_(i) {}
  Value(unsigned long i) : kind_(Kind::integer), int_(static_cast<std::int64_t>(i)) {}
  Value(double d);
  Value(std::string s) : kind_(Kind::string), text_(std::move(s)) {}
  Value(std::string_view s) : kind_(Kind::string), text_(s) {}
  Value(const char* s) : kind_(Kind::string), text_(s) {}
  Value(Array a) : kind_(Kind::array), array_(std::move(a)) {}
  static Value object() { Value v; v.kind_ = Kind::object; return v; }
  static Value object(std::initializer_list<Member> members);
  static Value array() { return Value(Array{}); }
  /// `text` must be a JSON number; kept as it stands.
  static Value number(std::string text);

  Kind kind() const { return kind_; }
  bool is_null() const { return kind_ == Kind::null; }
  bool is_bool() const { return kind_ == Kind::boolean; }
  bool is_number() const { return kind_ == Kind::integer || kind_ == Kind::decimal; }
  bool is_string() const { return kind_ == Kind::string; }
  bool is_array() const { return kind_ == Kind::array; }
  bool is_object() const { return kind_ == Kind::object; }

  bool as_bool(bool otherwise = false) const { return is_bool() ? int_ != 0 : otherwise; }
  std::int64_t as_int(std::int64_t otherwise = 0) const;
  double as_double(double otherwise = 0) const;
  /// The string's text; empty for every other kind.
  const std::string& as_string() const;
  /// The number as written, e.g. "1.50".
  std::string number_text() const;

  const Array& items() const;
  Array& items();
  const Object& members() const;
  Object& members();
  std::size_t size() const { return is_array() ? array_.size() : is_object() ? object_.size() : 0; }

  /// Member or nullptr. Objects are small here; the search is linear.
  const Value* find(std::string_view key) const;
  Value* find(std::string_view key);
  /// Member, or a shared null when absent or when this is no object.
  const Value& operator[](std::string_view key) const;
  const Value& operator[](const char* key) const { return (*this)[std::string_view(key)]; }
  /// Element, or a shared null when out of range.
  const Value& operator[](std::size_t index) const;
  /// Text of a string member; empty when absent.
  const std::string& text(std::string_view key) const { return (*this)[key].as_string(); }
  bool has(std::string_view key) const { return find(key) != nullptr; }
  /// Sets or replaces a member; turns null into an object.
  Value& set(std::string key, Value value);
  bool erase(std::string_view key);
  /// Appends; turns null into an array.
  Value& push(Value value);
  /// RFC 6901 pointer; nullptr when there is nothing.
  const Value* at_pointer(std::string_view pointer) const;

  friend bool operator==(const Value& a, const Value& b);

 private:
  Kind kind_ = Kind::null;
  std::int64_t int_ = 0;
  std::string text_;
  Array array_;
  Object object_;
};

/// Limits keep hostile input from exhausting stack or memory.
struct ParseLimits {
  int depth = 64;
  std::size_t nodes = 1'000'000;
};
/// Strict RFC 8259 parse: UTF-8 checked, no duplicate keys, nothing after the value. The error names line and column.
Result<Value> parse(std::string_view text, ParseLimits limits = {});

/// Compact text in member order.
std::string to_text(const Value& value);
/// Appends the same to `out`.
void write(const Value& value, std::string& out);
/// Indented by two spaces, for people.
std::string to_pretty(const Value& value);
/// Canonical form for hashes and signatures: members sorted by key bytes, no white space (after RFC 8785, with
/// numbers as written).
std::string to_canonical(const Value& value);
/// Appends `text` as a JSON string with quotes; '<', '>' and '&' are escaped so that it may stand in HTML.
void write_string(std::string_view text, std::string& out);
/// One reference token of RFC 6901 ("~" and "/" escaped).
std::string pointer_token(std::string_view key);

}  // namespace machiya::json
