// JSON as trees that are only read: plain 16-byte values in one arena, so that an entity is one piece of memory and a request is parsed, expanded and
// answered without an allocation for each member. base/json.h is for definitions and small bodies; this is for the broker's hot path.
#pragma once
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace machiya::tree {

enum class Kind : std::uint8_t { null, boolean, number, string, array, object };

struct Member;

/// One JSON value. Trivially copyable; what it points to belongs to an Arena (or to text that lives as long). A number keeps its text as
/// written, so that 1.0 comes back as 1.0; `number()` gives its double.
struct Value {
  Kind kind = Kind::null;
  bool truth = false;       ///< of a boolean
  std::uint32_t count = 0;  ///< bytes of a string or number, elements of an array, members of an object
  union {
    const char* chars = nullptr;
    const Value* elements;
    const Member* entries;
  };

  bool is_null() const { return kind == Kind::null; }
  bool is_bool() const { return kind == Kind::boolean; }
  bool is_number() const { return kind == Kind::number; }
  bool is_string() const { return kind == Kind::string; }
  bool is_array() const { return kind == Kind::array; }
  bool is_object() const { return kind == Kind::object; }
  /// Neither array nor object.
  bool is_scalar() const { return kind < Kind::array; }
  /// Text of a string or of a number; empty for every other kind.
  std::string_view text() const { return kind == Kind::string || kind == Kind::number ? std::string_view(chars, count) : std::string_view(); }
  /// NaN when this is no number.
  double number() const;
  std::span<const Value> items() const { return is_array() ? std::span<const Value>(elements, count) : std::span<const Value>(); }
  std::span<const Member> members() const;
  /// Member or nullptr.
  const Value* find(std::string_view key) const;
  /// Member, or null when absent or when this is no object.
  const Value& operator[](std::string_view key) const;
  bool has(std::string_view key) const { return find(key) != nullptr; }

  static Value null() { return {}; }
  static Value boolean(bool b) { Value v; v.kind = Kind::boolean, v.truth = b; return v; }
  /// These point to the text; they copy nothing.
  static Value string(std::string_view s) { return of_text(Kind::string, s); }
  static Value number(std::string_view s) { return of_text(Kind::number, s); }
  static Value array(std::span<const Value> v) { Value out; out.kind = Kind::array, out.count = static_cast<std::uint32_t>(v.size()), out.elements = v.data(); return out; }
  static Value object(std::span<const Member> m);

 private:
  static Value of_text(Kind kind, std::string_view s) { Value v; v.kind = kind, v.count = static_cast<std::uint32_t>(s.size()), v.chars = s.data(); return v; }
};

struct Member {
  std::string_view key;
  Value value;
};

inline std::span<const Member> Value::members() const { return is_object() ? std::span<const Member>(entries, count) : std::span<const Member>(); }
inline Value Value::object(std::span<const Member> m) {
  Value out;
  out.kind = Kind::object, out.count = static_cast<std::uint32_t>(m.size()), out.entries = m.data();
  return out;
}

/// Same kind, same members in any order, same elements in their order. Numbers are equal by value (1 and 1.0).
bool equal(const Value& a, const Value& b);

/// Memory that is given out in order and freed as a whole. One thread at a time writes; readers of what is finished need no lock.
class Arena {
 public:
  explicit Arena(std::size_t first_block = 4096) : next_size_(first_block) {}
  ~Arena();
  Arena(Arena&& other) noexcept;
  Arena& operator=(Arena&& other) noexcept;
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  void* take(std::size_t bytes, std::size_t alignment);
  /// Uninitialised room for `n` of T, which must be trivially destructible.
  template <class T> T* room(std::size_t n) { static_assert(std::is_trivially_destructible_v<T>); return static_cast<T*>(take(n * sizeof(T), alignof(T))); }
  std::string_view text(std::string_view s);
  template <class T> std::span<const T> list(std::span<const T> from) {
    if (from.empty()) return {};
    T* out = room<T>(from.size());
    std::uninitialized_copy(from.begin(), from.end(), out);
    return {out, from.size()};
  }
  template <class T> std::span<const T> list(const std::vector<T>& from) { return list(std::span<const T>(from)); }
  Value array(const std::vector<Value>& items) { return Value::array(list(items)); }
  Value object(const std::vector<Member>& members) { return Value::object(list(members)); }
  Value object(std::initializer_list<Member> members) { return Value::object(list(std::span<const Member>(members.begin(), members.size()))); }
  Value string(std::string_view s) { return Value::string(text(s)); }
  /// `d` must be finite. The shortest text that reads back as the same double.
  Value number(double d);
  Value number(std::int64_t i);
  /// Everything below `v`, in this arena.
  Value copy(const Value& v);
  std::size_t bytes() const { return total_; }
  /// Keeps the largest block for what comes next: everything that was given out is gone.
  void clear();

 private:
  struct Block;
  Block* last_ = nullptr;
  std::size_t next_size_, total_ = 0;
  char *at_ = nullptr, *end_ = nullptr;
  void grow(std::size_t bytes);
  void drop();
};

/// Limits keep hostile input from exhausting stack or memory.
struct ParseLimits {
  int depth = 64;
  std::size_t values = 4'000'000;
};
/// Strict RFC 8259: UTF-8 checked, lone surrogates refused, no member twice in an object, nothing after the value. The tree lives in `arena`, which
/// keeps its own copy of what it needs. malformed_request names line and column; limit_exceeded names the limit.
Result<Value> parse(std::string_view text, Arena& arena, ParseLimits limits = {});

/// Compact text, members in their order. Appends.
void write(const Value& value, std::string& out);
void write_string(std::string_view text, std::string& out);
std::string to_text(const Value& value);
/// One text as JSON.
std::string quoted(std::string_view text);
/// An array of texts as JSON.
std::string array_of(const std::vector<std::string>& texts);

}  // namespace machiya::tree
