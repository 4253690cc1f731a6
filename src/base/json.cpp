#include "base/json.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>

#include "base/text.h"

namespace machiya::json {
namespace {

const Value kNull;
const std::string kEmpty;
const Value::Array kNoItems;
const Value::Object kNoMembers;

class Parser {
 public:
  Parser(std::string_view text, ParseLimits limits) : s_(text), limits_(limits) {}

  Result<Value> document() {
    Value value;
    if (!parse_value(value, 0)) return error();
    skip_space();
    if (at_ != s_.size()) {
      fail("nothing may follow the value");
      return error();
    }
    return value;
  }

 private:
  bool fail(const char* why) {
    if (why_ == nullptr) why_ = why;
    return false;
  }
  Error error() const {
    std::size_t line = 1, column = 1;
    for (std::size_t i = 0; i < at_ && i < s_.size(); ++i) {
      if (s_[i] == '\n') {
        ++line;
        column = 1;
      } else {
        ++column;
      }
    }
    return Error(ErrorCode::malformed_request, why_ ? why_ : "not JSON",
                 std::to_string(line) + ":" + std::to_string(column));
  }
  void skip_space() {
    while (at_ < s_.size() && (s_[at_] == ' ' || s_[at_] == '\n' || s_[at_] == '\r' || s_[at_] == '\t')) ++at_;
  }
  bool word(std::string_view w) {
    if (s_.substr(at_, w.size()) != w) return fail("unknown word");
    at_ += w.size();
    return true;
  }
  bool parse_value(Value& out, int depth) {
    if (depth > limits_.depth) return fail("nested too deeply");
    if (++nodes_ > limits_.nodes) return fail("too many values");
    skip_space();
    if (at_ >= s_.size()) return fail("the text ends too early");
    switch (s_[at_]) {
      case '{': return parse_object(out, depth);
      case '[': return parse_array(out, depth);
      case '"': {
        std::string text;
        if (!parse_string(text)) return false;
        out = Value(std::move(text));
        return true;
      }
      case 't': out = Value(true); return word("true");
      case 'f': out = Value(false); return word("false");
      case 'n': out = Value(); return word("null");
      default: return parse_number(out);
    }
  }
  bool parse_object(Value& out, int depth) {
    out = Value::object();
    ++at_;
    skip_space();
    if (at_ < s_.size() && s_[at_] == '}') {
      ++at_;
      return true;
    }
    for (;;) {
      skip_space();
      if (at_ >= s_.size() || s_[at_] != '"') return fail("a member name in quotes is expected");
      std::string key;
      if (!parse_string(key)) return false;
      if (out.find(key) != nullptr) return fail("this member name occurs twice");
      skip_space();
      if (at_ >= s_.size() || s_[at_] != ':') return fail("':' is expected");
      ++at_;
      Value value;
      if (!parse_value(value, depth + 1)) return false;
      out.members().emplace_back(std::move(key), std::move(value));
      skip_space();
      if (at_ < s_.size() && s_[at_] == ',') {
        ++at_;
        continue;
      }
      if (at_ < s_.size() && s_[at_] == '}') {
        ++at_;
        return true;
      }
      return fail("',' or '}' is expected");
    }
  }
  bool parse_array(Value& out, int depth) {
    out = Value::array();
    ++at_;
    skip_space();
    if (at_ < s_.size() && s_[at_] == ']') {
      ++at_;
      return true;
    }
    for (;;) {
      Value value;
      if (!parse_value(value, depth + 1)) return false;
      out.items().push_back(std::move(value));
      skip_space();
      if (at_ < s_.size() && s_[at_] == ',') {
        ++at_;
        continue;
      }
      if (at_ < s_.size() && s_[at_] == ']') {
        ++at_;
        return true;
      }
      return fail("',' or ']' is expected");
    }
  }
  int hex4() {
    if (at_ + 4 > s_.size()) return -1;
    int code = 0;
    for (int i = 0; i < 4; ++i) {
      char c = s_[at_ + static_cast<std::size_t>(i)];
      int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
      if (digit < 0) return -1;
      code = code * 16 + digit;
    }
    at_ += 4;
    return code;
  }
  bool parse_string(std::string& out) {
    ++at_;
    for (;;) {
      std::size_t start = at_;
      while (at_ < s_.size() && s_[at_] != '"' && s_[at_] != '\\' && static_cast<unsigned char>(s_[at_]) >= 0x20) ++at_;
      out.append(s_.substr(start, at_ - start));
      if (at_ >= s_.size()) return fail("the string does not end");
      if (s_[at_] == '"') {
        ++at_;
        if (!is_utf8(out)) return fail("the string is not valid UTF-8");
        return true;
      }
      if (s_[at_] != '\\') return fail("control characters must be escaped");
      ++at_;
      if (at_ >= s_.size()) return fail("the string does not end");
      char c = s_[at_++];
      switch (c) {
        case '"': out += '"'; break;
        case '\\': out += '\\'; break;
        case '/': out += '/'; break;
        case 'b': out += '\b'; break;
        case 'f': out += '\f'; break;
        case 'n': out += '\n'; break;
        case 'r': out += '\r'; break;
        case 't': out += '\t'; break;
        case 'u': {
          int high = hex4();
          if (high < 0) return fail("\\u needs four hexadecimal digits");
          char32_t code = static_cast<char32_t>(high);
          if (high >= 0xD800 && high <= 0xDBFF) {
            if (s_.substr(at_, 2) != "\\u") return fail("half of a surrogate pair");
            at_ += 2;
            int low = hex4();
            if (low < 0xDC00 || low > 0xDFFF) return fail("half of a surrogate pair");
            code = 0x10000 + ((static_cast<char32_t>(high) - 0xD800) << 10) + (static_cast<char32_t>(low) - 0xDC00);
          } else if (high >= 0xDC00 && high <= 0xDFFF) {
            return fail("half of a surrogate pair");
          }
          append_utf8(code, out);
          break;
        }
        default: return fail("unknown escape");
      }
    }
  }
  bool digits() {
    std::size_t start = at_;
    while (at_ < s_.size() && s_[at_] >= '0' && s_[at_] <= '9') ++at_;
    return at_ > start;
  }
  bool parse_number(Value& out) {
    std::size_t start = at_;
    bool integer = true;
    if (at_ < s_.size() && s_[at_] == '-') ++at_;
    if (at_ < s_.size() && s_[at_] == '0') {
      ++at_;
    } else if (!digits()) {
      return fail("a value is expected");
    }
    if (at_ < s_.size() && s_[at_] == '.') {
      integer = false;
      ++at_;
      if (!digits()) return fail("digits are expected after '.'");
    }
    if (at_ < s_.size() && (s_[at_] == 'e' || s_[at_] == 'E')) {
      integer = false;
      ++at_;
      if (at_ < s_.size() && (s_[at_] == '+' || s_[at_] == '-')) ++at_;
      if (!digits()) return fail("digits are expected in the exponent");
    }
    std::string_view text = s_.substr(start, at_ - start);
    if (text.size() > 400) return fail("the number is too long");
    if (integer) {
      long long value = 0;
      auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), value);
      if (ec == std::errc() && end == text.data() + text.size()) {
        out = Value(value);
        return true;
      }
    }
    out = Value::number(std::string(text));
    return true;
  }

  std::string_view s_;
  ParseLimits limits_;
  std::size_t at_ = 0;
  std::size_t nodes_ = 0;
  const char* why_ = nullptr;
};

void write_pretty(const Value& v, std::string& out, int indent) {
  auto pad = [&](int n) { out.append(static_cast<std::size_t>(n) * 2, ' '); };
  if (v.is_array() && v.size() > 0) {
    out += "[\n";
    for (std::size_t i = 0; i < v.size(); ++i) {
      pad(indent + 1);
      write_pretty(v[i], out, indent + 1);
      out += i + 1 < v.size() ? ",\n" : "\n";
    }
    pad(indent);
    out += ']';
  } else if (v.is_object() && v.size() > 0) {
    out += "{\n";
    for (std::size_t i = 0; i < v.size(); ++i) {
      pad(indent + 1);
      write_string(v.members()[i].first, out);
      out += ": ";
      write_pretty(v.members()[i].second, out, indent + 1);
      out += i + 1 < v.size() ? ",\n" : "\n";
    }
    pad(indent);
    out += '}';
  } else {
    write(v, out);
  }
}

void write_canonical(const Value& v, std::string& out) {
  if (v.is_array()) {
    out += '[';
    for (std::size_t i = 0; i < v.size(); ++i) {
      if (i) out += ',';
      write_canonical(v[i], out);
    }
    out += ']';
  } else if (v.is_object()) {
    std::vector<const Value::Member*> order;
    for (const auto& m : v.members()) order.push_back(&m);
    std::sort(order.begin(), order.end(), [](auto* a, auto* b) { return a->first < b->first; });
    out += '{';
    for (std::size_t i = 0; i < order.size(); ++i) {
      if (i) out += ',';
      write_string(order[i]->first, out);
      out += ':';
      write_canonical(order[i]->second, out);
    }
    out += '}';
  } else {
    write(v, out);
  }
}

}  // namespace

Value::Value(double d) {
  if (std::isfinite(d) && d == std::floor(d) && std::fabs(d) < 9e15) {
    kind_ = Kind::integer;
    int_ = static_cast<std::int64_t>(d);
  } else if (std::isfinite(d)) {
    char buffer[40];
    auto [end, ec] = std::to_chars(buffer, buffer + sizeof buffer, d);
    kind_ = Kind::decimal;
    text_.assign(buffer, end);
  }
}

Value Value::object(std::initializer_list<Member> members) {
  Value v = object();
  v.object_.reserve(members.size());
  for (const auto& m : members) v.set(m.first, m.second);
  return v;
}

Value Value::number(std::string text) {
  Value v;
  v.kind_ = Kind::decimal;
  v.text_ = std::move(text);
  return v;
}

std::int64_t Value::as_int(std::int64_t otherwise) const {
  if (kind_ == Kind::integer) return int_;
  if (kind_ == Kind::decimal) {
    double d = as_double();
    if (d == std::floor(d) && std::fabs(d) < 9e15) return static_cast<std::int64_t>(d);
  }
  return otherwise;
}

double Value::as_double(double otherwise) const {
  if (kind_ == Kind::integer) return static_cast<double>(int_);
  if (kind_ == Kind::decimal) return std::strtod(text_.c_str(), nullptr);
  return otherwise;
}

const std::string& Value::as_string() const { return is_string() ? text_ : kEmpty; }

std::string Value::number_text() const {
  if (kind_ == Kind::integer) return std::to_string(int_);
  if (kind_ == Kind::decimal) return text_;
  return {};
}

const Value::Array& Value::items() const { return is_array() ? array_ : kNoItems; }
Value::Array& Value::items() {
  MACHIYA_ASSERT(is_array());
  return array_;
}
const Value::Object& Value::members() const { return is_object() ? object_ : kNoMembers; }
Value::Object& Value::members() {
  MACHIYA_ASSERT(is_object());
  return object_;
}

const Value* Value::find(std::string_view key) const {
  for (const auto& m : object_)
    if (m.first == key) return &m.second;
  return nullptr;
}
Value* Value::find(std::string_view key) {
  for (auto& m : object_)
    if (m.first == key) return &m.second;
  return nullptr;
}
const Value& Value::operator[](std::string_view key) const {
  const Value* found = find(key);
  return found ? *found : kNull;
}
const Value& Value::operator[](std::size_t index) const { return index < array_.size() ? array_[index] : kNull; }

Value& Value::set(std::string key, Value value) {
  if (is_null()) kind_ = Kind::object;
  MACHIYA_ASSERT(is_object());
  if (Value* found = find(key)) {
    *found = std::move(value);
  } else {
    object_.emplace_back(std::move(key), std::move(value));
  }
  return *this;
}
bool Value::erase(std::string_view key) {
  auto found = std::find_if(object_.begin(), object_.end(), [&](const Member& m) { return m.first == key; });
  if (found == object_.end()) return false;
  object_.erase(found);
  return true;
}
Value& Value::push(Value value) {
  if (is_null()) kind_ = Kind::array;
  MACHIYA_ASSERT(is_array());
  array_.push_back(std::move(value));
  return *this;
}

const Value* Value::at_pointer(std::string_view pointer) const {
  const Value* here = this;
  while (!pointer.empty()) {
    if (pointer[0] != '/') return nullptr;
    pointer.remove_prefix(1);
    std::size_t end = std::min(pointer.find('/'), pointer.size());
    std::string token;
    for (std::size_t i = 0; i < end; ++i) {
      if (pointer[i] == '~' && i + 1 < end) {
        token += pointer[++i] == '1' ? '/' : '~';
      } else {
        token += pointer[i];
      }
    }
    pointer.remove_prefix(end);
    if (here->is_object()) {
      here = here->find(token);
    } else if (here->is_array()) {
      std::size_t index = 0;
      auto [p, ec] = std::from_chars(token.data(), token.data() + token.size(), index);
      here = ec == std::errc() && p == token.data() + token.size() && index < here->size() ? &here->array_[index] : nullptr;
    } else {
      here = nullptr;
    }
    if (here == nullptr) return nullptr;
  }
  return here;
}

bool operator==(const Value& a, const Value& b) {
  if (a.is_number() && b.is_number()) {
    if (a.kind_ == b.kind_) return a.kind_ == Kind::integer ? a.int_ == b.int_ : a.text_ == b.text_ || a.as_double() == b.as_double();
    return a.as_double() == b.as_double();
  }
  if (a.kind_ != b.kind_) return false;
  switch (a.kind_) {
    case Kind::null: return true;
    case Kind::boolean: return a.int_ == b.int_;
    case Kind::string: return a.text_ == b.text_;
    case Kind::array: return a.array_ == b.array_;
    case Kind::object: {
      if (a.size() != b.size()) return false;
      for (const auto& m : a.object_) {
        const Value* other = b.find(m.first);
        if (!other || !(*other == m.second)) return false;
      }
      return true;
    }
    default: return false;
  }
}

Result<Value> parse(std::string_view text, ParseLimits limits) { return Parser(text, limits).document(); }

void write_string(std::string_view text, std::string& out) {
  static constexpr char hex[] = "0123456789abcdef";
  out += '"';
  std::size_t plain = 0;   // what needs no escape goes over in one piece
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const auto u = static_cast<unsigned char>(c);
    if (u >= 0x20 && u != 0x7f && c != '"' && c != '\\' && c != '<' && c != '>' && c != '&') continue;
    out.append(text, plain, i - plain);
    plain = i + 1;
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else {
      out += "\\u00";
      out += hex[u >> 4];
      out += hex[u & 15];
    }
  }
  out.append(text, plain);
  out += '"';
}

void write(const Value& v, std::string& out) {
  switch (v.kind()) {
    case Kind::null: out += "null"; break;
    case Kind::boolean: out += v.as_bool() ? "true" : "false"; break;
    case Kind::integer:
    case Kind::decimal: out += v.number_text(); break;
    case Kind::string: write_string(v.as_string(), out); break;
    case Kind::array:
      out += '[';
      for (std::size_t i = 0; i < v.size(); ++i) {
        if (i) out += ',';
        write(v[i], out);
      }
      out += ']';
      break;
    case Kind::object:
      out += '{';
      for (std::size_t i = 0; i < v.size(); ++i) {
        if (i) out += ',';
        write_string(v.members()[i].first, out);
        out += ':';
        write(v.members()[i].second, out);
      }
      out += '}';
      break;
  }
}

std::string to_text(const Value& v) {
  std::string out;
  write(v, out);
  return out;
}
std::string to_pretty(const Value& v) {
  std::string out;
  write_pretty(v, out, 0);
  return out;
}
std::string to_canonical(const Value& v) {
  std::string out;
  write_canonical(v, out);
  return out;
}

std::string pointer_token(std::string_view key) {
  std::string out;
  for (char c : key) {
    if (c == '~') {
      out += "~0";
    } else if (c == '/') {
      out += "~1";
    } else {
      out += c;
    }
  }
  return out;
}

}  // namespace machiya::json
