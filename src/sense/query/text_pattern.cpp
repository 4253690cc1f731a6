// TextPattern: extended regular expressions as a machine of states that are all followed at once (Thompson 1968), so that no pattern takes more than states
// times characters.
#include <algorithm>
#include <array>
#include <bitset>

#include "base/text.h"
#include "sense/query/selection.h"

namespace machiya::sense {
namespace {

constexpr std::size_t kMaxSource = 1000, kMaxStates = 2000;
constexpr int kMaxDepth = 40, kMaxRepeat = 1000;

struct Range {
  char32_t from, to;
};

struct State {
  enum class Code : std::uint8_t { any, set, split, jump, begin, end, word, no_word, done } code = Code::done;
  bool negated = false;
  std::vector<Range> set;
  std::uint16_t a = 0, b = 0;   ///< targets of split and jump
};

bool in_set(const State& s, char32_t c) {
  const bool found = std::any_of(s.set.begin(), s.set.end(), [c](const Range& r) { return r.from <= c && c <= r.to; });
  return found != s.negated;
}

bool is_word(char32_t c) { return c == '_' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c >= 0x80; }

}  // namespace

struct TextPattern::Program {
  std::string source, prefix;
  std::vector<State> states;
  // What needs no machine: a literal, perhaps at the beginning, the end or both.
  enum class Shape : std::uint8_t { machine, contains, begins, ends, equals } shape = Shape::machine;
  std::string literal;
};

namespace {

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

/// Both lists of states that are alive, and where each stands in them.
struct Alive {
  std::array<std::uint16_t, kMaxStates + 1> list;
  std::bitset<kMaxStates + 1> in;
  std::size_t n = 0;
};

class Machine {
 public:
  Machine(const std::vector<State>& states, std::string_view text) : states_(states), text_(text) {}
  bool found() {
    Alive now, next;
    std::size_t at = 0;
    char32_t before = 0;
    for (bool last = false; !last;) {
      last = at >= text_.size();
      std::size_t after = at;
      const char32_t c = last ? 0 : next_code_point(text_, after);
      if (follow(now, 0, at, before, c, last)) return true;
      next.n = 0, next.in.reset();
      for (std::size_t i = 0; i < now.n; ++i) {
        const State& s = states_[now.list[i]];
        const bool step = !last && (s.code == State::Code::any || (s.code == State::Code::set && in_set(s, c)));
        if (step) pending_.push_back(static_cast<std::uint16_t>(now.list[i] + 1));
      }
      // What comes behind `c` is looked at from there: anchors need both neighbours.
      std::size_t beyond = after;
      const bool end = after >= text_.size();
      const char32_t d = last || end ? 0 : next_code_point(text_, beyond);
      std::vector<std::uint16_t> starts;
      starts.swap(pending_);
      for (const std::uint16_t s : starts) {
        if (follow(next, s, after, c, d, end)) return true;
      }
      starts.clear(), pending_.swap(starts);
      std::swap(now, next);
      before = c, at = after;
    }
    return false;
  }

 private:
  const std::vector<State>& states_;
  std::string_view text_;
  std::vector<std::uint16_t> stack_, pending_;

  // Everything that can be reached from `from` without a character; true at the end of the pattern.
  bool follow(Alive& alive, std::uint16_t from, std::size_t at, char32_t before, char32_t after, bool end) {
    stack_.push_back(from);
    const bool first = at == 0;
    while (!stack_.empty()) {
      const std::uint16_t i = stack_.back();
      stack_.pop_back();
      if (alive.in[i]) continue;
      alive.in.set(i);
      const State& s = states_[i];
      const bool border = (!first && is_word(before)) != (!end && is_word(after));
      switch (s.code) {
        case State::Code::done: stack_.clear(); return true;
        case State::Code::split: stack_.push_back(s.b), stack_.push_back(s.a); break;
        case State::Code::jump: stack_.push_back(s.a); break;
        case State::Code::begin: if (first) stack_.push_back(i + 1); break;
        case State::Code::end: if (end) stack_.push_back(i + 1); break;
        case State::Code::word: if (border) stack_.push_back(i + 1); break;
        case State::Code::no_word: if (!border) stack_.push_back(i + 1); break;
        case State::Code::any:
        case State::Code::set: alive.list[alive.n++] = i; break;
      }
    }
    return false;
  }
};

// One character, once.
std::optional<char32_t> one_character(const State& s) {
  if (s.code != State::Code::set || s.negated || s.set.size() != 1 || s.set[0].from != s.set[0].to) return std::nullopt;
  return s.set[0].from;
}

bool is_anything(const std::vector<State>& s, std::size_t i) {   // ".*"
  return i + 2 < s.size() && s[i].code == State::Code::split && s[i].a == i + 1 && s[i].b == i + 3 && s[i + 1].code == State::Code::any &&
         s[i + 2].code == State::Code::jump && s[i + 2].a == i;
}

}  // namespace

Result<TextPattern> TextPattern::compile(std::string_view source) {
  if (source.size() > kMaxSource) return Error(ErrorCode::limit_exceeded, "a regular expression may have 1,000 characters");
  if (!is_utf8(source)) return Error(ErrorCode::malformed_request, "a regular expression must be UTF-8");
  PatternReader reader(source);
  auto program = std::make_shared<Program>();
  MACHIYA_TRY(program->states, reader.run());
  program->source = source;
  const auto& s = program->states;
  const std::size_t end = s.size() - 1;
  std::size_t i = 0;
  const bool begins = s[0].code == State::Code::begin;
  if (begins) ++i;
  while (!begins && is_anything(s, i)) i += 3;          // finding anywhere starts with that anyway
  std::string literal;
  while (i < end && one_character(s[i])) append_utf8(*one_character(s[i++]), literal);
  if (begins && !reader.fold()) program->prefix = literal;
  const bool ends = i < end && s[i].code == State::Code::end && i + 1 == end;
  std::size_t rest = i;
  while (!ends && is_anything(s, rest)) rest += 3;
  if ((ends || rest == end) && !reader.fold()) {
    program->shape = begins ? (ends ? Program::Shape::equals : Program::Shape::begins) : (ends ? Program::Shape::ends : Program::Shape::contains);
    program->literal = literal;
  }
  TextPattern out;
  out.program_ = std::move(program);
  return out;
}

bool TextPattern::found_in(std::string_view text) const {
  switch (program_->shape) {
    case Program::Shape::contains: return text.find(program_->literal) != std::string_view::npos;
    case Program::Shape::begins: return text.starts_with(program_->literal);
    case Program::Shape::ends: return text.ends_with(program_->literal);
    case Program::Shape::equals: return text == program_->literal;
    case Program::Shape::machine: break;
  }
  return Machine(program_->states, text).found();
}

const std::string& TextPattern::source() const { return program_->source; }
const std::string& TextPattern::prefix() const { return program_->prefix; }

}  // namespace machiya::sense
