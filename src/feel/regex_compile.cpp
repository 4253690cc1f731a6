#include "base/text.h"
#include "feel/regex.h"
#include "feel/unicode.h"

namespace machiya::feel {

// Recursive descent over the pattern; each part is appended to the program, quantified parts are copied.
class RegexCompiler {
 public:
  RegexCompiler(Regex& r, std::u32string pattern, bool literal) : r_(r), p_(std::move(pattern)), literal_(literal) {}

  bool run() {
    emit(Op::save, 0);
    if (literal_) {
      for (char32_t c : p_) emit_char(c);
    } else {
      if (!alternatives(0) || at_ != p_.size()) return false;
    }
    emit(Op::save, 1);
    emit(Op::match);
    return r_.program_.size() <= kMaxProgram;
  }

 private:
  using Op = RegexInstruction::Op;
  static constexpr std::size_t kMaxProgram = 20000;
  static constexpr int kMaxDepth = 60;

  void emit(Op op, std::int32_t x = 0, std::int32_t y = 0) { r_.program_.push_back({op, x, y}); }
  void emit_set(CharSet s) {
    emit(Op::set, static_cast<std::int32_t>(r_.sets_.size()));
    r_.sets_.push_back(std::move(s));
  }
  void emit_char(char32_t c) {
    CharSet s;
    s.ranges.push_back({c, c});
    emit_set(std::move(s));
  }
  std::int32_t here() const { return static_cast<std::int32_t>(r_.program_.size()); }
  char32_t peek() const { return at_ < p_.size() ? p_[at_] : U'\0'; }
  bool take(char32_t c) {
    if (peek() != c || at_ >= p_.size()) return false;
    ++at_;
    return true;
  }

  bool alternatives(int depth) {
    if (depth > kMaxDepth) return false;
    auto begin = here();
    std::vector<std::int32_t> ends;
    if (!branch(depth)) return false;
    while (take('|')) {
      // what is there becomes the first way of a split; the next branch is the second
      insert(begin, {Op::split, begin + 1, here() + 2});
      ends.push_back(here());
      emit(Op::jump);
      begin = here();
      if (!branch(depth)) return false;
    }
    for (auto e : ends) r_.program_[static_cast<std::size_t>(e)].x = here();
    return true;
  }

  // Puts one instruction at `place`, moving what follows; targets from there on are shifted.
  void insert(std::int32_t place, RegexInstruction i) {
    for (auto n = static_cast<std::size_t>(place); n < r_.program_.size(); ++n) shift(r_.program_[n], place, 1);
    r_.program_.insert(r_.program_.begin() + place, i);
  }
  static void shift(RegexInstruction& i, std::int32_t from, std::int32_t by) {
    if (i.op != Op::split && i.op != Op::jump) return;
    if (i.x >= from) i.x += by;
    if (i.op == Op::split && i.y >= from) i.y += by;
  }

  bool branch(int depth) {
    while (at_ < p_.size() && peek() != U'\0' && peek() != '|' && peek() != ')')
      if (!piece(depth) || r_.program_.size() > kMaxProgram) return false;
    return true;
  }

  bool piece(int depth) {
    auto begin = here();
    if (!atom(depth)) return false;
    char32_t c = peek();
    int least, most;  // most -1: without end
    if (c == '*') least = 0, most = -1;
    else if (c == '+') least = 1, most = -1;
    else if (c == '?') least = 0, most = 1;
    else if (c == '{') return quantity(begin);
    else return true;
    ++at_;
    return repeat(begin, least, most);
  }

  bool quantity(std::int32_t begin) {
    ++at_;
    auto number = [&](int& n) {
      std::size_t first = at_;
      n = 0;
      while (peek() >= '0' && peek() <= '9' && n < 100000) n = n * 10 + static_cast<int>(p_[at_++] - '0');
      return at_ > first;
    };
    int least, most;
    if (!number(least)) return false;
    most = least;
    if (take(',') && !number(most)) most = -1;
    if (!take('}') || (most >= 0 && most < least)) return false;
    return repeat(begin, least, most);
  }

  void copy(const std::vector<RegexInstruction>& body, std::int32_t from) {
    std::int32_t by = here() - from;
    for (RegexInstruction i : body) {
      if (i.op == Op::split || i.op == Op::jump) i.x += by;
      if (i.op == Op::split) i.y += by;
      r_.program_.push_back(i);
    }
  }

  bool repeat(std::int32_t begin, int least, int most) {
    bool lazy = take('?');
    char32_t next = peek();
    if (next == '*' || next == '+' || next == '?' || next == '{') return false;
    std::vector<RegexInstruction> body(r_.program_.begin() + begin, r_.program_.end());
    r_.program_.resize(static_cast<std::size_t>(begin));
    auto copies = static_cast<std::size_t>(most < 0 ? least + 1 : most);
    if (body.size() * (copies + 1) > kMaxProgram) return false;
    for (int i = 0; i < least; ++i) copy(body, begin);
    auto split = [&](std::int32_t in, std::int32_t out) { lazy ? emit(Op::split, out, in) : emit(Op::split, in, out); };
    if (most < 0) {
      auto loop = here();
      auto size = static_cast<std::int32_t>(body.size());
      split(loop + 1, loop + size + 2);
      copy(body, begin);
      emit(Op::jump, loop);
      return true;
    }
    std::vector<std::int32_t> splits;
    for (int i = least; i < most; ++i) {
      splits.push_back(here());
      split(here() + 1, 0);
      copy(body, begin);
    }
    for (auto s : splits) (lazy ? r_.program_[static_cast<std::size_t>(s)].x : r_.program_[static_cast<std::size_t>(s)].y) = here();
    return true;
  }

  bool atom(int depth) {
    char32_t c = peek();
    ++at_;
    switch (c) {
      case '(': return group(depth);
      case '.': emit(Op::any); return true;
      case '^': emit(Op::line_start); return true;
      case '$': emit(Op::line_end); return true;
      case '[': {
        CharSet s;
        if (!bracket(s, depth)) return false;
        emit_set(std::move(s));
        return true;
      }
      case '\\': return escape();
      case '*':
      case '+':
      case '?':
      case '{':
      case '}':
      case ']':
      case ')': return false;
      default: emit_char(c); return true;
    }
  }

  bool group(int depth) {
    if (take('?')) {
      if (!take(':')) return false;
      return alternatives(depth + 1) && take(')');
    }
    int n = ++r_.groups_;
    emit(Op::save, 2 * n);
    if (!alternatives(depth + 1) || !take(')')) return false;
    emit(Op::save, 2 * n + 1);
    closed_.resize(static_cast<std::size_t>(r_.groups_) + 1);
    closed_[static_cast<std::size_t>(n)] = true;
    return true;
  }

  bool escape() {
    char32_t c = at_ < p_.size() ? p_[at_] : U'\0';
    if (c >= '1' && c <= '9') {
      int n = 0;
      while (at_ < p_.size() && p_[at_] >= '0' && p_[at_] <= '9' && n * 10 + static_cast<int>(p_[at_] - '0') <= r_.groups_)
        n = n * 10 + static_cast<int>(p_[at_++] - '0');
      if (n == 0 || static_cast<std::size_t>(n) >= closed_.size() || !closed_[static_cast<std::size_t>(n)]) return false;
      r_.back_references_ = true;
      emit(Op::back_reference, n);
      return true;
    }
    CharSet s;
    if (!escaped_set(s)) return false;
    emit_set(std::move(s));
    return true;
  }

  // After a backslash: a class or a single character.
  bool escaped_set(CharSet& s) {
    if (at_ >= p_.size()) return false;
    char32_t c = p_[at_++];
    auto single = [&](char32_t v) {
      s.ranges.push_back({v, v});
      return true;
    };
    switch (c) {
      case 'n': return single('\n');
      case 'r': return single('\r');
      case 't': return single('\t');
      case 'd':
      case 'D': s.categories = mask_of(Category::Nd); break;
      case 's':
      case 'S': s.ranges = {{' ', ' '}, {'\t', '\n'}, {'\r', '\r'}}; break;
      case 'w':
      case 'W': s.categories = ~(category_mask("P") | category_mask("Z") | category_mask("C")); break;
      case 'i':
      case 'I': s.categories = category_mask("L") | mask_of(Category::Nl); s.ranges = {{'_', '_'}, {':', ':'}}; break;
      case 'c':
      case 'C':
        s.categories = category_mask("L") | mask_of(Category::Nl) | mask_of(Category::Nd) | category_mask("M");
        s.ranges = {{'_', '_'}, {':', ':'}, {'-', '-'}, {'.', '.'}, {0xB7, 0xB7}};
        break;
      case 'p':
      case 'P': {
        if (!property(s)) return false;
        break;
      }
      default:
        for (char32_t meta : U"\\|.?*+(){}$-[]^")
          if (meta && c == meta) return single(c);
        return false;
    }
    s.negated = c >= 'A' && c <= 'Z';
    return true;
  }

  bool property(CharSet& s) {
    if (at_ >= p_.size() || p_[at_] != '{') return false;
    std::size_t end = p_.find(U'}', at_);
    if (end == std::u32string::npos) return false;
    std::string name = to_utf8(std::u32string_view(p_).substr(at_ + 1, end - at_ - 1));
    at_ = end + 1;
    struct Block { std::string_view name; char32_t low, high; };
    static constexpr Block kBlocks[] = {
        {"IsBasicLatin", 0, 0x7F}, {"IsLatin-1Supplement", 0x80, 0xFF}, {"IsLatinExtended-A", 0x100, 0x17F},
        {"IsLatinExtended-B", 0x180, 0x24F}, {"IsGreek", 0x370, 0x3FF}, {"IsGreekandCoptic", 0x370, 0x3FF}, {"IsCyrillic", 0x400, 0x4FF},
        {"IsArmenian", 0x530, 0x58F}, {"IsHebrew", 0x590, 0x5FF}, {"IsArabic", 0x600, 0x6FF}, {"IsDevanagari", 0x900, 0x97F},
        {"IsThai", 0xE00, 0xE7F}, {"IsGeneralPunctuation", 0x2000, 0x206F}, {"IsCurrencySymbols", 0x20A0, 0x20CF},
        {"IsCJKSymbolsandPunctuation", 0x3000, 0x303F}, {"IsHiragana", 0x3040, 0x309F}, {"IsKatakana", 0x30A0, 0x30FF},
        {"IsCJKUnifiedIdeographs", 0x4E00, 0x9FFF}, {"IsHangulSyllables", 0xAC00, 0xD7AF},
        {"IsHalfwidthandFullwidthForms", 0xFF00, 0xFFEF}};
    for (const auto& b : kBlocks)
      if (b.name == name) {
        s.ranges.push_back({b.low, b.high});
        return true;
      }
    if (name.size() > 2) return false;
    s.categories = category_mask(name);
    return s.categories != 0;
  }

  // After "[": items up to "]", with ranges, escapes and a subtraction -[…].
  bool bracket(CharSet& s, int depth) {
    if (depth > kMaxDepth) return false;
    bool negated = at_ < p_.size() && p_[at_] == '^';
    if (negated) ++at_;
    bool first = true;
    for (;; first = false) {
      if (at_ >= p_.size()) return false;
      char32_t c = p_[at_++];
      if (c == ']') {
        if (first) return false;
        break;
      }
      if (c == '-' && !first && at_ < p_.size() && p_[at_] == '[') {
        ++at_;
        auto except = std::make_shared<CharSet>();
        if (!bracket(*except, depth + 1) || at_ >= p_.size() || p_[at_++] != ']') return false;
        s.except = std::move(except);
        break;
      }
      if (c == '[') return false;
      if (!bracket_item(s, c)) return false;
    }
    s.negated = negated;
    return true;
  }

  bool bracket_item(CharSet& s, char32_t c) {
    CharSet single;
    bool is_class = false;
    if (c == '\\') {
      if (!escaped_set(single)) return false;
      is_class = single.negated || single.categories || single.ranges.size() != 1 || single.ranges[0].low != single.ranges[0].high;
      c = is_class ? U'\0' : single.ranges[0].low;
    }
    bool range = !is_class && at_ + 1 < p_.size() && p_[at_] == '-' && p_[at_ + 1] != ']' && p_[at_ + 1] != '[';
    if (!range) {
      if (is_class)
        s.also.push_back(std::move(single));
      else
        s.ranges.push_back({c, c});
      return true;
    }
    ++at_;
    char32_t high = p_[at_++];
    if (high == '\\') {
      CharSet end;
      if (!escaped_set(end) || end.ranges.size() != 1 || end.categories || end.negated) return false;
      high = end.ranges[0].low;
    }
    if (high < c) return false;
    s.ranges.push_back({c, high});
    return true;
  }

  Regex& r_;
  std::u32string p_;
  std::size_t at_ = 0;
  bool literal_;
  std::vector<bool> closed_;  ///< groups that a back reference may name
};

namespace {

// Flag x: white space is taken out before the pattern is read, but not within brackets (XPath functions 5.6.1.1).
std::u32string without_space(const std::u32string& p) {
  std::u32string out;
  int brackets = 0;
  for (std::size_t i = 0; i < p.size(); ++i) {
    char32_t c = p[i];
    bool space = c == ' ' || c == '\t' || c == '\n' || c == '\r';
    if (space && brackets == 0) continue;
    bool escaped = !out.empty() && out.back() == '\\' && (out.size() < 2 || out[out.size() - 2] != '\\');
    if (!escaped && c == '[') ++brackets;
    if (!escaped && c == ']' && brackets > 0) --brackets;
    out += c;
  }
  return out;
}

}  // namespace

std::optional<Regex> Regex::compile(std::string_view pattern, std::string_view flags) {
  Regex r;
  bool free_space = false, literal = false;
  for (char f : flags) {
    switch (f) {
      case 's': r.dot_all_ = true; break;
      case 'm': r.lines_ = true; break;
      case 'i': r.ignore_case_ = true; break;
      case 'x': free_space = true; break;
      case 'q': literal = true; break;
      default: return std::nullopt;
    }
  }
  if (pattern.size() > 10000) return std::nullopt;
  std::u32string text = to_utf32(pattern);
  RegexCompiler c(r, free_space && !literal ? without_space(text) : text, literal);
  if (!c.run()) return std::nullopt;
  return r;
}

}  // namespace machiya::feel
