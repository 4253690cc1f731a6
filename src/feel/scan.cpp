// The scanner: white space, comments, symbols, keywords, names with spaces, strings.
#include "base/text.h"
#include "feel/compiler.h"

namespace machiya::feel {
namespace {

bool is_space(char32_t c) {
  return c == ' ' || (c >= 9 && c <= 13) || c == 0x85 || c == 0xA0 || c == 0x1680 || c == 0x180E || (c >= 0x2000 && c <= 0x200B) ||
         c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F || c == 0x3000 || c == 0xFEFF;
}

// DMN 10.3.1.2 rule 28–30: letters of most scripts; digits and a few marks only within a name.
bool is_name_start(char32_t c) {
  if (c < 0x80) return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '?';
  return !is_space(c) && c != 0xD7 && c != 0xF7 && !(c < 0xC0 && c != 0xAA && c != 0xB5 && c != 0xBA) && c != 0x3001 && c != 0x3002;
}
bool is_name_part(char32_t c) { return is_name_start(c) || (c >= '0' && c <= '9') || c == 0xB7; }

char32_t code_at(std::string_view s, std::size_t at, std::size_t& next) {
  next = at;
  return next_code_point(s, next);
}

bool is_symbol(char c) { return c == '.' || c == '/' || c == '-' || c == '\'' || c == '+' || c == '*'; }

constexpr std::string_view kKeywords[] = {"and", "or", "then", "else", "in", "between", "satisfies", "return", "instance", "for",
                                          "if", "some", "every", "of"};

bool is_keyword(std::string_view w) {
  for (auto k : kKeywords)
    if (k == w) return true;
  return false;
}

}  // namespace

void locate(std::string_view text, std::size_t position, int& line, int& column) {
  line = column = 1;
  for (std::size_t i = 0; i < text.size() && i < position;) {
    char32_t c = next_code_point(text, i);
    if (c == '\n') {
      ++line;
      column = 1;
    } else {
      ++column;
    }
  }
}

bool Compiler::start(std::string_view text) {
  text_ = text;
  at_ = 0;
  depth_ = 0;
  range_end_ = 0;
  syntax_error_ = false;
  constexpr std::size_t kLongest = 65'536;
  if (text.size() > kLongest) return static_cast<bool>(fail_at(0, "this text is longer than 64 KiB", "式が長すぎます(64 KiB まで)"));
  skip();
  return true;
}

bool Compiler::finish() {
  skip();
  if (at_ >= text_.size()) return true;
  fail("something is left over here; an operator may be missing", "式の終わりに余分な文字があります。演算子が抜けていないか確認してください");
  return false;
}

void Compiler::skip() {
  while (at_ < text_.size()) {
    std::size_t next;
    if (is_space(code_at(text_, at_, next))) {
      at_ = next;
    } else if (peek() == '/' && peek(1) == '/') {
      while (at_ < text_.size() && peek() != '\n') ++at_;
    } else if (peek() == '/' && peek(1) == '*') {
      std::size_t end = text_.find("*/", at_ + 2);
      at_ = end == std::string_view::npos ? text_.size() : end + 2;
    } else {
      return;
    }
  }
}

bool Compiler::take(std::string_view symbol) {
  skip();
  if (!starts_with(text_.substr(at_), symbol)) return false;
  at_ += symbol.size();
  return true;
}

bool Compiler::at_keyword(std::string_view word) const {
  if (!starts_with(text_.substr(at_), word)) return false;
  std::size_t end = at_ + word.size(), next;
  return end >= text_.size() || !is_name_part(code_at(text_, end, next));
}

bool Compiler::take_keyword(std::string_view word) {
  skip();
  if (!at_keyword(word)) return false;
  at_ += word.size();
  return true;
}

bool Compiler::expect(std::string_view symbol) {
  bool word = is_name_start(static_cast<unsigned char>(symbol[0]));
  if (word ? take_keyword(symbol) : take(symbol)) return true;
  fail("expected \"" + std::string(symbol) + "\" here", "ここには「" + std::string(symbol) + "」が必要です");
  return false;
}

void Compiler::problem_at(std::size_t position, std::string en, std::string ja) {
  Problem p{place_, position, std::move(en), std::move(ja), 1, 1};
  locate(text_, position, p.line, p.column);
  problems_.push_back(std::move(p));
}

Code Compiler::fail_at(std::size_t at, std::string en, std::string ja) {
  if (!syntax_error_) problem_at(at, std::move(en), std::move(ja));
  syntax_error_ = true;
  return {};
}

Code Compiler::fail(std::string en, std::string ja) {
  skip();
  return fail_at(at_, std::move(en), std::move(ja));
}

// A fault that leaves the text readable: reported in strict mode only. Always false.
bool Compiler::semantic(std::size_t at, std::string en, std::string ja) {
  if (strict_) problem_at(at, std::move(en), std::move(ja));
  return false;
}

// Where the name ends in the text, or 0. A space of the name matches any white space; white space around the
// symbols . / - ' + * does not count (DMN 10.3.1.4).
std::size_t Compiler::match_name(std::string_view name, std::size_t from) const {
  std::size_t p = from;
  auto spaces = [&] {
    std::size_t start = p, next;
    while (p < text_.size() && is_space(code_at(text_, p, next))) p = next;
    return p != start;
  };
  for (std::size_t i = 0; i < name.size(); ++i) {
    bool beside_symbol = is_symbol(name[i]) || (i > 0 && is_symbol(name[i - 1]));
    if (name[i] == ' ') {
      bool loose = (i > 0 && is_symbol(name[i - 1])) || (i + 1 < name.size() && is_symbol(name[i + 1]));
      if (!spaces() && !loose) return 0;
      continue;
    }
    if (beside_symbol && i > 0) spaces();
    if (p >= text_.size() || text_[p] != name[i]) return 0;
    ++p;
  }
  std::size_t next;
  if (p < text_.size() && is_name_part(code_at(text_, p, next)) && !name.empty()) {
    std::size_t last = name.size() - 1;
    if (!is_symbol(name[last])) return 0;
  }
  return p;
}

// A run of words as one name, spaces collapsed; ends before keywords, operators and `stop_word`. With `symbols` also the
// extra name symbols are taken (names being declared).
std::string Compiler::read_words(bool symbols, std::string_view stop_word) {
  std::string out;
  skip();
  while (at_ < text_.size()) {
    std::size_t next, begin = at_;
    char32_t c = code_at(text_, at_, next);
    bool started = !out.empty();
    if (is_name_start(c) || (started && is_name_part(c))) {
      while (at_ < text_.size() && is_name_part(code_at(text_, at_, next))) at_ = next;
      std::string_view word = text_.substr(begin, at_ - begin);
      if (started && (word == stop_word || (!symbols && is_keyword(word)))) {
        at_ = begin;
        break;
      }
      if (started && !is_symbol(out.back())) out += ' ';
      out += word;
    } else if (symbols && started && is_symbol(text_[at_]) && !(peek() == '/' && (peek(1) == '/' || peek(1) == '*')) &&
               !(peek() == '.' && peek(1) == '.')) {
      out += text_[at_++];
    } else {
      break;
    }
    std::size_t resume = at_;
    skip();
    if (at_ >= text_.size()) {
      at_ = resume;
      break;
    }
  }
  return out;
}

std::optional<std::string> Compiler::read_string() {
  std::string out;
  std::size_t begin = at_++;
  auto hex = [&](int n) {
    char32_t v = 0;
    for (int i = 0; i < n; ++i, ++at_) {
      char c = peek();
      int d = c >= '0' && c <= '9' ? c - '0' : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10 : -1;
      if (d < 0) return char32_t{0x110000};
      v = v * 16 + static_cast<char32_t>(d);
    }
    return v;
  };
  while (at_ < text_.size()) {
    char c = text_[at_++];
    if (c == '"') return out;
    if (c != '\\') {
      out += c;
      continue;
    }
    char e = peek();
    ++at_;
    switch (e) {
      case 'n': out += '\n'; continue;
      case 't': out += '\t'; continue;
      case 'r': out += '\r'; continue;
      case '"':
      case '\'':
      case '\\': out += e; continue;
      case 'u':
      case 'U': {
        char32_t v = hex(e == 'u' ? 4 : 6);
        if (v >= 0xD800 && v < 0xDC00 && peek() == '\\' && peek(1) == 'u') {
          at_ += 2;
          char32_t low = hex(4);
          v = low >= 0xDC00 && low < 0xE000 ? 0x10000 + ((v - 0xD800) << 10) + (low - 0xDC00) : 0x110000;
        }
        if (v < 0x110000 && (v < 0xD800 || v > 0xDFFF)) {
          append_utf8(v, out);
          continue;
        }
        break;
      }
      default:  // other escapes stay as they are written, so that patterns such as "\d" work
        out += '\\';
        if (at_ <= text_.size() && e) out += e;
        continue;
    }
    break;
  }
  fail_at(begin, "this string does not end", "文字列が閉じられていません");
  return std::nullopt;
}

// The key of a context entry: a string or a name.
std::optional<std::string> Compiler::read_key() {
  skip();
  if (peek() == '"') return read_string();
  std::string key = read_words(true, "");
  if (!key.empty()) return key;
  fail("expected a name here", "ここには名前が必要です");
  return std::nullopt;
}

}  // namespace machiya::feel
