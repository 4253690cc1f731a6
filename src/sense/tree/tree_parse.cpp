// The strict parser: one pass over a copy of the text in the arena; strings without escapes stay where they are.
#include <algorithm>
#include <array>
#include <cstring>
#include <unordered_set>

#include "base/text.h"
#include "sense/tree/tree.h"

namespace machiya::tree {
namespace {

constexpr std::size_t kFewMembers = 16;   ///< up to here comparing keys one by one is faster than a set

class Parser {
 public:
  Parser(std::string_view text, Arena& arena, ParseLimits limits) : s_(text), arena_(arena), limits_(limits) {}

  Result<Value> document() {
    Value out;
    if (value(out, 0)) {
      space();
      if (at_ == s_.size()) return out;
      fail("nothing may follow the value");
    }
    return error();
  }

 private:
  std::string_view s_;
  std::size_t at_ = 0, values_ = 0;
  Arena& arena_;
  ParseLimits limits_;
  const char* why_ = nullptr;
  bool limit_ = false;
  // What is being collected, of all open arrays and objects: one allocation for the whole text.
  std::vector<Value> items_;
  std::vector<Member> members_;

  bool fail(const char* why, bool limit = false) {
    if (why_ == nullptr) why_ = why, limit_ = limit;
    return false;
  }
  Error error() const {
    const std::string_view before = s_.substr(0, at_);
    const std::size_t newline = before.rfind('\n');
    const std::size_t column = newline == std::string_view::npos ? at_ + 1 : at_ - newline;
    return Error(limit_ ? ErrorCode::limit_exceeded : ErrorCode::malformed_request, why_,
                 std::to_string(1 + std::ranges::count(before, '\n')) + ":" + std::to_string(column));
  }

  char peek() const { return at_ < s_.size() ? s_[at_] : '\0'; }
  void space() {
    while (at_ < s_.size() && (s_[at_] == ' ' || s_[at_] == '\n' || s_[at_] == '\r' || s_[at_] == '\t')) ++at_;
  }
  bool word(std::string_view w, Value v, Value& out) {
    if (s_.substr(at_, w.size()) != w) return fail("unknown word");
    at_ += w.size(), out = v;
    return true;
  }

  bool value(Value& out, int depth) {
    space();
    if (++values_ > limits_.values) return fail("too many values", true);
    switch (peek()) {
      case '{': return depth < limits_.depth ? object(out, depth) : fail("nested too deeply", true);
      case '[': return depth < limits_.depth ? array(out, depth) : fail("nested too deeply", true);
      case '"': {
        std::string_view text;
        if (!string(text)) return false;
        out = Value::string(text);
        return true;
      }
      case 't': return word("true", Value::boolean(true), out);
      case 'f': return word("false", Value::boolean(false), out);
      case 'n': return word("null", Value::null(), out);
      case '\0':
        if (at_ >= s_.size()) return fail("the text ends too early");
        [[fallthrough]];
      default: return number(out);
    }
  }

  bool array(Value& out, int depth) {
    const std::size_t first = items_.size();
    ++at_, space();
    if (peek() == ']') {
      ++at_, out = Value::array({});
      return true;
    }
    for (;;) {
      Value item;
      if (!value(item, depth + 1)) return false;
      items_.push_back(item);
      space();
      const char c = peek();
      if (c != ',' && c != ']') return fail("',' or ']' is expected");
      ++at_;
      if (c == ']') break;
    }
    out = Value::array(arena_.list(std::span<const Value>(items_).subspan(first)));
    items_.resize(first);
    return true;
  }

  bool object(Value& out, int depth) {
    const std::size_t first = members_.size();
    ++at_, space();
    if (peek() == '}') {
      ++at_, out = Value::object({});
      return true;
    }
    for (;;) {
      space();
      if (peek() != '"') return fail("a member name in quotes is expected");
      Member member;
      if (!string(member.key)) return false;
      space();
      if (peek() != ':') return fail("':' is expected");
      ++at_;
      if (!value(member.value, depth + 1)) return false;
      members_.push_back(member);
      space();
      const char c = peek();
      if (c != ',' && c != '}') return fail("',' or '}' is expected");
      ++at_;
      if (c == '}') break;
    }
    const auto mine = std::span<const Member>(members_).subspan(first);
    if (twice(mine)) return fail("a member name occurs twice");
    out = Value::object(arena_.list(mine));
    members_.resize(first);
    return true;
  }

  static bool twice(std::span<const Member> members) {
    if (members.size() <= kFewMembers) {
      for (std::size_t i = 1; i < members.size(); ++i)
        for (std::size_t j = 0; j < i; ++j)
          if (members[i].key == members[j].key) return true;
      return false;
    }
    std::unordered_set<std::string_view> seen;
    return std::ranges::any_of(members, [&](const Member& m) { return !seen.insert(m.key).second; });
  }

  bool digits() {
    const std::size_t first = at_;
    while (at_ < s_.size() && s_[at_] >= '0' && s_[at_] <= '9') ++at_;
    return at_ > first || fail("a digit is expected");
  }
  bool number(Value& out) {
    const std::size_t first = at_;
    if (peek() == '-') ++at_;
    if (peek() == '0') {
      ++at_;
    } else if (!digits()) {
      return false;
    }
    if (peek() == '.' && (++at_, !digits())) return false;
    if (peek() == 'e' || peek() == 'E') {
      ++at_;
      if (peek() == '+' || peek() == '-') ++at_;
      if (!digits()) return false;
    }
    out = Value::number(s_.substr(first, at_ - first));
    return true;
  }

  bool string(std::string_view& out) {
    const std::size_t first = ++at_;
    while (at_ < s_.size()) {
      const auto c = static_cast<unsigned char>(s_[at_]);
      if (c == '"') {
        out = s_.substr(first, at_++ - first);
        return true;
      }
      if (c == '\\') return escaped(first, out);
      if (c < 0x20) return fail("a control character must be escaped");
      ++at_;
    }
    return fail("the string does not end");
  }
  // From the first escape on the text is made anew; it never becomes longer.
  bool escaped(std::size_t first, std::string_view& out) {
    std::string made(s_.substr(first, at_ - first));
    while (at_ < s_.size() && s_[at_] != '"') {
      const auto c = static_cast<unsigned char>(s_[at_]);
      if (c < 0x20) return fail("a control character must be escaped");
      if (c != '\\') {
        made += s_[at_++];
      } else if (!escape(made)) {
        return false;
      }
    }
    if (at_ >= s_.size()) return fail("the string does not end");
    ++at_;
    out = arena_.text(made);
    return true;
  }
  bool escape(std::string& made) {
    constexpr std::string_view kNames = "\"\\/bfnrt", kBytes = "\"\\/\b\f\n\r\t";
    ++at_;
    if (peek() == 'u') return ++at_, unicode(made);
    const std::size_t which = peek() ? kNames.find(peek()) : std::string_view::npos;
    if (which == std::string_view::npos) return fail("unknown escape");
    made += kBytes[which], ++at_;
    return true;
  }
  bool hex(char32_t& out) {
    out = 0;
    for (int i = 0; i < 4; ++i, ++at_) {
      const char c = peek();
      const int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
      if (digit < 0) return fail("four hexadecimal digits are expected");
      out = out * 16 + static_cast<char32_t>(digit);
    }
    return true;
  }
  bool unicode(std::string& made) {
    char32_t code, low;
    if (!hex(code)) return false;
    if (code >= 0xDC00 && code <= 0xDFFF) return fail("half of a character");
    if (code >= 0xD800 && code <= 0xDBFF) {
      if (s_.substr(at_, 2) != "\\u") return fail("half of a character");
      at_ += 2;
      if (!hex(low)) return false;
      if (low < 0xDC00 || low > 0xDFFF) return fail("half of a character");
      code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
    }
    append_utf8(code, made);
    return true;
  }
};

}  // namespace

Result<Value> parse(std::string_view text, Arena& arena, ParseLimits limits) {
  if (text.size() > UINT32_MAX) return Error(ErrorCode::limit_exceeded, "longer than 4 GiB");
  if (!is_utf8(text)) return Error(ErrorCode::malformed_request, "not UTF-8");
  return Parser(arena.text(text), arena, limits).document();
}

}  // namespace machiya::tree
