// Extended regular expressions (IEEE 1003.2), read into states.
#include <algorithm>
#include <optional>
#include <string>

#include "base/text.h"
#include "sense/query/pattern_states.h"

namespace machiya::sense::detail {
namespace {

constexpr int kMaxDepth = 40, kMaxRepeat = 1000;

class PatternReader {
 public:
  explicit PatternReader(std::string_view source) : text_(to_utf32(source)) {
    if (text_.starts_with(U"(?i)")) at_ = 4, fold_ = true;
  }
  Result<std::vector<State>> run() {
    alternatives(0);
    if (error_.empty() && at_ < text_.size()) fail("a ) without its (");
    if (!error_.empty()) return Error(too_large_ ? ErrorCode::limit_exceeded : ErrorCode::malformed_request, error_);
    states_.push_back(State{});
    return std::move(states_);
  }
  bool fold() const { return fold_; }

 private:
  std::u32string text_;
  std::size_t at_ = 0;
  bool fold_ = false, too_large_ = false;
  std::string error_;
  std::vector<State> states_;

  bool more() const { return error_.empty() && at_ < text_.size(); }
  char32_t peek() const { return at_ < text_.size() ? text_[at_] : U'\0'; }
  bool take(char32_t c) { return more() && text_[at_] == c ? (++at_, true) : false; }
  void fail(const char* what) {
    if (error_.empty()) error_ = "regular expression, column " + std::to_string(at_ + 1) + ": " + what;
  }
  std::uint16_t here() const { return static_cast<std::uint16_t>(states_.size()); }
  void emit(State s) {
    if (states_.size() >= kMaxStates) {
      too_large_ = true;
      fail("the pattern is too large");
      return;
    }
    states_.push_back(std::move(s));
  }
  static State branch(State::Code code, std::size_t a, std::size_t b = 0) {
    State s;
    s.code = code, s.a = static_cast<std::uint16_t>(a), s.b = static_cast<std::uint16_t>(b);
    return s;
  }
  // Makes room at `where`; what stands behind moves with its targets.
  void insert(std::size_t where, State s) {
    emit(State{});
    if (!error_.empty()) return;
    states_.pop_back();
    for (State& other : states_) {
      if (other.code != State::Code::split && other.code != State::Code::jump) continue;
      if (other.a >= where && &other - states_.data() >= static_cast<std::ptrdiff_t>(where)) ++other.a;
      if (other.b >= where && &other - states_.data() >= static_cast<std::ptrdiff_t>(where)) ++other.b;
    }
    states_.insert(states_.begin() + static_cast<std::ptrdiff_t>(where), std::move(s));
  }

  void alternatives(int depth) {
    if (depth > kMaxDepth) {
      too_large_ = true;
      return fail("groups are nested too deeply");
    }
    one_of(depth, std::nullopt);
  }
  // `jump`: of the alternative before, from its end to the end of all.
  void one_of(int depth, std::optional<std::size_t> jump) {
    const std::size_t start = states_.size();
    sequence(depth);
    if (take(U'|')) {
      insert(start, branch(State::Code::split, start + 1, states_.size() + 2));
      const std::size_t next = states_.size();
      emit(branch(State::Code::jump, 0));
      one_of(depth, next);
    }
    if (error_.empty() && jump) states_[*jump].a = here();
  }

  void sequence(int depth) {
    while (more() && peek() != U'|' && peek() != U')') repeated(depth);
  }

  void repeated(int depth) {
    const std::size_t start = states_.size();
    atom(depth);
    while (more()) {
      int least = 0, most = -1;
      if (take(U'*')) {
      } else if (take(U'+')) {
        least = 1;
      } else if (take(U'?')) {
        most = 1;
      } else if (peek() == U'{' && at_ + 1 < text_.size() && text_[at_ + 1] >= U'0' && text_[at_ + 1] <= U'9') {
        ++at_;
        if (!bounds(least, most)) return;
      } else {
        return;
      }
      repeat(start, least, most);
      take(U'?');   // lazy: finding is the same
    }
  }

  bool bounds(int& least, int& most) {
    const auto number = [&] {
      int n = 0;
      while (more() && peek() >= U'0' && peek() <= U'9' && n <= kMaxRepeat) n = n * 10 + static_cast<int>(text_[at_++] - U'0');
      return n;
    };
    least = number(), most = least;
    if (take(U',')) most = peek() == U'}' ? -1 : number();
    if (!take(U'}') || least > kMaxRepeat || most > kMaxRepeat || (most >= 0 && most < least)) return fail("{m,n} is malformed"), false;
    return true;
  }

  // States from `start` on, repeated. Copies are made by reading the states again with moved targets.
  void repeat(std::size_t start, int least, int most) {
    const std::vector<State> once(states_.begin() + static_cast<std::ptrdiff_t>(start), states_.end());
    states_.resize(start);
    const auto copy = [&] {
      const std::size_t base = states_.size();
      for (State s : once) {
        if (s.code == State::Code::split || s.code == State::Code::jump) {
          s.a = static_cast<std::uint16_t>(s.a - start + base), s.b = static_cast<std::uint16_t>(s.b - start + base);
        }
        emit(std::move(s));
      }
    };
    for (int i = 0; i < least && error_.empty(); ++i) copy();
    if (most < 0) {
      const std::size_t loop = states_.size();
      emit(branch(State::Code::split, loop + 1, loop + 2 + once.size()));
      copy();
      emit(branch(State::Code::jump, loop));
    }
    std::vector<std::size_t> leaves;
    for (int i = least; i < most && error_.empty(); ++i) {
      leaves.push_back(states_.size());
      emit(branch(State::Code::split, states_.size() + 1));
      copy();
    }
    if (!error_.empty()) return;
    for (const std::size_t leave : leaves) states_[leave].b = here();
  }

  void atom(int depth) {
    const char32_t c = text_[at_];
    if (c == U'(') return group(depth);
    if (c == U'[') return bracket();
    if (c == U'\\') return escape();
    if (c == U'*' || c == U'+' || c == U'?') return fail("there is nothing to repeat");
    ++at_;
    State s;
    if (c == U'.') {
      s.code = State::Code::any;
    } else if (c == U'^' || c == U'$') {
      s.code = c == U'^' ? State::Code::begin : State::Code::end;
    } else {
      s.code = State::Code::set, add(s, c, c);
    }
    emit(std::move(s));
  }

  void group(int depth) {
    ++at_;
    if (take(U'?') && !take(U':')) return fail("of (?…) only (?: ) is known, and (?i) at the beginning");
    alternatives(depth + 1);
    if (error_.empty() && !take(U')')) fail("a ( without its )");
  }

  void add(State& s, char32_t from, char32_t to) const {
    s.set.push_back({from, to});
    if (!fold_) return;
    for (char32_t c = U'a'; c <= U'z'; ++c) {
      const char32_t upper = c - 32;
      if (from <= c && c <= to) s.set.push_back({upper, upper});
      if (from <= upper && upper <= to) s.set.push_back({c, c});
    }
  }

  // \d \w \s; true when `letter` is one of them.
  static bool add_class(State& s, char32_t letter) {
    switch (letter) {
      case U'd': s.set.push_back({U'0', U'9'}); return true;
      case U'w': s.set.insert(s.set.end(), {{U'0', U'9'}, {U'a', U'z'}, {U'A', U'Z'}, {U'_', U'_'}, {0x80, 0x10ffff}}); return true;
      case U's': s.set.insert(s.set.end(), {{9, 13}, {U' ', U' '}, {0x3000, 0x3000}}); return true;
      default: return false;
    }
  }

  std::optional<char32_t> plain_escape(char32_t c) {
    if (c == U'n') return U'\n';
    if (c == U't') return U'\t';
    if (c == U'r') return U'\r';
    const bool letter = (c >= U'a' && c <= U'z') || (c >= U'A' && c <= U'Z') || (c >= U'0' && c <= U'9');
    if (letter) return std::nullopt;
    return c;
  }

  void escape() {
    if (++at_ >= text_.size()) return fail("a \\ at the end");
    const char32_t c = text_[at_];
    State s;
    s.code = State::Code::set;
    if (c == U'b' || c == U'B') {
      s.code = c == U'b' ? State::Code::word : State::Code::no_word;
    } else if (add_class(s, c)) {
    } else if (c >= U'A' && c <= U'Z' && add_class(s, c + 32)) {
      s.negated = true;
    } else if (const auto plain = plain_escape(c)) {
      add(s, *plain, *plain);
    } else {
      return fail(c >= U'1' && c <= U'9' ? "back references are not known here" : "this escape is not known here");
    }
    ++at_;
    emit(std::move(s));
  }

  void bracket() {
    State s;
    s.code = State::Code::set;
    ++at_;
    s.negated = take(U'^');
    bool first = true;
    while (more() && (first || peek() != U']')) {
      first = false;
      if (text_.compare(at_, 2, U"[:") == 0) {
        named_class(s);
        continue;
      }
      if (peek() == U'\\' && at_ + 1 < text_.size() && add_class(s, text_[at_ + 1])) {
        at_ += 2;
        continue;
      }
      const char32_t from = bracket_char();
      char32_t to = from;
      if (peek() == U'-' && at_ + 1 < text_.size() && text_[at_ + 1] != U']') ++at_, to = bracket_char();
      if (to < from) return fail("a range of characters is upside down");
      add(s, from, to);
    }
    if (error_.empty() && !take(U']')) return fail("a [ without its ]");
    emit(std::move(s));
  }

  char32_t bracket_char() {
    if (!more()) return U'\0';
    char32_t c = text_[at_++];
    if (c != U'\\' || !more()) return c;
    const auto plain = plain_escape(text_[at_++]);
    if (!plain) fail("this escape is not known here");
    return plain.value_or(U'\0');
  }

  void named_class(State& s) {
    const std::size_t end = text_.find(U":]", at_);
    const std::string name = end == std::u32string::npos ? "" : to_utf8(text_.substr(at_ + 2, end - at_ - 2));
    const auto put = [&](std::initializer_list<Range> ranges) { s.set.insert(s.set.end(), ranges); };
    if (name == "alpha") put({{U'a', U'z'}, {U'A', U'Z'}, {0xaa, 0x10ffff}});
    else if (name == "alnum") put({{U'a', U'z'}, {U'A', U'Z'}, {U'0', U'9'}, {0xaa, 0x10ffff}});
    else if (name == "digit") put({{U'0', U'9'}});
    else if (name == "xdigit") put({{U'0', U'9'}, {U'a', U'f'}, {U'A', U'F'}});
    else if (name == "upper") put({{U'A', U'Z'}});
    else if (name == "lower") put({{U'a', U'z'}});
    else if (name == "space" || name == "blank") put({{9, 13}, {U' ', U' '}});
    else if (name == "punct") put({{U'!', U'/'}, {U':', U'@'}, {U'[', U'`'}, {U'{', U'~'}});
    else return fail("this class of characters is not known");
    at_ = end + 2;
  }
};

}  // namespace

Result<std::vector<State>> read_pattern(std::string_view source, bool& fold) {
  PatternReader reader(source);
  fold = reader.fold();
  return reader.run();
}

}  // namespace machiya::sense::detail
